"""English abbreviations, read by what stands around them.

The dot is evidence: of an abbreviation where one follows, of a sentence's end where nothing does.
"""

import re
from collections.abc import Iterable

from speech.text.english import abbreviation_table as table
from speech.text.english.acronym_table import WORDS
from speech.text.english.acronyms import letters
from speech.text.reading import Reading, word_after, word_before

_FORMS = frozenset(
    {
        "St",
        "b",
        "d",
        "ft",
        *table.NAMES,
        *table.FAMILIES,
        *table.COUNTED,
        *table.DOTTED,
        *table.ALWAYS,
    }
)
HEADS = frozenset(
    {
        *_FORMS,
        *(form.partition(".")[0].partition(" ")[0] for form in table.LATIN),
        *(form.partition("/")[0] for form in table.SLASHED),
    }
)
"""The words an abbreviation may begin with; letters with dots between them begin with any."""


def _either(forms: Iterable[str]) -> str:
    return "|".join(re.escape(form) for form in sorted(forms, key=len, reverse=True))


_FORM = re.compile(r"(?P<form>[A-Za-z]{1,8})(?P<dot>\.?)(?![\w@/\\-]|\.\w)")
_LATIN = re.compile(
    rf"(?P<form>{_either(table.LATIN)})"
    r"(?P<dot>\.?)(?![\w@/\\-])"
)
_SLASHED = re.compile(
    rf"(?P<form>{_either(table.SLASHED)})"
    r"(?![\w/])"
)
_INITIALS = re.compile(
    r"(?P<form>(?:[A-Z]\.){1,3}[A-Z][a-z]{1,3}|(?:[A-Za-z]\.){1,8}[A-Za-z]|[A-Z][a-z]{1,3}(?:\.[A-Z][a-z]{0,3})+|[A-Z])(?P<dot>\.)(?P<tail>'s)?(?!\w)"
)
# Before a word that is no name.
_ALONE = {"Dr": "Doctor", "Sr": "Senior", "Jr": "Junior"}
_NUMBERED = frozenset(
    [
        "tel.",
        "telephone",
        "phone",
        "ref.",
        "serial",
        "account",
        "acct.",
        "order",
        "invoice",
        "model",
    ]
)
_SMALL_ROMAN = re.compile(r"[ivxl]+(?![a-z])")
_CLOSE = re.compile(r"(?P<form>[Nn]os?|pp?|[Vv]ol|[Ff]ig|[Cc]h|[Ss]ec|[Ee]q)\.(?=[0-9])")
_VERSION = re.compile(r"[0-9]+\.[0-9]")
_YEAR = re.compile(r"(?:1[0-9]|20)[0-9]{2}(?![0-9])")
_ORDINAL = re.compile(r"[0-9]+(?:st|nd|rd|th)$")
_NUMBER = re.compile(r"[#(]?[0-9]|[IVXLC]{1,6}(?![A-Za-z])")
_LETTERED = re.compile(r"[A-Z]-?[0-9]|[A-Z](?![A-Za-z'])")
_HOUSE = re.compile(r"(?<![0-9])[0-9]{1,5}[A-Z]?(?: (?:[A-Z][\w'.]{0,20}|[0-9]+[a-z]{2})){1,4} $")
_SAINTS = frozenset(
    """Paul Paul's Peter Peter's Peters Petersburg John John's Johns Mary Mary's Louis Patrick
    Patrick's Francis George George's James Andrew Andrews Joseph Joseph's Lucia Helena Kitts
    Vincent Moritz Tropez Thomas Michael Michael's Nicholas Nick Augustine Bernard Clair Lawrence
    Mark Mark's Martin Luke Luke's Matthew Anthony Catharines Catherine Pancras Albans Ives Helens
    Barts Elmo Valentine Charles Cloud Pauli Gallen Croix Pierre Stephen Stephen's Jude Simon Anne
    Ann Bride's Elizabeth Teresa Joan David David's Christopher Gregory Benedict Ignatius Xavier
    Lucie Johnsbury Ives""".split()
)
_SAINTED = frozenset(
    ["Mount", "Mt.", "Port", "Lake", "Fort", "East", "West", "North", "South", "Sault", "Old"]
)
_STARTERS = frozenset(
    """The It He She We They This That These Those There Then But And So In On At If When After
    Before However I You My Our His Her Its Their What Who Why How A An Now Here For As No Yes Not
    Let Please Some Many Most All Another Meanwhile Later Today Yesterday""".split()
)


def read_abbreviation(text: str, start: int) -> Reading | None:
    """An abbreviation as the words it stands for; None where its neighbours speak against it."""
    if text[start - 1 : start] in {".", "@", "/", "\\", "_"} and start:
        return None
    slashed = _SLASHED.match(text, start)
    if slashed:
        return Reading(table.SLASHED[slashed["form"]], slashed.end(), "abbreviation")
    if text.startswith("etc ", start) and word_before(text, start) == "slash":
        # A folder, as its path is read.
        return None
    latin = _LATIN.match(text, start)
    if latin:
        return _finish(text, table.LATIN[latin["form"]], latin)
    counted = _CLOSE.match(text, start)
    if counted:
        # `no.1`
        return Reading(f"{table.COUNTED[counted['form']]} ", counted.end(), "abbreviation")
    match = _FORM.match(text, start)
    if match is None or match["form"] not in _FORMS:
        return read_initials(text, start)
    spoken = _word_for(text, start, match)
    if spoken is None:
        return None
    numbered = spoken == table.COUNTED.get(match["form"]) and word_after(text, match.end())
    if start == 0 and match["form"][0].isupper():
        spoken = spoken[0].upper() + spoken[1:]
    if numbered:
        # A number follows, so the dot is no sentence's.
        return Reading(spoken, match.end(), "abbreviation")
    return _finish(text, spoken, match)


