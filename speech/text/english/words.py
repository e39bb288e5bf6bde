"""English words that may be read otherwise than written: found by their spelling, read by kind."""

import re

from speech.text import marks
from speech.text.english import (
    abbreviations,
    acronyms,
    addresses,
    dates,
    homographs,
    measures,
    romans,
    signs,
)
from speech.text.reading import Reader, Reading, rule_name, word_before

# Sounds that are written but spelled by espeak-ng (`shh`, `mhm`), stutters, drawn-out words.

# By their doubled form: `shhhh` is `shh`.
_SOUNDS = {
    "hm": "hˈəm", "hmm": "hˈəm", "mm": "mː", "mhm": "əmhˈəm", "mmhm": "əmhˈəm",
    "mmhmm": "əmhˈəm", "mhmm": "əmhˈəm", "shh": "ʃː", "sshh": "ʃː", "sh": "ʃː",
    "psst": "pst", "pst": "pst", "brr": "bɹː", "grr": "ɡɹː", "zz": "zː", "zzz": "zː",
    "pfft": "pft", "pff": "pf", "tsk": "tˈɪsk", "eww": "ˈiːuː", "eew": "ˈiːuː", "aww": "ˈɔː",
    "aah": "ˈɑː", "ahh": "ˈɑː", "aahh": "ˈɑː", "aa": "ˈɑː", "whew": "hjˈuː", "oohh": "ˈuː",
    "umm": "ˈʌm", "uhh": "ˈʌ", "ugh": "ˈʌɡ", "argh": "ˈɑːɹɡ", "arrgh": "ˈɑːɹɡ",
    "aargh": "ˈɑːɹɡ", "hmph": "hˈʌmf", "hrm": "hˈɜːm", "erm": "ˈɜːm", "ew": "ˈiːuː",
}  # fmt: skip
_LEFT = frozenset(["ugh", "umm", "uhh", "erm", "argh"])
INTERJECTIONS = frozenset(
    form for word in set(_SOUNDS) - _LEFT for form in (word, word.capitalize()) if word != "aa"
)
"""Sounds of ordinary length."""

# Words that keep two letters where they are drawn out; others keep one.
_DOUBLED = frozenset(
    """good cool too soon moon see sweet need keep feel meet look book boo woo hello all well tell
    hell miss kiss boss off really food mood room school free tree three week been seen deep sleep
    happy sorry wow yummy funny hurry merry pretty silly dull full pull will call fall small
    yippee woohoo yoohoo hee tee teehee ooh oops whoops boohoo aww""".split()
)
# `sh` and `mm` are a shell and millimetres unless a sentence stops behind them.
_BEHIND = frozenset(["", ",", ".", "!", "?", "-"])
_DRAWN = re.compile(r"([a-z])\1\1")
_RUNS = re.compile(r"([A-Za-z])\1{2,}", re.IGNORECASE)
_NUMERALS = frozenset("ivxlc")
_VOWEL = re.compile(r"[aeiouAEIOU]")
_INTERJECTION = re.compile(r"[A-Za-z]+(?:'[a-z]+)?$")
# e.g. `b-but`
_STUTTER = re.compile(
    r"(?P<part>[A-Za-z]|[Tt]h|[Ss]h|[Cc]h|[Ww]h)-(?:(?P=part)-){0,8}(?P<word>(?P=part)[a-z]*(?:'[a-z]+)?)$",
    re.IGNORECASE,
)
# Words of a letter and a word, rather than stutters.
_HYPHENATED = frozenset(["t-test", "t-tests", "d-day", "b-boy", "b-boys", "g-girl", "e-edition"])
_ONSETS = {
    "b": "bə", "c": "kə", "d": "də", "f": "fə", "g": "ɡə", "h": "hə", "j": "dʒə", "k": "kə",
    "l": "lə", "m": "mə", "n": "nə", "p": "pə", "q": "kə", "r": "ɹə", "s": "sə", "t": "tə",
    "v": "və", "w": "wə", "y": "jə", "z": "zə", "th": "ðə", "sh": "ʃə", "ch": "tʃə", "wh": "wə",
}  # fmt: skip


def read_sound(text: str, start: int) -> Reading | None:
    """A sound of ordinary length, `mhm` or `Shh`."""
    end = start
    while text[end : end + 1].isalpha():
        end += 1
    sound = _SOUNDS.get(text[start:end].lower())
    if sound is None or (end - start == 2 and text[end : end + 1] not in _BEHIND):
        return None
    return Reading(marks.pronounced(text[start:end], sound), end, "interjection")


