"""How fast every provider speaks a voice on this machine, measured once and remembered on disk.

One file for a voice on a machine and what is tried, in the folder `EngineConfig.provider_cache`.
Its key holds the hardware, the driver, the libraries' versions, the voice's checksum and what of
the configuration matters: when any of it changes, everything is measured again. An unreadable file
counts as none. Processes that start together measure one after another; the later ones find the
file.
"""

import fcntl
import logging
import math
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from functools import cache
from hashlib import sha256
from pathlib import Path
from time import perf_counter
from typing import Any

from pydantic import ValidationError

from speech.config import EngineConfig, Precision, ProviderName, StrictModel, TextConfig
from speech.engines.closeness import mel_distance
from speech.engines.hardware import Hardware, this_hardware
from speech.engines.kinds import Provider, Voice
from speech.engines.providers import candidates, load_on
from speech.errors import ConfigError, SpeechError
from speech.interfaces import Engine
from speech.text import FrontEnd
from speech.types import Delivery, Passage, Pcm, PhraseJob

_LOG = logging.getLogger(__name__)
# What is asked of the figures, or has no part in them.
_CHOICE = {
    *("provider", "precision", "precisions", "fallback", "max_mel_distance", "provider_cache"),
    "max_resident_voices",
}
FORMAT = 1
"""Of the file; another one is as good as none."""
_TEXTS = (
    "Good morning, Maria!",
    "The quick brown fox jumps over the lazy dog today.",
    "Your parcel was left with the neighbours on the second floor, please ring before six.",
    "Nothing in the report explains why the pumps stopped twice on Friday night.",
)
_SECONDS = 0.25
"""That one candidate is listened to, after its warm-up."""
_ROUNDS = 3
"""At least, however long they take."""
_LOSS = 0.95
"""A less exact precision must be so much faster; otherwise what was lost was lost for noise."""


class Trial(StrictModel):
    """What one provider did in one precision."""

    provider: ProviderName
    precision: Precision
    reason: str = ""
    """Why it cannot be used; empty where it can."""
    alone_ms: float = 0.0
    """Shortest time of a phrase of about three seconds alone."""
    alone: float = 0.0
    """Seconds of audio in a second, phrase by phrase."""
    together: float = 0.0
    """The same of all phrases in one batch; 0 where it does not batch."""
    rate: float = 0.0
    """The same over both: what decides."""
    distance: float | None = None
    """Mean log-mel difference to the first usable one in single precision; None where it is that
    one itself, or too different to compare."""


class Trials(StrictModel):
    """The file."""

    format: int = FORMAT
    key: Mapping[str, Any]
    trials: tuple[Trial, ...]


def trial_key(
    voice: Voice,
    config: EngineConfig,
    hardware: Hardware,
    providers: Mapping[ProviderName, Provider],
) -> dict[str, Any]:
    """Everything the figures depend on, as JSON would have it."""
    return {
        "voice": voice.checksum,
        "processor": hardware.processor,
        "cores": hardware.cores,
        "gpus": [asdict(gpu) for gpu in hardware.gpus],
        "libraries": dict(hardware.libraries),
        "settings": config.model_dump(mode="json", exclude=_CHOICE),
        "share": os.environ.get("OMP_NUM_THREADS", ""),
        "candidates": ["/".join(pair) for pair in candidates(config.precisions, providers)],
    }


def best(trials: Sequence[Trial], config: EngineConfig) -> Trial:
    """The fastest that sounds near enough.

    Raises:
        ConfigError: none can be used.
    """
    usable = [trial for trial in trials if not unusable(trial, config)]
    if not usable:
        reasons = "; ".join(f"{item.provider}/{item.precision}: {item.reason}" for item in trials)
        raise ConfigError(f"provider 'auto' finds none that can be used: {reasons}")
    return max(usable, key=lambda trial: trial.rate * (1.0 if trial.precision == "fp32" else _LOSS))


def unusable(trial: Trial, config: EngineConfig) -> str:
    """Why `auto` would not take what was measured; empty where it would."""
    if trial.reason or trial.distance is None or trial.distance <= config.max_mel_distance:
        return trial.reason
    return f"sounds otherwise: {trial.distance:.3f}, max_mel_distance is {config.max_mel_distance}"


@cache
def _hardware() -> Hardware:
    return this_hardware()


def measured(
    voice: Voice,
    config: EngineConfig,
    folder: Path,
    providers: Mapping[ProviderName, Provider],
    *,
    hardware: Hardware | None = None,
    fresh: bool = False,
) -> tuple[Trial, ...]:
    """Every candidate's figures: remembered, or measured now, a few hundred milliseconds each.

    Args:
        voice: What speaks.
        config: Its `precisions` are tried.
        folder: Where it is remembered; what cannot be written is only told of.
        providers: The engine's.
        hardware: Of this machine, where it is known.
        fresh: Measure, whatever is remembered.
    """
    key = trial_key(voice, config, hardware or _hardware(), providers)
    kind = [key[part] for part in ("voice", "processor", "gpus", "candidates")]
    path = folder / f"{sha256(repr(kind).encode()).hexdigest()[:24]}.json"
    with _locked(path):
        if not fresh and (known := _read(path, key)) is not None:
            return known
        found = _measure_all(voice, config, providers)
        _write(path, Trials(key=key, trials=found))
    return found


