"""Sounds that are written but spelled by espeak-ng (`shh`, `mhm`), stutters, drawn-out words."""

import re

from speech.text import marks
from speech.text.reading import Reading

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
HEADS = frozenset(
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
_WORD = re.compile(r"[A-Za-z]+(?:'[a-z]+)?$")
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
    if not _DRAWN.search(run) or not _WORD.match(run):
        return None
    twice = _RUNS.sub(r"\1\1", run)
    sound = _SOUNDS.get(twice.lower())
    if sound:
        return Reading(marks.pronounced(twice, sound), end, "interjection")
    if not _VOWEL.search(run) or not set(run.lower()) - _NUMERALS:
        return None
    once = _RUNS.sub(r"\1", run)
    return Reading(twice if twice.lower() in _DOUBLED else once, end, "interjection")
