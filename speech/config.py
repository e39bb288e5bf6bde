"""Strict, frozen configuration: parsed once at the edge and passed down."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

PositiveInt = Annotated[int, Field(gt=0)]
Seconds = Annotated[float, Field(ge=0)]
Bytes = Annotated[int, Field(ge=0)]


# `torch` and `bf16` are for engines that compute with torch.
ProviderName = Literal["cpu", "cuda", "tensorrt", "torch"]
Precision = Literal["fp32", "tf32", "bf16", "fp16"]


class StrictModel(BaseModel):
    """Unknown keys are errors, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class PauseConfig(StrictModel):
    """Silence after a phrase, in seconds at speed 1, by the mark it ends with."""

    sentence: Seconds = 0.35
    """A full stop of any script."""
    question: Seconds = 0.35
    exclamation: Seconds = 0.35
    ellipsis: Seconds = 0.5
    semicolon: Seconds = 0.25
    colon: Seconds = 0.25
    dash: Seconds = 0.2
    comma: Seconds = 0.15
    """A comma, or a bracket that closes."""
    line: Seconds = 0.45
    """The end of a line that has no mark: a heading, a list item, a verse."""
    paragraph: Seconds = 0.6
    """The end of a line that ends with its sentence."""
    max_inline: Annotated[float, Field(ge=0, le=25)] = 10.0
    """The longest single `[pause:...]` a text may hold."""
    max_inline_total: Seconds = 60.0
    """All of a text's `[pause:...]` together."""
    max_total: Seconds = 300.0
    """What all pauses of a reply of several passages last beyond `paragraph`, as they are heard."""


class PhraseConfig(StrictModel):
    """How text is cut into phrases; lengths in characters of spoken text."""

    max_characters: PositiveInt = 300
    """No phrase is longer."""
    first_max_characters: PositiveInt = 100
    """A first sentence that is longer is cut at its clause, for an early first byte."""
    target_characters: Annotated[int, Field(ge=0)] = 0
    """Short neighbouring sentences are joined up to this length; 0 joins none. Between joined
    sentences there is only the voice's own pause."""
    pauses: PauseConfig = PauseConfig()


class LexiconDetail(StrictModel):
    """How a word is said, with more than phonemes or other words alone."""

    phonemes: str = ""
    """IPA as espeak-ng writes it."""
    say: str = ""
    """Words said instead; with phonemes, what engines that read text are given."""
    case: Literal["any", "exact"] = "any"
    """`exact`: only with these capitals."""
    priority: Annotated[int, Field(ge=-1000, le=1000)] = 0
    """Decides between entries of one word."""


LexiconWords = Mapping[str, str | LexiconDetail]
"""Words and how they are said: `/ipa/` between slashes, other words, or both in detail."""


class TextConfig(StrictModel):
    """The text front end."""

    phrases: PhraseConfig = PhraseConfig()
    lexicons: Mapping[str, LexiconWords] = Field(default_factory=dict)
    """By language tag; the words of `en` count for `en-us` too, after its own."""
    phoneme_memo_entries: PositiveInt = 4096
    """Phrases whose phonemes are remembered; one of 100 characters takes about 1 kB."""
    max_spoken_characters: PositiveInt = 24_576
    """The longest spoken text, six times the longest written one: digits that are said one by one
    stay below it, a page of emoji names does not. Phonemes may be twice as many."""
    max_seconds: Annotated[float, Field(gt=0)] = 5.0
    """How long one text may be read; checked after every sentence and phrase."""
    long_threads: PositiveInt = 2
    """Long texts that one replica reads at the same time, beside short ones."""
    shown_threads: PositiveInt = 1
    """Texts for `/v1/text/normalize` that one replica reads at the same time, beside others."""


class EspeakConfig(StrictModel):
    """The processes that run espeak-ng for a replica that uses it."""

    processes: Annotated[int, Field(gt=0, le=64)] = 2
    """So many phrases are read at a time; others wait."""
    seconds: Annotated[float, Field(gt=0)] = 1.0
    """Processor time one phrase may take. The longest that is read or spoken takes a tenth."""
    memory_bytes: PositiveInt = 256 * 2**20
    """Address space of each process."""


