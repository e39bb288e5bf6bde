"""The Normalizer: text in, a job without the text out."""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import replace
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest
import yaml

from deployments.normalizer import Normalizer
from speech import espeak
from speech.cache.keys import library_versions
from speech.config import AudioConfig
from speech.errors import InvalidInputError
from speech.text import FrontEnd
from speech.types import (
    AudioFormat,
    LexiconEntry,
    Normalization,
    Passage,
    SpeechJob,
    SpeechRequest,
    Utterance,
)
from tests.conftest import passage, request_of
from tests.tiny_voice import write_tiny_voice

TEXT = "Hello there. How are you?"
LONG = " ".join(["This is a sentence of a text that is prepared beside the event loop."] * 20)


@pytest.fixture
def normalizer(fake_catalogue: Path) -> Normalizer:
    return Normalizer(fake_catalogue, AudioConfig())


def request(text: str = TEXT, language: str = "en-us", **changes: Any) -> SpeechRequest:
    return request_of(text, language, **{"voice": "tone", "speaker": "low", **changes})


REQUEST = request()


async def digest(normalizer: Normalizer, **changes: Any) -> str:
    return (await normalizer.prepare(request(**changes), "id")).digest


@pytest.mark.parametrize(("text", "stream"), [(TEXT, True), (LONG, False)])
async def test_a_job_holds_no_text_as_written(
    normalizer: Normalizer, text: str, stream: bool
) -> None:
    asked = request(text, stream=stream, seed=3, format="opus")
    job = await normalizer.prepare(asked, "id-1")
    assert job.unread is None
    assert (job.request_id, job.format, job.sample_rate) == ("id-1", "opus", 24_000)
    assert (job.voices, job.whole, job.timed, job.private) == (("tone",), not stream, False, False)
    assert {phrase.delivery for phrase in job.phrases} == {asked.passages[0].delivery}
    assert [phrase.index for phrase in job.phrases] == list(range(len(job.phrases)))
    assert [phrase.is_last for phrase in job.phrases] == [False] * (len(job.phrases) - 1) + [True]


async def test_a_long_stream_opens_with_its_first_phrase(normalizer: Normalizer) -> None:
    whole = await normalizer.prepare(request(LONG, stream=False), "id")
    opening = await normalizer.prepare(request(LONG), "id")
    assert not opening.whole
    assert opening.unread == request(LONG)
    assert opening.phrases == whole.phrases[:1]
    assert await normalizer.rest(opening) == whole.phrases[1:]
    rest = await normalizer.remote_rest(opening)
    assert rest == whole.phrases[1:]


