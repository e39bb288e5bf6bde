"""English abbreviations, read by what stands around them."""

import re

from speech.text.reading import Reading, word_after, word_before

# Before a name.
_TITLES = {
    "Prof": "Professor", "Gen": "General",
    "Sen": "Senator", "Rep": "Representative", "Gov": "Governor", "Capt": "Captain",
    "Lt": "Lieutenant", "Sgt": "Sergeant", "Col": "Colonel", "Rev": "Reverend", "Hon": "Honorable",
    "Mt": "Mount", "Pres": "President",
}  # fmt: skip
# Wherever they stand.
_WORDS = {
    "Mr": "Mister", "Mrs": "Missus", "Ms": "Miz",
    "e.g": "for example", "i.e": "that is", "etc": "et cetera", "vs": "versus",
    "approx": "approximately", "a.k.a": "also known as", "cf": "compare", "Jr": "Junior",
    "Sr": "Senior", "Inc": "Incorporated", "Ltd": "Limited", "Corp": "Corporation",
    "Dept": "Department", "Ave": "Avenue", "Blvd": "Boulevard", "Rd": "Road", "est": "estimated",
    "Jan": "January", "Feb": "February", "Aug": "August", "Sept": "September", "Oct": "October",
    "Nov": "November", "Dec": "December", "a.m": "AM", "p.m": "PM",
}  # fmt: skip
# Before a number.
_COUNTED = {
    "No": "number", "no": "number", "Nos": "numbers", "Vol": "volume", "vol": "volume",
    "p": "page", "pp": "pages", "Fig": "figure", "fig": "figure", "Ch": "chapter",
    "ch": "chapter", "Sec": "section", "sec": "section", "Art": "article", "Eq": "equation",
}  # fmt: skip
_WITHOUT_DOT = {"Mr", "Mrs", "Ms", "Dr", "vs", "St", "approx", "Blvd", "Prof", "Jr", "Ave"}
_ALL = {*_TITLES, *_WORDS, *_COUNTED, "Dr", "St"}
_FORMS = "|".join(re.escape(form) for form in sorted(_ALL, key=len, reverse=True))
HEADS = frozenset({form.partition(".")[0] for form in _ALL} | {"w"})
"""The words an abbreviation may begin with."""

_FORM = re.compile(rf"(?P<form>{_FORMS})(?P<dot>\.?)(?![A-Za-z])")
_SLASHED = re.compile(r"w/(?P<out>o?)(?![A-Za-z])")
_ORDINAL = re.compile(r"[0-9]+(?:st|nd|rd|th)$")


def read_abbreviation(text: str, start: int) -> Reading | None:
    """An abbreviation as the words it stands for; None where its neighbours speak against it."""
    slashed = _SLASHED.match(text, start)
    if slashed:
        return Reading("without" if slashed["out"] else "with", slashed.end(), "abbreviation")
    match = _FORM.match(text, start)
    if match is None or text[start - 1 : start] == ".":
        return None
    form, end = match["form"], match.end()
    after, before = word_after(text, end), word_before(text, start)
    named = after[:1].isupper() and text[end : end + 1] == " "
    spoken: str | None = None
    if form in _COUNTED:
        spoken = _COUNTED[form] if match["dot"] and after[:1].isdigit() else None
    elif form in {"Dr", "St"}:
        spoken = _doctor_or_street(text, start, form, before, named=named)
    elif form in _TITLES:
        spoken = _TITLES[form] if named else None
    elif match["dot"] or form in _WITHOUT_DOT:
        spoken = _WORDS[form]
    if spoken is None:
        return None
    if match["dot"] and _ends_sentence(text, end):
        # One dot ended both the abbreviation and the sentence.
        end -= 1
    return Reading(spoken, end, "abbreviation")


def _doctor_or_street(text: str, start: int, form: str, before: str, *, named: bool) -> str | None:
    street, title = ("Street", "Saint") if form == "St" else ("Drive", "Doctor")
    if before[:1].isupper() or _ORDINAL.match(before):
        head = (
            text[: max(0, start - 1)].rpartition(" ")[0] if start < 64 else text[start - 64 : start]
        )
        numbered = bool(re.search(r"[0-9]", head))
        if (not named or numbered) and not before.endswith((",", ".", ":", ";")):
            return street
    return title if named else None


def _ends_sentence(text: str, end: int) -> bool:
    return not text[end : end + 4].strip(" \"')]") and end + 4 >= len(text)
