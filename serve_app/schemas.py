"""The wire: OpenAI's speech API and our extensions, parsed into values that cannot be invalid."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, StrictStr

from serve_app.captions import CaptionFormat, CaptionRules
from serve_app.marks import MarkKind
from serve_app.model_names import Loudness, Models, Speed
from speech.audio.containers import SAMPLE_RATES
from speech.config import LexiconDetail, LexiconWords, TextConfig
from speech.errors import InvalidInputError
from speech.ssml import Bookmark, Document, Plain, is_ssml, read_document
from speech.text.lexicon import MAX_REQUEST_ENTRIES, lexicon_entries
from speech.types import (
    MAX_INPUT_CHARACTERS,
    AudioFormat,
    Delivery,
    LexiconEntry,
    Normalization,
    Passage,
    SpeechRequest,
)
from speech.voices import VoiceCatalogue

RequestLexicon = Annotated[
    dict[StrictStr, StrictStr | LexiconDetail], Field(max_length=MAX_REQUEST_ENTRIES)
]


InputType = Annotated[
    Literal["text", "ssml"] | None,
    Field(
        description="Extension: what `input` is; absent, SSML if it begins with `<speak`, else "
        "text."
    ),
]


class VoiceReference(BaseModel):
    """A voice as an object, the form OpenAI's client uses for custom voices."""

    model_config = ConfigDict(extra="forbid")

    id: StrictStr


class NormalizationBody(BaseModel):
    """How far the text is changed before it is spoken. Every switch holds by itself."""

    model_config = ConfigDict(extra="forbid")

    enabled: StrictBool = Field(
        default=True,
        description="Read numbers, dates, abbreviations and the like as words. `false` leaves "
        "them to the voice; characters are still cleaned, and the other switches still hold.",
    )
    emoji: Literal["drop", "say"] = Field(
        default="drop", description="Leave emoji out, or say their names."
    )
    urls: Literal["spell", "short", "drop"] = Field(
        default="spell",
        description="Say every sign of a web address, only its host, or nothing.",
    )
    markdown: StrictBool = Field(
        default=True, description="Take out Markdown's marks and HTML's tags; their text stays."
    )
    hidden_blocks: StrictBool = Field(
        default=True,
        description="Leave out blocks that are not for listeners, such as `<think>…</think>`, "
        "`<details>` and `<tool_call>`, with all that is in them.",
    )
    citations: Literal["say", "drop"] = Field(
        default="say",
        description="Say `[2]` behind a word as a reference, or leave it out.",
    )

    def value(self) -> Normalization:
        """The switches as they travel."""
        return Normalization(**self.model_dump())


class ReplyBody(BaseModel):
    """What a body says of the reply as a whole."""

    model: StrictStr | None = Field(
        default=None,
        description="One of GET /v1/models, in any case. All speak with the same engine; some may "
        "stand for a language or a voice. Absent for the first.",
    )
    response_format: AudioFormat = Field(default="mp3", description="Container of the reply.")
    stream_format: Literal["audio", "sse"] = Field(
        default="audio", description="Raw audio, or server-sent events with base64 pieces."
    )
    sample_rate: StrictInt | None = Field(
        default=None,
        description="Extension: rate of the delivered audio in Hertz; a rate the format lacks "
        "becomes the next higher one it has.",
    )
    loudness: Loudness | None = Field(
        default=None,
        description="Extension: integrated loudness of every voice in LUFS; peaks stay below "
        "-1 dB of full scale. Absent, the voices have their own, most of them -16.",
    )
    seed: Annotated[StrictInt, Field(ge=0, le=2**32 - 1)] = Field(
        default=0, description="Extension: seed of the voice's sampling noise."
    )
    stream: StrictBool = Field(
        default=True,
        description="Extension: false waits for the whole reply and gives exact sizes.",
    )
    timestamps: MarkKind | None = Field(
        default=None,
        description="Extension, with `stream_format: sse`: an event after each stretch of audio "
        "says when which words, or sentences, of the text are said; `phoneme` adds the phonemes "
        "of each word.",
    )


