"""`chorale voices` against a real HTTP server, with real engines."""

import hashlib
import json
import wave
from dataclasses import replace
from pathlib import Path

import httpx
import numpy as np
import pytest
from typer.testing import CliRunner, Result
from voice_site import Site

from serve_app import cli
from serve_app.voices import command, sources
from serve_app.voices.download import PullError, RemoteFile
from speech.engines.hibari.voice import package
from speech.evaluation import held_out
from speech.loudness import loudness
from speech.voice_home import Home
from tests.real_voices import kokoro_styles, write_kokoro
from tests.tiny_voice import write_tiny_voice

FOLDER = "/en/en_US/tiny/low"
KEY = "en_US-tiny-low"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("CHORALE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "200")
    return Home(tmp_path / "home")


@pytest.fixture
def piper(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    """A mirror of Piper's voices that has one, as the public index describes them."""
    path = write_tiny_voice(tmp_path / f"{KEY}.onnx", speakers=2)
    card = b"# Model card\n\n* Language: en_US\n\n## Dataset\n\n* License: CC0\n"
    files = {f"{KEY}.onnx": path.read_bytes(), "MODEL_CARD": card}
    files[f"{KEY}.onnx.json"] = path.with_name(f"{KEY}.onnx.json").read_bytes()
    for name, content in files.items():
        site.files[f"{FOLDER}/{name}"] = content
    voice = {
        "key": KEY,
        "name": "tiny",
        "language": {"code": "en_US", "family": "en", "name_english": "English"},
        "quality": "low",
        "num_speakers": 2,
        "files": {
            f"{FOLDER[1:]}/{name}": {
                "size_bytes": len(content),
                "md5_digest": hashlib.md5(content, usedforsecurity=False).hexdigest(),
            }
            for name, content in files.items()
        },
        "aliases": [],
    }
    broken = {**voice, "files": {"en/../../x.onnx": {"size_bytes": 1, "md5_digest": ""}}}
    listed = {KEY: voice, "de_DE-broken-low": broken, "odd": 3, "../up": voice}
    site.files["/voices.json"] = json.dumps(listed).encode()
    monkeypatch.setenv("CHORALE_PIPER_URL", site.url)
    return site


def chorale(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli.app, ["voices", *map(str, arguments)])


def test_a_voice_is_pulled_listed_tried_and_removed(
    piper: Site, home: Home, tmp_path: Path
) -> None:
    done = chorale("pull", KEY)
    assert done.exit_code == 0, done.stderr
    assert str(home.folder_of(KEY)) in done.stdout
    (entry,) = home.read().voices
    assert entry["license"] == "CC0"
    assert entry["model"] == f"voices/{KEY}/{KEY}.onnx"
    listed = chorale("list", "en")
    (row,) = [line for line in listed.stdout.splitlines() if KEY in line]
    assert all(cell in row for cell in ("piper", "en-us", "s0 s1", "CC0", "low"))
    assert "heart" in listed.stdout
    assert KEY not in chorale("list", "de").stdout
    out = tmp_path / "out.wav"
    tried = chorale("try", f"{KEY}/s1", "-o", out)
    assert tried.exit_code == 0, tried.stderr
    with wave.open(str(out)) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), np.int16)
        assert file.getframerate() == 22_050
    assert samples.std() > 300
    removed = chorale("remove", KEY)
    assert removed.exit_code == 0, removed.stderr
    assert home.read().voices == ()
    assert not home.folder_of(KEY).exists()
    again = chorale("remove", KEY)
    assert again.exit_code == 1
    assert "is no voice in" in again.stderr


def test_a_pulled_voice_may_take_the_name_of_another(piper: Site, home: Home) -> None:
    done = chorale("pull", KEY, "--as", "onyx")
    assert done.exit_code == 0, done.stderr
    live = command.local_catalogue()
    assert live.problems == ()
    assert live.catalogue.resolve("onyx")[0].id == KEY
    # Other languages are still spoken under the name.
    assert live.catalogue.resolve_in("onyx", "de")[0].id == "espeak"
    assert chorale("remove", KEY).exit_code == 0
    live = command.local_catalogue()
    assert live.problems == ()
    assert live.catalogue.resolve("onyx") == live.shipped.resolve("onyx")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((KEY, "--as", "espeak"), "'espeak' is a voice itself"),
        ((KEY, "--as", "a/b"), "--as gives one voice a name"),
        ((KEY, "kokoro", "--as", "me"), "--as gives one voice a name"),
    ],
)
def test_a_name_that_cannot_be_taken(
    piper: Site, home: Home, arguments: tuple[str, ...], says: str
) -> None:
    done = chorale("pull", *arguments)
    assert done.exit_code == 1
    assert says in done.stderr
    assert home.read().voices == ()


