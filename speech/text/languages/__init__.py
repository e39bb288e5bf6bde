"""Languages other than English: a table each where there is one, else numbers through num2words.

What nothing here reads is left to espeak-ng, which knows its languages' signs and letters.
"""

import re
from collections.abc import Iterator, Mapping

from speech.text import marks
from speech.text.languages.abbreviations import abbreviation_spans
from speech.text.languages.capitals import capital_spans
from speech.text.languages.czech import CZECH
from speech.text.languages.dutch import DUTCH
from speech.text.languages.french import FRENCH, FRENCH_BELGIUM, FRENCH_SWITZERLAND
from speech.text.languages.german import GERMAN
from speech.text.languages.grammar import Language
from speech.text.languages.iberian import BRAZILIAN, PORTUGUESE, SPANISH, SPANISH_AMERICAS
from speech.text.languages.italian import ITALIAN
from speech.text.languages.mathematics import sign_spans
from speech.text.languages.numerals import number_spans
from speech.text.languages.polish import POLISH
from speech.text.languages.russian import RUSSIAN
from speech.text.languages.scan import spans
from speech.text.languages.swedish import SWEDISH
from speech.text.reading import Span, merged

_TABLES: Mapping[str, Language] = {
    "de": GERMAN,
    "fr": FRENCH,
    "fr-be": FRENCH_BELGIUM,
    "fr-ch": FRENCH_SWITZERLAND,
    "es": SPANISH,
    "es-419": SPANISH_AMERICAS,
    "es-mx": SPANISH_AMERICAS,
    "it": ITALIAN,
    "pt": PORTUGUESE,
    "pt-br": BRAZILIAN,
    "nl": DUTCH,
    "pl": POLISH,
    "ru": RUSSIAN,
    "cs": CZECH,
    "sv": SWEDISH,
}


# Words that espeak-ng takes for Roman numerals, with their sounds.
_NO_NUMERALS = {"sl": {"vi": "vˈiː"}}


def language_table(language: str) -> Language | None:
    """How a language such as `fr-be` reads its numbers, where there is a table."""
    return _TABLES.get(language) or _TABLES.get(language.partition("-")[0])


def foreign_spans(text: str, language: str) -> list[Span]:
    """What is read in one cleaned sentence of a language such as `fr-be`, in order."""
    family = language.partition("-")[0]
    table = language_table(language)
    numbers = spans(text, table) if table is not None else number_spans(text, language)
    found = merged(numbers, abbreviation_spans(text, family))
    if table is not None:
        found = merged(found, list(sign_spans(text, family)))
        found = merged(found, list(capital_spans(text, family)))
    words = _NO_NUMERALS.get(family, {})
    return merged(found, list(_words(text, words))) if words else found


def _words(text: str, words: Mapping[str, str]) -> Iterator[Span]:
    for match in re.finditer(rf"(?<!\w)(?:{'|'.join(words)})(?!\w)", text):
        sound = marks.pronounced(match[0], words[match[0]])
        yield Span(*match.span(), sound, "homograph", "languages.words")
