"""Evidence from the words around a number: what it counts, what it follows, what it is said of.

Every look is bounded, so that reading stays linear.
"""

import re

from speech.text.reading import word_after

FUNCTION_WORDS = frozenset(
    """a an the this that these those and or but nor so yet if as at by for from in into of off on
    onto out over per than then to up with without within upon until till via vs is are was were be
    been being am has have had do does did will would can could shall should may might must not no
    it its he she they we you i his her their our your my who whom which what when where why how
    again now here there too also only just later earlier ago away today tomorrow yesterday
    because while after before during since about around through between among each all both
    said says gets got went goes became began saw marked came took made makes us yes plus minus
    times always perhaps thus across towards afterwards besides
    """.split()
)
"""Words that follow a number without being counted by it."""

_IRREGULAR = frozenset(
    """people men women children feet teeth mice geese fish sheep deer aircraft staff police
    percent dollars euros pounds cents million billion trillion thousand hundred dozen
    personnel cattle data media species series""".split()
)
_LOOK = 48


def before(text: str, start: int) -> str:
    """The bounded stretch of a sentence before an index, in lower case."""
    return text[max(0, start - _LOOK) : start].lower()


def counts(text: str, end: int) -> bool:
    """Whether a plural noun, with at most one word before it, stands behind a number."""
    words = re.findall(r"[^ ]+", text[end : end + _LOOK])[:2] if text[end : end + 1] == " " else []
    for word in words:
        bare = word.rstrip(".,;:!?)\"'")
        if not bare.isalpha() or not bare.islower() or bare in FUNCTION_WORDS:
            return False
        if bare in _IRREGULAR or (bare.endswith("s") and not bare.endswith(("ss", "us", "is"))):
            return True
        if bare != word:
            return False
    return False


def describes(text: str, start: int, end: int) -> bool:
    """Whether an amount stands as an adjective between an article and a noun: `a $5 bill`."""
    if not _ARTICLE.search(text, max(0, start - 8), start) or text[end : end + 1] not in {" ", "-"}:
        return False
    if text.startswith("-a-", end):
        return True
    word = word_after(text, end + 1).rstrip(".,;:!?)\"'")
    return word.isalpha() and word.islower() and word not in FUNCTION_WORDS


# e.g. `another `
_ARTICLE = re.compile(
    r"(?<![A-Za-z])(?:an?|the|this|that|another|each|every|per|his|her|its|our|my|your|their) $",
    re.I,
)
