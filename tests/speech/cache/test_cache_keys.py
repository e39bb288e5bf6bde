"""Keys: injective, complete, and the same text in every process."""

import dataclasses
import importlib.metadata
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speech.cache.keys import digest, entry_key, library_versions, request_digest
from speech.config import AudioConfig
from speech.types import (
    Delivery,
    Edit,
    LexiconEntry,
    Normalization,
    Passage,
    Phrase,
    SpeechRequest,
    Word,
)
from tests.conftest import phrase_of, request_of

HOW = {"voice": "nora"}
REQUEST = request_of("Dr. Smith", **HOW)


def phrase(
    index: int = 0, *, ids: tuple[int, ...] = (1, 5, 2), text: str = "doctor smith", **more: Any
) -> Phrase:
    return phrase_of(
        text, index=index, phoneme_ids=ids, pause_after=0.35, phonemes="x", **{**HOW, **more}
    )


INPUTS: dict[str, Any] = {
    "request": REQUEST,
    "phrases": (phrase(), phrase(1)),
    "voices": {"nora": ("c0ffee", 22050)},
    "audio": AudioConfig(),
    "versions": {"av": "17.0", "libavcodec": "62.28.102"},
    "engine_options": {"noise": 0.667},
}
SAID: dict[str, Any] = {
    "voice": "nils",
    "speaker": "low",
    "language": "en-gb",
    "speed": 1.25,
    "volume": -6.0,
    "pitch": 1.2,
    "seed": 7,
}
READ: dict[str, Any] = {
    "text": "Mr. Smith",
    "start": 3,
    "normalization": Normalization(emoji="say"),
    "lexicon": (LexiconEntry(word="Nils", say="Neels"),),
    "edits": (Edit(0, 3, "Doctor", "abbreviation"),),
    "pause": 0.0,
}
SENT: dict[str, Any] = {"format": "opus", "sample_rate": 16000, "stream": False}
SENT |= {"timed": True, "sounds": True, "loudness": -20.0}
OTHER = {**SAID, **READ, **SENT}


def other(name: str) -> SpeechRequest:
    """The request with another value in one field."""
    return request_of(**{"text": "Dr. Smith", **HOW, name: OTHER[name]})


def changed(**changes: Any) -> str:
    return digest(**{**INPUTS, **changes})


def test_golden_digests() -> None:
    # Written down once: an upgrade that changes them empties every cache of every user.
    assert digest(**INPUTS) == "e490e1c286f1df90226d07f8be5df994a6d104ebba08a2a09fb3b5c0af9249a7"
    assert (
        request_digest(REQUEST)
        == "143d93d00e7f2c3bf923f97589b28ffc35cec28fb1c7e4df2424391aa64c753f"
    )


def test_versions_are_of_all_that_makes_bytes() -> None:
    found = library_versions()
    assert found["av"] == importlib.metadata.version("av")
    wanted = {"chorale", "libavcodec", "libswresample", "soxr", "python-stretch", "numpy", "onnx"}
    assert wanted <= found.keys()
    assert {"onnxruntime", "onnxruntime-gpu"} & found.keys()
    assert all(text[0].isdigit() for text in found.values()), found


@pytest.mark.parametrize(
    ("epochs", "key"), [((3,), "ab.3"), ((1, 23), "ab.1-23"), ((12, 3), "ab.12-3"), ((), "ab.")]
)
def test_a_key_has_the_epoch_of_every_voice(epochs: tuple[int, ...], key: str) -> None:
    assert entry_key("ab", epochs) == key


def test_digest_does_not_depend_on_the_process() -> None:
    code = (
        "from speech.cache.keys import request_digest; from speech.types import *;"
        "how = Delivery(voice='nora', language='en-us');"
        "passage = Passage(text='Dr. Smith', delivery=how);"
        "print(request_digest(SpeechRequest(passages=(passage,))))"
    )
    for seed in ("1", "2"):
        found = subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        )
        assert found.stdout.strip() == request_digest(REQUEST)


@pytest.mark.parametrize(
    ("kind", "names", "nested"),
    [
        (Delivery, SAID, set()),
        (Passage, READ, {"delivery"}),
        (SpeechRequest, SENT, {"passages", "trace"}),
    ],
)
def test_other_values_cover_every_field(
    kind: type, names: dict[str, Any], nested: set[str]
) -> None:
    assert {*names, *nested} == {field.name for field in dataclasses.fields(kind)}


@pytest.mark.parametrize("name", sorted(OTHER))
def test_every_field_changes_the_digest_of_a_request_and_of_an_opening(name: str) -> None:
    assert request_digest(other(name)) != request_digest(REQUEST)
    opening = {"phrases": (phrase(),), "front_end": "f"}
    assert changed(**opening, request=other(name)) != changed(**opening)


@pytest.mark.parametrize("name", sorted(OTHER))
def test_of_a_reply_that_is_read_the_request_says_only_how_it_is_sent(name: str) -> None:
    assert (changed(request=other(name)) == digest(**INPUTS)) is (name not in SENT)


@pytest.mark.parametrize("name", sorted(SAID))
def test_how_any_phrase_is_said_changes_the_reply_digest(name: str) -> None:
    plain, changed_one = phrase(), phrase(**{name: SAID[name]})
    ways = (plain, plain), (changed_one, plain), (plain, changed_one)
    assert len({changed(phrases=way) for way in ways}) == 3