class LengthClass(StrictModel):
    """Phrases up to `max_characters` are batched up to `max_batch_size` at a time."""

    name: str
    max_characters: PositiveInt
    max_batch_size: PositiveInt


class BatchConfig(StrictModel):
    """How waiting phrases become batches."""

    classes: tuple[LengthClass, ...] = (
        LengthClass(name="short", max_characters=20, max_batch_size=16),
        LengthClass(name="medium", max_characters=100, max_batch_size=8),
        LengthClass(name="long", max_characters=300, max_batch_size=4),
    )
    max_waiting: PositiveInt = 2048
    """Phrases that may wait at one replica's gate; more are refused as at capacity."""
    later_share: Annotated[float, Field(gt=0, lt=1)] = 0.25
    """Least share of batches that a later phrase leads while one waits: long texts never starve."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        lengths = [item.max_characters for item in self.classes]
        if not lengths or lengths != sorted(set(lengths)):
            raise ValueError("classes must be non-empty and ordered by rising max_characters")
        return self


class RetryConfig(StrictModel):
    """What a stage's caller does with jobs that were in hand when a worker died."""

    remember: Annotated[float, Field(gt=0)] = 60.0
    """Seconds for which a job is refused that was in hand at two deaths."""
    alone: PositiveInt = 16
    """So many of the jobs that a worker died with are asked for one at a time, before the rest."""
    max_jobs: PositiveInt = 4096
    """Jobs remembered; the oldest go first."""


class RamTierConfig(StrictModel):
    """The first cache tier, one per replica."""

    max_bytes: Bytes = 256 * 2**20
    ttl: Annotated[float, Field(gt=0)] = 24 * 3600.0


class PhraseCacheConfig(StrictModel):
    """Phrases that were spoken, kept by the replica that encodes them."""

    max_bytes: Annotated[int, Field(ge=0)] = 64 * 2**20
    """Of samples; 0 keeps none."""
    ttl: Annotated[float, Field(gt=0)] = 24 * 3600.0
    personal: bool = True
    """Whether phrases are kept of texts that have digits, an @ or a lexicon of their own, which may
    be somebody's number, address or name."""


class DiskTierConfig(StrictModel):
    """Embedded second tier: one directory per node, shared by its replicas."""

    kind: Literal["disk"] = "disk"
    directory: Path
    max_bytes: Bytes = 2 * 2**30
    ttl: Annotated[float, Field(gt=0)] = 30 * 24 * 3600.0


class RedisTierConfig(StrictModel):
    """Second tier shared by a cluster."""

    kind: Literal["redis"] = "redis"
    url: str
    """e.g. `redis://10.0.0.5:6379/0`; a password comes from CHORALE_REDIS_PASSWORD."""
    prefix: str = "chorale"
    ttl: Annotated[float, Field(gt=0)] = 7 * 24 * 3600.0
    timeout: Annotated[float, Field(gt=0)] = 0.25
    """Seconds one command may take before the tier counts as down."""
    retry_after: Annotated[float, Field(gt=0)] = 2.0
    """Seconds after which a tier that is down is tried again."""
    max_entry_bytes: Bytes = 16 * 2**20


class CacheConfig(StrictModel):
    """The audio cache."""

    ram: RamTierConfig = RamTierConfig()
    second: Annotated[DiskTierConfig | RedisTierConfig, Field(discriminator="kind")] | None = None
    max_entry_bytes: Bytes = 16 * 2**20
    """Larger replies are delivered but not kept."""
    max_fill_bytes: PositiveInt = 64 * 2**20
    """What one reply in the making holds for later readers, e.g. 22 minutes of WAV at 24 kHz. A
    longer one becomes a pipe: it keeps what its readers have not read and waits for them, and
    nobody joins it."""
    max_fills_bytes: PositiveInt = 512 * 2**20
    """What all replies that are made or read hold in one replica. Beyond it those in the making are
    pipes too, each with at most one source frame that nobody has asked for."""
    pause_after: Annotated[float, Field(gt=0)] = 1.0
    """Seconds after which a reply waits for readers that take nothing, so that the engine works for
    those who listen."""
    max_ahead_bytes: PositiveInt = 4 * 2**20
    """A reply waits for such readers when so much lies ready."""
    max_fills: PositiveInt = 1024
    """Replies being made at once by one replica."""
    fill_timeout: Annotated[float, Field(gt=0)] = 300.0
    """Seconds a reply may take to make, without those in which it waits for its readers; and
    seconds after which a reader is given up that is waited for and takes nothing."""
    frame_bytes: Annotated[int, Field(gt=0, le=1024 * 1024)] = 256 * 1024


