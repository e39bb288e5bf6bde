"""The user's voices beside the shipped ones, also while they change."""

import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from speech import espeak
from speech.errors import ConfigError, InvalidInputError
from speech.text import phonemizers
from speech.voice_home import Home, LiveCatalogue, home_folder
from tests.tiny_voice import write_tiny_voice

ENTRY = {"id": "mine", "engine": "fake"}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@pytest.fixture
def live(fake_catalogue: Path, home: Home) -> LiveCatalogue:
    return LiveCatalogue(fake_catalogue, home.folder)


def write(home: Home, **content: Any) -> None:
    home.folder.mkdir(exist_ok=True)
    home.file.write_text(yaml.safe_dump(content))


def followed(live: LiveCatalogue, voice: str, *, there: bool) -> None:
    """Poll until a voice has come or gone."""
    for _ in range(500):
        live.poll()
        if (voice in live.catalogue.voices) == there:
            return
        time.sleep(0.01)
    raise AssertionError(live.problems)


def test_where_the_folder_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CHORALE_HOME", str(tmp_path))
    assert home_folder() == tmp_path
    monkeypatch.delenv("CHORALE_HOME")
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    assert home_folder() == Path("/data/chorale")
    monkeypatch.delenv("XDG_DATA_HOME")
    assert home_folder() == Path.home() / ".local/share/chorale"


def test_without_a_folder_there_are_the_shipped_voices(live: LiveCatalogue) -> None:
    assert live.catalogue.voices.keys() == {"tone", "other"}
    assert live.problems == ()