class TextBody(BaseModel):
    """A text, who says it, and how."""

    input: StrictStr = Field(
        min_length=1,
        max_length=MAX_INPUT_CHARACTERS,
        description="The text to speak, 1 to 4096 characters, tags of SSML among them.",
    )
    input_type: InputType = None
    voice: StrictStr | VoiceReference | None = Field(
        default=None,
        description="A voice id, an alias such as `alloy`, `id/speaker`, in any case, a mix of "
        "styles such as `af_bella(2)+af_sky(1)`, or an object with an id. Absent for the default.",
    )
    voice_marks: StrictBool = Field(
        default=False,
        description="Extension: `[voice:nova]` in a text that is not SSML gives what follows to "
        "another voice.",
    )
    speed: Speed = Field(default=1.0, description="Rate of speech; pitch is kept.")
    language: StrictStr | None = Field(
        default=None,
        description="Extension: language the text is read in, e.g. `de`; the voice must speak it. "
        "A region that it does not know gives way to the base language, and `Warning` says so. "
        "An alias may name another voice for the languages its first one lacks: see the voices.",
    )
    lexicon: RequestLexicon = Field(
        default_factory=dict,
        description="Extension: how words are said in this request, as `/ipa/` between slashes, "
        "as other words, or as an object with `phonemes`, `say`, `case` and `priority`.",
    )
    normalization: NormalizationBody = Field(
        default=NormalizationBody(),
        description="Extension: switches of the text front end; an unknown one is an error.",
    )


class SpeechBody(ReplyBody, TextBody):
    """Body of POST /v1/audio/speech. Unknown fields are ignored and named in a warning header."""

    model_config = ConfigDict(extra="allow")

    instructions: StrictStr | None = Field(
        default=None, description="Accepted for compatibility and not used."
    )


class TimesBody(SpeechBody):
    """Body of POST /v1/audio/speech/with-timestamps."""

    timestamps: MarkKind = Field(default="word", description="What is marked.")
    stream_format: Literal["audio"] = "audio"


class CaptionsBody(SpeechBody):
    """Body of POST /v1/audio/captions."""

    timestamps: Literal["word"] = "word"
    stream_format: Literal["audio"] = "audio"
    caption_format: CaptionFormat = Field(
        default="srt", description="SubRip, WebVTT, or JSON with lines and seconds."
    )
    audio: Literal["none", "base64", "multipart"] = Field(
        default="none",
        description="The captions alone, or with the audio: as a member of a JSON object, or "
        "before them in a multipart/form-data body.",
    )
    max_line_characters: Annotated[StrictInt, Field(ge=8, le=200)] = Field(
        default=42, description="Characters of a line, at most."
    )
    max_lines: Annotated[StrictInt, Field(ge=1, le=8)] = Field(
        default=2, description="Lines of a caption, at most."
    )
    max_characters_per_second: Annotated[float, Field(ge=1, le=100, allow_inf_nan=False)] = Field(
        default=17.0,
        description="How fast captions can be read: one stays so long, as far as the next one "
        "leaves time.",
    )

    def rules(self) -> CaptionRules:
        """What a caption may be."""
        return CaptionRules(
            line_characters=self.max_line_characters,
            lines=self.max_lines,
            characters_per_second=self.max_characters_per_second,
        )


class ShownCaption(BaseModel):
    """Some lines, and when they are shown."""

    lines: list[str]
    start: float = Field(description="Seconds from the beginning of the audio.")
    end: float


class CaptionsReply(BaseModel):
    """Reply of POST /v1/audio/captions as JSON."""

    content_type: str | None = Field(default=None, description="Of the audio, where it is wanted.")
    audio: str | None = Field(default=None, description="Base64.")
    audio_seconds: float
    captions: str | list[ShownCaption] = Field(description="The file, or with `json` the list.")


class TimeOfPhoneme(BaseModel):
    """A phoneme of a word."""

    phoneme: str = Field(description="As the phonemizer of the voice writes it.")
    start: float
    end: float


class TimeMark(BaseModel):
    """A word or sentence of the text as written, and when it is said."""

    text: str = Field(description="As written.")
    start_index: int = Field(description="Index of its first code point in the input.")
    end_index: int = Field(description="Index behind its last code point.")
    spoken: str = Field(description="As it is said.")
    start: float = Field(description="Seconds from the beginning of the audio.")
    end: float = Field(description="Likewise, where it is over.")
    phonemes: list[TimeOfPhoneme] | None = Field(
        default=None, description="With `timestamps: phoneme`."
    )
    turn: int | None = Field(
        default=None,
        description="Of a dialogue: number of the turn, from 0; indices count in its input.",
    )
    name: str | None = Field(
        default=None, description="Of a `mark` of SSML: its name; its text is empty."
    )