async def test_the_loop_does_not_wait_for_espeak_while_it_speaks(
    normalizer: Normalizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[str] = []
    prepare = FrontEnd.prepare

    def noted_prepare(self: FrontEnd, *arguments: Any, **options: Any) -> Utterance:
        threads.append(threading.current_thread().name)
        return prepare(self, *arguments, **options)

    monkeypatch.setattr(FrontEnd, "prepare", noted_prepare)
    at_rest = await normalizer.prepare(REQUEST, "id")
    monkeypatch.setattr(espeak, "is_busy", lambda: True)
    assert await normalizer.prepare(REQUEST, "id") == at_rest
    here = threading.current_thread().name
    assert [name == here for name in threads] == [True, False]


async def test_one_long_phrase_is_no_opening(normalizer: Normalizer) -> None:
    job = await normalizer.prepare(request("Hello there" + " " * 400), "id")
    assert job.unread is None
    assert job.whole
    assert len(job.phrases) == 1


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


async def test_another_version_of_a_library_changes_the_digest(
    normalizer: Normalizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = await digest(normalizer)
    others = {**library_versions(), "soxr": "0"}
    monkeypatch.setattr("deployments.normalizer.library_versions", lambda: others)
    assert await digest(normalizer) != before


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
    job = await normalizer.prepare(request(LONG, stream=False), "id")
    assert max(phrase.cost for phrase in job.phrases) <= 40


@pytest.mark.parametrize("text", [" ", "\n\t", "\u200b", " " * 400])
async def test_nothing_to_say_makes_no_phrases(normalizer: Normalizer, text: str) -> None:
    assert (await normalizer.prepare(request(text), "id")).phrases == ()


async def test_the_wire_form_is_the_job(normalizer: Normalizer) -> None:
    job = await normalizer.remote_prepare(REQUEST, "id")
    assert isinstance(job, SpeechJob)
    assert job == await normalizer.prepare(REQUEST, "id")


async def test_explaining_shows_phonemes(normalizer: Normalizer) -> None:
    shown = await normalizer.explain(passage("Hello, world."))
    assert [phrase.phonemes for phrase in shown.utterance.phrases] == ["həlˈoʊ, wˈɜːld."]
    german = await normalizer.explain(passage("Straße 5", "de"))
    assert german.utterance.phrases[0].phonemes.startswith("ʃt")
    assert [change.reading for change in german.changes] == ["fünf"]
    assert await normalizer.remote_explain(passage("Hello, world.")) == shown


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


async def test_what_cannot_be_explained(normalizer: Normalizer) -> None:
    for asked, param in (
        (passage("Hello", "tlh-x"), "language"),
        (passage("²" * 4096), "input"),
    ):
        with pytest.raises(InvalidInputError) as caught:
            await normalizer.explain(asked)
        assert caught.value.param == param
        assert isinstance(await normalizer.remote_explain(asked), InvalidInputError)


def test_a_check_of_health_passes(normalizer: Normalizer) -> None:
    normalizer.check_health()


async def test_words_of_a_lexicon_follow_a_new_configuration(normalizer: Normalizer) -> None:
    asked = request("Hello Qwen.", voice="other", speaker="")
    texts = []
    digests = []
    for words in ({}, {"Qwen": "kwenn"}, {"qwen": {"say": "quinn"}}):
        normalizer.reconfigure({"lexicons": {"en": words}})
        job = await normalizer.prepare(asked, "id")
        texts.append(" ".join(phrase.text for phrase in job.phrases))
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
        def wait(self: FrontEnd, asked: Passage, *arguments: Any, **options: Any) -> Any:
            if len(asked.text) > length:
                release.wait(30)
            return read(self, asked, *arguments, **options)

        return wait

    monkeypatch.setattr(FrontEnd, "explain", slow(explain, 0))
    monkeypatch.setattr(FrontEnd, "prepare", slow(prepare, 300))
    monkeypatch.setattr(espeak, "is_busy", lambda: True)
    stuck = [asyncio.create_task(normalizer.explain(passage(TEXT))) for _ in range(40)]
    await asyncio.wait_for(normalizer.prepare(REQUEST, "id"), 10)
    long = request(LONG, stream=False)
    stuck += [asyncio.create_task(normalizer.prepare(long, "id")) for _ in range(40)]
    await asyncio.wait_for(normalizer.prepare(REQUEST, "id"), 10)
    release.set()
    await asyncio.gather(*stuck)


@pytest.fixture
def several_voices(fake_catalogue: Path) -> Normalizer:
    """Voices with and without a vocabulary, of two rates."""
    write_tiny_voice(fake_catalogue.with_name("tiny.onnx"))
    content = yaml.safe_load(fake_catalogue.read_text())
    content["voices"].append({"id": "tiny", "engine": "piper", "model": "tiny.onnx"})
    fake_catalogue.write_text(yaml.safe_dump(content))
    return Normalizer(fake_catalogue, AudioConfig())


def several(*passages: Passage, **more: Any) -> SpeechRequest:
    """A request of passages, one behind the other."""
    starts = accumulate((len(it.text) for it in passages), initial=0)
    placed = (replace(it, start=start) for it, start in zip(passages, starts, strict=False))
    return SpeechRequest(passages=tuple(placed), **more)


LOW = {"voice": "tone", "speaker": "low"}
TINY = {"voice": "tiny", "speed": 2.0, "seed": 7}
SILENT = passage(" \u200b ", **TINY)


async def test_readings_are_said_in_turn(several_voices: Normalizer) -> None:
    asked = several(
        passage("😀 Hello there. It costs $3.50!", **LOW),
        passage("Well, no: 5 km.", **TINY),
        passage("Fünf", "de", voice="other"),
        passage("5 Hunde.", "de", voice="other"),
        timed=True,
    )
    job = await several_voices.prepare(asked, "id")
    assert job.voices == ("tone", "tiny", "other")
    assert [phrase.text for phrase in job.phrases] == [
        "Hello there.",
        "It costs three dollars fifty cents!",
        "Well, no: five kilometers.",
        "Fünf",
        "fünf Hunde.",
    ]
    assert [phrase.index for phrase in job.phrases] == [0, 1, 2, 3, 4]
    assert [phrase.is_last for phrase in job.phrases] == [False] * 4 + [True]
    assert [phrase.pause_after for phrase in job.phrases] == [0.35, 0.35, 0.35, 0.0, 0.0]
    assert [phrase.index for phrase in job.phrases if phrase.phoneme_ids] == [2]
    how = [it.delivery for it in asked.passages]
    assert [phrase.delivery for phrase in job.phrases] == [how[0], *how]
    text = "".join(it.text for it in asked.passages)
    written = [[text[slice(*word.written)] for word in phrase.words] for phrase in job.phrases]
    assert written == [
        ["Hello", "there"],
        ["It", "costs", *["$3.50"] * 4],
        ["Well", "no", *["5 km"] * 2],
        ["Fünf"],
        ["5", "Hunde"],
    ]
    assert text[slice(*job.phrases[2].written)] == "Well, no: 5 km."


@pytest.mark.parametrize("more", [{}, {"stream": False}, {"format": "wav", "sample_rate": 8000}])
async def test_several_readings_are_one_reply(
    several_voices: Normalizer, more: dict[str, Any]
) -> None:
    job = await several_voices.prepare(
        several(passage("Yes.", **TINY), passage("No.", **LOW), **{"format": "pcm", **more}), "id"
    )
    assert (job.sample_rate, job.format) == (
        more.get("sample_rate", 24_000),
        more.get("format", "pcm"),
    )
    assert job.whole is not more.get("stream", True)


@pytest.mark.parametrize(
    ("voices", "format_", "rate"),
    [
        (("tiny", "tone"), "mp3", 24_000),
        (("tone", "tiny"), "mp3", 24_000),
        (("tiny", "tiny"), "mp3", 22_050),
        (("tiny",), "wav", 22_050),
        (("tiny",), "pcm", 24_000),
    ],
)
async def test_a_reply_has_the_highest_rate_of_its_voices(
    several_voices: Normalizer, voices: tuple[str, ...], format_: AudioFormat, rate: int
) -> None:
    asked = several(*(passage("Yes.", voice=voice) for voice in voices), format=format_)
    assert (await several_voices.prepare(asked, "id")).sample_rate == rate


@pytest.mark.parametrize("place", [0, 1, 2])
async def test_a_reading_that_says_nothing_is_left_out(
    several_voices: Normalizer, place: int
) -> None:
    """As if it had not been asked for: behind the last phrase there is no pause, either."""
    others = [passage("Hello there.", **LOW), passage("How are you?", **TINY)]
    plain = await several_voices.prepare(several(*others), "id")
    job = await several_voices.prepare(several(*others[:place], SILENT, *others[place:]), "id")
    assert job.phrases == plain.phrases


@pytest.mark.parametrize("silent", [[SILENT], [SILENT, SILENT], [SILENT] * 200])
async def test_readings_that_all_say_nothing_are_a_whole_reply_without_phrases(
    several_voices: Normalizer, silent: list[Passage]
) -> None:
    silent[-1] = replace(silent[-1], pause=1.0)
    streamed = await several_voices.prepare(several(*silent), "id")
    whole = await several_voices.prepare(several(*silent, stream=False), "id")
    assert (streamed.phrases, streamed.whole, streamed.digest) == ((), True, whole.digest)


@pytest.mark.parametrize("timed", [False, True])
async def test_an_opening_of_several_readings_and_its_rest_are_the_whole(
    several_voices: Normalizer, timed: bool
) -> None:
    texts = [passage(LONG, **LOW), passage(LONG, **TINY), SILENT, passage("Yes. No.", **LOW)]
    asked = several(*texts, timed=timed)
    opening = await several_voices.prepare(asked, "id")
    whole = await several_voices.prepare(replace(asked, stream=False), "id")
    assert opening.unread == asked
    assert opening.voices == whole.voices == ("tone", "tiny")
    assert opening.phrases == whole.phrases[:1]
    assert await several_voices.rest(opening) == whole.phrases[1:]
    assert len({phrase.delivery for phrase in whole.phrases}) == 2
    for other in (several(*texts[::-1]), several(*texts[:-1]), replace(asked, timed=not timed)):
        assert (await several_voices.prepare(other, "id")).digest != opening.digest


@pytest.mark.parametrize(
    ("refused", "param"),
    [
        (passage("Say [word](/§/).", **TINY), "input"),
        (passage("²" * 4000, **LOW), "input"),
        (
            passage("Qwen.", lexicon=(LexiconEntry(word="Qwen", phonemes="kw漢n"),), **TINY),
            "lexicon",
        ),
    ],
    ids=["inline form", "length", "lexicon"],
)
async def test_a_stream_that_would_be_refused_later_is_refused_before_it_begins(
    several_voices: Normalizer, refused: Passage, param: str
) -> None:
    with pytest.raises(InvalidInputError) as caught:
        await several_voices.prepare(several(passage(LONG, **LOW), refused), "id")
    assert caught.value.param == param


async def test_readings_share_what_a_request_may_become(several_voices: Normalizer) -> None:
    half = passage("²" * 1300, **LOW)
    assert await several_voices.prepare(several(half), "id")
    with pytest.raises(InvalidInputError, match="becomes"):
        await several_voices.prepare(several(half, half, half, stream=False), "id")


async def test_only_plain_short_texts_are_read_on_the_event_loop(
    normalizer: Normalizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some texts of other scripts keep a phonemizer for a second; nobody else waits for them."""
    threads: list[bool] = []
    prepare = normalizer._front_end.prepare

    def noted(*arguments: Any, **more: Any) -> Any:
        threads.append(threading.current_thread() is threading.main_thread())
        return prepare(*arguments, **more)

    monkeypatch.setattr(normalizer._front_end, "prepare", noted)
    for text in ("Hello.", "ºА" * 20, "Hello. " * 60):
        await normalizer.prepare(request(text, stream=False), "id")
    assert threads == [True, False, False]
