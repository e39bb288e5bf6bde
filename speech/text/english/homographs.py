"""English words of one spelling and two sounds, by their nearest neighbours.

espeak-ng's en-us voice chooses well behind pronouns, `to` and auxiliaries; the rules add what it
misses: orders (`Close the door`), pasts (`she read it`), and nouns that a neighbour gives away.
Where no rule's evidence stands, the word is left to espeak-ng.
"""

import re

from speech.text import marks
from speech.text.english import homograph_table as table
from speech.text.reading import Reading

_REACH = 40
"""Characters looked at on either side."""

_WORD = re.compile(r"[A-Za-z]+(?![A-Za-z'])")
_ANY = re.compile(r"[A-Za-z']+|[.,;:!?()\"—]")
_CAPITAL = re.compile(r"[A-Z][a-z]+ $")
_PAST = re.compile(
    r"[^.!?]{0,30}(?<![a-z])(?:yesterday|ago|last (?:night|week|month|year|summer|winter|spring"
    r"|fall|time)|this morning|when [a-zI]+ (?:was|were|came|had|arrived))(?![a-z])"
)
_EARLIER = re.compile(
    r"(?i:yesterday|last [a-z]+|ago|once|this morning),? (?:i|we|they|you|he|she|[a-z]+) $", re.I
)
# An auxiliary before `he read` takes the past: `did he read`.
_AUXILIARY = re.compile(
    r"(?:did|does|do|will|would|can|could|should|must|may|might|didn't|doesn't|won't|let|make|made"
    r"|help|helped|hear|heard|see|saw|watch|watched|have|has|had) (?:he|she|it|they|you|we|i) $",
    re.IGNORECASE,
)
_DID = re.compile(
    r"(?:^|[^a-z])(?:he|she|everyone|someone|nobody|(?:I|we|they|you) (?:just|already|recently"
    r"|once|finally)) (?:just |also |once |then |quickly |slowly |carefully |already |recently )?$",
    re.IGNORECASE,
)
_HAVE = re.compile(
    r"(?:have|has|had|having|'ve|'d|been|was|were|being) (?:[a-z]+ )?$", re.IGNORECASE
)
_WOULD = re.compile(r"'d (?:not |rather |love to |like to |never )?$", re.IGNORECASE)
_SUBJECT = re.compile(r"(?:^|[ (\"])(?:i|we|you|they|[a-z]+) $", re.IGNORECASE)
HEADS = frozenset(
    {
        form
        for word in {*table.RULES, *table.VERBS}
        for form in (word, word.capitalize())
        if form != "polish"
    }
)
"""The words the table knows."""


def read_homograph(text: str, start: int) -> Reading | None:
    """The word with the phonemes its neighbours ask for, or None where they ask for none."""
    match = _WORD.match(text, start)
    if match is None:
        return None
    word, end = match[0], match.end()
    before, after = text[max(0, start - _REACH) : start], text[end : end + _REACH]
    phonemes = _choose(word, before, after)
    return Reading(marks.pronounced(word, phonemes), end, "homograph") if phonemes else None


def _choose(word: str, before: str, after: str) -> str:
    small = word.lower()
    left, right = _left(before), _right(after)
    for rule in table.RULES.get(small, ()):
        if left & rule.unless:
            continue
        if ("*" in rule.before or left & rule.before) and ("*" in rule.after or right & rule.after):
            return rule.phonemes
    if small == "read":
        return "ɹˈɛd" if _is_past(before, after) else ""
    if small in table.VERBS and left & table.ORDERS and right & table.OBJECTS:
        # A capital in the middle of a sentence is the adjective.
        return "" if word == "Polish" and "<" not in left else table.VERBS[small]
    return ""


def _left(before: str) -> set[str]:
    """The word before, the two words before, and what they are."""
    words = _ANY.findall(before)[-2:]
    if not words or not words[-1][0].isalpha():
        return {"<"}
    last = words[-1].lower()
    found = {last, f"{words[0].lower()}-{last}"}
    if last.endswith("s") and not last.endswith(("ss", "us", "is", "'s", "as")):
        found.add("+s")
    if _CAPITAL.search(before):
        found.add("+name")
    return found


def _right(after: str) -> set[str]:
    """The word behind, the two words behind, and what they are."""
    words = _ANY.findall(after)[:2]
    if not words or not words[0][0].isalpha():
        return {">"}
    first = words[0].lower()
    found = {first, f"{first}-{words[-1].lower()}"}
    if first not in table.NOT_OBJECTS:
        found.add("+word")
        if first.endswith("s") and not first.endswith(("ss", "us", "is")):
            found.add("+s")
    return found


def _is_past(before: str, after: str) -> bool:
    """Whether `read` is the past or the participle where espeak-ng takes it for the present."""
    if _WOULD.search(before):
        return False
    if _HAVE.search(before):
        return True
    if _AUXILIARY.search(before):
        return False
    if _DID.search(before) or _EARLIER.search(before):
        return True
    return bool(_SUBJECT.search(before) and _PAST.match(after))
