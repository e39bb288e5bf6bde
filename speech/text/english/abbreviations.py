"""English abbreviations, read by what stands around them.

The dot is evidence: of an abbreviation where one follows, of a sentence's end where nothing does.
"""

import re
from collections.abc import Iterable, Mapping

from speech.text.english.acronyms import WORDS, letters
from speech.text.reading import Reading, word_after, word_before

# English abbreviations and what they stand for, by the neighbours they ask for.
#
# Collected from the lists of common abbreviations in style guides (Chicago 10, AP, Oxford), by
# hand.

NAMES: Mapping[str, str] = {
    "Dr": "Doctor", "Prof": "Professor", "Gen": "General", "Sen": "Senator", "Sens": "Senators",
    "Rep": "Representative", "Reps": "Representatives", "Gov": "Governor", "Capt": "Captain",
    "Cpt": "Captain", "Lt": "Lieutenant", "Sgt": "Sergeant", "Col": "Colonel", "Maj": "Major",
    "Cpl": "Corporal", "Pvt": "Private", "Cmdr": "Commander", "Cdr": "Commander",
    "Adm": "Admiral", "Rev": "Reverend", "Hon": "Honorable", "Fr": "Father", "Br": "Brother",
    "Mt": "Mount", "Ft": "Fort", "Pt": "Point", "Pres": "President", "Supt": "Superintendent",
    "Det": "Detective", "Insp": "Inspector", "Amb": "Ambassador", "Atty": "Attorney",
    "Msgr": "Monsignor", "Mme": "Madame", "Mlle": "Mademoiselle", "Brig": "Brigadier",
    "Ste": "Saint", "Sta": "Santa", "Sto": "Santo", "Drs": "Doctors", "Profs": "Professors",
    "Messrs": "Messieurs", "Univ": "University", "Asst": "Assistant", "Sr": "Sister",
    "Sec": "Secretary", "Dep": "Deputy", "Mgr": "Manager", "Dir": "Director", "Mr": "Mister",
    "Mrs": "Missus", "Ms": "Miz", "Mx": "Mix", "Sis": "Sister", "Assoc": "Associate",
}  # fmt: skip
"""Before a name."""

FAMILIES: Mapping[str, str] = {
    "Ave": "Avenue", "Blvd": "Boulevard", "Rd": "Road", "Ln": "Lane", "Ct": "Court",
    "Pl": "Place", "Sq": "Square", "Pkwy": "Parkway", "Expy": "Expressway", "Fwy": "Freeway",
    "Hwy": "Highway", "Ter": "Terrace", "Cir": "Circle", "Co": "Company", "Cos": "Companies",
    "Bros": "Brothers", "Mts": "Mountains", "Mtn": "Mountain", "Mtns": "Mountains",
    "Esq": "Esquire", "Twp": "Township", "Cty": "County", "Mfg": "Manufacturing", "Jr": "Junior",
    "Sr": "Senior", "Univ": "University", "Pty": "Proprietary", "Ctr": "Center", "Is": "Island",
    "Jct": "Junction", "Hts": "Heights", "Hosp": "Hospital", "Sch": "School", "Bldg": "Building",
    "Fl": "Floor", "Pk": "Park", "Cres": "Crescent", "Tpke": "Turnpike",
}  # fmt: skip
"""Behind a name."""

