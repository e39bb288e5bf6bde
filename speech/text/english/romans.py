"""Roman numerals, where a neighbour says that they are numbers.

Behind a word that is numbered (`Chapter IV`) they count; behind a ruler's name (`Louis XIV`) and
before what is numbered in order (`XIX century`) they are positions.
"""

import re

from speech.text import marks
from speech.text.english.acronyms import letters
from speech.text.english.numbers import cardinal, ordinal, year
from speech.text.reading import Reading, word_after, word_before

_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}
# e.g. `XIV`
_NUMERAL = re.compile(
    r"(?P<numeral>(?=[MDCLXVI])M{0,3}(?:C[MD]|D?C{0,3})(?:X[CL]|L?X{0,3})(?:I[XV]|V?I{0,3}))"
    r"(?P<tail>'s|th|st|nd|rd)?(?![A-Za-z0-9]|[&@_]|\.[A-Za-z]|'[a-z]|-[0-9])"
)
# e.g. `iv`
_SMALL = re.compile(
    r"(?P<numeral>(?=[ivxl])(?:x[cl]|l?x{0,3})(?:i[xv]|v?i{0,3}))(?P<tail>)(?![A-Za-z0-9&@_'])"
)
_COUNTED = frozenset(
    """chapter chapters part parts volume volumes vol act acts scene section sections appendix annex
    book books phase phases type types war article articles bowl title issue episode episodes
    level stage grade class figure fig table schedule tier group canto factor mark mk unit
    lesson item step division region zone symphony sonata concerto opus number no generation
    corps pillar exhibit plate quadrant category cat axis angiotensin collagen apollo gemini
    saturn rocky rambo story trilogy kombat kingdom terminator godfather fantasy auto
    warcraft starcraft civilization quest effect soul souls craft wars trek superman batman
    iron page pages pp clause paragraph rule form note footnote verse psalm game round area
    panel question map option variant series model protocol wave cycle era period path hall
    hurricane wrestlemania ufc bowls olympiad lunar stages grades levels classes tiers
    amendment dynasty nerve nerves theorem lemma case""".split()
)
# Names of rulers and popes, and of people who are numbered after them.
_RULERS = frozenset(
    """Louis Henry Elizabeth George Edward Charles James William Richard Philip Philippe Napoleon
    Catherine Peter Alexander Nicholas Ivan Frederick Pius Benedict Leo Gregory Innocent Clement
    John Paul Francis Ferdinand Alfonso Carlos Juan Felipe Wilhelm Friedrich Otto Leopold Albert
    Christian Gustav Gustavus Adolf Haakon Harald Olav Margrethe Ramses Ramesses Rameses Thutmose
    Amenhotep Seti Ptolemy Cleopatra Xerxes Darius Cyrus Artaxerxes Mehmed Mehmet Murad Selim
    Suleiman Bayezid Constantine Theodosius Justinian Boniface Urban Sixtus Julius Mary Anne
    Kamehameha Rama Robert David Stephen Baldwin Sigismund Rudolf Maximilian Joseph Franz Karl
    Ludwig Umberto Emmanuel Emanuel Amadeus Pedro Manuel Hassan Mohammed Muhammad Abdullah Faisal
    Henri Christina Charlemagne Conrad Theodore Celestine Adrian Alexis Basil Michael Andrew
    Vladimir Boris Casimir Stanislaw Sancho Isabella Anthony Afonso Jose Matthias Ladislaus Bela
    Tiberius Leopold Eugene Zog Hussein Farouk Fuad Naser Antiochus Seleucus Mithridates Attalus
    Agrippa Herod Tupac Moctezuma Montezuma Pharaoh Nikolaus Lothair Pepin Philippos Valentinian
    Linus Sergius Nerva Victor Honorius Eric Canute Cnut Malcolm Kenneth Duncan Llywelyn Idris
    Naresuan Akbar Shah Tutankhamun Camillo Ranavalona Sobhuza Moshoeshoe""".split()
)
# Given names that are seldom rulers': the numeral behind them is said without an article.
_GIVEN = frozenset(
    """Sam Samuel Thomas Tom Bob Bill Jim Joe Jack Harry Walter Arthur Frank Fred Donald Ronald
    Daniel Matthew Mark Steven Brian Kevin Jason Jeffrey Gary Eric Ralph Roy Eugene Russell Howard
    Carl Lawrence Raymond Gerald Dennis Patrick Jerry Douglas Luke Martin Max Oliver Simon Tim
    Timothy Todd Vincent Wayne Will Adam Alan Ben Benjamin Chris Christopher Dan Luis Earl Ed
    Edgar Ernest Gordon Hank Harold Herbert Jacob Jonathan Josh Joshua Keith Ken Larry Lewis Nathan
    Neil Nick Norman Oscar Phil Roger Ruth Scott Sean Stan Stanley Ted Terry Tony Warren Wesley
    Zachary Sarah Jane Alice Emma Laura""".split()
)
# What is numbered by a single letter even where it is written small.
_PARTS = frozenset(
    """chapter part act scene book volume section phase stage article title level""".split()
)
_KINDS = frozenset(["class", "type", "phase", "stage", "grade", "level", "tier", "category"])
_ARTICLE = re.compile(r"(?<![A-Za-z])[Aa]n? [a-z]+ $")
_ORDERED = frozenset(
    """century centuries olympiad congress dynasty legion corps army millennium olympics winter
    summer olympic plenary session paralympic""".split()
)
_VERBS = frozenset(
    """am have had was will would can could do did don't think thought know knew love loved like
    liked want wanted need needed read wrote play played saw see got get made took never always
    really just also still should must may might shall went go used bought found heard told
    said""".split()
)
_OF_ALL = frozenset(
    """had was will would could did can never always also still should must may might went took gave
    said""".split()
)
"""Verbs that a ruler may be the subject of, too."""
_BESIDE = frozenset(
    """to with for in at from like near at by st. saint mr. ms. mrs. dr. and about through after
    dear hi hello""".split()
)
_GIVEN_TOO = frozenset(
    """David Mary Anne Robert Michael Andrew Anthony Joseph Victor Kenneth Eric Theodore Christina
    Stephen Adrian Alexis Duncan Malcolm Eugene Linus John Paul Peter Francis Julius""".split()
)
"""Rulers' names that are everybody's."""
_CROWNED = frozenset(
    "King Queen Pope Emperor Empress Tsar Czar Prince Sultan Shah Mary John".split()
)
# Numerals that are more often initialisms.
_LETTERS = frozenset("CD CV DC MC MD DL CC CL MM DI MI XXL MIX XL LI XC DX CM DM".split())
_NOT_NAMES = frozenset("The A An In On At Of And For With From By To My Our His Her Its".split())
_SEQUELS = 6
"""Behind two names, a lower number is an heir's."""
_LAST_HEIR = 30
"""The highest number of an heir or a sequel; above, letters are something else."""
_FIRST_YEAR, _LAST_YEAR = 1400, 2100
_LIST = re.compile(r"[IVXLC]+(?:,|,? (?:and|to|or|through|&)| ?[-–]) ?$")
# e.g. `Parts I and `
_PLURAL = re.compile(
    r"(?:Parts|Chapters|Acts|Books|Volumes|Phases|Types|Wars|Sections|Stages|Levels|Articles|Scenes"
    r"|parts|chapters|acts|books|volumes|phases|types|wars|sections|stages|levels|articles|scenes"
    r"|Henry|Louis|Edward|Part|Chapter|Type|Phase|Stage|Act|Article|Titles|Class|Grade|Tier) "
    r"[IVXLC]+(?:(?:,|,? (?:and|to|or|through|&)| ?[-–]) ?(?:[IVXLC]+)?)*$"
)
_AND_FIRST = re.compile(r"(?<![A-Za-z])(?:James|Charles|George|William|Edward) [IVX]+ and $")
_UNTIL = re.compile(r" ?(?P<sign>[-–—/]) ?(?P<last>[MDCLXVI]{1,8})(?![A-Za-z0-9])")
_SMALL_UNTIL = re.compile(r" ?[-–—] ?(?P<last>[xvil]{1,8})(?![A-Za-z0-9])")
_WARS = re.compile(r"WW ?(?P<numeral>I{1,3}|[12])(?![A-Za-z0-9])")
SMALL = frozenset("i ii iii iv v vi vii viii ix x xi xii xiii xiv xv xvi xvii xviii xix xx".split())
"""Numerals in small letters."""