class AudioConfig(StrictModel):
    """Codec settings; rates in bits per second."""

    mp3_bit_rate: PositiveInt = 64_000
    aac_bit_rate: PositiveInt = 64_000
    opus_bit_rate: Annotated[int, Field(ge=6_000, le=256_000)] = 32_000
    """libopus opens no mono encoder outside these bounds."""
    opus_complexity: Annotated[int, Field(ge=0, le=10)] = 3
    flac_level: Annotated[int, Field(ge=0, le=8)] = 3
    edge_fade: Seconds = 0.003
    """Fade at both ends of every phrase, so that joins do not click."""


class EngineConfig(StrictModel):
    """What the synthesizer's engines run on."""

    provider: Literal["auto", ProviderName] = "cpu"
    """What computes. A missing provider is an error at the start, unless `fallback` names others.
    `auto` measures every one that is there, once for a machine and a voice, and takes the
    fastest."""
    fallback: tuple[ProviderName, ...] = ()
    """Tried in this order if `provider` cannot be used; the log and the listing name the choice."""
    precision: Precision = "fp32"
    """Of the products with weights; ignored by `auto`, which chooses among `precisions`."""
    precisions: tuple[Precision, ...] = ("fp32",)
    """What `auto` may choose from."""
    max_mel_distance: Annotated[float, Field(ge=0)] = 0.05
    """Mean log-mel difference to single precision (natural log) up to which `auto` takes one."""
    provider_cache: Path | None = None
    """Folder in which `auto` keeps what it measured; by default ~/.cache/chorale/providers."""
    gpu_share: Annotated[float, Field(gt=0, le=1)] | None = None
    """Share of a GPU's memory this replica may take; by default its `num_gpus`, if that is less
    than one. For ONNX Runtime it bounds one arena that all voices share."""
    threads: Annotated[int, Field(ge=0)] = 0
    """Threads inside one ONNX Runtime call; 0 takes the replica's share of the cores."""
    parallel: Annotated[int, Field(ge=0, le=64)] = 1
    """Batches that are spoken at a time, each in a call of its own; 0 takes one for each core that
    the process may use, and goes with `threads: 1`. On a GPU take 1."""
    max_resident_voices: PositiveInt = 15
    idle_voice: Annotated[float, Field(gt=0)] | None = None
    """Seconds after which a voice that nobody asks for is unloaded, unless it was preloaded; None
    keeps it."""
    batching: bool = True
    """False runs every graph at batch size 1, for comparison."""


Share = Annotated[float, Field(gt=0, le=1)]


class MemoryConfig(StrictModel):
    """What gives way near a bound of memory, and from which share of it.

    Bounds are `stages.*.memory` of a replica's process, and the memory of its container or, where
    that has no limit, of its machine. Ray kills replicas from 0.95 of the latter on.
    """

    caches: Share = 0.8
    """Caches in memory shrink to half of what they hold, again and again."""
    voices: Share = 0.86
    """Voices that nobody speaks with are unloaded, the least recently used first; and a voice is
    loaded only after as many as make room for it."""
    admission: Share = 0.92
    """Gateways admit less, down to an eighth of their bounds."""
    relief: Annotated[float, Field(ge=0, le=0.5)] = 0.05
    """So far below each of these it ends."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.relief < self.caches <= self.voices <= self.admission:
            raise ValueError("caches, voices and admission must rise, and caches exceed relief")
        return self
