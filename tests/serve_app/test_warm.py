"""`chorale warm`: which requests it makes, and what it says of them."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from serve_app import cli
from serve_app.warm_command import bodies


def test_every_line_in_every_voice_and_format() -> None:
    lines = ["# greetings", "", "  Hello.  ", '{"input": "Bye.", "voice": "onyx", "speed": 1.5}']
    assert list(bodies(lines, ["a", "b"], ["mp3", "wav"])) == [
        *(
            {"model": "chorale", "input": "Hello.", "voice": voice, "response_format": kind}
            for voice in ("a", "b")
            for kind in ("mp3", "wav")
        ),
        {"model": "chorale", "input": "Bye.", "voice": "onyx", "speed": 1.5},
    ]


def test_a_broken_request_is_named_by_its_line() -> None:
    with pytest.raises(ValueError, match="line 2 is no JSON"):
        list(bodies(["Hello.", '{"input": '], ["a"], ["mp3"]))


@pytest.mark.parametrize("content", [None, '{"input"'])
def test_what_cannot_be_read_is_an_error(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "phrases.txt"
    if content is not None:
        path.write_text(content, "utf-8")
    done = CliRunner().invoke(cli.app, ["warm", str(path), "--voice", "a"])
    assert done.exit_code == 1
    assert done.stderr.startswith("error: ")
