"""The Normalizer: text in, a job without the text out."""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from deployments.normalizer import Normalizer
from speech import espeak
from speech.config import AudioConfig
from speech.errors import InvalidInputError
from speech.text import FrontEnd
from speech.types import LexiconEntry, Normalization, Reading, SpeechJob, SpeechRequest, Utterance

REQUEST = SpeechRequest(
    text="Hello there. How are you?", voice="tone", speaker="low", language="en-us"
)
LONG = " ".join(["This is a sentence of a text that is prepared beside the event loop."] * 20)


@pytest.fixture
def normalizer(fake_catalogue: Path) -> Normalizer:
    return Normalizer(fake_catalogue, AudioConfig())


async def digest(normalizer: Normalizer, **changes: Any) -> str:
    return (await normalizer.prepare(replace(REQUEST, **changes), "id")).digest


@pytest.mark.parametrize(("text", "stream"), [(REQUEST.text, True), (LONG, False)])
async def test_a_job_holds_no_text_as_written(
    normalizer: Normalizer, text: str, stream: bool
) -> None:
    request = replace(REQUEST, text=text, stream=stream, seed=3)
    job = await normalizer.prepare(request, "id-1")
    assert job.request == replace(request, text="")
    assert job.request_id == "id-1"
    assert job.voice_sample_rate == 24_000
    assert not job.private
    assert [phrase.index for phrase in job.utterance.phrases] == list(
        range(len(job.utterance.phrases))
    )
    assert job.utterance.phrases[-1].is_last


async def test_a_long_stream_opens_with_its_first_phrase(normalizer: Normalizer) -> None:
    whole = await normalizer.prepare(replace(REQUEST, text=LONG, stream=False), "id")
    opening = await normalizer.prepare(replace(REQUEST, text=LONG), "id")
    assert opening.opening
    assert not opening.whole
    assert opening.request.text == LONG
    assert opening.utterance.phrases == whole.utterance.phrases[:1]
    assert await normalizer.rest(opening) == whole.utterance.phrases[1:]
    rest = await normalizer.remote_rest(opening)
    assert rest == whole.utterance.phrases[1:]


