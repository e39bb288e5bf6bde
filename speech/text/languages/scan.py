"""Finds the numbers of a sentence, with what belongs to them, and has each read by its kind.

A sentence is read in one pass: no form is looked for where no number begins, and what no reader
claims is left to espeak-ng as a whole, so that no part of a code is read as a number.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import NamedTuple

from speech.text.edits import Kind
from speech.text.languages.fractions import VULGAR, fraction, unit_of, vulgar
from speech.text.languages.grammar import Currency, Day, Language, Moment, Noun, listed
from speech.text.languages.numerals import MAX_DIGITS
from speech.text.reading import Span, rule_name, word_after, word_before

_SIGNS = {
    "€": "EUR", "$": "USD", "US$": "USD", "£": "GBP", "¥": "JPY", "R$": "BRL", "zł": "PLN",
    "Fr.": "CHF", "₣": "CHF", "₽": "RUB", "руб.": "RUB", "руб": "RUB", "₴": "UAH", "Kč": "CZK",
    "kr": "SEK", "₹": "INR",
}  # fmt: skip
_CODES = "EUR|USD|GBP|CHF|PLN|BRL|JPY|RUB|CZK|SEK"
_BEFORE = rf"(?:US\$|R\$|[€$£¥₹]|Fr\.|(?:{_CODES})(?![A-Za-z]))"
_BEHIND = rf"(?:US\$|R\$|[€$£¥₹₽₴]|руб\.|(?:zł|Kč|kr|руб|{_CODES})(?!\w))"
_DIGIT = re.compile(rf"[0-9{VULGAR}]|[IVX]{{2}}| [IVX](?!\w)| I(?:er|re)")
# Roman numerals of more than one letter, up to 39; letters of more are sizes and abbreviations.
_ROMAN = r"(?:X{0,3}(?:IX|IV|V?I{1,3}|V)|X{2,3})(?<=[IVX]{2})(?:e|ᵉ|ème)?(?!\w)"
# e.g. `3,50`
_START = re.compile(
    rf"(?<![\w,:/-])(?<![0-9]\.)(?:-?(?=[0-9{VULGAR}])|{_BEFORE} ?(?=-?[0-9])|(?={_ROMAN})"
    r"|(?<=[^\W\d_] )(?=[IVX](?![\w'])|I(?:er|re)(?!\w)))"
)
_RUN = re.compile(r"[-.,:/'\w]*\w|\W")
_TELEPHONES = frozenset(
    listed(
        """
        tel telefon teléfono telefono telefone téléphone tél telefoon tfno fax móvil
        handy mobil cell cel тел телефон tfn
        """
    )
)
_CROSSED = re.compile(r"(?P<a>[0-9])[x×][0-9](?!\w)")
_COUNTED = re.compile(r" ([^\W\d_]{2,32})(?!\w)")
_YEAR = re.compile("1[0-9]{3}|20[0-9]{2}")
_AFTER_YEARS = frozenset(listed("do i a po до по и roku год года г")) | {""}
_ALSO = re.compile(r"(\w+) [0-9]{1,2}\. (?:und|oder) $")
_GROUPS = re.compile(r"[. ',]")


class _Reader(NamedTuple):
    pattern: re.Pattern[str]
    read: Callable[[Language, re.Match[str]], str]
    kind: Kind
    rule: str
    needs: frozenset[str]
    """Of these characters one stands within `_REACH`; none where it may do without."""


_REACH = 48


def spans(text: str, language: Language) -> list[Span]:
    """What is read in one cleaned sentence, in order."""
    if _DIGIT.search(text) is None:
        return []
    return list(_spans(text, language))


def _spans(text: str, language: Language) -> Iterator[Span]:
    readers = _readers(language)
    begin = 0
    is_range = False
    while True:
        if is_range:
            start = begin
        else:
            place = _START.search(text, begin)
            if place is None:
                return
            start = place.start()
        found = _read(text, start, language, readers)
        is_range = found is not None and found.kind == "range"
        if found is None:
            run = _RUN.match(text, start)
            begin = run.end() if run else start + 1
        else:
            begin = found.end
            yield found


def _read(text: str, start: int, language: Language, readers: tuple[_Reader, ...]) -> Span | None:
    negative = text[start] == "-"
    first = start + negative
    is_roman = text[first] in "IVX"
    near = frozenset(text[first : first + _REACH])
    for pattern, read, kind, rule, needs in readers:
        if (kind == "roman") is not is_roman or (needs and needs.isdisjoint(near)):
            continue
        if match := pattern.match(text, first):
            spoken = read(language, match)
            if spoken:
                spoken = f"{language.minus} {spoken}" if negative else spoken
                return Span(start, match.end(), spoken, kind, rule)
    return None


@cache
def _readers(language: Language) -> tuple[_Reader, ...]:
    """The readers of one of the languages there are tables for."""
    group = "." if language.decimal_sign == "," else ","
    whole = (
        rf"(?:[0-9]{{1,3}}(?:\{group}[0-9]{{3}}){{1,3}}|[0-9]{{1,3}}(?: [0-9]{{3}}){{1,3}}"
        rf"|[0-9]{{1,3}}(?:'[0-9]{{3}}){{1,3}}|[0-9]{{1,{MAX_DIGITS}}})(?![0-9])"
    )
    number = rf"(?P<whole>{whole})(?:\{language.decimal_sign}(?P<part>[0-9]{{1,9}}))?"
    end = r"(?!\w|[:/.,-][0-9])"
    units = "|".join(re.escape(unit) for unit in sorted(language.units, key=len, reverse=True))
    letters = "|".join(
        re.escape(unit)
        for unit in sorted(language.units, key=len, reverse=True)
        if unit[0].isalpha()
    )
    scales = "|".join(re.escape(scale) for scale in sorted(language.scales, key=len, reverse=True))
    names = "|".join(re.escape(name) for name in sorted(_names(language), key=len, reverse=True))
    months = "|".join(
        sorted({*language.months, *(f"{name}\\.?" for name in language.short_months)}, key=len)[
            ::-1
        ]
    )
    per = rf"(?: ?/ ?(?P<per>{units}))?"
    clock = language.clock_words or "(?!)"
    hour = "(?:[01]?[0-9]|2[0-4])"
    # `14.30-16.00` is no pair of decimals where these have a comma.
    quarter = "(?:00|15|30|45)" if language.decimal_sign == "," else "(?!)"
    roman = rf"(?P<roman>{_ROMAN})\.?" if language.dot_ordinals else rf"(?P<roman>{_ROMAN})"
    single = (
        r"(?P<roman>[IVX])\.?(?![\w'])" if language.dot_ordinals else r"(?P<roman>[IVX])(?![\w'])"
    )
    table: tuple[tuple[str, Callable[[Language, re.Match[str]], str], Kind], ...] = (
        ("|".join(map(re.escape, language.fixed)) or "(?!)", _fixed, "number"),
        (rf"(?P<y>1[0-9]{{3}}|20[0-9]{{2}})(?P<mark>{language.year_behind})", _marked_year, "year"),
        (rf"(?P<roman>{_ROMAN}|[IVX])(?P<century>{language.century_mark})", _century, "roman"),
        (roman, _roman, "roman"),
        (r"(?P<roman>I)(?P<first>er|re)(?!\w)", _first, "roman"),
        (single, _ruler, "roman"),
        (language.codes, _code, "telephone"),
        (rf"(?P<y>[12]?[0-9]?[0-9]0)(?P<decade>{language.decades})(?!\w)", _decade, "year"),
        (rf"(?P<y>[0-9]{{4}})-(?P<m>[0-9]{{2}})-(?P<d>[0-9]{{2}}){end}", _date, "date"),
        (
            r"(?P<d>[0-9]{1,2})(?P<sign>\. ?|[/-])(?P<m>[0-9]{1,2})(?P=sign)"
            rf"(?P<y>[0-9]{{4}}|[0-9]{{2}}){end}{language.year_mark}",
            _date,
            "date",
        ),
        (language.short_date, _date, "date"),
        (
            rf"(?P<d>[0-9]{{1,2}})\.? ?(?:[-–] ?|{language.days[1] or '-'} )"
            rf"(?=[0-9]{{1,2}}{language.day_mark}(?P<month>(?i:{months}))(?!\w))",
            _days,
            "range",
        ),
        (
            rf"(?P<d>[0-9]{{1,2}}){language.day_mark}(?:de )?(?P<month>(?i:{months}))(?!\w)"
            rf"(?:,? (?:del? )?(?P<y>[12][0-9]{{3}})(?![\w-]|[.,:][0-9]){language.year_mark})?",
            _date,
            "date",
        ),
        (
            rf"(?P<h>{hour})(?::|[hH] ?)(?P<min>[0-5][0-9])"
            rf"(?: ?(?:{clock}))? ?[-–—] ?(?={hour}[:hH][0-5][0-9](?!\w))"
            rf"|(?P<h2>{hour})\.(?P<min2>[0-5][0-9]) ?[-–—] ?(?={hour}\.[0-5][0-9] ?(?:{clock}))"
            rf"|(?P<h4>{hour}) ?(?:{clock}) ?[-–—] ?(?={hour} ?(?:{clock})(?!\w))"
            rf"|(?P<h3>{hour})\.(?P<min3>{quarter}) ?[-–—] ?(?={hour}\.{quarter}{end})",
            _time_range,
            "range",
        ),
        (
            rf"(?P<h>[0-9]{{1,3}}):(?P<min>[0-5][0-9]) (?:{language.duration})(?!\w)",
            _duration,
            "time",
        ),
        (rf"(?P<a>[0-9]{{1,3}}):(?P<b>[0-9]|[0-9]{{3,6}}|[6-9][0-9]){end}", _score, "score"),
        (rf"(?P<a>2[5-9]|[3-9][0-9]|[0-9]{{3}}):(?P<b>[0-9]{{1,3}}){end}", _score, "score"),
        (rf"(?P<a>[0-9]{{1,2}})-(?P<b>[0-9]{{1,2}}){end}(?!-)", _result, "score"),
        (
            r"(?P<whole>[0-9]{1,3})(?: ?½| 1/2) (?P<noun>[^\W\d_]{1,32})(?![\w²³/])"
            if language.and_half[0]
            else "(?!)",
            _and_half,
            "fraction",
        ),
        (
            rf"(?:(?:(?P<w>[0-9]{{1,3}}) )?(?P<top>[0-9]{{1,2}})/(?P<low>[2-9]|10){end}"
            rf"|(?P<w2>[0-9]{{1,3}})? ?(?P<vulgar>[{VULGAR}])(?!\w))"
            rf"(?: ?(?P<unit>{letters})(?![\w²³]|/[^\W\d]))?",
            _fraction,
            "fraction",
        ),
        (
            rf"(?:{language.clock_head}|(?<=\.{quarter}[-–—])|(?<=\.{quarter} [-–—] ))"
            rf"(?P<h4>{hour})\.(?P<min4>[0-5][0-9])(?: ?(?:{clock})(?!\w))?{end}"
            rf"|(?P<h>{hour})(?:(?::|[hH] ?| [hH] )"
            r"(?P<min>[0-5][0-9])(?::(?P<s>[0-5][0-9]))?"
            rf"(?: ?(?P<suffix>{clock})(?!\w))?|\.(?P<min2>[0-5][0-9]) ?(?P<suffix2>{clock})(?!\w)"
            rf"| ?(?P<suffix3>{clock})(?!\w)){end}",
            _time,
            "time",
        ),
        (
            r"\+?(?=[0-9])[0-9]{1,4}(?:[ -]?[0-9]{2,8}){1,5}(?![\w-]|[.,:/][0-9])"
            r"|0[0-9]{2,5}/[0-9]{5,9}(?![\w-]|[.,:/][0-9])",
            _telephone,
            "telephone",
        ),
        (
            rf"(?P<sign>{_BEFORE}) ?-?{number}(?:,(?:-+|—))?(?: (?P<scale>{scales})(?!\w))?{per}"
            rf"{end}",
            _money,
            "money",
        ),
        (
            rf"{number}(?:,(?:-+|—))? ?(?:(?P<scale>{scales}) ?)?(?P<sign>{_BEHIND}){per}{end}",
            _money,
            "money",
        ),
        (rf"{number} (?P<name>{names})(?!\w)", _named, "measure"),
        (rf"(?P<whole>{whole}) ?- ?(?=(?P<then>{whole})(?!-))", _range, "range"),
        (rf"{number} ?[x×] ?(?=[0-9])", _times, "range"),
        (r"(?P<whole>[0-9]{1,3}) ?[x×](?!\w)", _often, "number"),
        (rf"{number} ?(?P<unit>{units})(?![\w²³]|/[^\W\d]|\. ?[0-9])", _measure, "measure"),
        (rf"(?P<whole>[0-9]{{1,4}})(?P<ending>{language.endings}){end}", _ordinal, "ordinal"),
        (
            rf"{number} (?P<scale>{scales})(?!\w)",
            _scaled,
            "number",
        ),
        (r"(?P<y>1[0-9]{3}|20[0-9]{2})(?!\w|[:/.,-][0-9])", _year, "year"),
        (rf"{number}{end}", _number, "number"),
        (r"[0-9]{1,4}(?:\.[0-9]{1,4}){1,3}(?!\w|[:/.,-][0-9])", _version, "version"),
    )
    # What a language has no pattern for is never found.
    return tuple(
        _Reader(re.compile(pattern), read, kind, rule_name(read), frozenset(_NEEDS.get(read, "")))
        for pattern, read, kind in table
        if pattern != "(?!)"
    )


def _date(language: Language, match: re.Match[str]) -> str:
    groups = match.groupdict()
    day = int(groups["d"])
    if named := groups.get("month"):
        key = named.lower().rstrip(".")
        month = language.short_months.get(key) or _months(language).index(key) + 1
    else:
        month = int(groups["m"])
    if not (1 <= day <= 31 and 1 <= month <= 12):
        return ""
    year = groups.get("y") or ""
    if len(year) == 2:
        year = ("20" if int(year) < 50 else "19") + year
    before = word_before(match.string, match.start()).lower()
    if before.endswith(",") or (before.endswith("-") and language.tag == "de"):
        # am Montag, 3. Mai; vom 5.-7. Mai
        head = match.string[: match.start()].rstrip()
        before = word_before(head, len(head) - len(before)).lower()
    if also := _ALSO.search(match.string, max(0, match.start() - 32), match.start()):
        # am 5. und 6. Mai
        before = also[1].lower()
    said = language.year(year) if year else ""
    marked = any(sign in match[0] for sign in "º°")
    return language.date(Day(day, month, said, before, marked))


def _days(language: Language, match: re.Match[str]) -> str:
    if not 1 <= int(match["d"]) <= 31:
        return ""
    return language.days_until(Day(int(match["d"]), 0, "", _before(match), marked=False))


def _months(language: Language) -> list[str]:
    return [month.lower() for month in language.months]


def _before(match: re.Match[str]) -> str:
    """The word before a form, in lower case."""
    return word_before(match.string, match.start()).lower()


def _time(language: Language, match: re.Match[str]) -> str:
    suffix = match["suffix"] or match["suffix2"] or match["suffix3"] or ""
    minute, second = match["min"] or match["min2"] or match["min4"] or "0", match["s"]
    return language.clock(
        Moment(
            hour=int(match["h"] or match["h4"]),
            minute=int(minute),
            second=int(second) if second else None,
            suffix=suffix,
            before=_before_time(match),
        )
    )


def _before_time(match: re.Match[str]) -> str:
    before = _before(match)
    if before not in {"godz.", "godzina", "hod."}:
        return before
    head = match.string[: match.start()].rstrip()
    return word_before(head, len(head) - len(before)).lower()


def _time_range(language: Language, match: re.Match[str]) -> str:
    hour = match["h"] or match["h2"] or match["h3"] or match["h4"]
    minute = match["min"] or match["min2"] or match["min3"] or "0"
    return language.until(Moment(int(hour), int(minute), None, "", _before_time(match)))


def _score(language: Language, match: re.Match[str]) -> str:
    return language.score(match["a"], match["b"])


def _result(language: Language, match: re.Match[str]) -> str:
    """`3-1`, where `1-3` may be a range."""
    is_score = int(match["a"]) >= int(match["b"]) and not match[0].startswith("0")
    return language.score(match["a"], match["b"]) if is_score else ""


def _duration(language: Language, match: re.Match[str]) -> str:
    hours = language.counted(match["h"], "", language.units["h"])
    return (
        f"{hours}{language.and_seconds}{language.counted(match['min'], '', language.units['min'])}"
    )


def _times(language: Language, match: re.Match[str]) -> str:
    score = _CROSSED.match(match.string, match.start()) if language.crossed_scores else None
    if score:
        return f"{language.cardinal(score['a'])} {language.against} "
    return f"{language.decimal(_plain(match['whole']), match['part'] or '')} {language.times} "


def _often(language: Language, match: re.Match[str]) -> str:
    return f"{language.cardinal(match['whole'], 'f')}{language.often}"


def _code(language: Language, match: re.Match[str]) -> str:
    return " ".join(language.cardinal(sign) if sign.isdigit() else sign for sign in match[0])


def _fixed(language: Language, match: re.Match[str]) -> str:
    return language.fixed[match[0]]


def _decade(language: Language, match: re.Match[str]) -> str:
    return language.decade(match["y"], match["decade"])


def _century(language: Language, match: re.Match[str]) -> str:
    before = word_before(match.string, match.start())
    return language.century(str(_value(match["roman"])), before)


def _first(language: Language, match: re.Match[str]) -> str:
    return language.ordinal("1", match["first"], "")


def _fraction(language: Language, match: re.Match[str]) -> str:
    if match["vulgar"]:
        whole, (top, low) = match["w2"], vulgar(match["vulgar"])
    else:
        whole, top, low = match["w"], int(match["top"]), int(match["low"])
        if top >= low:
            return ""
    unit = language.units[match["unit"]] if match["unit"] else None
    word = word_after(match.string, match.end()).strip(".,;:!?")
    counted = (
        language.counts(word) and not unit and match.string[match.end() : match.end() + 1] == " "
    )
    gender = unit.gender if unit else language.gender(word) if counted else ""
    cardinals = (
        language.cardinal(whole) if whole and whole != "0" else "",
        language.cardinal(str(top)),
    )
    family = language.tag[:2]
    said = fraction(family, cardinals, top, low, gender if unit or counted else None)
    if not said or unit is None:
        return said
    if cardinals[0]:
        return f"{said} {unit.few or unit.many}"
    return f"{said} {unit_of(family, unit, is_half=(top, low) == (1, 2))}"


_PLURALS_OF_OTHERS = ("ois", "eses")
"""Ends of nouns whose singular keeps the `s`, such as mois and fois, or loses more, as meses."""


def _and_half(language: Language, match: re.Match[str]) -> str:
    whole, noun = match["whole"], match["noun"]
    if unit := language.units.get(noun):
        gender, said = unit.gender, language.counted(whole, "", unit)
    elif language.counts(noun):
        gender = language.gender(noun)
        if whole == "1" and noun.endswith(_PLURALS_OF_OTHERS):
            return ""
        noun = noun.removesuffix("s") if whole == "1" else noun
        said = f"{language.cardinal(whole, gender)} {noun}"
    else:
        return ""
    return f"{said} {language.and_half[gender == 'f']}"


def _telephone(language: Language, match: re.Match[str]) -> str:
    before = word_before(match.string, match.start()).lower().strip(".:")
    if sum(map(str.isdigit, match[0])) < 7 or not (match[0][0] in "+0" or before in _TELEPHONES):
        return ""
    groups = re.findall(r"[0-9]+", match[0])
    said = ", ".join(" ".join(language.cardinal(digit) for digit in group) for group in groups)
    return f"plus {said}" if match[0][0] == "+" else said


def _money(language: Language, match: re.Match[str]) -> str:
    said = _amount(language, match)
    if said and match["per"]:
        return f"{said} {language.per} {language.units[match['per']].one}"
    return said


def _amount(language: Language, match: re.Match[str]) -> str:
    sign = match["sign"]
    currency = language.currencies.get(_SIGNS.get(sign, sign))
    if currency is None:
        return ""
    whole, part, scale = _plain(match["whole"]), match["part"] or "", match["scale"]
    if scale:
        said = language.counted_behind(_before(match), whole, part, language.scales[scale])
        return f"{said} {language.money(currency.major.many)}"
    if len(part) == 1 and currency.minor is not None:
        part += "0"
    if not part.strip("0"):
        return language.counted_behind(_before(match), whole, "", currency.major)
    if len(part) != 2 or currency.minor is None:
        return language.counted(whole, part, currency.major)
    return _coins(language, whole, part.lstrip("0"), currency, currency.minor)


def _coins(language: Language, whole: str, coins: str, currency: Currency, minor: Noun) -> str:
    if not int(whole):
        return language.counted(coins, "", minor)
    return language.cents.format(
        major=language.counted(whole, "", currency.major),
        minor=language.cardinal(coins, minor.gender),
        coin=language.form(minor, coins, ""),
    )


def _named(language: Language, match: re.Match[str]) -> str:
    """A number before a unit or money in letters, which stays as it is written."""
    noun = _names(language)[match["name"]]
    whole, part = _plain(match["whole"]), match["part"] or ""
    for currency in language.currencies.values():
        if noun is currency.major and len(part) == 2 and part.strip("0") and currency.minor:
            return _coins(language, whole, part.lstrip("0"), currency, currency.minor)
    if len(whole) > 1 and whole[0] == "0":
        return ""
    if not part and (case := language.case(_before(match), match["name"])):
        return f"{language.declined(whole, case, noun.gender)} {match['name']}"
    return f"{language.decimal(whole, part, noun.gender)} {match['name']}"


@cache
def _names(language: Language) -> dict[str, Noun]:
    """Units and money by the words they are said with."""
    found = [*language.units.values(), *language.scales.values()]
    for currency in language.currencies.values():
        found += [currency.major] if currency.minor is None else [currency.major, currency.minor]
    return {
        form: noun
        for noun in reversed(found)
        for form in (noun.one, noun.many, noun.few, noun.part)
        if form
    }


def _range(language: Language, match: re.Match[str]) -> str:
    low, high = _plain(match["whole"]), _plain(match["then"])
    if int(low) >= int(high) or (low[0] == "0" and len(low) > 1):
        return ""
    is_year = len(low) == len(high) == 4 and language.year_form == "year"
    said = language.year(low) if is_year else language.cardinal(low)
    return f"{said} {language.to} " if language.to else f"{said}, "


def _measure(language: Language, match: re.Match[str]) -> str:
    if match["unit"] == "°":
        before = word_before(match.string, match.start()).lower()
        counted = _COUNTED.match(match.string, match.end())
        if counted and (before in language.articles or counted[1] in language.ordered):
            return ""
    noun = language.units[match["unit"]]
    before = _before(match)
    return language.counted_behind(before, _plain(match["whole"]), match["part"] or "", noun)


def _scaled(language: Language, match: re.Match[str]) -> str:
    noun, whole = language.scales[match["scale"]], _plain(match["whole"])
    return language.counted_behind(_before(match), whole, match["part"] or "", noun)


def _ordinal(language: Language, match: re.Match[str]) -> str:
    before = word_before(match.string, match.start()).lower()
    after = word_after(match.string, match.end())
    return language.ordinal(match["whole"], match["ending"], f"{before} {after}")


def _roman(language: Language, match: re.Match[str]) -> str:
    number = _value(match["roman"].rstrip("eᵉèm"))
    before = word_before(match.string, match.start())
    if before.lower() in language.sections:
        return language.cardinal(str(number))
    after = word_after(match.string, match.end()).rstrip(".,;:!?")
    return language.roman(str(number), before, after)


def _value(letters: str) -> int:
    values = [{"I": 1, "V": 5, "X": 10}[letter] for letter in letters]
    pairs = zip(values, [*values[1:], 0], strict=True)
    return sum(-value if value < after else value for value, after in pairs)


def _ruler(language: Language, match: re.Match[str]) -> str:
    before = word_before(match.string, match.start())
    return _roman(language, match) if language.is_ruler(before) else ""


def _marked_year(language: Language, match: re.Match[str]) -> str:
    before = word_before(match.string, match.start()).lower()
    return language.marked_year(match["y"], match["mark"], before)


def _year(language: Language, match: re.Match[str]) -> str:
    if language.year_form == "cardinal":
        return ""
    is_old = match["y"] < "2000"
    before = word_before(match.string, match.start()).lower()
    return language.year(match["y"]) if is_old or before in language.year_words else ""


def _number(language: Language, match: re.Match[str]) -> str:
    whole = match["whole"]
    if len(whole) > 1 and whole[0] == "0":
        return ""
    behind = match.string[match.end() : match.end() + 3].replace(" ", "")
    # A dot behind a bare number may make an ordinal: only a clear number is spelt out.
    if language.dot_ordinals and behind[:1] == "." and behind[1:]:
        return ""
    counted = _COUNTED.match(match.string, match.end())
    before, noun = _before(match), counted[1] if counted else ""
    gender = language.gender(noun, whole) if noun and before not in language.sections else ""
    if not match["part"] and (case := language.case(before, noun)):
        if _YEAR.fullmatch(whole) and noun in _AFTER_YEARS:
            return language.year_in(whole, case)
        return language.declined(_plain(whole), case, gender)
    return language.decimal(_plain(whole), match["part"] or "", gender)


def _version(language: Language, match: re.Match[str]) -> str:
    parts = match[0].split(".")
    if any(len(part) > 1 and part[0] == "0" for part in parts):
        return ""
    return f" {language.dot} ".join(language.cardinal(part) for part in parts)


def _plain(number: str) -> str:
    return _GROUPS.sub("", number)


_NEEDS: Mapping[Callable[[Language, re.Match[str]], str], str] = {
    _duration: ":", _score: ":", _result: "-", _range: "-", _time_range: "-–—",
    _times: "x×", _often: "x×", _and_half: "½/",
    _fraction: "/¼½¾" + "".join(map(chr, range(0x2150, 0x215F))),
    _money: "".join(_SIGNS) + _CODES,
}  # fmt: skip
"""Characters without which a reader finds nothing."""