def test_what_can_be_pulled_is_listed(piper: Site, home: Home) -> None:
    done = chorale("list", "--available")
    assert done.exit_code == 0, done.stderr
    rows = {line.split()[1]: line for line in done.stdout.splitlines() if line.startswith("│")}
    assert KEY in rows
    assert "kokoro" in rows
    assert "325.5 MB" not in rows["kokoro"]  # with the styles
    assert "353.7 MB" in rows["kokoro"]
    assert "hibari-emma" in rows
    assert not any("broken" in name or "up" in name for name in rows)


def test_a_server_that_does_not_answer_is_named(site: Site, home: Home) -> None:
    for url, says in (("http://127.0.0.1:9", "refused"), (site.url, "404")):
        done = chorale("list", "--url", url)
        assert done.exit_code == 1
        assert url in done.stderr
        assert says in done.stderr


def test_a_second_pull_fetches_nothing_again(piper: Site, home: Home) -> None:
    assert chorale("pull", KEY).exit_code == 0
    piper.asked.clear()
    assert chorale("pull", KEY, KEY).exit_code == 0
    assert piper.asked == [("/voices.json", "")]
    assert len(home.read().voices) == 1


def test_a_pull_that_breaks_off_changes_no_catalogue_and_goes_on(piper: Site, home: Home) -> None:
    path = f"{FOLDER}/{KEY}.onnx"
    piper.script[path] = ["break", 404]
    done = chorale("pull", KEY)
    assert done.exit_code == 1
    assert f"{path} cannot be had: the server answers 404" in done.stderr.replace("\n", "")
    assert home.read().voices == ()
    piper.asked.clear()
    assert chorale("pull", KEY).exit_code == 0
    assert piper.ranges(path) == [f"bytes={len(piper.files[path]) // 2}-"]


def test_files_that_are_no_voice_reach_no_catalogue(piper: Site, home: Home) -> None:
    index = json.loads(piper.files["/voices.json"])
    piper.files[f"{FOLDER}/{KEY}.onnx.json"] = b"{}"
    header = {"size_bytes": 2, "md5_digest": hashlib.md5(b"{}", usedforsecurity=False).hexdigest()}
    index[KEY]["files"][f"{FOLDER[1:]}/{KEY}.onnx.json"] = header
    piper.files["/voices.json"] = json.dumps(index).encode()
    done = chorale("pull", KEY)
    assert done.exit_code == 1
    assert f"voice '{KEY}'" in done.stderr
    assert "Traceback" not in done.stderr
    assert home.read().voices == ()


def test_the_index_is_kept_for_a_time_without_a_network(piper: Site, home: Home) -> None:
    piper.script["/voices.json"] = [503]
    done = chorale("list", "--available")
    assert done.exit_code == 1
    kept = home.folder / "index" / "piper.json"
    assert f"{piper.url}/voices.json" in done.stderr
    assert f"put the file at {kept}" in done.stderr
    assert chorale("list", "--available").exit_code == 0
    for bad in (503, "break"):
        piper.script["/voices.json"] = [bad]
        done = chorale("list", "--available")
        assert KEY in done.stdout
        assert f"taking the copy at {kept}" in done.stderr
    kept.write_text("[]")
    piper.script["/voices.json"] = [503]
    done = chorale("list", "--available")
    assert done.exit_code == 1
    assert "is no index of voices" in done.stderr


@pytest.mark.parametrize("name", ["nobody", "../../etc", "odd"])
def test_a_voice_that_nobody_has(piper: Site, home: Home, name: str) -> None:
    done = chorale("pull", name)
    assert done.exit_code == 1
    assert f"no voice '{name}'" in done.stderr
    assert chorale("remove", name).exit_code == 1