COUNTED: Mapping[str, str] = {
    "No": "number", "no": "number", "Nos": "numbers", "nos": "numbers", "Nr": "number",
    "nr": "number", "Vol": "volume", "vol": "volume", "Vols": "volumes", "vols": "volumes",
    "p": "page", "pp": "pages", "P": "page", "Pp": "pages", "pg": "page", "Pg": "page",
    "pgs": "pages", "Fig": "figure", "fig": "figure", "Figs": "figures", "figs": "figures",
    "Ch": "chapter", "ch": "chapter", "Chap": "chapter", "chap": "chapter", "Sec": "section",
    "sec": "section", "Sect": "section", "sect": "section", "Secs": "sections", "Art": "article",
    "art": "article", "Arts": "articles", "Eq": "equation", "eq": "equation", "Eqs": "equations",
    "eqs": "equations", "para": "paragraph", "Para": "paragraph", "paras": "paragraphs",
    "ext": "extension", "Ext": "extension", "Apt": "apartment", "apt": "apartment", "Rm": "room",
    "rm": "room", "Bldg": "building", "bldg": "building", "Rte": "route", "Rt": "route",
    "c": "circa", "ca": "circa", "ver": "version", "Ver": "version", "Pt": "part", "pt": "part",
    "Op": "opus", "op": "opus", "Hwy": "highway", "Ste": "suite", "ste": "suite",
    "Tel": "telephone", "tel": "telephone", "Ep": "episode", "ep": "episode", "Eps": "episodes",
    "Sc": "scene", "l": "line", "ll": "lines", "v": "verse", "Ps": "psalm", "Ex": "exercise",
    "Q": "question", "Bk": "book", "bk": "book", "Fl": "floor", "Ln": "line", "Col": "column",
    "col": "column", "Tab": "table", "tab": "table", "App": "appendix", "app": "appendix",
    "Lot": "lot", "Sch": "schedule", "Cl": "clause", "cl": "clause", "Iss": "issue",
    "iss": "issue", "Sta": "station", "Sess": "session", "Stat": "statute", "Reg": "regulation",
    "rev": "revision", "Rev": "revision", "ed": "edition", "temp": "temperature",
    "Temp": "temperature",
}  # fmt: skip
"""Before a number."""

DOTLESS = frozenset(
    [
        "Vol", "vol", "Fig", "fig", "Figs", "figs", "pp", "pg", "Apt", "apt", "Rm", "Bldg", "Hwy",
        "Ste", "Rte", "Rt", "Nos", "Eq", "eq", "Ch", "ch", "Chap", "chap", "Ext", "ext", "Dr",
        "Prof", "Gen", "Sen", "Gov", "Capt", "Lt", "Sgt", "Col", "Maj", "Rev", "Mt", "Ft", "Mr",
        "Mrs", "Ms", "Messrs", "Ave", "Blvd", "Rd", "Ln", "Pkwy", "Expy", "Fwy", "Bros", "Jr", "Sr",
        "Sq", "Twp", "Mtn", "Cpl", "Pvt", "Cmdr", "Adm", "Rep", "Mme", "Mlle", "ver", "Ver", "Vols",
        "vols", "Ep", "Hts", "Tpke",
    ]
)  # fmt: skip
"""Forms of the tables above that need no dot."""

DOTTED: Mapping[str, str] = {
    "cf": "compare", "est": "estimated", "Est": "established", "incl": "including",
    "excl": "excluding", "max": "maximum", "min": "minimum", "Min": "minimum", "avg": "average",
    "temp": "temperature", "orig": "originally", "esp": "especially", "Esp": "especially",
    "resp": "respectively", "assoc": "association", "Assoc": "Association", "Assn": "Association",
    "assn": "association", "univ": "university", "inst": "institute", "Inst": "Institute",
    "natl": "national", "Natl": "National", "ref": "reference", "Ref": "reference",
    "addr": "address", "amt": "amount", "Amt": "amount", "cont": "continued", "contd": "continued",
    "dist": "district", "Dist": "District", "div": "division", "Div": "Division",
    "ed": "edition", "eds": "editors", "Eds": "editors", "viz": "namely", "al": "al",
    "ibid": "ibid", "Tel": "telephone", "tel": "telephone", "dia": "diameter",
    "prev": "previous", "abbr": "abbreviation", "abbrev": "abbreviation", "adj": "adjective",
    "adv": "adverb", "Lat": "Latin", "Ltd": "Limited", "Inc": "Incorporated",
    "Corp": "Corporation", "corp": "corporation", "pop": "population", "Comm": "Committee",
    "feat": "featuring", "tbsp": "tablespoons", "tsp": "teaspoons", "yr": "year", "wk": "week",
    "wks": "weeks", "mo": "month", "mos": "months", "hr": "hour", "sched": "schedule",
    "pkg": "package", "asst": "assistant", "exec": "executive", "dir": "director",
    "lg": "large", "sm": "small", "transl": "translated", "trans": "translated",
    "illus": "illustrated", "pub": "published", "publ": "published",
    "vocab": "vocabulary", "prob": "probably", "proj": "project", "subj": "subject",
    "dec": "deceased", "gov": "governor", "Gov": "government", "ave": "average",
    "wt": "weight", "ht": "height", "vol": "volume", "sq": "square", "cu": "cubic",
    "cat": "category", "sing": "singular", "pl": "plural", "masc": "masculine",
    "fem": "feminine", "obs": "obsolete", "lit": "literally", "opp": "opposite",
    "hon": "honorary", "mfg": "manufacturing", "mfr": "manufacturer", "rel": "relative",
    "capt": "captain", "prof": "professor", "sgt": "sergeant", "co": "company", "oz": "ounces",
    "St": "Street", "Prof": "Professor", "Sen": "Senator", "Capt": "Captain", "Sgt": "Sergeant",
    "Lt": "Lieutenant",
}  # fmt: skip
"""Where their dot follows and is not the sentence's own."""

