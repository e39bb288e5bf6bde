"""What a language says around its numbers: a table each, and the few methods tables cannot be."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from speech.text.languages.numerals import Form, words

Gender = str
"""`m`, `f` or `n`: a key of `Language.agreement`."""


class Noun(NamedTuple):
    """What is counted."""

    gender: Gender
    one: str
    many: str
    few: str = ""
    """After 2, 3, 4 where a language has a form for them; else `many`."""
    part: str = ""
    """After a decimal where it has a form of its own; else `many`."""


class Currency(NamedTuple):
    """Money with its smaller coin."""

    major: Noun
    minor: Noun | None


def listed(words: str) -> tuple[str, ...]:
    """Words apart."""
    return tuple(words.split())


def nouns(table: str) -> dict[str, Noun]:
    """Nouns by written sign, from lines of sign, gender and forms; `_` is a space in a form."""
    found: dict[str, Noun] = {}
    for line in table.strip().splitlines():
        sign, gender, *forms = line.split()
        forms = [form.replace("_", " ") for form in forms]
        found[sign] = Noun(gender, forms[0], forms[1] if len(forms) > 1 else forms[0], *forms[2:])
    return found


class Moment(NamedTuple):
    """A time of day, and what stands around it."""

    hour: int
    minute: int
    second: int | None
    suffix: str
    """The word or letter behind it, e.g. `Uhr` or `h`; empty where there is none."""
    before: str
    """The word before it, lower case."""


INTERNATIONAL = nouns("""
    W m watt
    V m volt
    Hz m hertz
    kHz m kilohertz
    MHz m megahertz
    GHz m gigahertz
    kB m kilobyte
    MB m megabyte
    GB m gigabyte
    TB m terabyte
