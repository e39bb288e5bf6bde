"""English: finds the written forms of a sentence and has each read by its kind, in one pass."""

import re
from functools import partial

from speech.text import abbreviations, dates, money, romans, symbols
from speech.text.addresses import read_place_number
from speech.text.electronic import find_addresses
from speech.text.numbers import (
    VULGAR,
    read_decade,
    read_fraction,
    read_minus,
    read_number,
    read_ordinal,
)
from speech.text.reading import Reader, Reading
from speech.text.telephone import read_digit_groups
from speech.text.times import read_time
from speech.text.units import read_height, read_measure

# One scan decides whether a sentence has anything to read, and finds the next thing to read.
_START = re.compile(
    rf"(?P<number>[0-9{VULGAR}]|(?<![A-Za-z0-9.])\.(?=[0-9]))"
    r"|(?P<minus>-(?=[$€£¥]?\.?[0-9]))"
    r"|(?P<phone>\((?=[0-9]{3}\)))"
    r"|(?P<decade>'(?=[0-9]0s))"
    rf"|(?P<money>[{money.SYMBOLS}]|(?<![A-Za-z]){money.PREFIX})"
    rf"|(?P<code>(?<![A-Za-z])(?:{money.CODES}) ?(?=[0-9]))"
    rf"|(?P<month>(?<![A-Za-z])(?i:{dates.MONTH_HEAD}))"
    rf"|(?P<word>(?<![A-Za-z.])(?:{abbreviations.HEAD}))"
    rf"|(?P<roman>(?<![A-Za-z]){romans.HEAD})"
    rf"|(?P<symbol>[{re.escape(symbols.SIGNS)}])"
)
_SPACES = re.compile(r" {2,}")
_NUMBER_READERS: tuple[Reader, ...] = (
    read_time,
    read_digit_groups,
    read_place_number,
    money.read_money_after,
    read_height,
    read_measure,
    read_ordinal,
    read_fraction,
    read_number,
)


def _readers(*, british: bool) -> dict[str, tuple[Reader, ...]]:
    return {
        "number": (partial(dates.read_date, day_first=british), *_NUMBER_READERS),
        "minus": (read_minus,),
        "phone": (read_digit_groups,),
        "decade": (read_decade,),
        "money": (money.read_money, symbols.read_symbol),
        "code": (money.read_money_code,),
        "month": (dates.read_month,),
        "word": (abbreviations.read_abbreviation,),
        "roman": (romans.read_roman,),
        # A telephone number may begin with a plus.
        "symbol": (read_digit_groups, symbols.read_symbol),
    }


_AMERICAN, _BRITISH = _readers(british=False), _readers(british=True)


def read_english(text: str, *, british: bool = False) -> str:
    """Spoken form of one cleaned English sentence, in time linear in its length.

    Args:
        text: The written sentence, one line.
        british: Day before month in dates written with numbers alone.
    """
    match = _START.search(text)
    addresses = find_addresses(text)
    if match is None and not addresses:
        return text
    readers = _BRITISH if british else _AMERICAN
    spoken = _Spoken()
    position = 0
    addresses.reverse()
    while match or addresses:
        if addresses and (match is None or addresses[-1][0] <= match.start()):
            start, reading = addresses.pop()
            found: Reading | None = reading
        else:
            if match is None:
                break
            start = match.start()
            found = _read(text, start, readers[match.lastgroup or "symbol"])
        spoken.written(text[position:start])
        if found is None:
            # No reader claims it: it stays as it is written.
            end = start + 1
            spoken.written(text[start:end])
        else:
            end = found.end
            spoken.read(found.spoken)
        position = end
        match = _START.search(text, position)
    spoken.written(text[position:])
    return _SPACES.sub(" ", str(spoken)).strip()


def _read(text: str, start: int, readers: tuple[Reader, ...]) -> Reading | None:
    for reader in readers:
        found = reader(text, start)
        if found is not None:
            return found
    return None


class _Spoken:
    """The growing spoken sentence; keeps words apart where a reading meets its neighbours."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._last = " "
        self._seam = False

    def written(self, text: str) -> None:
        self._append(text)

    def read(self, words: str) -> None:
        self._seam = True
        self._append(words)
        self._seam = True

    def _append(self, text: str) -> None:
        if not text:
            return
        if self._seam and text[0].isalnum() and (self._last.isalnum() or self._last in ".,;:!?"):
            self._parts.append(" ")
        self._parts.append(text)
        self._last = text[-1]
        self._seam = False

    def __str__(self) -> str:
        return "".join(self._parts)
