"""Short replies of a service: natural, with numbers, names and times, and all different.

Pure and deterministic: an index gives the same reply in any process, and two indices below
`DISTINCT` never the same words. A run takes its texts from a block of its own; blocks share
nothing, so a run from another block says nothing the first one said.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from string import Formatter

# No two of one slot sound alike: replies that are spoken alike share an entry of the cache.
_NAMES = (
    "Amelia Bruno Clara Dmitri Esther Felix Greta Hassan Ingrid Jonas Kamala Leopold Miriam Nadia "
    "Oscar Priya Quentin Rosa Stefan Tabitha Ulrich Victor Wanda Yusuf Zelda Arjun Beatrice Cedric "
    "Dolores Edmund Francesca Gustav Harriet Isabel Joaquin Kirsten Lucinda Mateo Noah Octavia "
    "Pascal Ramona Samuel Theodore Ursula Vanessa Winston Xavier"
)
_THINGS = (
    "parcel ticket invoice garden kitchen meeting concert lesson camera bicycle blanket compass "
    "dinner engine folder guitar helmet jacket lantern mirror needle orchard passport quilt "
    "radio saddle telescope umbrella violin wallet bookshelf carpet delivery repair booking table "
    "printer sofa keyboard tent"
)
_CITIES = (
    "Berlin Bristol Cairo Chicago Dallas Denver Dublin Edinburgh Florence Geneva Hamburg Helsinki "
    "Istanbul Jakarta Kingston Leeds Lisbon Madrid Manchester Melbourne Montreal Munich Nairobi "
    "Oslo Oxford Paris Prague Quebec Rome Seattle Stockholm Toronto Valencia Vienna Warsaw Zurich"
)
_DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday"
_MONTHS = "January February March April May June July August September October November December"
_CENTS = (10, 25, 40, 50, 75, 80, 95, 99)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Slot:
    """What may stand in one place of a pattern."""

    size: int
    say: Callable[[int], str]
    """The words of a choice from 0 to `size` - 1."""


def _words(text: str) -> _Slot:
    words = text.split()
    return _Slot(size=len(words), say=words.__getitem__)


def _clock(choice: int) -> str:
    hour, minute = divmod(choice % 720, 60)
    return f"{hour + 1}:{minute:02d} {'am' if choice < 720 else 'pm'}"


def _date(choice: int) -> str:
    return f"{_MONTHS.split()[choice // 28]} {choice % 28 + 1}"


def _price(choice: int) -> str:
    whole, cents = divmod(choice, len(_CENTS))
    return f"${whole + 2}.{_CENTS[cents]}"


_SLOTS = {
    "name": _words(_NAMES),
    "thing": _words(_THINGS),
    "city": _words(_CITIES),
    "day": _words(_DAYS),
    "number": _Slot(size=898, say=lambda choice: str(choice + 2)),
    "few": _Slot(size=58, say=lambda choice: str(choice + 2)),
    "time": _Slot(size=1440, say=_clock),
    "date": _Slot(size=336, say=_date),
    "price": _Slot(size=297 * len(_CENTS), say=_price),
}
_PATTERNS = (
    "{name}: {thing} number {number}.",
    "{time}, gate {few}, {city}.",
    "Sure, {name}: {few} cost {price}.",
    "{city} at {time}, platform {few}.",
    "Done. {name} is booked for {time}, table {few}.",
    "The {thing} is {price} in {city}.",
    "Timer set for {few} minutes, {name}, until {time}.",
    "Your {thing} is ready, {name}, at desk {number}.",
    "I have added {number} to the {thing} list for {name}.",
    "{name} called about the {thing} at {time}.",
    "It is {few} degrees in {city}, and {name} lands at {time}.",
    "Your balance is {price} after the {thing} from {city}.",
    "The next bus to {city} leaves at {time} from stop {few}.",
    "{name} has put {number} on the list for the {thing}.",
    "Okay, {name}, waking you on {date} at {time}. Sleep well!",
    "I have moved the {thing} of {name} to floor {number} for tomorrow.",
    "Reminder: {thing} with {name} on {day} at {time}.",
    "Your order {number} left {city} on {date}.",
    "Of course. The {thing} costs {price}, and {name} will bring it to you.",
    "{name} wrote: running late, see you in {city} at {time}.",
    "Good morning, {name}. You have {few} meetings today, the first one at {time}.",
    "Sorry, {name}, I could not find the {thing}. Shall I look again in {number} minutes?",
    "The flight to {city} now boards at {time}; please go to gate {few}, {name}.",
    "Payment of {price} to {name} was sent on {date}. Anything else I can do?",
    "Traffic to {city} is heavy. Leave by {time} and you will still make it, {name}.",
    "There are {number} new messages about the {thing}; the last one, from {name}, came just now.",
    "I found {few} hotels in {city} for {date}. The cheapest room is {price} a night.",
    "Doctor {name} can see you on {day}, {date}, at {time}. Shall I confirm that for you?",
    "Your {thing} from {city} arrives on {day} between noon and {time}; nobody needs to sign.",
    "Turn left in {number} metres, then take the second exit toward {city}. {name} is waiting.",
    "Thank you for waiting so patiently. {name} says that the {thing} will arrive with bus number "
    "{number} late this evening.",
    "The {thing} you asked about is back in stock, {name}. It is {price}, and we deliver to {city} "
    "by {day}.",
)
SHORTEST, LONGEST = 20, 120
"""Characters of the replies."""


def _slots(pattern: str) -> tuple[_Slot, ...]:
    return tuple(_SLOTS[name] for _, name, _, _ in Formatter().parse(pattern) if name)


_ROOM = min(math.prod(slot.size for slot in _slots(pattern)) for pattern in _PATTERNS)
DISTINCT = _ROOM * len(_PATTERNS)
"""How many different replies there are: some fifty million."""
BLOCK = 2**16
"""Replies that one run may use."""
BLOCKS = DISTINCT // BLOCK
# A prime above every number of choices, so that stepping by it visits each of them once, and
# neighbours share little (Knuth's multiplicative hash).
_STRIDE = 2_654_435_761


def reply(index: int) -> str:
    """The reply of an index from 0 to DISTINCT - 1.

    Raises:
        ValueError: there is none of that index.
    """
    if not 0 <= index < DISTINCT:
        raise ValueError(f"there is no reply {index}, only {DISTINCT} different ones")
    row, column = divmod(index, len(_PATTERNS))
    pattern = _PATTERNS[column]
    slots = _slots(pattern)
    # Moved by the column, so that one row's replies do not all make the same choices.
    rest = (row + column * BLOCK) * _STRIDE % math.prod(slot.size for slot in slots)

    def choose(size: int) -> int:
        nonlocal rest
        rest, choice = divmod(rest, size)
        return choice

    return filled(pattern, choose)


def filled(pattern: str, choose: Callable[[int], int]) -> str:
    """A pattern with its slots filled; `choose` takes how many choices there are, and makes one."""
    words = iter([slot.say(choose(slot.size)) for slot in _slots(pattern)])
    return "".join(
        text + (next(words) if name else "") for text, name, _, _ in Formatter().parse(pattern)
    )


def block(number: int) -> range:
    """Indices of a block's replies; blocks are counted modulo BLOCKS."""
    start = number % BLOCKS * BLOCK
    return range(start, start + BLOCK)


def replies(count: int, *, first: int = 0) -> tuple[str, ...]:
    """So many replies, all different, from an index on."""
    return tuple(reply(first + offset) for offset in range(count))
