"""Bodies of requests: what is taken, and which parameter is named for what is not."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from serve_app.bodies import MAX_BODY_BYTES, parse
from serve_app.model_names import Models
from serve_app.schemas import (
    InvalidateBody,
    NormalizeBody,
    SpeechBody,
    VoiceReference,
    asked_speech,
)
from speech.audio.containers import SAMPLE_RATES
from speech.errors import InvalidInputError
from speech.types import AUDIO_FORMATS, LexiconEntry, Normalization, Passage, SpeechRequest
from speech.voices import VoiceCatalogue
from tests.conftest import request_of

SECRET = "Geheimnis"  # noqa: S105 (a word that must not come back)
GOOD: dict[str, Any] = {"model": "chorale", "input": f"{SECRET}.", "voice": "alloy"}
MODELS = Models.model_validate(["chorale", "tts-1"])


@pytest.fixture
def catalogue(fake_catalogue: Path) -> VoiceCatalogue:
    return VoiceCatalogue.load(fake_catalogue)


def resolve(catalogue: VoiceCatalogue, body: dict[str, Any] | str | bytes) -> SpeechRequest:
    raw = json.dumps(body) if isinstance(body, dict) else body
    parsed = parse(SpeechBody, raw if isinstance(raw, bytes) else raw.encode())
    return asked_speech(parsed, catalogue, MODELS).request


def read(catalogue: VoiceCatalogue, body: dict[str, Any] | str | bytes) -> Passage:
    (reading,) = resolve(catalogue, body).passages
    return reading


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in GOOD.items() if key != name}


WRONG_TYPES: tuple[Any, ...] = (1, 1.5, True, [], {}, [SECRET], {"x": SECRET})
BAD: list[tuple[str, dict[str, Any]]] = [
    ("input", without("input")),
    ("input", {**GOOD, "input": None}),
    *[
        (name, {**GOOD, name: value})
        for name in ("model", "input", "voice", "response_format", "stream_format")
        for value in WRONG_TYPES
    ],
    *[
        (name, {**GOOD, name: value})
        for name in ("instructions", "language")
        for value in WRONG_TYPES
    ],
    *[("stream", {**GOOD, "stream": value}) for value in (1, 0, "true", [], {})],
    ("input", {**GOOD, "input": ""}),
    ("input", {**GOOD, "input": SECRET + "x" * 4088}),
    ("model", {**GOOD, "model": "tts-9"}),
    ("model", {**GOOD, "model": ""}),
    ("voice", {**GOOD, "voice": "nobody"}),
    ("voice", {**GOOD, "voice": ""}),
    ("voice", {**GOOD, "voice": "tone/nobody"}),
    ("voice", {**GOOD, "voice": {"id": "nobody"}}),
    ("voice", {**GOOD, "voice": {"id": 1}}),
    ("voice", {**GOOD, "voice": {"name": "tone"}}),
    ("voice", {**GOOD, "voice": {"id": "tone", "more": SECRET}}),
    ("response_format", {**GOOD, "response_format": "ogg"}),
    ("response_format", {**GOOD, "response_format": "MP3"}),
    ("stream_format", {**GOOD, "stream_format": "ws"}),
    ("language", {**GOOD, "language": "tlh"}),
    ("language", {**GOOD, "language": " "}),
    *[
        ("speed", {**GOOD, "speed": value})
        for value in (0, 5, -1, 0.2499, 4.0001, "fast", "1", True, [], {}, float("nan"))
    ],
    *[("speed", {**GOOD, "speed": value}) for value in (float("inf"), -float("inf"), 10**400)],
    *[
        ("sample_rate", {**GOOD, "sample_rate": value})
        for value in (0, -1, 1, 44_000, 96_000, 24_000.5, "24000", True, [], {}, 10**30)
    ],
    *[
        ("seed", {**GOOD, "seed": value})
        for value in (-1, 2**32, 1.5, "1", True, [], {}, 10**30)
    ],
    *[
        (f"normalization.{name}", {**GOOD, "normalization": {name: value}})
        for name, value in (
            ("enabled", 1), ("enabled", SECRET), ("emoji", "x"), ("emoji", True),
            ("urls", SECRET), ("markdown", "true"), ("emojis", "say"), ("", 1),
        )
    ],
    *[("normalization", {**GOOD, "normalization": value}) for value in (True, "x", [])],
]  # fmt: skip


@pytest.mark.parametrize("name", sorted({*SpeechBody.model_fields, "x"} - {"input"}))
def test_what_is_null_is_absent(catalogue: VoiceCatalogue, name: str) -> None:
    assert resolve(catalogue, {**GOOD, name: None}) == resolve(catalogue, without(name))
    switches = {"enabled": None, "emoji": "say", "urls": None}
    read_ = read(catalogue, {**GOOD, name: None, "normalization": switches})
    assert read_.normalization == Normalization(emoji="say")


def test_switches_of_the_text_are_resolved(catalogue: VoiceCatalogue) -> None:
    assert read(catalogue, GOOD).normalization == Normalization()
    switches = {"enabled": False, "emoji": "say", "urls": "short", "markdown": False}
    wanted = read(catalogue, {**GOOD, "normalization": switches}).normalization
    assert wanted == Normalization(enabled=False, emoji="say", urls="short", markdown=False)


@pytest.mark.parametrize(("param", "body"), BAD, ids=lambda value: str(value)[:60])
def test_a_bad_body_names_its_parameter(
    catalogue: VoiceCatalogue, param: str, body: dict[str, Any]
) -> None:
    with pytest.raises(InvalidInputError) as caught:
        resolve(catalogue, body)
    assert caught.value.param == param
    assert param in caught.value.message
    assert SECRET not in caught.value.message
    assert len(caught.value.message) < 200


NOT_JSON = [
    b"",
    b" ",
    b"{",
    b"not json",
    b"{'input': 1}",
    b"\xff\xfe",
    b'{"input": "\xff"}',
    b'{"input": "\x01"}',
    b"[" * 60_000,
    b'{"a":' * 10_000,
    b'{"seed": ' + b"9" * 5000 + b"}" * 2,
]
NOT_AN_OBJECT = [b"[]", b"null", b"1", b'"text"', b"true", b'[{"input": "Geheimnis"}]', b"NaN"]


@pytest.mark.parametrize("raw", NOT_JSON + NOT_AN_OBJECT, ids=lambda raw: repr(raw[:20]))
def test_a_body_that_is_no_json_object(raw: bytes) -> None:
    for model in (SpeechBody, NormalizeBody, InvalidateBody):
        with pytest.raises(InvalidInputError) as caught:
            parse(model, raw)
        assert caught.value.param is None
        assert "the body is not" in caught.value.message
        assert SECRET not in caught.value.message


def test_deep_nesting_beside_good_fields_is_refused_or_ignored(catalogue: VoiceCatalogue) -> None:
    for depth in (100, 10_000, 30_000):
        raw = json.dumps(GOOD)[:-1] + ', "x": ' + "[" * depth + "]" * depth + "}"
        try:
            assert resolve(catalogue, raw).voices == ("tone",)
        except InvalidInputError as error:
            assert error.param is None  # noqa: PT017 (either is right)


@pytest.mark.parametrize("name", ["input", "model", "voice", "language"])
@pytest.mark.parametrize("escape", ["\\ud800", "\\udc00 x", "a\\ud83d"])
def test_half_a_character_names_its_parameter(
    catalogue: VoiceCatalogue, name: str, escape: str
) -> None:
    raw = json.dumps({**GOOD, name: "@@"}).replace("@@", escape)
    with pytest.raises(InvalidInputError) as caught:
        resolve(catalogue, raw)
    assert caught.value.param == name
    caught.value.message.encode()


def test_half_a_character_in_an_ignored_field_harms_nobody(catalogue: VoiceCatalogue) -> None:
    raw = json.dumps({**GOOD, "x": "@@", "instructions": "@@"}).replace("@@", "\\ud800")
    assert read(catalogue, raw).text == GOOD["input"]


def test_half_a_character_in_the_name_of_a_field() -> None:
    for model in (SpeechBody, NormalizeBody, InvalidateBody):
        with pytest.raises(InvalidInputError, match="a field name holds") as caught:
            parse(model, b'{"model": "m", "input": "i", "voice": "v", "\\ud800": 1}')
        assert caught.value.param is None


def test_a_whole_character_in_two_escapes_is_fine(catalogue: VoiceCatalogue) -> None:
    raw = json.dumps({**GOOD, "input": "@@"}).replace("@@", "\\ud83d\\ude00")
    assert read(catalogue, raw).text == "😀"


def test_the_largest_text_fits_the_largest_body(catalogue: VoiceCatalogue) -> None:
    raw = json.dumps({**GOOD, "input": "😀" * 4096})
    assert len(raw) < MAX_BODY_BYTES
    assert resolve(catalogue, raw).characters == 4096


def test_defaults(catalogue: VoiceCatalogue) -> None:
    assert resolve(catalogue, GOOD) == request_of(
        GOOD["input"], voice="tone", speaker="high", format="mp3"
    )


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"input": " "}, {"text": " "}),
        ({"voice": "tone/low"}, {"speaker": "low"}),
        ({"voice": {"id": "other"}}, {"voice": "other", "speaker": "", "language": "de"}),
        ({"speed": 1}, {"speed": 1.0}),
        ({"speed": 0.25}, {"speed": 0.25}),
        ({"speed": 4.0}, {"speed": 4.0}),
        ({"seed": 0}, {"seed": 0}),
        ({"seed": 2**32 - 1}, {"seed": 2**32 - 1}),
        ({"stream": False}, {"stream": False}),
        ({"language": "en_US"}, {"language": "en-us"}),
        ({"language": None}, {"language": "en-us"}),
        ({"voice": "nova"}, {"voice": "tone", "speaker": "low", "language": "en-us"}),
        ({"voice": "nova", "language": "en_US"}, {"voice": "tone", "speaker": "low"}),
        ({"voice": "nova", "language": "DE"}, {"voice": "other", "speaker": "", "language": "de"}),
        ({"sample_rate": None}, {"sample_rate": None}),
        ({"instructions": "calmly"}, {}),
        ({"instructions": None}, {}),
        ({"stream_format": "sse"}, {}),
        ({"model": "tts-1"}, {}),
        *[({"response_format": name}, {"format": name}) for name in AUDIO_FORMATS],
        *[({"sample_rate": rate}, {"sample_rate": rate}) for rate in SAMPLE_RATES],
    ],
    ids=str,
)
def test_what_is_taken(
    catalogue: VoiceCatalogue, changes: dict[str, Any], expected: dict[str, Any]
) -> None:
    whole = request_of(**{"text": GOOD["input"], "voice": "tone", "speaker": "high", **expected})
    assert resolve(catalogue, {**GOOD, **changes}) == whole


def test_unknown_fields_are_kept_for_the_warning() -> None:
    body = parse(SpeechBody, json.dumps({**GOOD, "pitch": 1, "format": "wav"}).encode())
    assert set(body.model_extra or {}) == {"pitch", "format"}


def test_a_voice_object() -> None:
    body = parse(SpeechBody, json.dumps({**GOOD, "voice": {"id": "tone"}}).encode())
    assert body.voice == VoiceReference(id="tone")


def test_unknown_fields_of_an_admin_call_are_refused() -> None:
    with pytest.raises(InvalidInputError) as caught:
        parse(InvalidateBody, b'{"voices": "tone"}')
    assert caught.value.param == "voices"
    assert parse(InvalidateBody, b"{}").voice is None


def test_a_long_name_of_a_field_is_not_echoed_whole() -> None:
    with pytest.raises(InvalidInputError) as caught:
        parse(InvalidateBody, b'{"' + b"x" * 50_000 + b'": 1}')
    assert caught.value.param is not None
    assert len(caught.value.message.encode()) < 200
    assert len(caught.value.param.encode()) < 200


@given(raw=st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
@example(b'{"input": 1e999}')
@example(b"-")
def test_no_bytes_raise_anything_else(raw: bytes) -> None:
    for model in (SpeechBody, NormalizeBody, InvalidateBody):
        try:
            parse(model, raw)
        except InvalidInputError as error:
            error.message.encode()


def test_words_of_a_request_are_entries(catalogue: VoiceCatalogue) -> None:
    words = {"Qwen": "/kwˈɛn/", "SQL": {"say": "sequel", "case": "exact", "priority": 2}}
    assert read(catalogue, {**GOOD, "lexicon": words}).lexicon == (
        LexiconEntry(word="Qwen", phonemes="kwˈɛn"),
        LexiconEntry(word="SQL", say="sequel", case="exact", priority=2),
    )
    assert read(catalogue, GOOD).lexicon == ()


@pytest.mark.parametrize(
    "words",
    [
        [],
        {"a": 1},
        {"a": {"say": "b", "other": 1}},
        {"a": {"say": "b", "case": "some"}},
        {"a": {"say": "b", "priority": 10**9}},
        {"a": {}},
        {"a": ""},
        {"": "a"},
        {"a": "b" * 300},
        {"a" * 100: "b"},
        {f"a{number}": "b" for number in range(101)},
    ],
)
def test_a_wrong_lexicon_is_named(catalogue: VoiceCatalogue, words: Any) -> None:
    with pytest.raises(InvalidInputError) as caught:
        resolve(catalogue, {**GOOD, "lexicon": words})
    assert caught.value.param == "lexicon"
    assert SECRET not in caught.value.message
