"""An SSML document as passages: who says what, how, and with which pauses.

Elements change how what they hold is said. Each stretch of text that is said one way becomes a
passage of the source itself, with the edits that make plain text of it. So whatever is told of
places (words, changes, marks) counts in the document as it was written.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import partial

from speech.config import PauseConfig
from speech.errors import InvalidInputError
from speech.ssml import prosody
from speech.ssml.events import Event, Source, read_events
from speech.ssml.say_as import BLEEP, is_known, say_as
from speech.ssml.x_sampa import ipa_of
from speech.text import marks
from speech.text.cleanup import is_speakable
from speech.text.inline import MAX_PHONEMES, MAX_WORD
from speech.text.phonemes import tidy_ipa, unknown_symbol
from speech.types import Delivery, Edit, Kind, LexiconEntry, Normalization, Passage
from speech.voices import VoiceCatalogue, lost_region

MAX_PASSAGES = 400
"""Changes of voice, language or prosody, and sentences and paragraphs, of one document."""
FILLING = "\0"
"""XML has no such character."""
_SLOWEST, _FASTEST = 0.25, 4.0
_LOWEST, _HIGHEST = 0.5, 2.0
_HERTZ = 200.0
"""Of a voice whose pitch cannot be changed: whether a pitch is well-formed hangs on no voice."""
_PRIVATE = "\ue000", "\uf8ff"
_UNHEARD = frozenset(("desc", "meta", "metadata"))
"""What these hold is not said."""
_PLAIN = frozenset(("speak", "p", "paragraph", "s", "sentence", "w", "token", "desc", "meta",
                    "metadata"))  # fmt: skip
_SENTENCES, _PARAGRAPHS = frozenset(("s", "sentence")), frozenset(("p", "paragraph"))
# e.g. `),`
_TAIL = re.compile(r"[\])}»”’]*[,.;:!?…]+[\])}»”’\"']*(?=\s|$)")
_UNUSED_PROSODY = ("contour", "range", "duration")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plain:
    """What a document changes: how its text is said where no element says otherwise."""

    voice: str | None
    """As the caller names it; None where a text is only shown, in the language."""
    language: str | None
    speed: float = 1.0
    seed: int = 0
    lexicon: tuple[LexiconEntry, ...] = ()
    normalization: Normalization = field(default_factory=Normalization)


@dataclass(frozen=True, slots=True)
class Bookmark:
    """A place of the text that its writer gave a name."""

    name: str
    place: int
    """Index in the source."""


@dataclass(frozen=True, slots=True)
class Document:
    """What is to be said."""

    passages: tuple[Passage, ...]
    marks: tuple[Bookmark, ...]
    warnings: tuple[str, ...]
    """What of it was not heeded; ASCII, each once."""


def is_ssml(text: str) -> bool:
    """Whether a text that nobody calls SSML is SSML: it begins with the root element."""
    head = text.lstrip("\ufeff \t\r\n")[:256]
    if head.startswith("<?xml"):
        head = head.partition("?>")[2].lstrip()
    return head.startswith("<speak") and head[6:7] in {"", " ", "\t", "\r", "\n", ">", "/"}


def read_document(
    text: str, plain: Plain, catalogue: VoiceCatalogue, pauses: PauseConfig
) -> Document:
    """The passages of an SSML document.

    Args:
        text: The document.
        plain: How what it leaves open is said.
        catalogue: The voices it may name.
        pauses: Of the marks, and how long those of a text may be.

    Raises:
        InvalidInputError: it is not well-formed, or names what there is not; the message has line
            and column (`param` is `input`).
    """
    return _Reading(Source(text), plain, catalogue, pauses).document()


def readable(text: str, passages: Iterable[Passage]) -> str:
    """A document as a reader sees it, as long as it is: blanks in place of tags.

    Behind a character that was written as an entity stand as many of `FILLING` as that was longer.
    """
    if not any(passage.edits for passage in passages):
        return text
    shown = [" "] * len(text)
    for passage in passages:
        shown[passage.start : passage.start + len(passage.text)] = passage.text
        for start, end, plain, kind, _ in passage.edits:
            if kind == "markup":
                stretch = slice(passage.start + start, passage.start + end)
                shown[stretch] = plain.ljust(end - start, FILLING if plain else " ")[: end - start]
    return "".join(shown)


@dataclass(frozen=True, slots=True)
class _Manner:
    """How the text within an element is said, as far as elements told."""

    voice: str | None
    language: str | None
    is_sure: bool
    """The language is meant for this very text: no voice's own takes its place."""
    speed: float
    volume: float = 0.0
    pitch: float = 1.0
    is_heard: bool = True