@pytest.mark.parametrize("name", sorted(AudioConfig.model_fields))
def test_every_codec_option_changes_the_reply_digest(name: str) -> None:
    audio = AudioConfig().model_copy(update={name: getattr(AudioConfig(), name) + 1})
    assert changed(audio=audio) != digest(**INPUTS)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("voices", {"nora": ("c0ffed", 22050)}),
        ("voices", {"nora": ("c0ffee", 24000)}),
        ("voices", {"nora": ("c0ffee", 22050), "nils": ("bee", 22050)}),
        ("versions", {"av": "17.0", "libavcodec": "62.28.103"}),
        ("versions", {"av": "17.0"}),
        ("engine_options", {"noise": 0.668}),
        ("engine_options", {"noise": 0.667, "sharp": None}),
        ("engine_options", None),
        ("phrases", (phrase(), phrase(1), phrase(2))),
        ("phrases", (phrase(), phrase(1, ids=(1, 52)))),
        ("phrases", (phrase(ids=(1, 5)), phrase(1, ids=(2, 1, 5, 2)))),
        ("phrases", (phrase(), dataclasses.replace(phrase(1), pause_after=0.6))),
        ("phrases", (dataclasses.replace(phrase(), pause_before=0.6), phrase(1))),
        ("phrases", (phrase(ids=()), phrase(1, ids=()))),
    ],
)
def test_everything_beside_the_request_changes_the_reply_digest(name: str, value: object) -> None:
    assert changed(**{name: value}) != digest(**INPUTS)


def test_text_counts_only_where_there_are_no_phonemes() -> None:
    def of(*phrases: Phrase) -> str:
        return changed(phrases=phrases)

    assert of(phrase(text="a")) == of(phrase(text="b"))
    assert of(phrase(ids=(), text="a")) != of(phrase(ids=(), text="b"))
    assert of(phrase(ids=(), text="a b"), phrase(ids=(), text="c")) != of(
        phrase(ids=(), text="a"), phrase(ids=(), text="b c")
    )


@pytest.mark.parametrize(
    "other",
    [
        phrase(words=(Word((0, 6), (0, 3), (0, 1)),)),
        phrase(words=(Word((0, 6), (0, 4), (0, 2)),)),
        phrase(words=(Word((0, 5), (0, 3), (0, 2)),)),
        phrase(words=(Word((0, 6), (0, 3), (0, 2)), Word((7, 12), (4, 9), (2, 3)))),
        phrase(words=(Word((0, 6), (0, 3), (0, 2)),), text="doctor smyth"),
        phrase(),
    ],
)
def test_words_count_where_they_are_timed(other: Phrase) -> None:
    one = phrase(words=(Word((0, 6), (0, 3), (0, 2)),))
    timed = dataclasses.replace(REQUEST, timed=True)
    assert changed(phrases=(one,)) == changed(phrases=(other,))
    found = {changed(phrases=(it,), request=timed) for it in (one, other)}
    assert len(found | {changed(phrases=(one,))}) == 3


def test_streaming_one_phrase_is_the_whole_reply() -> None:
    one = {**INPUTS, "phrases": (phrase(),)}
    whole = {**one, "request": dataclasses.replace(REQUEST, stream=False)}
    assert digest(**one) == digest(**whole)


def test_equal_requests_have_equal_digests_whatever_type_their_numbers_have() -> None:
    assert request_digest(request_of("Dr. Smith", **HOW, speed=1)) == request_digest(REQUEST)


def test_infinite_numbers_are_refused() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        changed(engine_options={"noise": float("nan")})


deliveries = st.builds(
    Delivery,
    voice=st.text(max_size=3),
    speaker=st.text(max_size=3),
    language=st.text(max_size=3),
    speed=st.floats(0.25, 4.0),
    seed=st.integers(0, 3),
)
passages = st.builds(
    Passage, text=st.text(max_size=5), start=st.integers(0, 3), delivery=deliveries
)
requests = st.builds(
    SpeechRequest,
    passages=st.lists(passages, min_size=1, max_size=3).map(tuple),
    format=st.sampled_from(["mp3", "opus"]),
    sample_rate=st.none() | st.integers(0, 3),
    stream=st.booleans(),
    timed=st.booleans(),
)
phrases = st.builds(
    phrase,
    ids=st.lists(st.integers(0, 20), max_size=3).map(tuple),
    text=st.text(max_size=3),
    speaker=st.text(max_size=2),
)


@given(requests, requests)
def test_requests_and_their_digests_are_equal_together(
    one: SpeechRequest, other: SpeechRequest
) -> None:
    assert (one == other) is (request_digest(one) == request_digest(other))


@given(st.lists(phrases, max_size=3), st.lists(phrases, max_size=3))
def test_phrases_and_their_digests_are_equal_together(
    one: list[Phrase], other: list[Phrase]
) -> None:
    def spoken(phrases: list[Phrase]) -> list[object]:
        return [(phrase.phoneme_ids or phrase.text, phrase.delivery) for phrase in phrases]

    digests = [changed(phrases=phrases) for phrases in (one, other)]
    # One phrase is whole however it was asked for, so only the lists are compared.
    assert (spoken(one) == spoken(other)) is (digests[0] == digests[1])