def read_roman(text: str, start: int) -> Reading | None:
    """A numeral in capitals, as a number or as a position; with the one it lasts until."""
    wars = _WARS.match(text, start)
    if wars:
        numeral = wars["numeral"]
        number = int(numeral) if numeral.isdigit() else len(numeral)
        return Reading(f"World War {cardinal(number)}", wars.end(), "roman")
    match = _NUMERAL.match(text, start)
    if match is None or text[start - 1 : start] not in {" ", "(", "-", "–", ""}:
        return None
    numeral, tail, end = match["numeral"], match["tail"] or "", match.end()
    number = value(numeral)
    if tail not in {"", "'s"}:
        return Reading(ordinal(number), end, "roman") if len(numeral) > 1 else None
    spoken = _say(text, start, end, numeral)
    if spoken is None:
        return None
    until = _UNTIL.match(text, end)
    if until and value(until["last"]) > number and not tail:
        to = "" if until["sign"] == "/" else "to "
        return Reading(f"{spoken} {to}{cardinal(value(until['last']))}", until.end(), "roman")
    return Reading(f"{spoken}{tail}", end, "roman")


def _say(text: str, start: int, end: int, numeral: str) -> str | None:
    """A numeral where its neighbours make it one."""
    number = value(numeral)
    before, after = word_before(text, start), word_after(text, end)
    if after.rstrip(".,;:!?)").lower() in _ORDERED and (len(numeral) > 1 or before == "the"):
        return ordinal(number)
    spoken: str | None = None
    if before.lower().rstrip(".") in _COUNTED:
        spoken = _count(text, start, numeral, after)
    elif before in _RULERS:
        spoken = _position(text, start, numeral, before, after)
    elif len(numeral) > 1 and not before.endswith((",", ".")):
        spoken = _behind_others(text, start, numeral, before)
    if spoken is not None:
        return spoken
    if _AND_FIRST.search(text, max(0, start - 32), start) and numeral == "I":
        return f"the {ordinal(number)}"
    if _LIST.search(text, max(0, start - 12), start) and _PLURAL.search(
        text, max(0, start - 48), start
    ):
        return cardinal(number)
    if not before and len(numeral) > 1 and text[end : end + 1] == ".":
        # The number of a heading or an item.
        return cardinal(number)
    if len(numeral) > 3 and _FIRST_YEAR <= number <= _LAST_YEAR:
        return year(number)
    return None


