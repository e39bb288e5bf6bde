"""The voice catalogue: what it refuses at start, and what it finds."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from speech.errors import ConfigError, InvalidInputError
from speech.voices import VoiceCatalogue, lost_region

Load = Callable[..., VoiceCatalogue]
FAKE = {"id": "f", "engine": "fake", "speakers": ["one", "two"], "default_speaker": "one"}
ESPEAK = {"id": "e", "engine": "espeak", "speakers": ["f2", "m3"]}
PIPER = {"id": "p", "engine": "piper", "model": "p.onnx"}
HEADER: dict[str, Any] = {
    "num_speakers": 1,
    "espeak": {"voice": "en-us"},
    "phoneme_id_map": {"_": [0], "^": [1], "a": [3, 4]},
    "audio": {"sample_rate": 16_000},
}


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Write a catalogue, and the header of the voice `p`, and load it."""

    def write(
        *voices: dict[str, Any],
        default: str = "",
        aliases: dict[str, Any] | None = None,
        header: Any = HEADER,
        **more: Any,
    ) -> VoiceCatalogue:
        (tmp_path / "p.onnx").write_bytes(b"weights")
        (tmp_path / "p.onnx.json").write_text(json.dumps(header))
        content = {
            "default": default or voices[0]["id"],
            "voices": list(voices),
            "aliases": aliases or {},
            **more,
        }
        path = tmp_path / "voices.yaml"
        path.write_text(yaml.safe_dump(content))
        return VoiceCatalogue.load(path)

    return write


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"default": "nobody"}, "nobody"),
        ({"aliases": {"alloy": {"voice": "nobody"}}}, "alloy"),
        ({"aliases": {"alloy": {"voice": "f", "speaker": "three"}}}, "three"),
        ({"aliases": {"alloy": "f"}}, "alloy"),
        ({"aliases": {"alloy": {"voice": "f", "other_languages": {"voice": "g"}}}}, "alloy"),
        ({"aliases": {"ash": {"voice": "f", "other_languages": {"voice": "f/two"}}}}, "ash"),
        ({"default": "f/three"}, "three"),
        ({"speed": 1}, "speed"),
    ],
)
def test_a_catalogue_that_cannot_work_is_refused(
    load: Load, arguments: dict[str, Any], says: str
) -> None:
    with pytest.raises(ConfigError, match=says):
        load(FAKE, **arguments)


@pytest.mark.parametrize(
    ("voice", "says"),
    [
        (FAKE, "twice"),
        ({"id": "x", "engine": "gramophone"}, "engine"),
        ({"id": "x", "engine": "fake", "pitch": 1}, "pitch"),
        ({"id": "x", "engine": "piper"}, "model"),
        ({"id": "x", "engine": "piper", "model": "gone.onnx"}, "gone.onnx"),
        ({"id": "x", "engine": "espeak", "language": "tlh-x"}, "tlh-x"),
        # Not the default voice: found at start all the same, not by its first caller.
        ({**FAKE, "id": "x", "default_speaker": "three"}, "three"),
        ({**PIPER, "id": "x", "default_speaker": "three"}, "three"),
        ({**FAKE, "id": "x/y"}, "x/y"),
    ],
)
def test_a_voice_that_cannot_work_is_refused(load: Load, voice: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        load(FAKE, voice)


@pytest.mark.parametrize(
    "header",
    [
        None,
        [],
        {},
        {**HEADER, "num_speakers": "many"},
        {**HEADER, "espeak": {}},
        {**HEADER, "phoneme_type": "smoke signals"},
        {**HEADER, "phoneme_id_map": ["a"]},
        {**HEADER, "phoneme_id_map": {"a": 3}},
        {**HEADER, "phoneme_id_map": {"a": ["x"]}},
        {**HEADER, "speaker_id_map": ["a"]},
        {**HEADER, "audio": {}},
    ],
    ids=str,
)
def test_a_header_that_cannot_be_read_is_a_configuration_error(load: Load, header: Any) -> None:
    with pytest.raises(ConfigError, match="'p'"):
        load(PIPER, header=header)


def test_a_header_that_is_not_json(load: Load, tmp_path: Path) -> None:
    load(PIPER)
    (tmp_path / "p.onnx.json").write_text("{")
    with pytest.raises(ConfigError, match="'p'"):
        VoiceCatalogue.load(tmp_path / "voices.yaml")


@pytest.mark.parametrize("content", [b"\xff\xfe\xff", b"voices: [", b"- 1", b"", b"default: x"])
def test_a_file_that_is_no_catalogue(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "voices.yaml"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=r"voices\.yaml"):
        VoiceCatalogue.load(path)


def test_a_file_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"gone\.yaml"):
        VoiceCatalogue.load(tmp_path / "gone.yaml")


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("f", ("f", "one")),
        ("f/two", ("f", "two")),
        ("f/", ("f", "one")),
        ("alloy", ("f", "two")),
        ("ash", ("f", "one")),
        ("e", ("e", "")),
        ("e/m3", ("e", "m3")),
        ("p", ("p", "")),
    ],
)
def test_a_voice_is_found(load: Load, name: str, found: tuple[str, str]) -> None:
    aliases = {"alloy": {"voice": "f", "speaker": "two"}, "ash": {"voice": "f"}}
    voice, speaker = load(FAKE, ESPEAK, PIPER, aliases=aliases).resolve(name)
    assert (voice.id, speaker) == found


