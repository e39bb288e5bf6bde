"""The command line's own part; what it asks of a server is tested with one, in integration."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from rich.console import Console
from rich.table import Table
from typer.testing import CliRunner

from serve_app import cli
from serve_app.provider_table import left_out, provider_table
from speech.config import EngineConfig
from speech.engines.provider_trials import Trial
from speech.text.lexicon_files import load_lexicons
from speech.voices import VoiceCatalogue


def test_serve_finds_its_configuration_beside_the_code() -> None:
    assert cli._SERVE_CONFIG.is_file()
    assert yaml.safe_load(cli._SERVE_CONFIG.read_text())["applications"]


def test_the_command_line_does_not_load_ray() -> None:
    # `serve` sets switches that Ray reads when it is loaded, the token's among them.
    code = "import serve_app.cli, sys; print('ray' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "False\n"


PLS = """<lexicon version="1.0" xmlns="http://www.w3.org/2005/01/pronunciation-lexicon"
  alphabet="ipa" xml:lang="en-US">
  <lexeme><grapheme>Qwen</grapheme><phoneme>kwˈɛn</phoneme></lexeme>
  <lexeme><grapheme>W3C</grapheme><alias>World Wide Web Consortium</alias></lexeme>
</lexicon>"""


def test_a_pls_file_becomes_a_lexicon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("words.pls").write_text(PLS, "utf-8")
    done = CliRunner().invoke(cli.app, ["lexicon", "import", "words.pls"])
    assert done.exit_code == 0, done.output
    assert done.output == "en-us.yaml: 2 words for en-us\n"
    assert load_lexicons(tmp_path) == {
        "en-us": {"Qwen": "/kwˈɛn/", "W3C": "World Wide Web Consortium"}
    }
    again = CliRunner().invoke(cli.app, ["lexicon", "import", "words.pls"])
    assert again.exit_code == 1, "what is there is not written over"
    other = CliRunner().invoke(cli.app, ["lexicon", "import", "words.pls", "-o", "other.yaml"])
    assert other.exit_code == 0
    assert Path("other.yaml").read_bytes() == Path("en-us.yaml").read_bytes()


@pytest.mark.parametrize("content", ["", "<lexicon/>", PLS.replace("kwˈɛn", "漢" * 200)])
def test_a_file_that_is_no_lexicon_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "words.pls"
    path.write_text(content, "utf-8")
    output = tmp_path / "en.yaml"
    done = CliRunner().invoke(cli.app, ["lexicon", "import", str(path), "-o", str(output)])
    assert done.exit_code == 1
    assert "words.pls" in done.stderr.replace("\n", "")
    assert not output.exists()


def test_providers_are_told_with_figures_and_reasons() -> None:
    voice = VoiceCatalogue.load(cli._CONFIGS / "voices.yaml").voices["heart"]
    trials = [
        Trial(provider="cpu", precision="fp32", alone_ms=14.0, alone=240, together=250, rate=245),
        Trial(provider="cpu", precision="fp16", alone_ms=9.0, alone=380, rate=400, distance=0.001),
        Trial(provider="cuda", precision="fp32", reason="no GPU"),
        Trial(provider="cuda", precision="tf32", reason="no GPU"),
    ]
    rows = printed(provider_table(voice, trials, EngineConfig()))
    (single,) = [row for row in rows if "cpu/fp32" in row]
    assert "14.0" in single
    assert "configured, auto takes it" in single
    (half,) = [row for row in rows if "cpu/fp16" in row]
    assert "not in `precisions`" in half
    assert left_out(trials) == ["cuda/fp32, cuda/tf32: no GPU"]
    wide = EngineConfig(provider="auto", precisions=("fp32", "fp16"))
    rows = printed(provider_table(voice, trials, wide))
    assert "auto takes it" in next(row for row in rows if "cpu/fp16" in row)
    near = wide.model_copy(update={"max_mel_distance": 0.0005})
    rows = printed(provider_table(voice, trials, near))
    assert "sounds otherwise" in next(row for row in rows if "cpu/fp16" in row)


def printed(table: Table) -> list[str]:
    """The rows of its body."""
    console = Console(width=140)
    with console.capture() as capture:
        console.print(table)
    return [line for line in capture.get().splitlines() if line.startswith("│")]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nobody"], "unknown voice 'nobody'"),
        (["espeak"], "voice 'espeak' is espeak's own"),
        (["--graph", "nowhere"], "nowhere"),
    ],
)
def test_providers_of_what_is_not_there(arguments: list[str], says: str) -> None:
    done = CliRunner().invoke(cli.app, ["providers", *arguments])
    assert done.exit_code == 1
    assert says in done.stderr.replace("\n", "")


def test_read_tells_what_would_be_said_and_why(tmp_path: Path) -> None:
    file = tmp_path / "text"
    file.write_text("Dr. Smith.\nIt is 25C outside.\n")
    done = CliRunner().invoke(cli.app, ["read", str(file)])
    assert done.exit_code == 0, done.output
    assert done.output.splitlines() == [
        "Doctor Smith.  [0.6 s]",
        "It is twenty five degrees Celsius outside.  [0 s]",
        "1: 'Dr.' -> 'Doctor' (abbreviation, abbreviations.abbreviation)",
        "2: '25C' -> 'twenty five degrees Celsius' (measure, measures.temperature)",
    ]


def test_read_says_that_it_cannot_read_or_that_nothing_is_said(tmp_path: Path) -> None:
    done = CliRunner().invoke(cli.app, ["read", str(tmp_path / "gone")])
    assert done.exit_code == 1
    assert "No such file" in done.stderr
    (tmp_path / "silent").write_text("...\n🎉")
    done = CliRunner().invoke(cli.app, ["read", str(tmp_path / "silent")])
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("Nothing is said.\n1: '...")