async def test_the_loop_does_not_wait_for_espeak_while_it_speaks(
    normalizer: Normalizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[str] = []
    prepare = FrontEnd.prepare

    def noted_prepare(self: FrontEnd, *arguments: Any) -> Utterance:
        threads.append(threading.current_thread().name)
        return prepare(self, *arguments)

    monkeypatch.setattr(FrontEnd, "prepare", noted_prepare)
    at_rest = await normalizer.prepare(REQUEST, "id")
    monkeypatch.setattr(espeak, "is_busy", lambda: True)
    assert await normalizer.prepare(REQUEST, "id") == at_rest
    here = threading.current_thread().name
    assert [name == here for name in threads] == [True, False]


async def test_one_long_phrase_is_no_opening(normalizer: Normalizer) -> None:
    spread = REQUEST.text.split(".")[0] + " " * 400
    job = await normalizer.prepare(replace(REQUEST, text=spread), "id")
    assert not job.opening
    assert job.whole
    assert len(job.utterance.phrases) == 1


@pytest.mark.parametrize(
    "tuning", [{"phrases": {"target_characters": 90}}, {"lexicons": {"en": {"beside": "near"}}}]
)
async def test_the_digest_of_an_opening_knows_all_that_will_be_said(
    normalizer: Normalizer, tuning: dict[str, Any]
) -> None:
    before = await digest(normalizer, text=LONG)
    assert await digest(normalizer, text=LONG) == before
    assert await digest(normalizer, text=LONG + " More.") != before
    normalizer.reconfigure(tuning)
    assert await digest(normalizer, text=LONG) != before


async def test_the_digest_is_stable_and_the_callers_id_is_not_in_it(
    normalizer: Normalizer, fake_catalogue: Path
) -> None:
    one = await normalizer.prepare(REQUEST, "id-1")
    two = await Normalizer(fake_catalogue, AudioConfig()).prepare(REQUEST, "id-2")
    assert one.digest == two.digest
    assert len(one.digest) == 64


@pytest.mark.parametrize(
    "changes",
    [
        {"text": "Hello there. Who are you?"},
        {"voice": "other", "speaker": ""},
        {"speaker": "high"},
        {"speed": 1.5},
        {"format": "wav"},
        {"sample_rate": 8000},
        {"seed": 1},
        {"language": "de"},
    ],
    ids=lambda changes: next(iter(changes)),
)
async def test_what_changes_the_bytes_changes_the_digest(
    normalizer: Normalizer, changes: dict[str, Any]
) -> None:
    assert await digest(normalizer) != await digest(normalizer, **changes)


async def test_settings_of_codecs_and_phrases_change_the_digest(
    normalizer: Normalizer, fake_catalogue: Path
) -> None:
    other = Normalizer(fake_catalogue, AudioConfig(mp3_bit_rate=32_000))
    assert await digest(normalizer) != await digest(other)
    before = await digest(normalizer, text=LONG)
    normalizer.reconfigure({"phrases": {"pauses": {"sentence": 0.9}}})
    assert await digest(normalizer, text=LONG) != before


async def test_phrases_follow_a_new_configuration(normalizer: Normalizer) -> None:
    normalizer.reconfigure(
        {"phrases": {"max_characters": 40, "target_characters": 40, "first_max_characters": 30}}
    )
    job = await normalizer.prepare(replace(REQUEST, text=LONG), "id")
    assert max(phrase.cost for phrase in job.utterance.phrases) <= 40


@pytest.mark.parametrize("text", [" ", "\n\t", "\u200b", " " * 400])
async def test_nothing_to_say_is_the_callers_error(normalizer: Normalizer, text: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        await normalizer.prepare(replace(REQUEST, text=text), "id")
    assert caught.value.param == "input"
    value = await normalizer.remote_prepare(replace(REQUEST, text=text), "id")
    assert isinstance(value, InvalidInputError)


async def test_the_wire_form_is_the_job(normalizer: Normalizer) -> None:
    job = await normalizer.remote_prepare(REQUEST, "id")
    assert isinstance(job, SpeechJob)
    assert job == await normalizer.prepare(REQUEST, "id")


async def test_explaining_shows_phonemes(normalizer: Normalizer) -> None:
    shown = await normalizer.explain(Reading(text="Hello, world.", language="en-us"))
    assert [phrase.phonemes for phrase in shown.utterance.phrases] == ["həlˈoʊ, wˈɜːld."]
    german = await normalizer.explain(Reading(text="Straße 5", language="de"))
    assert german.utterance.phrases[0].phonemes.startswith("ʃt")
    assert [change.reading for change in german.changes] == ["fünf"]
    assert await normalizer.remote_explain(Reading(text="Hello, world.", language="en-us")) == shown


async def test_switches_reach_the_phrases_and_the_digest_only_through_them(
    normalizer: Normalizer,
) -> None:
    spelt, dropped = Normalization(), Normalization(urls="drop")
    assert await digest(normalizer, normalization=spelt) == await digest(
        normalizer, normalization=dropped
    )
    changes = {"text": "See www.example.com now."}
    assert await digest(normalizer, **changes, normalization=spelt) != await digest(
        normalizer, **changes, normalization=dropped
    )


@pytest.mark.parametrize(
    ("text", "language", "param"), [("Hello", "tlh-x", "language"), (" ", "en-us", "input")]
)
async def test_what_cannot_be_explained(
    normalizer: Normalizer, text: str, language: str, param: str
) -> None:
    with pytest.raises(InvalidInputError) as caught:
        await normalizer.explain(Reading(text=text, language=language))
    assert caught.value.param == param
    found = await normalizer.remote_explain(Reading(text=text, language=language))
    assert isinstance(found, InvalidInputError)


def test_a_check_of_health_passes(normalizer: Normalizer) -> None:
    normalizer.check_health()


async def test_words_of_a_lexicon_follow_a_new_configuration(normalizer: Normalizer) -> None:
    request = replace(REQUEST, text="Hello Qwen.", voice="other", speaker="")
    texts = []
    digests = []
    for words in ({}, {"Qwen": "kwenn"}, {"qwen": {"say": "quinn"}}):
        normalizer.reconfigure({"lexicons": {"en": words}})
        job = await normalizer.prepare(request, "id")
        texts.append(job.utterance.normalized)
        digests.append(job.digest)
    assert texts == ["Hello Qwen.", "Hello kwenn.", "Hello quinn."]
    assert len(set(digests)) == 3


async def test_a_requests_words_are_in_the_digest_by_what_is_spoken(normalizer: Normalizer) -> None:
    plain = await digest(normalizer, text="Hello kwenn.")
    word = LexiconEntry(word="Qwen", say="kwenn")
    unused = LexiconEntry(word="other", say="another")
    assert await digest(normalizer, text="Hello Qwen.", lexicon=(word,)) == plain
    assert await digest(normalizer, text="Hello kwenn.", lexicon=(unused,)) == plain
    assert await digest(normalizer, text="Hello Qwen.") != plain


async def test_an_inline_pause_is_in_the_digest(normalizer: Normalizer) -> None:
    digests = {
        await digest(normalizer, text=f"Hello{pause} there.")
        for pause in ("", " [pause:0.5s]", " [pause:501ms]", " [pause:0s]")
    }
    assert len(digests) == 4
    assert await digest(normalizer, text="Hello [pause:.5s] there.") in digests


async def test_speech_waits_for_no_other_kind_of_text(
    normalizer: Normalizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is shown, and long texts, have threads of their own: others may all be stuck."""
    release = threading.Event()
    explain, prepare = FrontEnd.explain, FrontEnd.prepare

    def slow(read: Callable[..., Any], length: int) -> Callable[..., Any]:
        def wait(self: FrontEnd, reading: Reading, *arguments: Any) -> Any:
            if len(reading.text) > length:
                release.wait(30)
            return read(self, reading, *arguments)

        return wait

    monkeypatch.setattr(FrontEnd, "explain", slow(explain, 0))
    monkeypatch.setattr(FrontEnd, "prepare", slow(prepare, 300))
    monkeypatch.setattr(espeak, "is_busy", lambda: True)
    stuck = [
        asyncio.create_task(normalizer.explain(Reading(text=REQUEST.text, language="en-us")))
        for _ in range(40)
    ]
    await asyncio.wait_for(normalizer.prepare(REQUEST, "id"), 10)
    long = replace(REQUEST, text=LONG, stream=False)
    stuck += [asyncio.create_task(normalizer.prepare(long, "id")) for _ in range(40)]
    await asyncio.wait_for(normalizer.prepare(REQUEST, "id"), 10)
    release.set()
    await asyncio.gather(*stuck)
