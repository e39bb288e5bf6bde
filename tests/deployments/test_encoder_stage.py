"""The Encoder: phrases in, frames of one container out, and the facts on them."""

import asyncio
import io
import threading
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import soundfile
from pydantic import ValidationError

from deployments.encoder import Encoder
from deployments.stages import Inline
from speech.config import AudioConfig
from speech.errors import InvalidInputError, SpeechError, SynthesisError
from speech.types import (
    AudioFormat,
    AudioFrame,
    Pcm,
    Phrase,
    PhraseJob,
    SpeechJob,
    SpokenWord,
    SynthesizedPhrase,
    Word,
)
from tests.conftest import delivery, request_of

MakeJob = Callable[..., SpeechJob]
RATE, OTHER_RATE = 24_000, 16_000
PHRASE = 1.5
"""Seconds of every phrase."""


class Synthesizer:
    """Every phrase is the same tone; one that says `bad` fails, one that says `slow` waits.

    The voice `other` has another rate.
    """

    def __init__(self) -> None:
        self.cancelled = 0
        self.asked = 0

    async def synthesize(self, job: PhraseJob) -> SynthesizedPhrase:
        self.asked += 1
        if job.phrase.text == "bad":
            raise SynthesisError("no")
        if job.phrase.text == "slow":
            try:
                await asyncio.Event().wait()
            finally:
                self.cancelled += 1
        rate = OTHER_RATE if job.phrase.delivery.voice == "other" else RATE
        tone = 8000 * np.sin(np.arange(round(PHRASE * rate)) / 10)
        pcm = Pcm(
            samples=tone.astype(np.int16),
            sample_rate=rate,
            index=job.phrase.index,
            is_last=job.phrase.is_last,
            phoneme_seconds=np.full(3, PHRASE / 3, np.float32) if job.timed else None,
        )
        return SynthesizedPhrase(pcm=pcm, waited=0.5, synthesis=0.25, batch_size=1)


class Reader:
    """A normalizer that knows the rest of one job."""

    def __init__(self, whole: SpeechJob | None = None) -> None:
        self._whole = whole

    async def rest(self, job: SpeechJob) -> tuple[Phrase, ...]:
        assert self._whole is not None
        return self._whole.phrases[1:]


def encoder(
    stage: Synthesizer | None = None, frame_bytes: int = 10_000, whole: SpeechJob | None = None
) -> Encoder:
    return Encoder(
        AudioConfig(),
        frame_bytes,
        Inline(lambda: stage or Synthesizer()),
        Inline(lambda: Reader(whole)),
    )


async def read(frames: AsyncGenerator[AudioFrame, None]) -> list[AudioFrame]:
    async with aclosing(frames):
        return [frame async for frame in frames]


def opening_of(job: SpeechJob) -> SpeechJob:
    return replace(job, phrases=job.phrases[:1], unread=request_of("all of it"))


def body(frames: list[AudioFrame]) -> bytes:
    return b"".join(frame.data for frame in frames)


FORMATS: tuple[AudioFormat, ...] = ("pcm", "wav", "flac", "mp3", "opus", "aac")


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("texts", [("one",), ("one", "two", "three")])
@pytest.mark.parametrize("format_", FORMATS)
async def test_frames_say_what_belongs_to_their_place(
    make_job: MakeJob,
    format_: AudioFormat,
    texts: tuple[str, ...],
    stream: bool,
) -> None:
    job = make_job(*texts, format=format_, stream=stream)
    frames = await read(encoder().stream(job))
    assert all(len(frame.data) <= 10_000 for frame in frames)
    assert [frame.is_first for frame in frames] == [True] + [False] * (len(frames) - 1)
    assert [frame.is_last for frame in frames] == [False] * (len(frames) - 1) + [True]
    stages = [timing.stage for timing in frames[0].timings]
    assert stages == ["queue", "synthesize", "encode"]
    assert [timing.seconds for timing in frames[0].timings[:2]] == [0.5, 0.25]
    assert not any(frame.timings for frame in frames[1:])
    seconds = PHRASE * len(texts) + 0.25 * (len(texts) - 1)
    assert frames[-1].audio_seconds == pytest.approx(seconds, abs=1e-3)
    assert not any(frame.audio_seconds for frame in frames[:-1])
    if job.whole:
        assert frames[0].total_bytes == len(body(frames))
    elif format_ in {"pcm", "wav"}:
        assert frames[0].total_bytes is None
    assert not any(frame.total_bytes for frame in frames[1:])


