"""Word times against the audio itself: bursts of a tone, one for each word, in every container."""

import io
from collections.abc import Sequence
from dataclasses import replace
from itertools import product

import av
import numpy as np
import pytest

from deployments.encoder import Encoder
from deployments.stages import Inline
from speech.audio.containers import codec_rate
from speech.config import AudioConfig, TextConfig
from speech.text import FrontEnd
from speech.types import (
    AUDIO_FORMATS,
    AudioFormat,
    AudioFrame,
    Pcm,
    Phrase,
    PhraseJob,
    SpeechJob,
    SynthesizedPhrase,
)
from tests.conftest import passage

PACE = 0.1
"""Seconds of a character at speed 1."""
RATES = {"tone": 24_000, "other": 22_050}
PASSAGES = (("tone", "One two. It costs $5, and more."), ("other", "Three four; five!"))
TOLERANCE = 0.01
TELEPHONY = {"mulaw", "alaw"}
EXACT = {"wav", "pcm", "flac", "opus", *TELEPHONY}


class Bursts:
    """Speaks each word as a tone of 700 Hz."""

    async def synthesize(self, job: PhraseJob) -> SynthesizedPhrase:
        phrase, rate = job.phrase, RATES[job.phrase.delivery.voice]
        each = PACE / phrase.delivery.speed
        wave = np.zeros(round(len(phrase.text) * each * rate))
        time = np.arange(len(wave)) / rate
        for word in phrase.words:
            begin, end = (round(place * each * rate) for place in word.ids)
            wave[begin:end] = 8_000 * np.sin(2 * np.pi * 700 * time[begin:end])
        pcm = Pcm(
            samples=wave.astype(np.int16),
            sample_rate=rate,
            index=phrase.index,
            is_last=phrase.is_last,
            phoneme_seconds=np.full(len(phrase.text), each, np.float32),
        )
        return SynthesizedPhrase(pcm=pcm, waited=0.0, synthesis=0.0, batch_size=1)


class NothingMore:
    async def rest(self, job: SpeechJob) -> tuple[Phrase, ...]:
        del job
        return ()


def phrases(speed: float) -> tuple[Phrase, ...]:
    """Those of two voices, with pauses between."""
    front_end, found = FrontEnd(TextConfig()), []
    for voice, text in PASSAGES:
        said = front_end.prepare(passage(text, voice=voice, speed=speed), None, words=True)
        found[-1:] = map(front_end.followed, found[-1:])
        found += said.phrases
    return tuple(replace(phrase, index=index) for index, phrase in enumerate(found))


async def encoded(
    kind: AudioFormat, rate: int, speed: float, *, whole: bool
) -> tuple[SpeechJob, list[AudioFrame]]:
    job = SpeechJob(
        format=kind,
        sample_rate=rate,
        whole=whole,
        timed=True,
        voices=tuple(RATES),
        makers=tuple(RATES),
        phrases=phrases(speed),
        digest="",
        request_id="",
    )
    made = Encoder(AudioConfig(), 10_000, Inline(Bursts), Inline(NothingMore))
    return job, [frame async for frame in made.stream(job)]


def decoded(data: bytes, kind: AudioFormat, rate: int) -> np.ndarray:
    """The samples that a player gives, full scale at 1."""
    if kind == "pcm":
        return np.frombuffer(data, "<i2") / 32_768
    bare = {"format": kind, "options": {"sample_rate": str(rate)}} if kind in TELEPHONY else {}
    with av.open(io.BytesIO(data), **bare) as container:
        into = av.AudioResampler(format="s16", layout="mono", rate=rate)
        decoding = (into.resample(frame) for frame in container.decode(audio=0))
        frames = [*(piece for some in decoding for piece in some), *into.resample(None)]
    return np.concatenate([frame.to_ndarray()[0] for frame in frames]) / 32_768


def bursts(wave: np.ndarray, rate: int) -> list[tuple[float, float]]:
    """From when to when a tone is heard; gaps of less than 20 ms are none."""
    loud = np.flatnonzero(np.abs(wave) > 0.06) / rate
    cuts = np.flatnonzero(np.diff(loud) > 0.02)
    begins, ends = [loud[0], *loud[cuts + 1]], [*loud[cuts], loud[-1]]
    return list(zip(begins, ends, strict=True))


def near(found: Sequence[tuple[float, float]], told: Sequence[tuple[float, float]]) -> None:
    assert len(found) == len(told)
    assert np.abs(np.array(found) - np.array(told)).max() < TOLERANCE


@pytest.mark.parametrize("kind", AUDIO_FORMATS)
@pytest.mark.parametrize("whole", [True, False], ids=["whole", "streamed"])
async def test_words_are_heard_when_they_are_told(kind: AudioFormat, *, whole: bool) -> None:
    """At several speeds and rates, with pauses, of two voices of different rates."""
    for speed, rate in product((0.5, 1.0, 2.0), (16_000, 24_000, 48_000)):
        job, frames = await encoded(kind, rate, speed, whole=whole)
        rate = codec_rate(kind, rate)  # noqa: PLW2901
        words = [word for frame in frames for word in frame.words]
        wave = decoded(b"".join(frame.data for frame in frames), kind, rate)
        near(bursts(wave, rate), [(word.start, word.end) for word in words])
        # The reply is as long as all that it is made of; a codec may add less than two frames.
        parts = sum(
            (PACE * len(it.text) + it.pause_after) / it.delivery.speed for it in job.phrases
        )
        assert frames[-1].audio_seconds == pytest.approx(parts, abs=TOLERANCE)
        exact = kind in EXACT or (kind == "mp3" and whole)
        excess = len(wave) / rate - parts
        assert abs(excess) < TOLERANCE if exact else 0 <= excess < 2 * 1152 / rate + 0.05