@dataclass(slots=True)
class _Whole:
    """An element whose text is read as a whole."""

    depth: int
    start: int
    say: Callable[[str, int, int], None]
    """Takes the text and its stretch of the source."""
    text: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Open:
    """The passage that is being put together; places count in the source."""

    start: int
    delivery: Delivery
    edits: list[Edit] = field(default_factory=list)
    last: str = ""
    """What was said last."""


class _Reading:
    """One document, event by event."""

    def __init__(
        self, source: Source, plain: Plain, catalogue: VoiceCatalogue, pauses: PauseConfig
    ) -> None:
        self._source = source
        self._plain = plain
        self._catalogue = catalogue
        self._pauses = pauses
        self._manners = [_Manner(plain.voice, plain.language, False, plain.speed)]
        self._deliveries: dict[_Manner, Delivery] = {}
        self._passages: list[Passage] = []
        self._marks: list[Bookmark] = []
        self._warnings: dict[str, None] = {}
        self._open: _Open | None = None
        self._whole: _Whole | None = None
        self._silence: float | None = None
        """Seconds of pause that the text asks for, since something was said."""
        self._silences = 0.0
        self._boundary: float | None = None
        """Seconds of pause at the end of the sentence or paragraph that was said last."""

    def document(self) -> Document:
        opens: dict[str, Callable[[Event, int], None]] = {
            "break": self._break,
            "prosody": self._prosody,
            "emphasis": self._emphasis,
            "voice": self._voice,
            "lang": self._lang,
            "mark": self._mark,
            "bookmark": self._mark,
            "sub": self._sub,
            "say-as": self._say_as,
            "phoneme": self._phoneme,
            "audio": self._audio,
        }
        is_root = True
        for event, end in read_events(self._source):
            if event.kind == "open":
                if is_root and event.data != "speak":
                    raise self._error(event, "the outermost element must be speak")
                self._enter(event, is_root=is_root)
                is_root = False
                self._skip(event.start, end)
                handle = opens.get(event.data)
                if handle is not None:
                    handle(event, end)
                elif event.data not in _PLAIN:
                    self._warn(f"SSML element {event.data} is not known, its text is said")
            elif event.kind == "close":
                self._leave(event, end)
            elif event.kind == "text":
                self._text(event, end)
            else:
                self._skip(event.start, end)
        end = len(self._source.text)
        if self._open is None:  # nothing is said
            self._open = _Open(0, self._delivery(self._manners[0]), [Edit(0, end, "", "markup")])
        self._close(end, is_end=True)
        return Document(tuple(self._passages), tuple(self._marks), tuple(self._warnings))

    # Elements.

    def _enter(self, event: Event, *, is_root: bool) -> None:
        manner = self._manners[-1]
        if event.data in _UNHEARD:
            manner = replace(manner, is_heard=False)
        if (language := event.attributes.get("xml:lang")) and event.data != "voice":
            manner = self._in_language(event, manner, language, is_sure=not is_root)
        self._manners.append(manner)
        self._end_sentence(event.data)

    def _leave(self, event: Event, end: int) -> None:
        whole = self._whole
        if whole is not None and whole.depth == len(self._manners):
            self._whole = None
            whole.say("".join(whole.text), whole.start, event.start)
        self._manners.pop()
        self._end_sentence(event.data)
        self._skip(event.start, end)

    def _end_sentence(self, name: str) -> None:
        pauses = self._pauses
        if name in _SENTENCES | _PARAGRAPHS:
            pause = pauses.sentence if name in _SENTENCES else pauses.paragraph
            self._boundary = max(self._boundary or 0.0, pause)

    def _break(self, event: Event, end: int) -> None:
        del end
        written = event.attributes.get("time")
        if written is not None:
            pause = prosody.seconds(written)
        else:
            pause = prosody.strength(event.attributes.get("strength", "medium"), self._pauses)
        if pause is None:
            raise self._error(event, "a break has a time such as 500ms or 1.5s, or a strength")
        if pause > self._pauses.max_inline:
            raise self._error(event, f"a pause may last {self._pauses.max_inline:g} s at most")
        self._pause(event, pause)

    def _pause(self, event: Event, pause: float) -> None:
        self._silences += pause
        if self._silences > self._pauses.max_inline_total:
            most = self._pauses.max_inline_total
            raise self._error(event, f"all pauses together exceed {most:g} s")
        self._silence = (self._silence or 0.0) + pause

    def _prosody(self, event: Event, end: int) -> None:
        del end
        manner = self._manners[-1]
        if (rate := event.attributes.get("rate")) is not None:
            speed = prosody.speed(rate)
            if speed is None:
                raise self._error(event, "a rate is a word such as slow, a percentage or a number")
            manner = self._at_speed(manner, manner.speed * speed)
        if (volume := event.attributes.get("volume")) is not None:
            gain = prosody.gain(volume)
            if gain is None:
                raise self._error(event, "a volume is a word such as soft, dB, or 0 to 100")
            manner = self._louder(manner, gain)
        if (written := event.attributes.get("pitch")) is not None:
            manner = self._at_pitch(event, manner, written)
        for name in _UNUSED_PROSODY:
            if name in event.attributes:
                self._warn(f"SSML prosody {name} is not heeded")
        self._manners[-1] = manner

    def _emphasis(self, event: Event, end: int) -> None:
        del end
        level = event.attributes.get("level", "moderate")
        if level not in prosody.EMPHASIS:
            raise self._error(event, "emphasis is strong, moderate, none or reduced")
        speed, gain = prosody.EMPHASIS[level]
        manner = self._manners[-1]
        self._manners[-1] = self._louder(self._at_speed(manner, manner.speed * speed), gain)

    def _at_speed(self, manner: _Manner, speed: float) -> _Manner:
        within = min(max(speed, _SLOWEST), _FASTEST)
        if within != speed:
            self._warn(f"SSML rates are kept between {_SLOWEST:g} and {_FASTEST:g} in all")
        return replace(manner, speed=within)

    def _at_pitch(self, event: Event, manner: _Manner, written: str) -> _Manner:
        how = self._delivery_here(event.start)
        factor = prosody.pitch(written, (self._hertz(how) or _HERTZ) * manner.pitch)
        if factor is None:
            raise self._error(event, "a pitch is a word such as low, a percentage, st or Hz")
        within = min(max(manner.pitch * factor, _LOWEST), _HIGHEST)
        if within != manner.pitch * factor:
            self._warn(f"SSML pitches are kept between {_LOWEST:g} and {_HIGHEST:g} in all")
        return replace(manner, pitch=within)

    def _hertz(self, how: Delivery) -> float | None:
        """The pitch of who speaks, where it can be changed."""
        voice = self._catalogue.voices.get(how.voice)
        return voice.pitch.get(how.speaker) if voice is not None else None

    def _louder(self, manner: _Manner, gain: float) -> _Manner:
        volume = min(max(manner.volume + gain, prosody.QUIETEST), prosody.LOUDEST)
        return replace(manner, volume=volume)

    def _voice(self, event: Event, end: int) -> None:
        del end
        manner = self._manners[-1]
        language = event.attributes.get("xml:lang") or event.attributes.get("languages", "")
        language = language.split()[0] if language.strip() else ""
        names = event.attributes.get("name", "").split()
        if names:
            # As the standard has it, the first that there is; a mix has no blanks.
            known = (name for name in names if self._is_voice(name))
            name = next(known, None)
            if name is None:
                raise self._error(event, f"unknown voice {names[0][:64]!r}")
            manner = replace(manner, voice=name, is_sure=False)
        elif not language:
            self._warn("SSML voice without a name is not heeded")
        if language:
            manner = self._in_language(event, manner, language, is_sure=True)
        self._manners[-1] = manner

    def _is_voice(self, name: str) -> bool:
        try:
            self._catalogue.resolve(name)
        except InvalidInputError:
            return False
        return True

    def _lang(self, event: Event, end: int) -> None:
        del end
        if "xml:lang" not in event.attributes:
            raise self._error(event, "lang needs xml:lang")

    def _in_language(
        self, event: Event, manner: _Manner, language: str, *, is_sure: bool
    ) -> _Manner:
        spoken = replace(manner, language=language, is_sure=is_sure)
        if not is_sure:
            return spoken
        try:
            self._delivery(spoken)
        except InvalidInputError as error:
            failure = event.attributes.get("onlangfailure")
            if failure == "ignorelang":
                self._warn(f"SSML language {_ascii(language)} is not spoken by this voice")
                return manner
            if failure == "ignoretext":
                self._warn(f"SSML text in {_ascii(language)} is left out")
                return replace(manner, is_heard=False)
            raise self._error(event, error.message) from None
        return spoken

    def _mark(self, event: Event, end: int) -> None:
        del end
        name = event.attributes.get("name") or event.attributes.get("mark")
        if not name:
            raise self._error(event, f"{event.data} needs a name")
        self._marks.append(Bookmark(name, event.start))

    def _sub(self, event: Event, end: int) -> None:
        alias = event.attributes.get("alias")
        if alias is None:
            raise self._error(event, "sub needs an alias")
        self._take_whole(end, partial(self._substitute, alias))

    def _substitute(self, alias: str, text: str, start: int, end: int) -> None:
        del text
        self._say(start, end, _clean(alias), "abbreviation", "ssml.sub")

    def _say_as(self, event: Event, end: int) -> None:
        kind = event.attributes.get("interpret-as", "").strip().lower()
        form = event.attributes.get("format") or event.attributes.get("detail") or ""
        if not kind:
            raise self._error(event, "say-as needs interpret-as")
        if not is_known(kind):
            self._warn(f"SSML say-as {_ascii(kind)} is not known, its text is said")
        self._take_whole(end, partial(self._interpret, kind, form))

    def _interpret(self, kind: str, form: str, text: str, start: int, end: int) -> None:
        text = _clean(text)
        delivery = self._delivery_here(start)
        said = say_as(text, kind, form, delivery.language)
        if said is None:
            if text.strip() and is_known(kind):
                self._warn(f"SSML say-as {_ascii(kind)}: not all texts have this form")
            self._say(start, end, text, "markup", "ssml.say-as")
        elif said.kind == "pause":
            self._say(start, end, "", "pause", f"ssml.{kind}")
            self._silence = (self._silence or 0.0) + BLEEP
        else:
            self._say(start, end, said.spoken, said.kind, f"ssml.{kind}")

    def _phoneme(self, event: Event, end: int) -> None:
        written = event.attributes.get("ph", "")
        alphabet = event.attributes.get("alphabet", "ipa").strip().lower()
        if alphabet in {"x-sampa", "xsampa"}:
            written = ipa_of(written)
        elif alphabet != "ipa":
            self._warn(f"SSML alphabet {_ascii(alphabet)} is not known, the text is said")
            return
        if not (phonemes := tidy_ipa(_clean(written))):
            raise self._error(event, "phoneme needs ph, the phonemes")
        self._take_whole(end, partial(self._pronounce, event, phonemes))

    def _pronounce(self, event: Event, phonemes: str, text: str, start: int, end: int) -> None:
        word = " ".join(_clean(text).split()) or phonemes
        if len(word) > MAX_WORD or len(phonemes) > MAX_PHONEMES:
            most = f"at most {MAX_WORD} characters have {MAX_PHONEMES} of phonemes"
            raise self._error(event, most)
        phonemes = self._known(event, phonemes, self._delivery_here(start))
        if not phonemes:
            raise self._error(event, "the voice has none of these phonemes")
        try:
            mark = marks.pronounced(word, phonemes)
        except ValueError:
            message = "a word with phonemes has only letters and marks of words"
            raise self._error(event, message) from None
        self._say(start, end, mark, "phonemes", "ssml.phoneme")

    def _known(self, event: Event, phonemes: str, delivery: Delivery) -> str:
        """Phonemes without the finer marks that a voice does not know."""
        if not delivery.voice:
            return phonemes
        voice = self._catalogue.voices[delivery.voice]
        vocabulary = voice.vocabulary_in(delivery.language)
        if vocabulary is None or vocabulary.kind == "text":
            self._warn(f"voice {voice.id} takes no phonemes, it reads the words")
        phonemes = unicodedata.normalize("NFD", phonemes)
        while symbol := unknown_symbol(phonemes, vocabulary):
            if unicodedata.category(symbol) not in {"Mn", "Lm", "Sk"} or symbol not in phonemes:
                code = f"{symbol!r} (U+{ord(symbol):04X})"
                raise self._error(event, f"this voice has no phoneme {code}")
            phonemes = phonemes.replace(symbol, "")
            self._warn(f"SSML phonemes: U+{ord(symbol):04X} is not known to voice {voice.id}")
        return phonemes

    def _audio(self, event: Event, end: int) -> None:
        del event, end
        self._warn("SSML audio is not played, its text is said")

    def _take_whole(self, start: int, say: Callable[[str, int, int], None]) -> None:
        if self._whole is None:
            self._whole = _Whole(len(self._manners), start, say)

    # What is said.

    def _text(self, event: Event, end: int) -> None:
        if self._whole is not None:
            self._whole.text.append(event.data)
        elif not self._manners[-1].is_heard:
            self._skip(event.start, end)
        else:
            # A line of XML ends where its writer liked.
            text, start = _clean(event.data).replace("\n", " "), event.start
            if self._silence is None and self._boundary is None and len(text) == end - start:
                # A mark behind an element ends what the element holds.
                tail = _TAIL.match(text)
                place = tail.end() if tail else 0
                self._say(start, start + place, text[:place], "markup", "")
                text, start = text[place:], start + place
            self._say(start, end, text, "markup", "")

    def _say(self, start: int, end: int, text: str, kind: Kind, rule: str) -> None:
        """Say a stretch of the source, as another text where that differs."""
        if not self._manners[-1].is_heard:
            self._skip(start, end)
            return
        if is_speakable(text):
            self._begin(start)
        if self._open is None:
            return
        if self._source.text[start:end] != text:
            self._open.edits.append(Edit(start, end, text, kind, rule))
        self._open.last = text.strip() or self._open.last

    def _skip(self, start: int, end: int) -> None:
        if self._open is not None and self._whole is None and start < end:
            self._open.edits.append(Edit(start, end, "", "markup"))

    def _begin(self, place: int) -> None:
        """Something is said from a place on: end what is not said like it."""
        delivery = self._delivery_here(place)
        is_same = self._open is not None and self._open.delivery == delivery
        if not is_same or self._boundary is not None:
            self._close(place)
            if len(self._passages) >= MAX_PASSAGES:
                message = f"more than {MAX_PASSAGES} changes of voice, rate or sentence"
                raise self._source.error(place, message)
            leading = self._silence if not self._passages else None
            self._open = _Open(place, delivery)
            if leading is not None:
                self._open.edits += self._hush(place, leading, delivery)
        elif self._silence is not None and self._open is not None:
            self._open.edits += self._hush(place, self._silence, delivery)
        self._silence = self._boundary = None

    def _close(self, place: int, *, is_end: bool = False) -> None:
        """End the passage, with the pause behind it."""
        if self._open is None:
            return
        done, self._open = self._open, None
        pause = self._silence
        if pause is None and not is_end and self._boundary is not None:
            # The mark of a sentence has its own pause; between paragraphs there is a longer one.
            ends = done.last[-1:] in ".!?…;:,。！？"
            pause = None if ends and self._boundary <= self._pauses.sentence else self._boundary
        self._passages.append(
            Passage(
                text=self._source.text[done.start : place],
                delivery=done.delivery,
                start=done.start,
                lexicon=self._plain.lexicon,
                normalization=self._plain.normalization,
                edits=tuple(
                    edit._replace(start=edit.start - done.start, end=edit.end - done.start)
                    for edit in done.edits
                ),
                pause=pause,
            )
        )

    def _hush(self, place: int, pause: float, delivery: Delivery) -> list[Edit]:
        """A pause as marks. Those are divided by the speed later, but a given time is a time."""
        milliseconds = round(pause * delivery.speed * 1000)
        written = []
        while milliseconds > marks.MAX_PAUSE_MILLISECONDS:
            written.append(marks.pause(marks.MAX_PAUSE_MILLISECONDS))
            milliseconds -= marks.MAX_PAUSE_MILLISECONDS
        written.append(marks.pause(milliseconds))
        return [Edit(place, place, f" {''.join(written)} ", "pause")]

    def _delivery_here(self, place: int) -> Delivery:
        try:
            return self._delivery(self._manners[-1])
        except InvalidInputError as error:
            raise self._source.error(place, error.message) from None

    def _delivery(self, manner: _Manner) -> Delivery:
        """How that is in terms of the catalogue.

        Raises:
            InvalidInputError: nobody speaks so.
        """
        found = self._deliveries.get(manner)
        if found is not None:
            return found
        asked = manner.language
        if manner.voice is None:
            voice, speaker, language = "", "", self._catalogue.reading_language(asked or "en-us")
        else:
            try:
                chosen, speaker, language = self._catalogue.resolve_in(manner.voice, asked)
            except InvalidInputError:
                if manner.is_sure or not asked:
                    raise
                chosen, speaker, language = self._catalogue.resolve_in(manner.voice, None)
                self._warn(f"voice {_ascii(manner.voice)} speaks {language}, not {_ascii(asked)}")
                asked = language
            voice = chosen.id
            if lost_region(asked, language):
                self._warn(f"language {_ascii(asked or '')} is not known, {language} is spoken")
        delivery = Delivery(
            voice=voice,
            speaker=speaker,
            language=language,
            speed=manner.speed,
            volume=manner.volume,
            seed=self._plain.seed,
        )
        if manner.pitch != 1.0:
            if self._hertz(delivery) is not None:
                delivery = replace(delivery, pitch=manner.pitch)
            elif voice:
                self._warn(f"SSML prosody pitch is not heeded by voice {voice}")
        self._deliveries[manner] = delivery
        return delivery

    def _error(self, event: Event, message: str) -> InvalidInputError:
        return self._source.error(event.start, message)

    def _warn(self, message: str) -> None:
        if len(self._warnings) < 16:
            self._warnings[_ascii(message, 120)] = None


def _clean(text: str) -> str:
    """Text without the characters that marks are written in."""
    if text.isascii():
        return text
    return "".join(
        character
        for character in text
        if not (_PRIVATE[0] <= character <= _PRIVATE[1] or character >= "\U000f0000")
    )


def _ascii(text: str, most: int = 32) -> str:
    """Text that may stand in a header."""
    return "".join(c if c.isascii() and c.isprintable() and c not in '"\\' else "?" for c in text)[
        :most
    ]