def read_small_roman(text: str, start: int) -> Reading | None:
    """A numeral in small letters: `(iv)`, `chapter iv`, `p. xii`."""
    match = _SMALL.match(text, start)
    if match is None or not match["numeral"]:
        return None
    numeral = match["numeral"].upper()
    bracketed = text[max(0, start - 2) : start] in {"(", " ("} and text.startswith(")", match.end())
    before = word_before(text, start).lower().rstrip(".")
    headed = len(numeral) > 1 and before in _COUNTED | {"p", "pp"}
    if not (headed or (bracketed and start)):
        return _as_word(text, match)
    until = _SMALL_UNTIL.match(text, match.end())
    if until and value(until["last"].upper()) > value(numeral):
        last = value(until["last"].upper())
        return Reading(f"{cardinal(value(numeral))} to {cardinal(last)}", until.end(), "roman")
    return Reading(cardinal(value(numeral)), match.end(), "roman")


def _as_word(text: str, match: re.Match[str]) -> Reading | None:
    """What is no numeral, or one alone, of which espeak-ng says `roman six`: vi, the letter xi."""
    word, end = match["numeral"], match.end()
    if len(word) < 2 or text[match.start() - 1 : match.start()] in {".", "/", "@", "-", "'"}:
        return None
    if text[end : end + 1] in {"-", "/"} or (
        text[end : end + 1] == "." and text[end + 1 :].strip()
    ):
        return None
    if word == "xi":
        return Reading(marks.pronounced(word, "zˈaɪ"), end, "roman")
    if word in {"vi", "iv", "xx", "xxx", "xl"}:
        return Reading(letters(word), end, "acronym")
    return Reading(cardinal(value(word.upper())), end, "roman")


def value(numeral: str) -> int:
    """The number that a numeral in capitals stands for."""
    values = [_VALUES[letter] for letter in numeral]
    following = [*values[1:], 0]
    return sum(-v if v < after else v for v, after in zip(values, following, strict=True))


def _count(text: str, start: int, numeral: str, after: str) -> str | None:
    number, before = value(numeral), word_before(text, start)
    if numeral == "I" and before in _KINDS and _ARTICLE.search(text, max(0, start - 12), start):
        return cardinal(number)
    if numeral == "X" and before == "Generation":
        return None
    if (
        len(numeral) == 1
        and before[:1].islower()
        and not before.endswith(".")
        and (before not in _PARTS or numeral not in {"V", "X"})
    ):
        return None
    if numeral == "I" and (after.lower() in _VERBS or before.lower() == "no"):
        # `the Part I played`
        return None
    if numeral in {"C", "D", "L", "M"} and before.rstrip(".") not in {"Chapter", "Psalm", "Canto"}:
        # `Type C` is a letter.
        return None
    if (
        before.lower() in {"no", "class", "group", "type", "model", "page", "form"}
        and numeral == "M"
    ):
        return None
    return cardinal(number)


def _position(text: str, start: int, numeral: str, before: str, after: str) -> str | None:
    number = value(numeral)
    if numeral in {"C", "D", "L", "M"} or (numeral == "X" and before == "Malcolm"):
        return None
    if number > _LAST_HEIR:
        return None
    if numeral == "I" and after.lower() in _VERBS:
        # `Elizabeth I was queen`, but `With James I was happy`.
        earlier = word_before(text, start - len(before) - 1)
        reigns = after.lower() in _OF_ALL and earlier.lower() not in _BESIDE
        if not reigns or (before in _GIVEN_TOO and earlier not in _CROWNED):
            return None
    return f"the {ordinal(number)}"


def _behind_others(text: str, start: int, numeral: str, before: str) -> str | None:
    """A numeral behind a name that is no ruler's: of a person, or of a work and its sequels."""
    number = value(numeral)
    if numeral in _LETTERS or not (before[:1].isupper() and before[1:].islower()):
        return None
    if number > _LAST_HEIR:
        return None
    if before in _GIVEN:
        return ordinal(number)
    earlier = word_before(text, start - len(before) - 1)
    full_name = earlier.istitle() and earlier.isalpha() and earlier not in _NOT_NAMES
    if (full_name and number < _SEQUELS) or earlier.endswith("."):
        return f"the {ordinal(number)}"
    return cardinal(number) if numeral not in {"XL", "IV"} else None