@pytest.mark.parametrize("name", ["", "ff", "g", "f/three", "alloy/one", "/one", "p/0", "x" * 5000])
def test_an_unknown_voice_is_the_callers_error(load: Load, name: str) -> None:
    catalogue = load(FAKE, ESPEAK, PIPER, aliases={"alloy": {"voice": "f"}})
    with pytest.raises(InvalidInputError) as caught:
        catalogue.resolve(name)
    assert caught.value.param == "voice"
    assert len(caught.value.message) < 200


def test_the_default_voice_may_be_an_alias(load: Load) -> None:
    aliases = {"alloy": {"voice": "e", "speaker": "m3"}}
    assert load(FAKE, ESPEAK, default="alloy", aliases=aliases).default_voice == "e"


@pytest.mark.parametrize(
    ("voice", "asked", "found"),
    [
        ("e", None, "en-us"),
        ("e", "", "en-us"),
        ("e", "de", "de"),
        ("e", "DE", "de"),
        ("e", "en_US", "en-us"),
        ("e", " fr ", "fr"),
        ("p", None, "en-us"),
        ("p", "en", "en"),
        ("p", "en_US", "en-us"),
        ("p", "en-gb", "en"),
        ("e", "de-AT", "de"),
        ("e", "zh-Hans-CN", "zh"),
        ("f", "en-us", "en-us"),
    ],
)
def test_a_language_the_voice_speaks(load: Load, voice: str, asked: str | None, found: str) -> None:
    assert load(FAKE, ESPEAK, PIPER).resolve_in(voice, asked)[2] == found


@pytest.mark.parametrize(
    ("voice", "asked"), [("e", "tlh-x"), ("e", " "), ("p", "de"), ("p", "de-DE"), ("f", "x" * 999)]
)
def test_a_language_the_voice_does_not_speak(load: Load, voice: str, asked: str) -> None:
    with pytest.raises(InvalidInputError, match=f"'{voice}' .* '{asked[:32]}'") as caught:
        load(FAKE, ESPEAK, PIPER).resolve_in(voice, asked)
    assert caught.value.param == "language"
    assert len(caught.value.message) < 200


ALIASES = {
    "alloy": {"voice": "p", "other_languages": {"voice": "e", "speaker": "f2"}},
    "ash": {"voice": "p"},
}


@pytest.mark.parametrize(
    ("name", "asked", "found"),
    [
        ("alloy", None, ("p", "", "en-us")),
        ("alloy", "", ("p", "", "en-us")),
        ("alloy", "en_US", ("p", "", "en-us")),
        ("alloy", "en", ("p", "", "en")),
        ("alloy", "de", ("e", "f2", "de")),
        ("alloy", "en-gb", ("e", "f2", "en-gb")),
        ("alloy", "en-AU", ("p", "", "en")),
        ("alloy", "de-DE", ("e", "f2", "de")),
        ("ash", None, ("p", "", "en-us")),
        ("p", "en", ("p", "", "en")),
        ("e/m3", "fr", ("e", "m3", "fr")),
    ],
)
def test_who_speaks_a_language(
    load: Load, name: str, asked: str | None, found: tuple[str, str, str]
) -> None:
    voice, speaker, language = load(FAKE, ESPEAK, PIPER, aliases=ALIASES).resolve_in(name, asked)
    assert (voice.id, speaker, language) == found