def read_drawn(run: str, start: int) -> Reading | None:
    """A stutter or a drawn-out word: `c-c-can't`, `soooo`, `shhhh`.

    Args:
        run: Characters without white space.
        start: Where the run begins in its sentence.
    """
    end = start + len(run)
    if "-" in run:
        match = _STUTTER.match(run)
        if match is None or run.lower() in _HYPHENATED:
            return None
        if not (match["word"][1:].islower() or match["word"] == "I"):
            # `I-IV`, `A-AA`
            return None
        part = match["part"]
        count = run.lower().count(f"{part.lower()}-", 0, match.start("word"))
        sound = _ONSETS.get(part.lower())
        said = marks.pronounced(part, sound) if sound else part
        return Reading(" ".join([*[said] * count, match["word"]]), end, "interjection")
    if not _DRAWN.search(run) or not _INTERJECTION.match(run):
        return None
    twice = _RUNS.sub(r"\1\1", run)
    sound = _SOUNDS.get(twice.lower())
    if sound:
        return Reading(marks.pronounced(twice, sound), end, "interjection")
    if not _VOWEL.search(run) or not set(run.lower()) - _NUMERALS:
        return None
    once = _RUNS.sub(r"\1", run)
    return Reading(twice if twice.lower() in _DOUBLED else once, end, "interjection")


_LETTER = r"[^\W\d_⁰¹²³⁴-⁹ⁿ₀-₉π∆½¼¾⅐-⅞]"
PATTERN = rf"(?<![^\W_]){_LETTER}++(?:'{_LETTER}++)*+"
"""A word with its apostrophes; no letter or digit stands before it, raised figures end it."""

_WORD = re.compile(PATTERN)
_LETTERS = re.compile(r"(?P<first>[A-Z])-(?P<last>[A-Z])(?![\w-])")


def _read_letters(text: str, start: int) -> Reading | None:
    """`Rows A-F`: letters behind a plural are a range."""
    match = _LETTERS.match(text, start)
    if match is None or match["first"] >= match["last"]:
        return None
    before = word_before(text, start)
    if not before.endswith("s") or not before.isalpha():
        return None
    first, last = acronyms.letters(match["first"]), acronyms.letters(match["last"])
    return Reading(f"{first} to {last}", match.end(), "range")


_NTH = {
    "i": "ˈaɪθ", "j": "dʒˈeɪθ", "k": "kˈeɪθ", "m": "ˈɛmθ", "n": "ˈɛnθ", "p": "pˈiːθ",
    "x": "ˈɛksθ",
}  # fmt: skip
_TURN = re.compile(r"(?P<letter>[ijkmnpx])-?th(?![\w'-])")


def read_nth(text: str, start: int) -> Reading | None:
    """`n-th` and `nth`."""
    match = _TURN.match(text, start)
    if match is None:
        return None
    said = marks.pronounced(f"{match['letter']}th", _NTH[match["letter"]])
    return Reading(said, match.end(), "homograph")


_CAPITALS: tuple[Reader, ...] = (
    measures.read_scale,
    _read_letters,
    signs.read_chord,
    signs.read_formula,
    signs.read_blood_type,
    romans.read_roman,
    acronyms.read_acronym,
)


def _by_word() -> dict[str, tuple[Reader, ...]]:
    readers: dict[str, tuple[Reader, ...]] = {}
    for heads, reader in (
        ({*_NTH, *(f"{letter}th" for letter in "jkmn")}, read_nth),
        (addresses.HEADS, addresses.read_place),
        (dates.CALENDAR, dates.read_calendar),
        (abbreviations.HEADS, abbreviations.read_abbreviation),
        (acronyms.HEADS, acronyms.read_acronym),
        (romans.SMALL, romans.read_small_roman),
        (signs.FORMULAS, signs.read_formula),
        (signs.CHORDS, signs.read_chord),
        (INTERJECTIONS, read_sound),
        (homographs.HEADS, homographs.read_homograph),
    ):
        for head in heads:
            readers[head] = (*readers.get(head, ()), reader)
    return readers


_READERS = _by_word()


def is_plain(word: str) -> bool:
    """Whether no reader asks for a word: nearly every word of a sentence, so this is cheap."""
    return word[1:].islower() and word not in _READERS


def read_word(text: str, start: int) -> Reading | None:
    """The form that begins with the word at an index; None where it is said as it is written."""
    match = _WORD.match(text, start)
    if match is None:
        return None
    word = match[0]
    readers = _READERS.get(word, ())
    if not word[1:].islower():
        if text[match.end() : match.end() + 1] == ".":
            readers = (*readers, abbreviations.read_initials)
        readers = (*readers, *_CAPITALS)
    for reader in readers:
        found = reader(text, start)
        if found is not None:
            return found if found.rule else found._replace(rule=rule_name(reader))
    return None
