"""The values that travel through the graph. Built once, validated at the edge, never re-checked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, NamedTuple
from zlib import crc32

import numpy as np
import numpy.typing as npt

AudioFormat = Literal["mp3", "opus", "aac", "flac", "wav", "pcm", "mulaw", "alaw"]
AUDIO_FORMATS: tuple[AudioFormat, ...] = (
    *("mp3", "opus", "aac", "flac", "wav", "pcm"),
    *("mulaw", "alaw"),
)

MAX_INPUT_CHARACTERS = 4096
PCM_SAMPLE_RATE = 24_000
USUAL_RATES: Mapping[AudioFormat, int] = {"pcm": PCM_SAMPLE_RATE, "mulaw": 8000, "alaw": 8000}
"""Hertz of the formats whose rate is not the voice's own where a request names none."""

Samples = npt.NDArray[np.int16]
Stretch = tuple[int, int]
"""Index of a stretch's first element and the one behind its last."""


Kind = Literal[
    "abbreviation", "acronym", "address", "chemical", "date", "electronic", "emoji", "fraction",
    "handle", "homograph", "interjection", "lexicon", "markup", "math", "measure", "money",
    "music", "number",
    "ordinal", "path", "pause", "phonemes", "range", "roman", "score", "serial", "space", "symbol",
    "telephone", "time", "typography", "version", "year",
]  # fmt: skip
"""Classes of written forms; what `POST /v1/text/normalize` reports."""


class Edit(NamedTuple):
    """A stretch of a text and what takes its place."""

    start: int
    end: int
    """Behind the stretch; equal to `start` for what is put in."""
    text: str
    kind: Kind
    rule: str = ""
    """Name of the rule that read it; empty where the kind says it all."""


class CacheState(StrEnum):
    """Where a reply came from."""

    HOT = "hot"
    HIT = "hit"
    COALESCED = "coalesced"
    MISS = "miss"


@dataclass(frozen=True, slots=True, kw_only=True)
class Normalization:
    """How far a text is changed on its way to what is spoken."""

    enabled: bool = True
    """Read numbers, dates, abbreviations and the like as words; False leaves them to the voice."""
    emoji: Literal["drop", "say"] = "drop"
    """Leave pictures out, or say their names in the language of the text."""
    urls: Literal["spell", "short", "drop"] = "spell"
    """Say every sign of a web address, only its host, or nothing."""
    markdown: bool = True
    """Take Markdown's marks and HTML's tags out."""
    hidden_blocks: bool = True
    """Leave out what is not for listeners: `<think>…</think>`, `<details>` and their kind."""
    citations: Literal["say", "drop"] = "say"
    """Say numbers in brackets behind a word, such as `[2]`, as references, or leave them out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LexiconEntry:
    """How one word, or several, or a name with signs, is said."""

    word: str
    """As it is written in a cleaned text."""
    phonemes: str = ""
    """IPA as espeak-ng writes it."""
    say: str = ""
    """Words said instead; with phonemes, what engines that read text are given."""
    case: Literal["any", "exact"] = "any"
    """`exact`: only with these capitals."""
    priority: int = 0
    """Decides between entries of one word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """How a phrase is said."""

    voice: str = ""
    """Voice id of the catalogue; empty for a text that is only shown."""
    speaker: str = ""
    """Speaker name within the voice; empty for a voice of one speaker."""
    language: str
    """Language tag the text is read in, lower case, e.g. `en-us`."""
    speed: float = 1.0
    """Rate of speech, 0.25 to 4.0; pitch is kept."""
    pitch: float = 1.0
    """Factor of the fundamental frequency, 0.5 to 2.0; 1 where the voice cannot change it."""
    volume: float = 0.0
    """Gain in dB, -96 to 12; peaks are limited."""
    seed: int = 0
    """Seed of the sampling noise, 0 to 2**32-1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A stretch of written text, what decides how it is read, and how it is said."""

    text: str
    """As written."""
    delivery: Delivery
    start: int = 0
    """Index of its first code point in the text of the request."""
    lexicon: tuple[LexiconEntry, ...] = ()
    """Words of this text alone, before the server's lexicons."""
    normalization: Normalization = Normalization()
    edits: tuple[Edit, ...] = ()
    """Of a text with markup, what makes plain text of it: in order and apart, by the places of
    `text`. Pauses and given phonemes are marks (`speech.text.marks`)."""
    pause: float | None = None
    """Seconds of silence behind it, at any speed; None for what its last mark asks for, which is
    nothing at the end of a text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechRequest:
    """What the caller asked for, resolved against the voice catalogue."""

    passages: tuple[Passage, ...]
    """At least one, in order; 1 to 4096 characters of valid Unicode together."""
    format: AudioFormat = "mp3"
    sample_rate: int | None = None
    """Rate of the delivered audio in Hertz; None for `USUAL_RATES`, or else the voices' own."""
    loudness: float | None = None
    """Of every voice in LUFS (ITU-R BS.1770); None for the voices' own."""
    stream: bool = True
    """Deliver phrases as they are ready; False waits for the whole and gives exact sizes."""
    timed: bool = False
    """Say when which word is said."""
    sounds: bool = False
    """Where words are timed: say when which phoneme is."""
    trace: str = field(default="", compare=False)
    """`traceparent` of W3C Trace Context, here and below; empty without tracing."""

    @property
    def characters(self) -> int:
        """Of written text."""
        return sum(len(passage.text) for passage in self.passages)

    @property
    def voices(self) -> tuple[str, ...]:
        """Ids of the voices, each once, in the order they speak."""
        if len(self.passages) == 1:
            return (self.passages[0].delivery.voice,)
        return tuple(dict.fromkeys(passage.delivery.voice for passage in self.passages))

    @property
    def work(self) -> float:
        """Written characters, each counted 1 / speed times."""
        return sum(len(passage.text) / passage.delivery.speed for passage in self.passages)