@pytest.mark.parametrize(
    ("name", "asked"), [("ash", "de"), ("p", "de"), ("alloy", "tlh-x"), ("alloy", " ")]
)
def test_nobody_takes_over_unasked(load: Load, name: str, asked: str) -> None:
    with pytest.raises(InvalidInputError, match=f"'{name}' .* '{asked}'") as caught:
        load(FAKE, ESPEAK, PIPER, aliases=ALIASES).resolve_in(name, asked)
    assert caught.value.param == "language"


@pytest.mark.parametrize(
    ("asked", "found", "lost"),
    [
        *[(tag, tag[:2], "") for tag in ("de-DE", "it-IT", "zh-CN", "ja-JP", "pl-PL", "ru_RU")],
        *[(tag, tag[:2], tag[3:].lower()) for tag in ("de-AT", "en-AU", "zh-TW", "ar-EG")],
        ("fr-BE", "fr-be", ""),
        ("zh-Hans-CN", "zh", ""),
        ("zh-Hant-TW", "zh", "tw"),
        ("pt-Latn-BR", "pt-br", ""),
        ("iw-IL", "he", ""),
        (None, "en-us", ""),
    ],
)
def test_a_region_that_is_not_known(asked: str | None, found: str, lost: str) -> None:
    assert lost_region(asked, found) == lost


@pytest.mark.parametrize(
    ("asked", "found"), [("iw", "he"), ("in", "id"), ("pt_Latn_BR", "pt-br"), ("deu", "de")]
)
def test_tags_of_other_names(load: Load, asked: str, found: str) -> None:
    assert load(ESPEAK).resolve_in("e", asked)[2] == found


@pytest.mark.parametrize("entry", [FAKE, ESPEAK, PIPER], ids=lambda entry: entry["engine"])
def test_a_catalogue_may_write_languages_its_own_way(load: Load, entry: dict[str, Any]) -> None:
    catalogue = load({**entry, "language": "en_GB"})
    voice = catalogue.voices[entry["id"]]
    assert voice.language == "en-gb"
    assert catalogue.resolve_in(voice.id, "en_GB")[2] == "en-gb"


def test_a_piper_voice_of_several_speakers(load: Load) -> None:
    header = {**HEADER, "num_speakers": 3, "default_speaker_id": 1}
    voice = load(PIPER, header=header).voices["p"]
    assert dict(voice.speakers) == {"0": 0, "1": 1, "2": 2}
    assert voice.default_speaker == "1"
    named = {**header, "speaker_id_map": {"ann": 0, "bob": 1, "cy": 2}}
    assert load(PIPER, header=named).resolve("p/cy")[1] == "cy"
    assert load(PIPER, header=named).resolve("p")[1] == "bob"


def test_a_piper_voice_says_what_its_header_says(load: Load) -> None:
    voice = load(PIPER).voices["p"]
    assert voice.sample_rate == 16_000
    assert voice.vocabulary is not None
    assert voice.vocabulary.espeak_voice == "en-us"
    assert voice.vocabulary.ids["a"] == (3, 4)
    assert voice.model is not None
    assert voice.model.is_absolute()


def test_the_checksum_follows_weights_and_header(load: Load, tmp_path: Path) -> None:
    checksums = {load(PIPER).voices["p"].checksum, load(PIPER).voices["p"].checksum}
    assert len(checksums) == 1
    changed = load(PIPER, header={**HEADER, "num_speakers": 0}).voices["p"]
    (tmp_path / "p.onnx").write_bytes(b"other weights")
    other = VoiceCatalogue.load(tmp_path / "voices.yaml").voices["p"]
    assert len(checksums | {changed.checksum, other.checksum}) == 3


STYLES = {"id": "k", "engine": "kokoro", "model": "k.onnx", "styles": "s.npz"}


@pytest.fixture
def styled(load: Load, tmp_path: Path) -> Load:
    """Load a catalogue with a voice of three styles, one more of its kind, and one without."""
    (tmp_path / "k.onnx").write_bytes(b"weights")
    names = ("af_a", "bf_b", "zf_z")
    np.savez(tmp_path / "s.npz", **{name: np.ones((510, 1, 256), np.float32) for name in names})
    np.savez(tmp_path / "t.npz", am_c=np.ones((510, 1, 256), np.float32))
    other = {**STYLES, "id": "l", "styles": "t.npz"}
    return lambda **more: load(STYLES, other, FAKE, **more)


