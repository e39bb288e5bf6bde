"""The seams. Each is one Protocol; its data is in `types`, its failures in `errors`."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Protocol

from speech.errors import SpeechError
from speech.types import (
    AudioFrame,
    Explanation,
    Passage,
    Pcm,
    Phrase,
    PhraseJob,
    Samples,
    SpeechJob,
    SpeechRequest,
    SynthesizedPhrase,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineInfo:
    """What a loaded engine can do; engines declare it, nobody probes."""

    engine: str
    sample_rate: int
    """Hertz of the PCM it returns."""
    max_batch_size: int | None
    """Phrases per batch; None where the engine sets no limit, 1 where batching gains nothing."""
    batching: str
    """How it batches, or why it cannot, in words for an operator."""
    provider: str
    """What computes: `cpu`, `cuda`, `espeak-ng`."""
    deterministic: bool
    """Whether one job always gives the same samples, within 1 LSB."""
    resident_bytes: int
    """Memory the loaded voice takes, as far as the engine knows."""
    precision: str = "fp32"
    """Of the products with weights."""
    times: bool = False
    """Whether it says how long each phoneme lasts, so that words have times."""
    speed: float | None = None
    """Seconds of audio in a second of its calls, measured here. Filled in by whoever measures: of
    one phrase when it is loaded, of the last batches while it serves."""
    fell_back: bool = False
    """Whether a provider that was to compute it could not; filled in by whoever chose."""
    choice: str = ""
    """How provider and precision came to be chosen, in words for an operator; filled in by whoever
    chose."""


class Engine(Protocol):
    """One loaded voice. Synchronous; several threads may call `synthesize` at a time.

    Whoever owns it closes it when no call is under way.
    """

    @property
    def info(self) -> EngineInfo:
        """What this engine can do."""
        ...

    def synthesize(self, jobs: Sequence[PhraseJob]) -> list[Pcm | SpeechError]:
        """Speak phrases of this voice together.

        Returns one result per job, in order: audio of exactly that phrase's own length, or the
        error of that phrase alone. Raises only when the engine as a whole is broken.
        """
        ...

    def warm_up(self) -> None:
        """Run what makes the first real call as fast as the next."""
        ...

    def close(self) -> None:
        """Release memory and handles; the engine is not used again."""
        ...


class Phonemizer(Protocol):
    """Spoken text to phonemes. Synchronous; several threads may call it at a time."""

    def unavailable(self) -> str:
        """Why it cannot be used here, and what to install; empty where it can. Cheap."""
        ...

    def languages(self) -> tuple[str, ...]:
        """Every language tag it reads, lower case, sorted."""
        ...

    def is_busy(self) -> bool:
        """Whether a call would wait for other ones."""
        ...

    def phonemize(self, text: str, voice: str) -> str:
        """IPA of a text as one of its voices reads it, e.g. `en-us`.

        Raises:
            UnreadableTextError: it breaks down on the text.
            SynthesisError: it has no such voice.
        """
        ...


class CacheTier(Protocol):
    """Stores whole encoded replies under hex digests. Bounded; losing an entry is always fine."""

    async def get(self, key: str) -> bytes | None:
        """Return a complete entry, or None. A corrupted entry is None and is removed."""
        ...

    async def put(self, key: str, value: bytes, *, groups: tuple[str, ...]) -> None:
        """Store an entry; `groups` are the ids of its voices, for `purge`."""
        ...

    async def purge(self, group: str | None) -> int:
        """Remove entries a voice has part in, or all; returns how many where the tier can tell."""
        ...

    async def close(self) -> None:
        """Release files and connections."""
        ...


class ContainerWriter(Protocol):
    """Encodes one reply. Bytes may come late: whatever `write` holds back, `finish` returns."""

    def write(self, samples: Samples) -> bytes:
        """Encode more audio: one-dimensional int16."""
        ...

    def finish(self) -> bytes:
        """Close the container and return its last bytes."""
        ...

    @property
    def head(self) -> bytes:
        """After `finish`: how the container begins now that its sizes are known.

        Empty where that changes nothing of what was returned.
        """
        ...


class PhraseSource(Protocol):
    """Where the phrases of a reply come from that begins before all of them are known."""

    async def rest(self, job: SpeechJob) -> tuple[Phrase, ...]:
        """The phrases after those that the job holds."""
        ...


class NormalizerStage(PhraseSource, Protocol):
    """First stage of the graph."""

    async def prepare(self, request: SpeechRequest, request_id: str) -> SpeechJob:
        """Text to a job with phrases and digest. Raises InvalidInputError."""
        ...

    async def explain(self, passage: Passage) -> Explanation:
        """A text with its phrases, phonemes and changes, for showing. Raises InvalidInputError."""
        ...


class SpeechStage(Protocol):
    """The audio cache and the encoder: a job becomes a stream of encoded frames."""

    def stream(self, job: SpeechJob) -> AsyncGenerator[AudioFrame, None]:
        """Yield the reply in order. The first frame is awaited before anything is promised."""
        ...


class SynthesizerStage(Protocol):
    """Last stage of the graph."""

    async def synthesize(self, job: PhraseJob) -> SynthesizedPhrase:
        """Speak one phrase, batched with those of strangers. Raises a SpeechError."""
        ...