VocabularyKind = Literal["espeak", "text", "kokoro", "misaki", "openjtalk"]
KOKORO_KINDS: frozenset[VocabularyKind] = frozenset(("kokoro", "misaki", "openjtalk"))
"""Those whose symbols are Kokoro's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """The phonemes a voice was trained on."""

    kind: VocabularyKind
    """`espeak`: IPA of espeak-ng. `text`: the code points of the text itself. `kokoro`: the
    symbols of Kokoro voices, between two `$`, without padding, made of espeak-ng's. `misaki`: the
    same symbols as misaki writes them, for English. `openjtalk`: likewise, for Japanese."""
    espeak_voice: str
    """The espeak-ng voice whose phonemes the voice knows, e.g. `en-us`."""
    ids: Mapping[str, tuple[int, ...]]
    """Phoneme (NFD code point) to ids; `^`, `$` and `_` are start, end and padding."""
    max_ids: int | None = None
    """Ids that the voice can speak in one phrase; None where nothing says so."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a phrase: how it is said, where it was written, what speaks it."""

    spoken: Stretch
    """Code points of the phrase's text."""
    written: Stretch
    """Code points of the request's text. Words that one written form is said with share its
    stretch: all three of `$3.50` as "three dollars fifty"."""
    ids: Stretch = (0, 0)
    """Of the phrase's phoneme ids, or of the code points of its text where it has none; empty
    where none is the word's own."""
    sentence: int = 0
    """Code point of the request's text at which its sentence begins."""
    continued: bool = False
    """Whether its written form is said on by the next word, perhaps of the next phrase."""
    sounds: tuple[tuple[str, int], ...] = ()
    """Its phonemes, and how many of `ids` each has; empty where nobody asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """A stretch of spoken text that is synthesised in one piece."""

    index: int
    """Position in the utterance, from 0."""
    is_last: bool
    text: str
    """Spoken text: normalised, no symbols left that an engine could misread."""
    phonemes: str
    """IPA as the phonemizer wrote it; empty when the voice's engine reads text itself."""
    phoneme_ids: tuple[int, ...]
    """Ids in the voice's own vocabulary; empty when the voice's engine reads text itself."""
    pause_after: float
    """Silence after the phrase in seconds at speed 1."""
    delivery: Delivery
    pause_before: float = 0.0
    """Silence before the phrase, likewise; only the first of a text has one."""
    written: Stretch = (0, 0)
    """Code points of the request's text that it says; empty where nobody asked."""
    words: tuple[Word, ...] = ()
    """In order; empty where nobody asked."""

    @property
    def said(self) -> int:
        """A number of 32 bits for what is said, wherever: engines enter their noise by it."""
        return crc32(repr(self.phoneme_ids or self.text).encode())

    @property
    def cost(self) -> int:
        """Length in characters of spoken text: what batching counts."""
        return len(self.text)

    @property
    def work(self) -> float:
        """Characters counted 1 / speed times: what admission and scaling count."""
        return len(self.text) / self.delivery.speed


