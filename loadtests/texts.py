"""Short replies of an assistant, all different, the same in every run; and how popular they are."""

import itertools
from collections.abc import Sequence

# No two of these sound alike: replies that are spoken alike share an entry of the cache.
_NAMES = (
    "Amelia", "Bruno", "Clara", "Dmitri", "Esther", "Felix", "Greta", "Hassan", "Ingrid", "Jonas",
    "Kamala", "Leopold", "Miriam", "Nadia", "Oscar", "Priya", "Quentin", "Rosa", "Stefan",
    "Tabitha", "Ulrich", "Victor", "Wanda", "Yusuf", "Zelda",
)  # fmt: skip
_THINGS = (
    "parcel", "ticket", "invoice", "garden", "kitchen", "meeting", "concert", "lesson", "camera",
    "bicycle", "blanket", "compass", "dinner", "engine", "folder", "guitar", "helmet", "island",
    "jacket", "lantern", "mirror", "needle", "orchard",
)  # fmt: skip
_PATTERNS = (
    "{name}: {thing} number {number}.",
    "Your {thing} is ready, {name}, at desk {number}.",
    "{name} has put {number} on the list for the {thing}.",
    "I have moved the {thing} of {name} to floor {number} for tomorrow.",
    "Of course. The {thing} costs {number} pounds, and {name} will bring it to you.",
    "Sorry, {name}, I could not find the {thing}. Shall I look again in {number} minutes?",
    "There are {number} new messages about the {thing}; the last one, from {name}, came just now.",
    "Thank you for waiting so patiently. {name} says that the {thing} will arrive with bus number "
    "{number} late this evening.",
)
_NUMBERS = range(2, 100)
SHORTEST, LONGEST = 20, 120
"""Characters of the replies."""
DISTINCT = len(_NAMES) * len(_THINGS) * len(_PATTERNS) * len(_NUMBERS)
"""How many replies there are: 450,800."""
# Prime to DISTINCT, so that stepping by it visits every reply once, and neighbours share little.
_STRIDE = 181_081


def reply(index: int) -> str:
    """The reply of an index; two indices give the same words only a multiple of DISTINCT apart."""
    rest = index * _STRIDE % DISTINCT
    rest, pattern = divmod(rest, len(_PATTERNS))
    rest, name = divmod(rest, len(_NAMES))
    rest, thing = divmod(rest, len(_THINGS))
    return _PATTERNS[pattern].format(name=_NAMES[name], thing=_THINGS[thing], number=_NUMBERS[rest])


def replies(count: int, *, first: int = 0) -> tuple[str, ...]:
    """So many replies, all different, from an index on.

    Raises:
        ValueError: there are not that many different ones.
    """
    if count > DISTINCT:
        raise ValueError(f"there are only {DISTINCT} different replies")
    return tuple(reply(first + offset) for offset in range(count))


def zipf_weights(count: int, exponent: float) -> tuple[float, ...]:
    """Popularity by rank: the share of rank r is proportional to r ** -exponent.

    Zipf's law; what callers of a service ask for follows it with exponents of about 0.6 to 1
    (Breslau et al., "Web Caching and Zipf-like Distributions", INFOCOM 1999).

    Returns:
        Shares that sum to 1, most popular first.
    """
    raw = [rank**-exponent for rank in range(1, count + 1)]
    total = sum(raw)
    return tuple(value / total for value in raw)


def cumulative(shares: Sequence[float]) -> tuple[float, ...]:
    """Running sums, as `random.choices` takes them."""
    return tuple(itertools.accumulate(shares))
