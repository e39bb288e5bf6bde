"""What holds for every text: shared by property tests, found cases and the fuzzer."""

from dataclasses import dataclass
from itertools import pairwise

from serve_app.marks import Marker, MarkKind
from speech.config import TextConfig
from speech.errors import InvalidInputError
from speech.text import FrontEnd
from speech.types import Explanation, Normalization, SpokenWord
from tests.conftest import passage

LANGUAGES = ("en-us", "en-gb", "de", "fr", "es", "it", "pt-br", "nl", "pl", "ru", "cmn", "ar")
CONFIG = TextConfig()
DEFAULT = Normalization()


@dataclass(frozen=True, slots=True)
class Case:
    """A text and how it is read."""

    text: str
    language: str = "en-us"
    wanted: Normalization = DEFAULT


def broken(front_end: FrontEnd, case: Case) -> str | None:
    """The first property a case breaks, in words; None where all hold."""
    try:
        explained = front_end.explain(passage(case.text, case.language, normalization=case.wanted))
    except InvalidInputError as error:
        return None if error.param == "input" else f"names {error.param}"
    except Exception as error:  # noqa: BLE001 (no other may leave the room: that is the property)
        return f"raises {type(error).__name__}"
    return (
        _places(case.text, explained)
        or _phrases(explained)
        or _words(case.text, explained)
        or _marks(case.text, explained)
        or _opening(front_end, case, explained)
        or _english(case, explained.utterance.normalized)
    )


def _opening(front_end: FrontEnd, case: Case, explained: Explanation) -> str | None:
    asked = passage(case.text, case.language, normalization=case.wanted)
    opening = front_end.opening(asked, None)
    first, *others = explained.utterance.phrases or (None,)
    if opening is None:
        # A text that may become too long is read as a whole first.
        is_long = front_end.at_most(asked, None) > CONFIG.max_spoken_characters
        return "has no opening, but a second phrase" if others and not is_long else None
    if first is None or not others:
        return "has an opening and nothing else"
    if (opening.text, opening.pause_after) != (first.text, first.pause_after):
        return f"opens with {opening.text!r}, {opening.pause_after}"
    return None


def _places(text: str, explained: Explanation) -> str | None:
    position = 0
    said: list[str] = []
    for change in explained.changes:
        if not position <= change.start <= change.end <= len(text):
            return "changes overlap or leave the text"
        said += text[position : change.start], change.reading
        position = change.end
    said.append(text[position:])
    if _letters("".join(said)) != _letters(explained.utterance.normalized):
        return "what is unchanged and the readings do not make the normalized text"
    return None


def _letters(text: str) -> str:
    return "".join(text.split())


def _phrases(explained: Explanation) -> str | None:
    phrases = explained.utterance.phrases
    limit = CONFIG.phrases.max_characters
    if [phrase.index for phrase in phrases] != list(range(len(phrases))):
        return "phrases are not numbered"
    if not all(0 < len(phrase.text) <= limit and phrase.pause_after >= 0 for phrase in phrases):
        return "a phrase is empty or too long"
    if any("\n" in phrase.text for phrase in phrases):
        return "a phrase has a newline"
    return None


def _words(text: str, explained: Explanation) -> str | None:
    changed = [(change.start, change.end) for change in explained.changes]
    low = high = 0
    for phrase in explained.utterance.phrases:
        written = phrase.written
        if not 0 <= written[0] < written[1] <= len(text):
            return "a phrase was written nowhere"
        inside = 0
        for word in phrase.words:
            if any(c.isalnum() for c in phrase.text[inside : word.spoken[0]]):
                return "a letter is in no word"
            inside = word.spoken[1]
            start, end = word.written
            if not written[0] <= start < end <= written[1]:
                return "a word was written outside its phrase"
            if start < low or end < high:
                return "words are written in another order than they are spoken"
            # Only words that one form is said with share its stretch.
            if start < high and not any(a <= start and high <= b for a, b in changed):
                return "words share what they were written with"
            low, high = start, end
            same = _letters(text[start:end]) == _letters(phrase.text[slice(*word.spoken)])
            if not same and not any(a < end and start < b for a, b in changed):
                return "a word is told where another stands"
        if any(c.isalnum() for c in phrase.text[inside:]):
            return "a letter is in no word"
    return None


def _marks(text: str, explained: Explanation) -> str | None:
    """Marks are in order and apart, and each letter and digit that is said is in one."""
    kinds: tuple[MarkKind, ...] = ("word", "sentence")
    for kind in kinds:
        marker = Marker(text, kind)
        marks = [
            mark
            for phrase in explained.utterance.phrases
            for mark in marker.take(
                [
                    SpokenWord(
                        phrase.text[slice(*word.spoken)],
                        word.written,
                        0.0,
                        0.0,
                        word.sentence,
                        word.continued,
                    )
                    for word in phrase.words
                ]
            )
        ] + marker.rest()
        if any(one.written[1] > two.written[0] for one, two in pairwise(marks)):
            return f"marks of a {kind} overlap"
        if any(mark.text != text[slice(*mark.written)] for mark in marks):
            return f"a mark of a {kind} is told where it does not stand"
        marked = [0] * len(text)
        for mark in marks:
            for place in range(*mark.written):
                marked[place] += 1
        unsaid = {
            place
            for change in explained.changes
            if not any(map(str.isalnum, change.reading))
            for place in range(change.start, change.end)
        }
        for place, character in enumerate(text):
            if character.isalnum() and place not in unsaid and marked[place] != 1:
                return f"a letter that is said is in {marked[place]} marks of a {kind}"
    return None


def _english(case: Case, normalized: str) -> str | None:
    if not (case.language.startswith("en") and case.wanted.enabled):
        return None
    # Given phonemes say how their word is spoken, whatever it is.
    if "](/" not in case.text and any(character.isdecimal() for character in normalized):
        return "a digit is left"
    return None


def read_again(front_end: FrontEnd, case: Case) -> str | None:
    """Whether a text that means something stays as it is when its spoken form is read once more.

    Noise need not: `Dr.` alone is read for what then stands beside it.
    """
    once = front_end.explain(
        passage(case.text, case.language, normalization=case.wanted)
    ).utterance.normalized
    again = front_end.explain(
        passage(once, case.language, normalization=case.wanted)
    ).utterance.normalized
    return None if _letters(once) == _letters(again) else "is read otherwise the second time"