class TimesReply(BaseModel):
    """Reply of POST /v1/audio/speech/with-timestamps."""

    content_type: str = Field(description="Of the audio.")
    audio: str = Field(description="Base64.")
    audio_seconds: float
    marks: list[TimeMark] = Field(description="In order, without overlap.")


class NormalizeBody(BaseModel):
    """Body of POST /v1/text/normalize."""

    model_config = ConfigDict(extra="allow")

    input: StrictStr = Field(min_length=1, max_length=MAX_INPUT_CHARACTERS)
    input_type: InputType = None
    language: StrictStr | None = Field(
        default=None, description="A language of espeak-ng; absent for the voice's, or `en-us`."
    )
    voice: StrictStr | VoiceReference | None = Field(
        default=None, description="Read the text in the language of this voice."
    )
    normalization: NormalizationBody = Field(
        default=NormalizationBody(), description="As of POST /v1/audio/speech."
    )
    lexicon: RequestLexicon = Field(
        default_factory=dict, description="As of POST /v1/audio/speech."
    )


class NormalizedWord(BaseModel):
    """A word of a phrase. Words that one written form is said with share its place."""

    text: str = Field(description="As it is spoken.")
    start: int = Field(description="Index of its first code point in the input.")
    end: int = Field(description="Index behind its last code point.")


class NormalizedPhrase(BaseModel):
    """A phrase as it would be spoken."""

    text: str
    phonemes: str = Field(description="IPA of espeak-ng; empty where it is not installed.")
    start: int = Field(description="Index of the first code point of the input that it says.")
    end: int = Field(description="Index behind the last one.")
    words: list[NormalizedWord] = Field(description="In the order in which they are spoken.")


class ChangedSpan(BaseModel):
    """A stretch of the input that is spoken otherwise than written."""

    start: int = Field(description="Index of its first code point in the input.")
    end: int = Field(description="Index behind its last code point.")
    original: str
    reading: str = Field(description="What is said instead; empty for nothing.")
    phonemes: str = Field(
        description="IPA given for the reading; empty where its spelling says it."
    )
    kind: str = Field(description="Class of written form, e.g. `money`, `date`, `markup`.")
    why: str = Field(description="Name of the rule that read it, e.g. `measures.temperature`.")


class NormalizeReply(BaseModel):
    """Reply of POST /v1/text/normalize."""

    normalized: str
    language: str = Field(description="The language the text was read in.")
    phrases: list[NormalizedPhrase]
    spans: list[ChangedSpan] = Field(
        description="In order, without overlap. What lies between them, and their readings, make "
        "`normalized`, white space aside."
    )


class InvalidateBody(BaseModel):
    """Body of POST /admin/cache/invalidate."""

    model_config = ConfigDict(extra="forbid")

    voice: StrictStr | None = Field(default=None, description="A voice id; absent for all.")


class ErrorDetail(BaseModel):
    """What went wrong, in OpenAI's shape."""

    message: str
    type: str
    param: str | None
    code: str


class ErrorReply(BaseModel):
    """Every reply that is not a success."""

    error: ErrorDetail


class Asked(NamedTuple):
    """What a body asks for: what travels, and what only concerns the answer."""

    request: SpeechRequest
    warnings: tuple[str, ...] = ()
    """What of the text was not heeded."""
    bookmarks: tuple[Bookmark, ...] = ()
    """Places of the input whose times were asked for."""
    turns: tuple[int, ...] = ()
    """Where the turns of a dialogue begin in the text of all; of other replies none."""


def asked_speech(body: SpeechBody, catalogue: VoiceCatalogue, models: Models) -> Asked:
    """Resolve a parsed body against what this server has.

    Raises:
        InvalidInputError: naming the parameter.
    """
    body = models.defaults(body.model).filled_in(body)
    check_rate(body)
    spoken = spoken_text(body, catalogue, seed=body.seed)
    request = request_for(body, spoken.passages)
    return Asked(request, spoken.warnings, spoken.marks)


def check_rate(body: ReplyBody) -> None:
    """Whether this server has the rate.

    Raises:
        InvalidInputError: naming the parameter.
    """
    if body.sample_rate is not None and body.sample_rate not in SAMPLE_RATES:
        rates = ", ".join(map(str, SAMPLE_RATES))
        raise InvalidInputError(f"sample_rate must be one of {rates}", "sample_rate")


def request_for(body: ReplyBody, passages: tuple[Passage, ...]) -> SpeechRequest:
    """The reply that a body wants, of these passages."""
    return SpeechRequest(
        passages=passages,
        format=body.response_format,
        sample_rate=body.sample_rate,
        loudness=body.loudness,
        stream=body.stream,
        timed=body.timestamps is not None,
        sounds=body.timestamps == "phoneme",
    )


