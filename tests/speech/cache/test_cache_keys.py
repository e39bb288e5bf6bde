"""Keys: injective, complete, and the same text in every process."""

import dataclasses
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speech.cache.keys import digest, entry_key, request_digest
from speech.config import AudioConfig
from speech.types import LexiconEntry, Normalization, Phrase, SpeechRequest, Utterance

REQUEST = SpeechRequest(text="Dr. Smith", voice="nora", speaker="", language="en-us")


def phrase(
    index: int = 0, *, ids: tuple[int, ...] = (1, 5, 2), text: str = "doctor smith"
) -> Phrase:
    return Phrase(
        index=index, is_last=True, text=text, phonemes="x", phoneme_ids=ids, pause_after=0.35
    )


def utterance(*phrases: Phrase) -> Utterance:
    return Utterance(normalized="doctor smith", phrases=phrases)


INPUTS: dict[str, Any] = {
    "request": REQUEST,
    "utterance": utterance(phrase(), phrase(1)),
    "voice_checksum": "c0ffee",
    "voice_sample_rate": 22050,
    "audio": AudioConfig(),
    "engine_options": {"noise": 0.667},
}
OTHER: dict[str, Any] = {
    "text": "Mr. Smith",
    "voice": "nils",
    "speaker": "low",
    "language": "en-gb",
    "speed": 1.25,
    "format": "opus",
    "sample_rate": 16000,
    "seed": 7,
    "stream": False,
    "normalization": Normalization(emoji="say"),
    "lexicon": (LexiconEntry(word="Nils", say="Neels"),),
}


def test_golden_digests() -> None:
    # Written down once: an upgrade that changes them empties every cache of every user.
    assert digest(**INPUTS) == "5a765cc8320c8ecf878e1a7f033a45bf65bf8fe2e3d236546b141a0ea86afac4"
    assert (
        request_digest(REQUEST)
        == "bb01d5847e7f6864cee5edd70d6657bad3bd0091c0bb90328951d147a4e4c452"
    )
    assert entry_key("ab", 3) == "ab.3"


def test_digest_does_not_depend_on_the_process() -> None:
    code = (
        "from speech.cache.keys import request_digest; from speech.types import SpeechRequest;"
        "print(request_digest(SpeechRequest(text='Dr. Smith', voice='nora', speaker='',"
        " language='en-us')))"
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


def test_other_values_cover_every_field_of_a_request() -> None:
    assert set(OTHER) == {field.name for field in dataclasses.fields(SpeechRequest)}


@pytest.mark.parametrize("name", sorted(OTHER))
def test_every_field_changes_the_request_digest(name: str) -> None:
    assert request_digest(dataclasses.replace(REQUEST, **{name: OTHER[name]})) != request_digest(
        REQUEST
    )


@pytest.mark.parametrize("name", sorted(OTHER))
def test_every_field_but_those_heard_in_the_phrases_changes_the_reply_digest(name: str) -> None:
    changed = {**INPUTS, "request": dataclasses.replace(REQUEST, **{name: OTHER[name]})}
    assert (digest(**changed) == digest(**INPUTS)) is (name in {"text", "normalization", "lexicon"})


@pytest.mark.parametrize("name", sorted(AudioConfig.model_fields))
def test_every_codec_option_changes_the_reply_digest(name: str) -> None:
    audio = AudioConfig().model_copy(update={name: getattr(AudioConfig(), name) + 1})
    assert digest(**{**INPUTS, "audio": audio}) != digest(**INPUTS)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("voice_checksum", "c0ffed"),
        ("voice_sample_rate", 24000),
        ("engine_options", {"noise": 0.668}),
        ("engine_options", {"noise": 0.667, "sharp": None}),
        ("engine_options", None),
        ("utterance", utterance(phrase(), phrase(1), phrase(2))),
        ("utterance", utterance(phrase(), phrase(1, ids=(1, 52)))),
        ("utterance", utterance(phrase(ids=(1, 5)), phrase(1, ids=(2, 1, 5, 2)))),
        ("utterance", utterance(phrase(), dataclasses.replace(phrase(1), pause_after=0.6))),
        ("utterance", utterance(phrase(ids=()), phrase(1, ids=()))),
    ],
)
def test_everything_beside_the_request_changes_the_reply_digest(name: str, value: object) -> None:
    assert digest(**{**INPUTS, name: value}) != digest(**INPUTS)


def test_text_counts_only_where_there_are_no_phonemes() -> None:
    def of(*phrases: Phrase) -> str:
        return digest(**{**INPUTS, "utterance": utterance(*phrases)})

    assert of(phrase(text="a")) == of(phrase(text="b"))
    assert of(phrase(ids=(), text="a")) != of(phrase(ids=(), text="b"))
    assert of(phrase(ids=(), text="a b"), phrase(ids=(), text="c")) != of(
        phrase(ids=(), text="a"), phrase(ids=(), text="b c")
    )


def test_streaming_one_phrase_is_the_whole_reply() -> None:
    one = {**INPUTS, "utterance": utterance(phrase())}
    whole = {**one, "request": dataclasses.replace(REQUEST, stream=False)}
    assert digest(**one) == digest(**whole)


def test_equal_requests_have_equal_digests_whatever_type_their_numbers_have() -> None:
    assert request_digest(dataclasses.replace(REQUEST, speed=1)) == request_digest(REQUEST)


def test_infinite_numbers_are_refused() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        digest(**{**INPUTS, "engine_options": {"noise": float("nan")}})


requests = st.builds(
    SpeechRequest,
    text=st.text(max_size=5),
    voice=st.text(max_size=3),
    speaker=st.text(max_size=3),
    language=st.text(max_size=3),
    speed=st.floats(0.25, 4.0),
    format=st.sampled_from(["mp3", "opus"]),
    sample_rate=st.none() | st.integers(0, 3),
    seed=st.integers(0, 3),
    stream=st.booleans(),
)
phrases = st.builds(
    phrase, ids=st.lists(st.integers(0, 20), max_size=3).map(tuple), text=st.text(max_size=3)
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
        return [phrase.phoneme_ids or phrase.text for phrase in phrases]

    digests = [digest(**{**INPUTS, "utterance": utterance(*phrases)}) for phrases in (one, other)]
    # One phrase is whole however it was asked for, so only the lists are compared.
    assert (spoken(one) == spoken(other)) is (digests[0] == digests[1])