async def test_pauses_follow_the_speed(make_job: MakeJob) -> None:
    for speed in (0.5, 2.0):
        job = make_job("one", "two", "three", speed=speed, pause=0.3)
        frames = await read(encoder().stream(job))
        seconds = 3 * PHRASE + 2 * 0.3 / speed
        assert frames[-1].audio_seconds == pytest.approx(seconds, abs=1e-4)
        assert len(body(frames)) == round(seconds * RATE) * 2


async def test_phrases_and_silence_are_where_they_belong(make_job: MakeJob) -> None:
    frames = await read(encoder().stream(make_job("one", "two", pause=0.5)))
    samples = np.frombuffer(body(frames), np.int16).astype(int)
    start, end = round(PHRASE * RATE), round((PHRASE + 0.5) * RATE)
    assert not samples[start:end].any()
    assert np.abs(samples[start - 500 : start]).max() > 1000
    assert np.abs(samples[end : end + 500]).max() > 1000


async def test_streamed_and_whole_sound_alike(make_job: MakeJob) -> None:
    streamed = body(await read(encoder().stream(make_job("one", "two"))))
    whole = body(await read(encoder().stream(make_job("one", "two", stream=False))))
    assert streamed == whole


async def test_an_opening_becomes_the_whole_reply(make_job: MakeJob) -> None:
    job = make_job("one", "two", "three", pause=0.5)
    streamed = body(await read(encoder(whole=job).stream(opening_of(job))))
    assert streamed == body(await read(encoder().stream(job)))


WORDS = (Word((0, 1), (2, 4), (0, 2)), Word((1, 3), (5, 9), (2, 3)))


def timed(job: SpeechJob) -> SpeechJob:
    """A job whose phrases have two words each, of three phonemes."""
    phrases = (replace(it, words=WORDS, phoneme_ids=(1, 2, 3)) for it in job.phrases)
    return replace(job, timed=True, phrases=tuple(phrases))


def dialogue(make_job: MakeJob, **more: Any) -> SpeechJob:
    """Five phrases of two voices, of which one has another rate."""
    job = make_job(*["one"] * 5, pause=0.3, **more)
    voices = ("tone", "other", "other", "tone", "other")
    phrases = zip(job.phrases, voices, strict=True)
    said = (replace(it, delivery=delivery(voice=voice)) for it, voice in phrases)
    return timed(
        replace(job, voices=("tone", "other"), makers=("these", "those"), phrases=tuple(said))
    )


@pytest.mark.parametrize("opening", [True, False])
@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("rate", [RATE, OTHER_RATE, 44_100])
async def test_phrases_of_two_rates_are_one_reply_whose_words_are_timed(
    make_job: MakeJob, rate: int, stream: bool, opening: bool
) -> None:
    job = dialogue(make_job, sample_rate=rate, stream=stream)
    seconds = 5 * PHRASE + 4 * 0.3
    asked = opening_of(job) if opening else job
    frames = await read(encoder(whole=job).stream(asked))
    samples = np.frombuffer(body(frames), np.int16)
    assert len(samples) == round(seconds * rate)
    assert frames[-1].audio_seconds == pytest.approx(seconds, abs=1e-4)
    words = [word for frame in frames for word in frame.words]
    starts = [number * (PHRASE + 0.3) for number in range(5)]
    assert [(word.start, word.end) for word in words] == [
        (pytest.approx(start + begin, abs=1e-3), pytest.approx(start + end, abs=1e-3))
        for start in starts
        for begin, end in ((0.0, PHRASE * 2 / 3), (PHRASE * 2 / 3, PHRASE))
    ]
    assert [(word.text, word.written) for word in words] == [("o", (2, 4)), ("ne", (5, 9))] * 5
    assert words[-1].end == pytest.approx(len(samples) / rate, abs=0.01)
    for start in starts:
        edge = round(start * rate)
        assert np.abs(samples[edge + 100 : edge + 500].astype(int)).max() > 1000
        assert not np.abs(samples[max(0, edge - 500) : max(0, edge - 100)].astype(int)).any()