ALWAYS: Mapping[str, str] = {
    "etc": "et cetera", "Etc": "et cetera", "vs": "versus", "Vs": "versus", "VS": "versus",
    "approx": "approximately", "Approx": "approximately", "govt": "government",
    "Govt": "Government", "dept": "department", "Dept": "Department", "depts": "departments",
    "Depts": "Departments", "avg": "average", "Avg": "average", "Max": "maximum",
    "mgmt": "management", "Mgmt": "Management", "mgr": "manager", "intl": "international",
    "Intl": "International", "yrs": "years", "hrs": "hours", "mins": "minutes",
    "secs": "seconds", "qty": "quantity", "Qty": "quantity", "misc": "miscellaneous",
    "Misc": "miscellaneous", "appt": "appointment", "Appt": "appointment", "bldg": "building",
    "acct": "account", "Acct": "account", "attn": "attention", "Attn": "attention",
    "Ltd": "Limited", "Inc": "Incorporated", "Corp": "Corporation", "pls": "please",
    "plz": "please", "thx": "thanks", "ppl": "people", "Expy": "Expressway", "tbsp": "tablespoons",
    "tsp": "teaspoons", "lbs": "pounds",
    "Blvd": "Boulevard", "Messrs": "Messieurs", "Mr": "Mister",
    "hwy": "highway", "pkwy": "parkway", "fwy": "freeway", "expy": "expressway",
    "blvd": "boulevard", "tpke": "turnpike",
    "Mrs": "Missus", "Ms": "Miz", "abt": "about", "btwn": "between", "ext": "extension",
}  # fmt: skip
"""With a dot or without."""

WORDS_TOO = frozenset(
    [
        "Max", "Min", "min", "ed", "temp", "pop", "dir", "ant", "al", "adv", "ref", "div", "cont",
        "ext", "Lat", "dec", "rev", "pub", "cat", "sing", "lit", "rel", "fem", "ave", "hon", "mo",
        "trans", "Tel", "prob", "obs", "opp", "exec", "feat", "ft", "sq", "dia", "Est", "ht",
        "prev", "Dist", "Ref", "orig", "est", "pl", "gov", "Gov", "St", "Comm", "wt", "cu",
        "capt", "prof", "sgt", "co", "oz", "yr", "hr", "wk", "wks", "mos", "Prof", "Sen", "Capt",
        "Sgt", "Lt",
    ]
)  # fmt: skip
"""Forms that are words as well: a dot at a sentence's end, or before a capital, is not theirs."""

LATIN: Mapping[str, str] = {
    "e.g": "for example", "eg": "for example", "i.e": "that is", "ie": "that is",
    "a.k.a": "also known as", "aka": "also known as", "AKA": "also known as", "w.r.t":
    "with respect to", "et al": "et al", "a.m": "AM", "p.m": "PM", "A.M": "AM", "P.M": "PM",
    "E.g": "for example", "I.e": "that is", "Ph.D": "P H D", "q.v": "which see",
}  # fmt: skip
"""Forms with dots or spaces inside; those of letters alone are spelled."""