def _read(path: Path, key: Mapping[str, Any]) -> tuple[Trial, ...] | None:
    try:
        known = Trials.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as error:
        _LOG.warning("%s is measured anew: %s", path, type(error).__name__)
        return None
    parts = [part for part in {**key, **known.key} if key.get(part) != known.key.get(part)]
    if known.format != FORMAT or parts:
        _LOG.info("%s is measured anew: another %s", path, ", ".join(parts) or "format")
        return None
    return known.trials


def _write(path: Path, trials: Trials) -> None:
    try:
        with tempfile.NamedTemporaryFile("w", dir=path.parent, suffix=".tmp", delete=False) as file:
            file.write(trials.model_dump_json(indent=1))
        Path(file.name).replace(path)
    except OSError as error:
        _LOG.warning("what was measured is not remembered: %s", error)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """One process at a time; all of them where the folder takes no lock."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = path.with_suffix(".lock").open("w")
    except OSError as error:
        _LOG.warning("no lock on what is measured: %s", error)
        yield
        return
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _measure_all(
    voice: Voice, config: EngineConfig, providers: Mapping[ProviderName, Provider]
) -> tuple[Trial, ...]:
    jobs = trial_jobs(voice)
    reference: list[Pcm] = []
    found: list[Trial] = []
    for name, precision in candidates(config.precisions, providers):
        update = {"provider": name, "precision": precision}
        asked = config.model_copy(update=update)
        try:
            trial, heard = _measure(lambda: load_on(voice, asked, providers), jobs)  # noqa: B023
        except (SpeechError, RuntimeError, MemoryError) as error:
            found.append(Trial(provider=name, precision=precision, reason=str(error)))
            continue
        if not reference and precision == "fp32":
            reference = heard
        elif reference:
            distance = max(
                mel_distance(one.samples, other.samples, one.sample_rate)
                for one, other in zip(reference, heard, strict=True)
            )
            if math.isinf(distance):
                trial["reason"] = "its phrases are longer or shorter than in single precision"
            else:
                trial["distance"] = round(distance, 5)
        found.append(Trial(provider=name, precision=precision, **trial))
    return tuple(found)


def trial_jobs(voice: Voice) -> list[PhraseJob]:
    """Real phrases of a voice, the second of about three seconds.

    Raises:
        ConfigError: the voice has no symbols for them.
    """
    front_end = FrontEnd(TextConfig())
    delivery = Delivery(voice=voice.id, speaker=voice.default_speaker, language=voice.language)
    passages = (Passage(text=text, delivery=delivery) for text in _TEXTS)
    read = [front_end.prepare(passage, voice.vocabulary).phrases for passage in passages]
    if not all(read):
        raise ConfigError(f"voice {voice.id!r} has no symbols for the English texts of a trial")
    return [PhraseJob(phrase=phrases[0]) for phrases in read]


def _measure(
    load: Callable[[], Engine], jobs: Sequence[PhraseJob]
) -> tuple[dict[str, Any], list[Pcm]]:
    """Figures of one candidate, and what each phrase sounds like alone."""
    engine = load()
    try:
        heard = [_spoken(engine, [job])[0] for job in jobs]
        batches: list[list[PhraseJob]] = [[job] for job in jobs]
        if engine.info.max_batch_size is None:
            batches.append(list(jobs))
            _spoken(engine, batches[-1])
        times: list[list[float]] = [[] for _ in batches]
        begin = perf_counter()
        while len(times[-1]) < _ROUNDS or perf_counter() - begin < _SECONDS:
            for batch, taken in zip(batches, times, strict=True):
                started = perf_counter()
                engine.synthesize(batch)
                taken.append(perf_counter() - started)
    finally:
        engine.close()
    audio = sum(pcm.duration for pcm in heard)
    # The shortest: whatever a time has beyond it, others took.
    shortest = [min(taken) for taken in times]
    alone = sum(shortest[: len(jobs)])
    together = sum(shortest[len(jobs) :])
    spoken = 2 * audio if together else audio
    figures = {
        "alone_ms": round(1000 * shortest[1], 2),
        "alone": round(audio / alone, 2),
        "together": round(audio / together, 2) if together else 0.0,
        "rate": round(spoken / (alone + together), 2),
    }
    return figures, heard


def _spoken(engine: Engine, jobs: Sequence[PhraseJob]) -> list[Pcm]:
    results = engine.synthesize(jobs)
    for result in results:
        if isinstance(result, SpeechError):
            raise result
    return [result for result in results if isinstance(result, Pcm)]