""")
"""Units with one name for one and for many, alike in several languages."""


def is_name(word: str) -> bool:
    """Whether a word may be a name that a Roman numeral follows."""
    return len(word) > 2 and word[0].isupper() and word[1:].islower()


class Day(NamedTuple):
    """A date, and the word before it in lower case."""

    day: int
    month: int
    year: str
    """Words; empty where there is none."""
    before: str
    marked: bool
    """The day is written as an ordinal: `1º`."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Language:
    """How one language reads its numbers: a table, and in a subclass what no table can say."""

    tag: str
    """num2words' name of it."""
    point: str
    """How the decimal sign is said."""
    dot: str
    """How the dot within a version is said."""
    minus: str
    to: str
    """Between the ends of a range; empty where a pause says it better."""
    against: str
    """Between the numbers of a score or a ratio, `3:1`."""
    months: tuple[str, ...]
    """Twelve, as they are said in a date."""
    short_months: Mapping[str, int]
    """Abbreviations without their dot, lower case, to the number of the month."""
    units: Mapping[str, Noun]
    currencies: Mapping[str, Currency]
    """By ISO code."""
    scales: Mapping[str, Noun]
    """Written magnitudes before a unit of money, e.g. `Mio.`, as they are said."""
    agreement: Mapping[Gender, Mapping[str, str]]
    """Last word of a number to its form before a noun of a gender; `=word` is that word alone."""
    sections: frozenset[str] = frozenset()
    """Before these a Roman numeral is a plain number: `Teil II`."""
    articles: frozenset[str] = frozenset()
    """Before these a number with a ring is an ordinal, not degrees: `al 4° piano`."""
    endings: str = ""
    """Pattern of written ordinal endings."""
    clock_words: str = ""
    """Pattern of what may stand behind a time, e.g. `Uhr`."""
    year_form: Form = "cardinal"
    year_words: frozenset[str] = frozenset()
    """Words before a year, where years are read otherwise than numbers."""
    decimals: str = "digits"
    """`digits`: one by one; `number`: as a number after its zeros."""
    of: str = ""
    """Between a magnitude and its money, with a blank behind it."""
    link: str = " "
    """Between day, month and year."""
    first: str = ""
    """The first day of a month, where it is not said like the others."""
    and_minutes: str = " "
    """Between hours and minutes."""
    minutes: Gender = ""
    and_seconds: str = ""
    """Before the seconds, with a blank at either end."""
    second: Noun | None = None
    """None where seconds are left out."""
    cents: str = "{major} {minor}"
    """An amount with coins; `{coin}` is the name of the coins."""
    decimal_sign: str = ","
    day_mark: str = " "
    """Pattern between the day and the name of the month."""
    short_date: str = "(?!)"
    """Pattern of a date in figures that this language alone has, with groups `d` and `m`."""
    year_mark: str = ""
    """Pattern of what may belong to a year behind it."""
    dot_ordinals: bool = False
    """Whether a dot makes a number an ordinal."""
    singular_below_two: bool = False
    slavic: bool = False
    """Whether nouns have a form of their own after 2, 3 and 4."""

    def cardinal(self, number: str, gender: Gender = "") -> str:
        """A whole number, in the form it has before a noun of a gender."""
        spoken = words(number, self.tag)
        if not gender or not spoken:
            return spoken
        forms = self.agreement.get(gender, {})
        if (alone := forms.get(f"={spoken}")) is not None:
            return alone
        head, space, last = spoken.rpartition(" ")
        return f"{head}{space}{forms.get(last, last)}"

    def decimal(self, whole: str, part: str, gender: Gender = "") -> str:
        """A number with a fraction after its decimal sign."""
        if not part:
            return self.cardinal(whole, gender)
        said = words(whole, self.tag)
        zeros = len(part) - len(part.lstrip("0"))
        if self.decimals == "number" and len(part) <= 3 and zeros < len(part):
            fraction = [words("0", self.tag)] * zeros + [words(part[zeros:], self.tag)]
        else:
            fraction = [words(digit, self.tag) for digit in part]
        return " ".join((said, self.point, *fraction))

    def form(self, noun: Noun, whole: str, part: str) -> str:
        """A noun as it stands behind a number."""
        if part:
            if self.singular_below_two and int(whole) < 2:
                return noun.one
            return noun.part or noun.many
        count = int(whole)
        if count == 1 or (self.singular_below_two and count == 0):
            return noun.one
        if self.slavic and 2 <= count % 10 <= 4 and not 12 <= count % 100 <= 14:
            return noun.few or noun.many
        return noun.many

    def counted(self, whole: str, part: str, noun: Noun) -> str:
        """A number with what it counts."""
        return f"{self.decimal(whole, part, noun.gender)} {self.form(noun, whole, part)}".rstrip()

    def nth(self, number: str) -> str:
        """An ordinal."""
        return words(number, self.tag, "ordinal")

    def day(self, date: Day) -> str:
        """The day of a date."""
        return self.first if self.first and date.day == 1 else self.cardinal(str(date.day))

    def date(self, date: Day) -> str:
        """A date in words."""
        parts = self.day(date), self.months[date.month - 1], date.year
        return self.link.join(part for part in parts if part)

    def hour(self, moment: Moment) -> str:
        """The hour of a time, with the word behind it."""
        return self.cardinal(str(moment.hour))

    def clock(self, moment: Moment) -> str:
        """A time in words."""
        said = self.hour(moment)
        if moment.minute:
            said += f"{self.and_minutes}{self.cardinal(str(moment.minute), self.minutes)}"
        if moment.second and self.second is not None:
            said += f"{self.and_seconds}{self.counted(str(moment.second), '', self.second)}"
        return said

    def ordinal(self, number: str, ending: str, around: str) -> str:
        """A number with its written ending, and the words before and after it with a blank between.

        Empty where it is no ordinal.
        """
        del ending, around
        return self.nth(number)

    def roman(self, number: str, before: str, after: str) -> str:
        """A Roman numeral, here in digits, between two words; empty where it is none."""
        del after
        return self.nth(number) if is_name(before) else ""

    def gender(self, noun: str) -> Gender:
        """Of a word that is counted, as far as its spelling tells; empty where it does not."""
        del noun
        return ""

    def money(self, noun: str) -> str:
        """Money behind a magnitude: `milioni di euro`."""
        return f"{self.of}{noun}"

    def year(self, number: str) -> str:
        """A year in words."""
        return words(number, self.tag, self.year_form)