SLASHED: Mapping[str, str] = {
    "w/": "with", "w/o": "without", "w/out": "without", "w/in": "within", "c/o": "care of",
    "b/w": "between", "n/a": "N A", "N/A": "N A", "b/c": "because", "y/o": "year old",
    "s/he": "she or he", "d/b/a": "doing business as", "a/k/a": "also known as", "A/C": "A C",
    "a/c": "A C", "W/": "with", "W/o": "without", "W/O": "without", "C/O": "care of",
    "w/e": "whatever", "km/h": "kilometers per hour", "m/s": "meters per second",
    "MB/s": "megabytes per second", "GB/s": "gigabytes per second", "Mb/s": "megabits per second",
    "Gb/s": "gigabits per second", "mi/h": "miles per hour", "ft/s": "feet per second",
    "req/s": "requests per second", "tokens/s": "tokens per second", "i/o": "I O", "I/O": "I O",
}  # fmt: skip
"""Forms with a slash."""


_FORMS = frozenset(
    {
        "St",
        "b",
        "d",
        "ft",
        *NAMES,
        *FAMILIES,
        *COUNTED,
        *DOTTED,
        *ALWAYS,
    }
)
HEADS = frozenset(
    {
        *_FORMS,
        *(form.partition(".")[0].partition(" ")[0] for form in LATIN),
        *(form.partition("/")[0] for form in SLASHED),
    }
)
"""The words an abbreviation may begin with; letters with dots between them begin with any."""


def _either(forms: Iterable[str]) -> str:
    return "|".join(re.escape(form) for form in sorted(forms, key=len, reverse=True))


_FORM = re.compile(r"(?P<form>[A-Za-z]{1,8})(?P<dot>\.?)(?![\w@/\\-]|\.\w)")
# e.g. `et al.`
_LATIN = re.compile(
    rf"(?P<form>{_either(LATIN)})"
    r"(?P<dot>\.?)(?![\w@/\\-])"
)
# e.g. `req/s`
_SLASHED = re.compile(
    rf"(?P<form>{_either(SLASHED)})"
    r"(?![\w/])"
)
# e.g. `R.S.V.P.`
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
        return Reading(SLASHED[slashed["form"]], slashed.end(), "abbreviation")
    if text.startswith("etc ", start) and word_before(text, start) == "slash":
        # A folder, as its path is read.
        return None
    latin = _LATIN.match(text, start)
    if latin:
        return _finish(text, LATIN[latin["form"]], latin)
    counted = _CLOSE.match(text, start)
    if counted:
        # `no.1`
        return Reading(f"{COUNTED[counted['form']]} ", counted.end(), "abbreviation")
    match = _FORM.match(text, start)
    if match is None or match["form"] not in _FORMS:
        return read_initials(text, start)
    spoken = _word_for(text, start, match)
    if spoken is None:
        return None
    numbered = spoken == COUNTED.get(match["form"]) and word_after(text, match.end())
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
    known = dotted or form in DOTLESS
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
        return COUNTED[form]
    if dotted and after == "of" and form in {*FAMILIES, "no", "No"}:
        return FAMILIES.get(form, "number")
    if form == "v" and dotted and _VERSION.match(after):
        return "version"
    if form in COUNTED and known and near and _NUMBER.match(after):
        return COUNTED[form]
    if form in COUNTED and dotted and near and len(form) > 1 and _LETTERED.match(after):
        # `Sec. B` is no secretary.
        return COUNTED[form]
    # A comma may stand before `Jr.`.
    name = before.rstrip(",") if form in {"Jr", "Sr", "Esq"} else before
    if form in FAMILIES and known and _behind_name(name):
        return FAMILIES[form]
    if (
        form == "Dr"
        and _behind_name(before)
        and not before.endswith("'s")
        and (not named or _in_address(text, start))
    ):
        return "Drive"
    if form in _ALONE and dotted and not named:
        return _ALONE[form]
    if form in NAMES and known and named and after.rstrip(".,") not in _STARTERS - {"Who"}:
        return NAMES[form]
    if form in COUNTED and known and near and _LETTERED.match(after) and len(form) > 1:
        return COUNTED[form]
    if form in WORDS_TOO and (not dotted or _may_end(text, end)):
        return None
    if form in ALWAYS:
        return ALWAYS[form]
    return DOTTED.get(form) if dotted else None


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