@pytest.mark.parametrize("format_", FORMATS)
async def test_a_whole_reply_of_two_rates_is_encoded_by_and_by_into_the_same_bytes(
    make_job: MakeJob, monkeypatch: pytest.MonkeyPatch, format_: AudioFormat
) -> None:
    job, made = dialogue(make_job, format=format_, stream=False), encoder()
    expected = await read(made.stream(job))
    monkeypatch.setattr("deployments.encoder._COPIED_SAMPLES", 1)
    frames = await read(made.stream(job))
    if format_ != "opus":  # a stream of Ogg has a number of its own, and a page for each write
        assert body(frames) == body(expected)
    assert frames[0].total_bytes == len(body(frames))
    assert [it.words for it in frames if it.words] == [it.words for it in expected if it.words]


@pytest.mark.parametrize("stream", [True, False])
async def test_words_leave_no_later_than_their_audio(make_job: MakeJob, stream: bool) -> None:
    job = timed(make_job("one", "two", "three", stream=stream))
    frames = await read(encoder(frame_bytes=1000).stream(job))
    each = PHRASE + 0.25
    starts = [number * each + begin for number in range(3) for begin in (0.0, PHRASE * 2 / 3)]
    sent = 0
    heard: list[SpokenWord] = []
    for frame in frames:
        heard += frame.words
        sent += len(frame.data)
        begun = sum(start < sent / 2 / RATE - 1e-3 for start in starts)
        assert begun <= len(heard)
    assert len(heard) == len(starts)
    untimed = await read(encoder().stream(replace(job, timed=False)))
    assert not any(frame.words for frame in untimed)


async def test_the_first_audio_leaves_before_the_rest_of_its_phrase(make_job: MakeJob) -> None:
    tuned = encoder(frame_bytes=1_000_000)
    tuned.reconfigure({"first_audio": 0.25})
    frames = await read(tuned.stream(make_job("one", "two")))
    assert len(frames[0].data) == round(0.25 * RATE) * 2
    assert len(frames[0].data) + len(frames[1].data) == round((PHRASE + 0.25) * RATE) * 2
    unhurried = encoder(frame_bytes=1_000_000)
    unhurried.reconfigure({"first_audio": 60.0})
    assert body(frames) == body(await read(unhurried.stream(make_job("one", "two"))))


async def test_a_whole_wav_has_exact_sizes_and_a_stream_has_not(make_job: MakeJob) -> None:
    whole = body(await read(encoder().stream(make_job("one", "two", format="wav", stream=False))))
    samples, rate = soundfile.read(io.BytesIO(whole), dtype="int16")
    assert (len(samples), rate) == (round((2 * PHRASE + 0.25) * RATE), RATE)
    streamed = body(await read(encoder().stream(make_job("one", "two", format="wav"))))
    assert streamed[4:8] == b"\xff" * 4
    assert streamed[44:] == whole[44:]


async def test_a_sample_rate_is_delivered(make_job: MakeJob) -> None:
    frames = await read(encoder().stream(make_job("one", sample_rate=8000)))
    assert len(body(frames)) == round(PHRASE * 8000) * 2
    assert frames[-1].audio_seconds == pytest.approx(PHRASE)


async def test_the_first_frame_of_a_stream_does_not_wait_for_the_second_phrase(
    make_job: MakeJob,
) -> None:
    stage = Synthesizer()
    frames = encoder(stage).stream(make_job("one", "slow"))
    assert (await anext(frames)).is_first
    await frames.aclose()
    assert stage.cancelled == 1


async def test_a_failed_phrase_ends_the_reply_in_its_place(make_job: MakeJob) -> None:
    frames = encoder().stream(make_job("one", "bad"))
    assert (await anext(frames)).is_first
    with pytest.raises(SynthesisError):
        await read(frames)


async def test_a_whole_reply_with_a_failed_phrase_has_no_frame(make_job: MakeJob) -> None:
    frames = encoder().stream(make_job("one", "bad", stream=False))
    with pytest.raises(SynthesisError):
        await anext(frames)