def test_optional_voices_that_nothing_reads_for_are_left_out(
    fake_catalogue: Path, tmp_path: Path, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(espeak, "unavailable", lambda: "it is not installed")
    write_tiny_voice(tmp_path / "tiny.onnx")
    content = yaml.safe_load(fake_catalogue.read_text())
    entry = {"id": "tiny", "engine": "piper", "model": "tiny.onnx", "optional": True}
    fake_catalogue.write_text(yaml.safe_dump(content | {"voices": [*content["voices"], entry]}))
    write(home, voices=[ENTRY, {"id": "gone", "engine": "piper", "model": "gone.onnx"}])
    live = LiveCatalogue(fake_catalogue, home.folder)
    assert live.catalogue.voices.keys() == {"tone", "other", "mine"}
    assert [problem.split("'")[1] for problem in live.problems] == ["tiny", "gone"]
    with pytest.raises(InvalidInputError, match="it is not installed"):
        live.catalogue.resolve("tiny")
    fake_catalogue.write_text(
        yaml.safe_dump(content | {"default": "tiny", "voices": [*content["voices"], entry]})
    )
    with pytest.raises(ConfigError, match="it is not installed"):
        LiveCatalogue(fake_catalogue)


def test_a_voice_comes_and_goes_while_the_catalogue_is_used(
    live: LiveCatalogue, home: Home
) -> None:
    home.add(ENTRY)
    followed(live, "mine", there=True)
    assert live.catalogue.resolve("mine")[0].engine == "fake"
    assert live.catalogue.resolve("alloy")[1] == "high"
    assert home.drop("mine")
    assert not home.drop("mine")
    followed(live, "mine", there=False)
    home.add(ENTRY)
    home.file.unlink()
    followed(live, "mine", there=False)


def test_nothing_is_read_twice(
    live: LiveCatalogue, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = write_tiny_voice(tmp_path / "tiny.onnx")
    home.add({"id": "tiny", "engine": "piper", "model": str(model)})
    live.refresh()
    first = live.catalogue.voices["tiny"]
    home.add(ENTRY)
    live.refresh()
    assert live.catalogue.voices["tiny"] is first
    reads: list[object] = []
    monkeypatch.setattr(Home, "read", reads.append)
    live.refresh()
    live.poll()
    assert reads == []
    monkeypatch.undo()
    write_tiny_voice(tmp_path / "tiny.onnx", seed=1)
    home.drop("mine")
    live.refresh()
    assert live.catalogue.voices["tiny"].checksum != first.checksum


def test_what_is_wrong_is_alone(live: LiveCatalogue, home: Home) -> None:
    voices = [
        {"id": "gone", "engine": "piper", "model": "gone.onnx"},
        {"id": "odd", "engine": "nobody's"},
        {"id": "more", "engine": "fake", "colour": "red"},
        {"id": "tone", "engine": "fake"},
        {"engine": "fake"},
        ENTRY,
    ]
    aliases = {
        "alloy": {"voice": "mine"},
        "bad": {"voice": "nobody"},
        "worse": {"voice": "mine", "other_languages": {"voice": "tone", "speaker": "middle"}},
    }
    write(home, voices=voices, aliases=aliases, default="gone")
    live.refresh()
    assert live.catalogue.voices.keys() == {"tone", "other", "mine"}
    assert live.catalogue.resolve("alloy")[0].id == "mine"
    assert live.catalogue.default_voice == "tone"
    assert live.catalogue.aliases.keys() == {"alloy", "nova"}
    told = "\n".join(live.problems)
    assert len(live.problems) == 8
    for part in ("'gone'", 'no engine "nobody\'s"', "colour", "'tone'", "'bad'", "'worse'"):
        assert part in told


def test_a_default_of_the_users_goes_first(live: LiveCatalogue, home: Home) -> None:
    write(home, voices=[ENTRY], default="mine")
    live.refresh()
    assert live.catalogue.default_voice == "mine"
    assert live.problems == ()


@pytest.mark.parametrize(
    "content",
    [b"voices: [", b"\xff\xfe", b"voices: 3", b"[]", b"other: 1", b"[" * 9999, b"#" * 1_100_000],
)
def test_a_broken_file_changes_nothing(live: LiveCatalogue, home: Home, content: bytes) -> None:
    home.add(ENTRY)
    live.refresh()
    home.file.write_bytes(content)
    live.refresh()
    assert "mine" in live.catalogue.voices
    assert len(live.problems) == 1
    assert str(home.file) in live.problems[0]
    with pytest.raises(ConfigError):
        home.add({"id": "other", "engine": "fake"})
    assert home.file.read_bytes() == content
    write(home, voices=[])
    live.refresh()
    assert live.problems == ()
    assert "mine" not in live.catalogue.voices


def test_a_server_starts_with_a_broken_file(fake_catalogue: Path, home: Home) -> None:
    home.folder.mkdir()
    home.file.write_text("{")
    assert LiveCatalogue(fake_catalogue, home.folder).problems
    with pytest.raises(ConfigError):
        LiveCatalogue(home.file, None)


def test_a_voice_that_cannot_be_read_for_is_left_out(
    live: LiveCatalogue, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Missing:
        def unavailable(self) -> str:
            return "espeak-ng is not installed"

    monkeypatch.setattr(phonemizers, "phonemizer", lambda _: Missing())
    home.add({"id": "tiny", "engine": "piper", "model": str(write_tiny_voice(tmp_path / "a.onnx"))})
    live.refresh()
    assert live.problems == ("voice 'tiny': it cannot be read for: espeak-ng is not installed",)


def test_own_entries_stay_when_others_are_written(home: Home) -> None:
    write(home, voices=[{"id": "own", "engine": "fake"}], aliases={"me": {"voice": "own"}})
    home.add(ENTRY)
    home.add({**ENTRY, "license": "CC0"})
    found = home.read()
    assert [voice["id"] for voice in found.voices] == ["own", "mine"]
    assert found.voices[1]["license"] == "CC0"
    assert found.aliases["me"].voice == "own"
    assert {path.name for path in home.folder.iterdir()} == {".lock", "voices.yaml"}


@pytest.mark.parametrize("name", ["", "..", "a/b", ".hidden", "a" * 101, "/etc"])
def test_a_name_is_one_part_of_a_path(home: Home, name: str) -> None:
    with pytest.raises(ConfigError, match="no name of a voice"):
        home.folder_of(name)