def spoken_text(body: TextBody, catalogue: VoiceCatalogue, *, seed: int) -> Document:
    """A text, SSML or not, as passages.

    Raises:
        InvalidInputError: naming the parameter.
    """
    name = catalogue.default if body.voice is None else voice_name(body.voice)
    voice, speaker, language = catalogue.resolve_in(name, body.language)
    if _is_ssml(body):
        return _document(body, name, catalogue, speed=body.speed, seed=seed)
    passage = Passage(
        text=body.input,
        delivery=Delivery(
            voice=voice.id,
            speaker=speaker,
            language=language,
            speed=body.speed,
            seed=seed,
        ),
        lexicon=request_lexicon(body.lexicon),
        normalization=body.normalization.value(),
    )
    if not body.voice_marks:
        return Document((passage,), (), ())
    return Document(tuple(_given_to_voices(passage, body.language, catalogue)), (), ())


# e.g. `[voice:nova]`
_VOICE_MARK = re.compile(r"\[voice:\s*(?P<name>[^\[\]\n]{1,256}?)\s*\]", re.IGNORECASE)


def _given_to_voices(
    passage: Passage, language: str | None, catalogue: VoiceCatalogue
) -> Iterator[Passage]:
    """A text cut at its marks of voices, each of which speaks what follows it."""
    text, start = passage.text, 0
    for mark in _VOICE_MARK.finditer(text):
        if text[start : mark.start()].strip():
            yield replace(passage, text=text[start : mark.start()], start=start)
        start = mark.end()
        try:
            voice, speaker, tag = catalogue.resolve_in(mark["name"], language)
        except InvalidInputError as error:
            message = f"input, character {mark.start() + 1}: {error.message}"
            raise InvalidInputError(message, "input") from None
        how = replace(passage.delivery, voice=voice.id, speaker=speaker, language=tag)
        passage = replace(passage, delivery=how)
    if text[start:].strip() or not start:
        yield replace(passage, text=text[start:], start=start)


def voice_name(voice: str | VoiceReference) -> str:
    """The name that a body gives a voice."""
    return voice if isinstance(voice, str) else voice.id


def shown_passages(body: NormalizeBody, catalogue: VoiceCatalogue) -> tuple[Passage, ...]:
    """What is shown of a body of POST /v1/text/normalize.

    Raises:
        InvalidInputError: naming the parameter.
    """
    language = reading_language(body, catalogue)
    if _is_ssml(body):
        name = None if body.voice is None else voice_name(body.voice)
        return tuple(
            # Shown for no voice's vocabulary, as every text is.
            replace(passage, delivery=Delivery(language=passage.delivery.language))
            for passage in _document(body, name, catalogue).passages
        )
    return (
        Passage(
            text=body.input,
            delivery=Delivery(language=language),
            lexicon=request_lexicon(body.lexicon),
            normalization=body.normalization.value(),
        ),
    )


def _is_ssml(body: TextBody | NormalizeBody) -> bool:
    return body.input_type == "ssml" or (body.input_type is None and is_ssml(body.input))


def _document(
    body: TextBody | NormalizeBody,
    voice: str | None,
    catalogue: VoiceCatalogue,
    *,
    speed: float = 1.0,
    seed: int = 0,
) -> Document:
    plain = Plain(
        voice=voice,
        language=body.language,
        speed=speed,
        seed=seed,
        lexicon=request_lexicon(body.lexicon),
        normalization=body.normalization.value(),
    )
    return read_document(body.input, plain, catalogue, TextConfig().phrases.pauses)


def reading_language(body: NormalizeBody, catalogue: VoiceCatalogue) -> str:
    """The language a text is shown in: the voice's, or the one that is named.

    Raises:
        InvalidInputError: naming the parameter.
    """
    if body.voice is None:
        return catalogue.reading_language(body.language or "en-us")
    return catalogue.resolve_in(voice_name(body.voice), body.language)[2]


def request_lexicon(words: LexiconWords) -> tuple[LexiconEntry, ...]:
    """A request's words as entries.

    Raises:
        InvalidInputError: one of them says nothing or too much (`param` is `lexicon`).
    """
    try:
        return lexicon_entries(words)
    except ValueError as error:
        raise InvalidInputError(f"lexicon: {error}", "lexicon") from None