def _word_for(text: str, start: int, match: re.Match[str]) -> str | None:
    """What an abbreviation stands for where it stands; None where it is a word."""
    form, dotted, end = match["form"], bool(match["dot"]), match.end()
    before, after = word_before(text, start), word_after(text, end)
    near = text[end : end + 1] == " "
    # `Gen Z` is no title.
    named = near and after[:1].isupper() and (dotted or after[1:2].isalpha())
    known = dotted or form in table.DOTLESS
    if form == "St" and dotted and before == "the" and not named:
        return "Street"
    if form == "St":
        return _saint_or_street(text, start, before, after, named=named)
    if form == "v" and dotted and named and before[:1].isupper():
        # Of a case before a court.
        return "versus"
    if form == "ft" and dotted and named and before[:1].isupper():
        return "featuring"
    if form in {"b", "d"} and dotted and _YEAR.match(after):
        return "born" if form == "b" else "died"
    if form == "no" and dotted and before in _NUMBERED:
        return "number"
    if form in {"p", "pp"} and dotted and _SMALL_ROMAN.match(after):
        return table.COUNTED[form]
    if dotted and after == "of" and form in {*table.FAMILIES, "no", "No"}:
        return table.FAMILIES.get(form, "number")
    if form == "v" and dotted and _VERSION.match(after):
        return "version"
    if form in table.COUNTED and known and near and _NUMBER.match(after):
        return table.COUNTED[form]
    if form in table.COUNTED and dotted and near and len(form) > 1 and _LETTERED.match(after):
        # `Sec. B` is no secretary.
        return table.COUNTED[form]
    # A comma may stand before `Jr.`.
    name = before.rstrip(",") if form in {"Jr", "Sr", "Esq"} else before
    if form in table.FAMILIES and known and _behind_name(name):
        return table.FAMILIES[form]
    if (
        form == "Dr"
        and _behind_name(before)
        and not before.endswith("'s")
        and (not named or _in_address(text, start))
    ):
        return "Drive"
    if form in _ALONE and dotted and not named:
        return _ALONE[form]
    if form in table.NAMES and known and named and after.rstrip(".,") not in _STARTERS - {"Who"}:
        return table.NAMES[form]
    if form in table.COUNTED and known and near and _LETTERED.match(after) and len(form) > 1:
        return table.COUNTED[form]
    if form in table.WORDS_TOO and (not dotted or _may_end(text, end)):
        return None
    if form in table.ALWAYS:
        return table.ALWAYS[form]
    return table.DOTTED.get(form) if dotted else None


def read_initials(text: str, start: int) -> Reading | None:
    """Letters with dots between them, `U.S.`, `Ph.D.`, `J.R.R.`, and an initial before a name."""
    match = _INITIALS.match(text, start)
    if match is None or (start and text[start - 1] in "@/\\_'"):
        return None
    form = match["form"]
    if len(form) == 1:
        after = word_after(text, match.end())
        # `J. Smith`, not `plan B. Then`; an initial stands before a name, or behind one.
        if text[match.end() : match.end() + 1] != " " or not after[:1].isupper():
            return None
        if after in _STARTERS or (
            word_before(text, start)[-1:].islower()
            and not (word_before(text, start)[:1].isupper() or form not in "ABCDEX")
        ):
            return None
        return Reading(letters(form), match.end(), "abbreviation")
    whole = form.replace(".", "")
    if len(whole) > 3 and whole in WORDS:
        # `N.A.S.A.`
        return _finish(text, whole, match)
    spoken = " ".join(
        letters(part) if len(part) == 1 or not part[1:].islower() or len(part) < 3 else part
        for part in form.split(".")
    )
    if match["tail"]:
        return Reading(f"{spoken}'s", match.end(), "abbreviation")
    return _finish(text, spoken, match)


def _finish(text: str, spoken: str, match: re.Match[str]) -> Reading:
    end = match.end()
    if match["dot"] and match.start() and _ends_sentence(text, end):
        # One dot ended both the abbreviation and the sentence.
        end -= 1
    return Reading(spoken, end, "abbreviation")


def _saint_or_street(text: str, start: int, before: str, after: str, *, named: bool) -> str | None:
    if not named:
        return "Street" if _behind_name(before) else None
    if after.strip(".,;:!?)") in _SAINTS:
        return "Street" if _in_address(text, start) else "Saint"
    if _behind_name(before) and before not in _SAINTED and start > len(before) + 1:
        return "Street"
    return "Saint"


def _behind_name(before: str) -> bool:
    """Whether the word before is a name's, or an ordinal, so that its kind follows."""
    if before.endswith((",", ".", ":", ";", "!", "?")):
        return before in {"N.", "S.", "E.", "W.", "Jr."}
    return before[:1].isupper() or before == "&" or bool(_ORDINAL.match(before))


def _in_address(text: str, start: int) -> bool:
    """Whether a house's number stands before the name of a street."""
    return _HOUSE.search(text, max(0, start - 48), start) is not None


def _may_end(text: str, end: int) -> bool:
    after = word_after(text, end)
    return not after or after[:1].isupper()


def _ends_sentence(text: str, end: int) -> bool:
    rest = text[end : end + 4]
    if not rest.strip(" \"')]") and end + 4 >= len(text):
        return True
    return word_after(text, end) in _STARTERS and rest[:1] == " "