@dataclass(frozen=True, slots=True, kw_only=True)
class Utterance:
    """A whole text, ready to be synthesised."""

    normalized: str
    phrases: tuple[Phrase, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A stretch of a text that is spoken otherwise than written."""

    start: int
    """Index of its first code point in the text as written."""
    end: int
    """Index behind its last code point; equal to `start` for what is put in."""
    reading: str
    """Words; empty for what is not said."""
    phonemes: str = ""
    """IPA that goes with the reading, where its spelling would be said otherwise."""
    kind: str
    """Class of written form: one of `Kind`."""
    why: str = ""
    """Name of the rule that read it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """How a text would be read, for showing."""

    utterance: Utterance
    changes: tuple[Change, ...]
    """In order, without overlap; the rest of the text is spoken as written, white space aside."""


@dataclass(frozen=True, slots=True)
class Share:
    """Whose work something is, where callers share an engine."""

    caller: str = ""
    """Opaque; empty where nothing tells callers apart."""
    weight: float = 1.0
    """Its part of the engine's time, beside callers of weight 1."""


NOBODYS = Share()


@dataclass(frozen=True, slots=True, kw_only=True)
class PhraseJob:
    """One phrase to speak: what an engine receives."""

    phrase: Phrase
    later: bool = False
    """Whoever listens has something to play meanwhile: this phrase lets others go first."""
    is_suspect: bool = False
    """A worker died with it in hand; at another death it is not asked for again."""
    timed: bool = False
    """Whether `Pcm.phoneme_seconds` is wanted."""
    made_by: str = ""
    """The voice's entry of `SpeechJob.makers`; empty where it does not matter."""
    trace: str = ""
    share: Share = NOBODYS


@dataclass(frozen=True, slots=True, kw_only=True)
class Pcm:
    """Mono audio of one phrase."""

    samples: Samples
    """One-dimensional int16."""
    sample_rate: int
    """Hertz."""
    index: int
    is_last: bool
    phoneme_seconds: npt.NDArray[np.float32] | None = None
    """How long each of the phrase's `phoneme_ids` lasts, or each code point of its text where it
    has none; together as long as the samples. None where nobody asked, or the engine does not
    know."""

    @property
    def duration(self) -> float:
        """Seconds."""
        return len(self.samples) / self.sample_rate


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """What one stage took of a request."""

    stage: str
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SynthesizedPhrase:
    """A phrase's audio, with what its batch took."""

    pcm: Pcm
    waited: float
    """Seconds at the gate before the batch was released."""
    synthesis: float
    """Seconds the engine took for the whole batch."""
    batch_size: int
    """Phrases in the batch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechJob:
    """A prepared request on its way to the cache, the encoder and the synthesizer."""

    format: AudioFormat
    sample_rate: int
    """Of the delivered audio, in Hertz, unless the format lacks it."""
    whole: bool
    """Whether the reply is one container of exact size rather than a stream."""
    loudness: float | None = None
    """See `SpeechRequest`."""
    timed: bool
    """Whether frames say when which word is said."""
    voices: tuple[str, ...]
    """Ids of all voices of the reply."""
    phrases: tuple[Phrase, ...]
    """None where the text leaves nothing to say: the reply is a moment of silence."""
    digest: str
    """Everything that changes the reply's bytes, as lower-case hex, except the voices' epochs."""
    makers: tuple[str, ...]
    """What makes each of the voices' audio, in their order: their files, and behind the cache
    their epochs, too."""
    is_personal: bool = False
    """Whether the written text has what may be somebody's number, address or name."""
    request_id: str
    unread: SpeechRequest | None = None
    """Where `phrases` is only the first one (an opening): what the others are made of, by the
    `rest` of a PhraseSource."""
    private: bool = False
    """The reply must not be kept by any cache."""
    is_suspect: bool = False
    """A worker died with it in hand; at another death it is not asked for again."""
    trace: str = ""
    share: Share = NOBODYS
    """Of whoever asked first, where several wait for the reply."""

    @property
    def work(self) -> float:
        """Of the phrases it holds, see `Phrase.work`."""
        return sum(phrase.work for phrase in self.phrases)


@dataclass(frozen=True, slots=True)
class SpokenWord:
    """When a word is said."""

    text: str
    """As it is said; one written form may be several."""
    written: Stretch
    """Code points of the request's text that it says."""
    start: float
    """Seconds from the beginning of the delivered audio."""
    end: float
    """Likewise, where it is over."""
    sentence: int = 0
    """Code point of the request's text at which its sentence begins."""
    continued: bool = False
    """Whether its written form is said on by the next word, perhaps of the next phrase."""
    sounds: tuple[tuple[str, float], ...] = ()
    """Phonemes, each with the second at which it is over; the first begins with the word. Empty
    where nobody asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioFrame:
    """A stretch of an encoded reply. The first frame also says how the reply came about."""

    data: bytes
    is_first: bool = False
    is_last: bool = False
    cache: CacheState = CacheState.MISS
    """Meaningful on the first frame."""
    total_bytes: int | None = None
    """Size of the whole reply where it is known when the first frame leaves."""
    timings: tuple[Timing, ...] = field(default=())
    """Stages up to the first byte; on the first frame."""
    unmade: float | None = None
    """Work (see `Phrase.work`) still to be done when the frame left, None while phrases may
    arrive."""
    words: tuple[SpokenWord, ...] = ()
    """Those whose times became known with this frame; all of a reply's frames have all words, in
    order."""
    audio_seconds: float = 0.0
    """Duration of the whole reply; on the last frame."""
    head: bytes = b""
    """How a streamed reply begins now that its size is known, for who keeps it; on the last frame,
    and empty where that changes nothing."""