async def test_on_the_wire_the_error_is_the_last_value(make_job: MakeJob) -> None:
    items: list[Any] = [item async for item in encoder().remote_stream(make_job("one", "bad"))]
    assert isinstance(items[0], AudioFrame)
    assert isinstance(items[-1], SpeechError)


@pytest.mark.parametrize("look_ahead", [0, 2])
async def test_look_ahead_is_taken_over(make_job: MakeJob, look_ahead: int) -> None:
    stage = Synthesizer()
    tuned = encoder(stage)
    tuned.reconfigure({"look_ahead": look_ahead})
    frames = tuned.stream(make_job("one", *["slow"] * 5))
    await anext(frames)
    assert stage.asked == 1 + look_ahead
    await frames.aclose()


async def test_so_many_replies_are_encoded_at_a_time(
    make_job: MakeJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    running, most, lock = 0, 0, threading.Lock()
    both = threading.Barrier(2, timeout=5)

    def encode(*_: Any) -> bytes:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        if tuned._tuning.threads == 2:
            both.wait()
        else:
            time.sleep(0.05)  # so that a second one would be seen
        with lock:
            running -= 1
        return b"x"

    tuned = encoder()
    monkeypatch.setattr("deployments.encoder.encode_whole", encode)
    for threads in (1, 2):
        most = 0
        tuned.reconfigure({"threads": threads})
        job = make_job("one", format="mp3")
        await asyncio.gather(*(read(tuned.stream(job)) for _ in range(4)))
        assert most == threads
    assert tuned._encodings == 0


@pytest.mark.parametrize("rate", [RATE, 16_000])
@pytest.mark.parametrize("format_", FORMATS)
async def test_a_long_whole_reply_is_encoded_by_and_by_into_the_same_bytes(
    make_job: MakeJob, monkeypatch: pytest.MonkeyPatch, format_: AudioFormat, rate: int
) -> None:
    job = make_job("one", "two", "three", format=format_, stream=False, sample_rate=rate)
    made = encoder()
    expected = await read(made.stream(job))
    monkeypatch.setattr("deployments.encoder._COPIED_SAMPLES", 1)
    monkeypatch.setattr("deployments.encoder.encode_whole", None)
    frames = await read(made.stream(job))
    if format_ != "opus":  # a stream of Ogg has a number of its own, and a page for each write
        assert body(frames) == body(expected)
    assert frames[0].total_bytes == len(body(frames))
    assert frames[-1].audio_seconds == expected[-1].audio_seconds


async def test_whole_replies_hold_no_more_than_they_may_together(
    make_job: MakeJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deployments.encoder._SMALL_BYTES", 0)
    job = make_job("one", "two", format="wav", stream=False)
    made = encoder()
    made.reconfigure({"max_whole_bytes": 60_000})  # a guess is 34,000
    async with aclosing(made.stream(job)) as held:
        await anext(held)
        waiting = [asyncio.create_task(read(made.stream(job))) for _ in range(3)]
        streamed = await read(made.stream(replace(job, whole=False)))
        assert not any(task.done() for task in waiting)
        waiting.pop(0).cancel()
    assert {len(body(frames)) for frames in await asyncio.gather(*waiting)} == {len(body(streamed))}
    assert made._room.held == 0
    made.reconfigure({"max_whole_bytes": 30_000})
    with pytest.raises(InvalidInputError, match="too long to be sent whole") as caught:
        await read(made.stream(job))
    assert caught.value.param == "stream"


async def test_frames_say_what_is_still_to_be_made(make_job: MakeJob) -> None:
    job = make_job("one", "three", "five")
    frames = await read(encoder().stream(job))
    assert list(dict.fromkeys(frame.unmade for frame in frames)) == [9, 4, 0]
    told = [frame.unmade for frame in await read(encoder(whole=job).stream(opening_of(job)))]
    assert told[0] in {None, 9}
    assert list(dict.fromkeys(told))[-2:] == [4, 0]


def test_unknown_tuning_is_refused() -> None:
    with pytest.raises(ValidationError):
        encoder().reconfigure({"look_behind": 1})
