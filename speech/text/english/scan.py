"""English: finds the written forms of a sentence and has each read by its kind, in one pass."""

import re
from collections.abc import Mapping
from functools import partial

from speech.text.english import dates, money, signs, words
from speech.text.english.addresses import read_house, read_zip
from speech.text.english.dates import (
    PERIOD_HEAD,
    SHORT_HEAD,
    read_decade,
    read_period,
    read_quarter,
    read_season,
    read_short_year,
    read_time,
)
from speech.text.english.measures import (
    read_angle,
    read_dimensions,
    read_height,
    read_measure,
    read_temperature,
)
from speech.text.english.numbers import (
    VULGAR,
    read_fraction,
    read_minus,
    read_ordinal,
    without_digits,
)
from speech.text.english.ranges import LETTERS_HEAD, read_letters, read_number, read_score
from speech.text.english.runs import find_runs
from speech.text.english.serials import (
    read_code,
    read_digit_groups,
    read_plural,
    read_serial,
    read_star,
)
from speech.text.english.signs import read_meter
from speech.text.reading import Reader, Reading, Span, rule_name

# One scan decides whether a sentence has anything to read, and finds the next thing to read.
# e.g. `$`
_START = re.compile(
    rf"(?P<number>[0-9{VULGAR}]|(?<![A-Za-z0-9.])\.(?=[0-9]))"
    r"|(?P<minus>-(?=[$€£¥]?\.?[0-9])"
    r"|(?:(?<=[ (][A-DFO])|(?<=[ (]AB))-(?! (?:and|or|to) |[^ .,;:!?)]))"
    r"|(?P<phone>\((?=[0-9]{2,5}\)))"
    r"|(?P<star>(?<![0-9A-Za-z)])[*#](?=[*#]?[0-9]{1,3}(?![0-9A-Za-z])))"
    rf"|(?P<letters>(?<![A-Za-z0-9'.-]){LETTERS_HEAD})"
    rf"|(?P<decade>{SHORT_HEAD})"
    rf"|(?P<period>(?<![A-Za-z]){PERIOD_HEAD})"
    rf"|(?P<money>[{money.SYMBOLS}]|(?<![A-Za-z]){money.PREFIX})"
    rf"|(?P<code>(?<![A-Za-z0-9/]){money.CODE_HEAD})"
    rf"|(?P<month>(?<![A-Za-z])(?i:{dates.MONTH_HEAD}))"
    rf"|(?P<weekday>(?<![A-Za-z]){dates.WEEKDAY_HEAD})"
    rf"|(?P<word>{words.PATTERN})"
    rf"|(?P<math>{signs.MATHEMATICS_HEAD})"
    rf"|(?P<symbol>[{re.escape(signs.SIGNS)}])"
)
# What follows a number tells most classes apart, and asking them all is what reading costs.
# e.g. `12/`
_NEXT = re.compile(
    r"[0-9]{1,9}(?:(?P<mark>['/:-])|[()\[\]{};!?]|,(?![0-9])|$| (?=[0-9]{1,2}(?: [0-9]|$)))"
)
_BARE_READERS: tuple[Reader, ...] = (
    read_time,
    read_digit_groups,
    read_zip,
    read_serial,
    read_number,
)
_APOSTROPHE_READERS: tuple[Reader, ...] = (
    read_height,
    money.read_money_after,
    read_plural,
    read_measure,
    read_decade,
    read_serial,
    read_number,
)
_COLON_READERS: tuple[Reader, ...] = (
    read_score,
    read_time,
    read_digit_groups,
    read_zip,
    read_serial,
    read_number,
)
_NUMBER_READERS: tuple[Reader, ...] = (
    read_score,
    read_time,
    read_digit_groups,
    read_house,
    read_zip,
    read_quarter,
    read_season,
    money.read_money_after,
    read_angle,
    read_height,
    read_plural,
    read_measure,
    read_dimensions,
    read_decade,
    read_ordinal,
    read_serial,
    read_fraction,
    read_number,
)


def _readers(*, british: bool) -> dict[str, tuple[Reader, ...]]:
    read_date = partial(dates.read_date, day_first=british)
    return {
        "number": (read_meter, read_date, read_temperature, *_NUMBER_READERS),
        "number,": _BARE_READERS,
        "number'": _APOSTROPHE_READERS,
        "number:": _COLON_READERS,
        "number-": (
            read_temperature,
            read_code,
            read_date,
            read_score,
            read_time,
            read_digit_groups,
            read_zip,
            money.read_money_after,
            read_measure,
            read_serial,
            read_number,
        ),
        "number/": (
            read_meter,
            read_date,
            read_score,
            read_season,
            read_measure,
            read_fraction,
            read_serial,
            read_number,
        ),
        "minus": (read_temperature, read_minus),
        "phone": (read_digit_groups,),
        "star": (read_star, signs.read_symbol),
        "letters": (read_letters, words.read_word),
        "decade": (read_short_year,),
        "period": (read_period,),
        "money": (money.read_money, signs.read_symbol),
        "code": (money.read_money_code,),
        "month": (dates.read_month,),
        "weekday": (dates.read_weekday,),
        "word": (words.read_word,),
        "math": (read_digit_groups, signs.read_mathematics),
        # A telephone number may begin with a plus.
        "symbol": (read_digit_groups, signs.read_symbol),
    }


_AMERICAN, _BRITISH = _readers(british=False), _readers(british=True)


_RULES: Mapping[Reader, str] = {
    reader: rule_name(reader)
    for readers in (*_AMERICAN.values(), *_BRITISH.values())
    for reader in readers
}


def english_spans(text: str, *, british: bool = False) -> list[Span]:
    """What is read otherwise than written in one cleaned English sentence, in linear time.

    Args:
        text: The written sentence, one line.
        british: Day before month in dates written with numbers alone.
    """
    match = _START.search(text)
    addresses = find_runs(text)
    readers = _BRITISH if british else _AMERICAN
    spans: list[Span] = []
    addresses.reverse()
    while match or addresses:
        if addresses and (match is None or addresses[-1][0] <= match.start()):
            start, reading = addresses.pop()
            found: Reading | None = reading
        else:
            if match is None:
                break
            if match.lastgroup == "word" and words.is_plain(match[0]):
                # Most words are; no sign inside one begins a form.
                match = _START.search(text, match.end())
                continue
            start = match.start()
            kind = match.lastgroup or "symbol"
            after = _NEXT.match(text, start) if kind == "number" else None
            if after:
                kind = f"number{after['mark'] or ','}"
            found = _read(text, start, readers[kind])
        # What no reader claims stays as it is written.
        end = start + 1
        if found is not None:
            end = found.end
            spans.append(
                Span(start, end, without_digits(found.spoken), found.kind, found.rule or "runs")
            )
            while addresses and addresses[-1][0] < end:
                # Another form reached into it.
                addresses.pop()
        match = _START.search(text, end)
    return spans


def _read(text: str, start: int, readers: tuple[Reader, ...]) -> Reading | None:
    for reader in readers:
        found = reader(text, start)
        if found is not None:
            return found if found.rule else found._replace(rule=_RULES[reader])
    return None
