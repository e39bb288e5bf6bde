"""English acronyms: spelled or said, by what people do and by what espeak-ng does on its own.

What espeak-ng already reads right (checked with its en-us voice) stays as it is written: FBI is
spelled and NASA is said. The tables hold what it gets wrong; unknown words in capitals are judged
by their length and by whether they could be an English syllable. Words of a shouted sentence stay
words.
"""

import re

from speech.text import marks
from speech.text.english import acronym_table as table
from speech.text.reading import Reading, word_after, word_before

# Letters that are words of their own, with their names; espeak-ng would say the words.
_LETTERS = {"A": marks.pronounced("A", "ˈeɪ"), "I": marks.pronounced("I", "ˈaɪ")}

HEADS = frozenset({*table.SAID, *table.SMALL, *table.MIXED})
"""Acronyms that are not all capitals."""

_VOWELS = frozenset("AEIOUY")
_FORM = re.compile(r"(?P<base>[A-Z]{2,})(?:(?P<tail>'s|s'?|'S)?(?![A-Za-z0-9])|(?=[0-9]))")
_AND = re.compile(r"(?P<left>[A-Z]{1,3}) ?& ?(?P<right>[A-Z]{1,3})(?P<tail>'?s)?(?![A-Za-z0-9])")
_ANY = re.compile(r"[A-Za-z]+")
_SHOUT = re.compile(r"[\"'(]*[A-Z][A-Z',.!?;:)\"]+$")
# Consonants an English syllable may begin or end with, for words nobody has listed.
_ONSET = re.compile(
    r"(?:[BCFGKP][LR]|[DT]R|TH|WR|WH|SH|CH|PH|GN|KN|S[CKLMNPQTW]|S[CPT]R|SPL|SHR|THR|SCH|QU|TW|DW"
    r"|[BCDFGHJKLMNPRSTVWXYZ])?(?=[AEIOUY])"
)
_CODA = re.compile(r"[AEIOUY](?:[BCDFGHKLMNPRSTVWXZ]{0,2}|NCH|NTH|NTS|RST|TCH|GHT|NKS|MPS|STS)$")
_CLUSTER = re.compile(
    r"[BCDFGHJKLMNPQRSTVWXZ]{4}|[AEIOUY]{4}|[AI]{2}|UU|[JQVX][BCDFGHJKLMNPQRSTVWXZ]"
)


def letters(word: str) -> str:
    """The names of a word's letters, one by one."""
    return " ".join(_LETTERS.get(letter, letter) for letter in word.upper())


def read_acronym(text: str, start: int) -> Reading | None:
    """An acronym that espeak-ng would read otherwise than people do."""
    found = _AND.match(text, start)
    if found:
        tail = "'s" if found["tail"] else ""
        spoken = f"{letters(found['left'])} and {letters(found['right'])}{tail}"
        return Reading(spoken, found.end(), "acronym")
    if text[start] == "A" and not text[start + 1 : start + 2].isalnum():
        return _read_a(text, start)
    match = _FORM.match(text, start)
    if match is None:
        return _read_small(text, start)
    base, tail = match["base"], match["tail"] or ""
    if base in table.SAID and not tail:
        return Reading(marks.pronounced(base, table.SAID[base]), match.end(), "acronym")
    listed = base in table.SPELLED
    spelled = listed or (
        base in table.SPELLED_BY_ESPEAK or not _VOWELS.intersection(base) or _is_spelled(base)
    )
    if tail in {"s", "s'"}:
        # espeak-ng says GPUs without its last sound.
        if not spelled:
            return None
        return Reading(f"{letters(base)}'s", match.end(), "acronym")
    if not spelled or not (listed or _is_spelled(base)) or _is_shouted(text, start, match.end()):
        return None
    return Reading(letters(base) + ("'s" if tail else ""), match.end(), "acronym")


def _read_a(text: str, start: int) -> Reading | None:
    """The letter A, as of a team or a grade; a sentence or a title may begin with the article."""
    before, after = word_before(text, start), word_after(text, start + 1)
    if not before or before[-1] in ".!?:\"'(" or text[start + 1 : start + 2] == "'":
        named = after.rstrip(".,") in {"minor", "major", "flat", "sharp"}
    else:
        named = not after[:1].isupper() and not _SHOUT.match(before)
    return Reading(letters("A"), start + 1, "acronym") if named else None


def _read_small(text: str, start: int) -> Reading | None:
    match = _ANY.match(text, start)
    if match is None:
        return None
    word, end = match[0], match.end()
    if word in table.SAID:
        return Reading(marks.pronounced(word, table.SAID[word]), end, "acronym")
    if word in table.MIXED:
        return Reading(letters(table.MIXED[word]), end, "acronym")
    if word not in table.SMALL or (
        text[end : end + 1] in {".", "-", "_", "@"} and text[end + 1 : end + 2].isalnum()
    ):
        return None
    if word.endswith("s"):
        return Reading(f"{letters(word[:-1])}'s", end, "acronym")
    return Reading(letters(word), end, "acronym")


def _is_spelled(word: str) -> bool:
    """Whether an unknown word in capitals is letters rather than a word."""
    if word in table.WORDS or word in table.SPELLED_BY_ESPEAK or len(word) > 5:
        return False
    if not _VOWELS.intersection(word):
        # espeak-ng spells these itself.
        return False
    if len(word) < 4:
        return True
    return not (_ONSET.match(word) and _CODA.search(word)) or bool(_CLUSTER.search(word))


def _is_shouted(text: str, start: int, end: int) -> bool:
    """Whether a neighbour is a word in capitals that is not an acronym."""
    before, after = word_before(text, start), word_after(text, end)
    # A comma parts the members of a list.
    near = [before] if not before.endswith(",") else []
    near += [after] if text[end : end + 1] == " " else []
    return any(_SHOUT.match(word) and _is_word(word) for word in near)


def _is_word(word: str) -> bool:
    bare = word.strip("\"'(),.!?;:")
    return len(bare) > 1 and (
        (bare in table.WORDS and bare not in table.SAID_AS_WORDS)
        or "'" in bare
        or (
            len(bare) > 3
            and bare not in table.SPELLED
            and not _is_spelled(bare)
            and bool(_VOWELS.intersection(bare))
            and bare not in table.SPELLED_BY_ESPEAK
        )
    )