@pytest.mark.parametrize(
    ("name", "speaker"),
    [
        ("k", "af_a"),
        ("bf_b", "bf_b"),
        ("k/bf_b", "bf_b"),
        ("bf_b(2)", "bf_b"),
        ("af_a(2)+bf_b(1)", "af_a(0.666667)+bf_b(0.333333)"),
        ("bf_b + af_a(2)", "af_a(0.666667)+bf_b(0.333333)"),
        ("k/af_a(3)+k/bf_b(1.5)", "af_a(0.666667)+bf_b(0.333333)"),
        ("af_a+af_a", "af_a"),
        ("both(3)+zf_z", "af_a(0.500000)+bf_b(0.250000)+zf_z(0.250000)"),
    ],
)
def test_styles_are_known_by_their_names_and_mix(styled: Load, name: str, speaker: str) -> None:
    catalogue = styled(aliases={"both": {"voice": "k", "speaker": "af_a(2)+bf_b"}})
    voice, found = catalogue.resolve(name)
    assert (voice.id, found) == ("k", speaker)
    # The one name of a mix is a name, too.
    assert catalogue.resolve(f"k/{found}" if "+" not in found else found)[1] == found


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("af_a+nobody", "unknown voice 'nobody'"),
        ("af_a(0)+bf_b", "positive"),
        ("af_a(-1)+bf_b", "written"),
        ("af_a(x)+bf_b", "written"),
        ("af_a+", "written"),
        ("(2)", "written"),
        ("+".join(["af_a"] * 9), "at most 8"),
        ("af_a+am_c", "of one voice"),
        ("af_a+f", "of one voice"),
        ("f/one+f/two", "of one voice"),
        ("k/nobody", "no speaker"),
    ],
)
def test_mixes_that_cannot_be_name_the_voice(styled: Load, name: str, says: str) -> None:
    with pytest.raises(InvalidInputError, match=re.escape(says)) as error:
        styled().resolve(name)
    assert error.value.param == "voice"


def test_a_style_speaks_its_own_language_first(styled: Load) -> None:
    catalogue = styled()
    assert catalogue.resolve_in("k", None)[2] == "en-us"
    assert catalogue.resolve_in("bf_b", None)[2] == "en-gb"
    assert catalogue.resolve_in("bf_b(2)+af_a", None)[2] == "en-us"
    assert catalogue.resolve_in("bf_b", "fr")[2] == "fr"
    assert catalogue.resolve_in("bf_b", "ja-JP")[2] == "ja"
    with pytest.raises(InvalidInputError, match="zh") as error:
        catalogue.resolve_in("zf_z", None)
    assert error.value.param == "language"


def test_a_style_of_two_voices_needs_the_voices_name(load: Load, styled: Load) -> None:
    catalogue = load(STYLES, {**STYLES, "id": "m"})
    with pytest.raises(InvalidInputError, match="k/af_a and m/af_a"):
        catalogue.resolve("af_a")
    assert catalogue.resolve("m/af_a+m/bf_b")[0].id == "m"


def test_a_wrong_mix_in_the_catalogue_is_told_at_start(styled: Load) -> None:
    with pytest.raises(ConfigError, match="bad"):
        styled(aliases={"bad": {"voice": "k", "speaker": "af_a+nobody"}})


def test_an_optional_voice_that_cannot_be_read_is_left_out(load: Load) -> None:
    gone = {"id": "g", "engine": "piper", "model": "gone.onnx"}
    aliases = {
        "ash": {"voice": "g"},
        "nova": {"voice": "f", "other_languages": {"voice": "g"}},
        "alloy": {"voice": "f", "other_languages": {"voice": "e", "speaker": "f2"}},
    }
    with pytest.raises(ConfigError, match="gone"):
        load(FAKE, gone, aliases=aliases)
    catalogue = load(FAKE, ESPEAK, gone | {"optional": True}, aliases=aliases)
    assert list(catalogue.voices) == ["f", "e"]
    assert list(catalogue.left_out) == ["g"]
    assert catalogue.resolve_in("alloy", "de")[0].id == "e"
    for name, language, param in (("g", None, "voice"), ("ash", None, "voice"), ("nova", "de", "")):
        with pytest.raises(InvalidInputError, match=r"gone\.onnx") as refused:
            catalogue.resolve_in(name, language)
        assert refused.value.param == (param or "language")
    with pytest.raises(ConfigError, match=r"gone\.onnx"):
        load(FAKE, gone | {"optional": True}, default="g")
