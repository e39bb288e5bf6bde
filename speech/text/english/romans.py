"""Roman numerals behind a word that is numbered: `Chapter IV`, `World War II`."""

import re

from speech.text.english.numbers import cardinal
from speech.text.reading import Reading

_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50}
HEADS = frozenset(
    [
        "Chapter",
        "chapter",
        "Part",
        "part",
        "Volume",
        "volume",
        "Act",
        "act",
        "Scene",
        "scene",
        "Section",
        "section",
        "Appendix",
        "appendix",
        "Book",
        "book",
        "Phase",
        "phase",
        "Type",
        "type",
        "World",
        "Article",
        "Super",
        "Title",
    ]
)
"""The words before a numeral."""

_HEAD = (
    r"(?:[Cc]hapter|[Pp]art|[Vv]olume|[Aa]ct|[Ss]cene|[Ss]ection|[Aa]ppendix|[Bb]ook|[Pp]hase|[Tt]ype"
    r"|World War|Article|Super Bowl|Title) (?=[IVXL]+(?![A-Za-z0-9']))"
)
_FORM = re.compile(rf"(?P<head>{_HEAD})(?P<numeral>L?X{{0,4}}(?:I[XV]|V?I{{0,3}}))(?![A-Za-z0-9])")


def read_roman(text: str, start: int) -> Reading | None:
    """The word with its number as a cardinal."""
    match = _FORM.match(text, start)
    if match is None or not match["numeral"]:
        return None
    values = [_VALUES[letter] for letter in match["numeral"]]
    following = [*values[1:], 0]
    total = sum(-v if v < after else v for v, after in zip(values, following, strict=True))
    return Reading(f"{match['head']}{cardinal(total)}", match.end(), "roman")