def test_a_disk_without_room_is_told_before_anything_comes(
    piper: Site, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "_SPARE", 10**18)
    done = chorale("pull", KEY)
    assert done.exit_code == 1
    assert "must stay free" in done.stderr
    assert [path for path, _ in piper.asked] == ["/voices.json"]


def test_a_player_is_taken_where_no_file_is_asked_for(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    player = tmp_path / "aplay"
    player.write_text(f'#!/bin/sh\ncp "$2" {tmp_path}/played.wav\n')
    player.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    monkeypatch.setattr(command, "_PLAYERS", (("aplay", "-q"),))
    monkeypatch.chdir(tmp_path)
    assert chorale("try", "espeak", "--language", "de").exit_code == 0
    with wave.open(str(tmp_path / "played.wav")) as file:
        assert file.getnframes() > file.getframerate()
    assert not list(tmp_path.glob("espeak*"))
    monkeypatch.setattr(command, "_PLAYERS", ())
    assert "espeak.wav" in chorale("try", "espeak").stdout
    assert (tmp_path / "espeak.wav").exists()
    done = chorale("try", "nobody")
    assert done.exit_code == 1
    assert "unknown voice 'nobody'" in done.stderr


def test_loudness_of_hibaris_voices_is_measured_when_they_come(site: Site, home: Home) -> None:
    """With the one voice that is here, under the name of another one."""
    content = (package() / "assets" / "hibari.onnx").read_bytes()
    (offer, *others) = sources.hibari_offers(site.url)
    assert offer.id == "hibari-emma"
    assert len(others) == 3
    (file,) = offer.files
    site.files[f"/{file.name}"] = content
    with httpx.Client() as client:
        with pytest.raises(PullError, match="its sha256 is"):
            command._pull(client, offer, home)
        assert home.read().voices == ()
        known = replace(file, sha256=hashlib.sha256(content).hexdigest())
        command._pull(client, replace(offer, files=(known,)), home)
    (entry,) = home.read().voices
    voice = command.local_catalogue().catalogue.voices["hibari-emma"]
    assert voice.language == "en-gb"
    samples = command._spoken(voice, "", "en-gb", held_out()[:8])
    assert loudness(samples / 32_768, voice.sample_rate) == pytest.approx(-16, abs=1)
    assert 5 < entry["gain"] < 15


def test_every_file_has_a_digest_and_an_encrypted_address() -> None:
    offers = [*sources.kokoro_offers(), *sources.hibari_offers()]
    files: list[RemoteFile] = [file for offer in offers for file in offer.files]
    assert len(files) == 10
    assert all(len(file.sha256) == 64 and file.size and file.size > 10**6 for file in files)
    assert all(file.url.startswith("https://") for file in files)


def test_kokoro_is_pulled_and_speaks(site: Site, home: Home, tmp_path: Path) -> None:
    """The real graph, which breaks off in the middle, with the styles that are at hand."""
    styles = kokoro_styles().read_bytes()
    (offer,) = [it for it in sources.kokoro_offers(site.url) if it.id == "kokoro-int8"]
    graph, pack = offer.files
    site.files[f"/{graph.name}"] = write_kokoro(tmp_path / "graph").read_bytes()
    site.files[f"/{pack.name}"] = styles
    site.script[f"/{graph.name}"] = ["break"]
    known = replace(pack, size=len(styles), sha256=hashlib.sha256(styles).hexdigest())
    here = {**offer.options, "default_speaker": "jm_kumo"}
    with httpx.Client() as client:
        command._pull(client, replace(offer, files=(graph, known), options=here), home)
    assert site.ranges(f"/{graph.name}") == ["", f"bytes={92_361_271 // 2}-"]
    voice = command.local_catalogue().catalogue.voices["kokoro-int8"]
    assert voice.size == 92_361_271 + len(styles)
    out = tmp_path / "out.wav"
    done = chorale("try", "jm_kumo", "--text", "Good morning.", "--language", "en", "-o", out)
    assert done.exit_code == 0, done.stderr
    with wave.open(str(out)) as file:
        seconds = file.getnframes() / file.getframerate()
    assert 0.5 < seconds < 2.5
