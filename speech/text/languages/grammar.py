"""What a language says around its numbers: a table each, and the few methods tables cannot be."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

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
    """The word before it, lower case; of `o godz.` the first."""


class Case(NamedTuple):
    """What puts a number in a grammatical case."""

    name: str
    """`genitive`, `dative`, `instrumental` or `prepositional`."""
    before: frozenset[str]
    """Words before it, lower case; none where only the noun decides."""
    endings: tuple[str, ...] = ()
    """Of the noun behind it, where they decide; none where they do not."""


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

DOTTED_DATE = r"(?P<d>[0-9]{1,2})\.(?P<m>[0-9]{1,2})\.(?=[ ,;)]|$)"
"""Pattern of `3.5.`, for `Language.short_date`."""
DOT_BEFORE_WORD = r"\.(?= [^\W\d_])"
"""Pattern of the dot that makes an ordinal, for `Language.endings`."""


def is_name(word: str) -> bool:
    """Whether a word may be a name that a Roman numeral follows, `Jean-Paul` too."""
    last = word.rpartition("-")[2]
    return len(word) > 2 and last[:1].isupper() and last[1:].islower()


class Day(NamedTuple):
    """A date, and the word before it in lower case."""

    day: int
    month: int
    year: str
    """Words; empty where there is none."""
    before: str
    marked: bool
    """The day is written as an ordinal: `1º`."""


# Names of rulers, behind which a single letter is a numeral, too.
_RULERS = frozenset(
    listed("""Karl Wilhelm Friedrich Heinrich Ludwig Otto Philipp Georg Leopold Franz Josef Peter
    Elisabeth Katharina Alexander Nikolaus Paul Johannes Benedikt Pius Napoleon Maximilian Rudolf
    Ferdinand Konrad Albrecht Gustav Christian Charles Louis Henri François Philippe Napoléon Jean
    Élisabeth Benoît Pie Léon Nicolas Carlos Felipe Fernando Isabel Alfonso Juan Pablo Benedicto
    Pío Carlo Vittorio Emanuele Umberto Giovanni Paolo Benedetto Pio Pedro João Manuel Afonso José
    Willem Karel Filips Zygmunt Kazimierz Jan Paweł Stefan August Henryk Elizabeth Elisabetta
    Jean-Paul Maria Francisco Luis Enrique Francesco Luigi Enrico Francis Edward Jakub Václav
    Joseph Fridrich Zikmund Oskar Erik Johan Adolf Kristina""")
)


_NO_NOUNS = frozenset(
    listed(
        """
        de del di du des da do dos das van der die den e y et en och a i a y o u ou of
        od der und oder davon dell della degli dei al à z ze w и или из от la le les
        el los las il lo gli plus más
        """
    )
)


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
    times: str
    """Between the sides of an area or the factors of a product, `3 x 4`."""
    per: str
    """Between a price and its unit, `5 €/kg`."""
    often: str
    """Behind a number of times, `4x`, with its blank."""
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
    the: str = ""
    """Between a ruler's name and number, with a blank behind it."""
    sections: frozenset[str] = frozenset()
    """Before these a Roman numeral is a plain number: `Teil II`."""
    articles: frozenset[str] = frozenset()
    """Before these a number with a ring is an ordinal, not degrees: `al 4° piano`."""
    ordered: frozenset[str] = frozenset()
    """Nouns before which it is one, too: `3° piano`."""
    and_half: tuple[str, str] = ("", "")
    """Behind a noun of which there is half of one more, masculine and feminine: `2½ ore`."""
    endings: str = ""
    """Pattern of written ordinal endings."""
    clock_words: str = ""
    """Pattern of what may stand behind a time, e.g. `Uhr`."""
    clock_head: str = "(?!)"
    """Pattern of what may stand before a time that is written with a dot, as a look behind."""
    duration: str = "(?!)"
    """Pattern of what makes of `1:45` a duration, behind it."""
    year_form: Form = "cardinal"
    year_words: frozenset[str] = frozenset()
    """Words before a year, where years are read otherwise than numbers."""
    decimals: str = "digits"
    """`digits`: one by one; `number`: as a number after its zeros."""
    of: str = ""
    """Between a magnitude and its money, with a blank behind it."""
    days: tuple[str, str] = ("", "")
    """Before the first and the last of two days, with other forms of the first: `od 5. do 7.`"""
    link: str = " "
    """Between day, month and year."""
    first: str = ""
    """The first day of a month, where it is not said like the others."""
    and_minutes: str = " "
    """Between hours and minutes."""
    zero: str = ""
    """Before minutes below ten, with a blank behind it."""
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
    """Pattern of what may belong to the year of a date behind it."""
    year_behind: str = "(?!)"
    """Pattern of what makes a year of a number behind it."""
    century_mark: str = "(?!)"
    """Pattern of what makes a century of a Roman numeral behind it."""
    decades: str = "(?!)"
    """Pattern of what makes decades of a number behind it: `80er`."""
    codes: str = "(?!)"
    """Pattern of the postal codes that are said figure by figure."""
    fixed: Mapping[str, str] = field(default_factory=dict)
    """What is said of forms that are no numbers: `24h/24`."""
    dot_ordinals: bool = False
    """Whether a dot makes a number an ordinal."""
    crossed_scores: bool = False
    """Whether `2x1` is a score."""
    singular_below_two: bool = False
    cases: tuple[Case, ...] = ()
    """The first that fits is the one."""
    slavic: Literal["", "polish", "russian", "czech"] = ""
    """How nouns have a form of their own after 2, 3 and 4, and how far by the last figure."""

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

    def case(self, before: str, noun: str) -> str:
        """The case of a number between two words, or nothing where it has its plain form."""
        for name, heads, endings in self.cases:
            if (before in heads or not heads) and (not endings or noun.endswith(endings)):
                return name
        return ""

    def declined(self, number: str, case: str, gender: Gender = "") -> str:
        """A whole number in a case of `cases`."""
        raise NotImplementedError

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
        if not self.slavic:
            return noun.many
        if self.slavic == "russian" and count % 10 == 1 and count % 100 != 11:
            return noun.one
        last = count if self.slavic == "czech" or 12 <= count % 100 <= 14 else count % 10
        return (noun.few if 2 <= last <= 4 else "") or noun.many

    def counted(self, whole: str, part: str, noun: Noun) -> str:
        """A number with what it counts."""
        return f"{self.decimal(whole, part, noun.gender)} {self.form(noun, whole, part)}".rstrip()

    def counted_behind(self, before: str, whole: str, part: str, noun: Noun) -> str:
        """A number with what it counts, behind a word that may ask for the genitive."""
        if part or self.case(before, "") != "genitive":
            return self.counted(whole, part, noun)
        is_one = self.form(noun, whole, "") == noun.one
        form = (noun.part if is_one else "") or noun.many
        return f"{self.declined(whole, 'genitive', noun.gender)} {form}"

    def year_in(self, number: str, case: str) -> str:
        """A year in a case of `cases`, behind a word and before no noun."""
        return self.declined(number, case)

    def nth(self, number: str) -> str:
        """An ordinal."""
        return words(number, self.tag, "ordinal")

    def day(self, date: Day) -> str:
        """The day of a date."""
        return self.first if self.first and date.day == 1 else self.cardinal(str(date.day))

    def days_until(self, date: Day) -> str:
        """The first day of two in one month, with what stands around it; empty for a range."""
        first, last = self.days
        head = f"{listed(first)[0]} " if first and date.before not in listed(first) else ""
        return f"{head}{self.day(date)} {last} " if last else ""

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
            zero = self.zero if moment.minute < 10 else ""
            said += f"{self.and_minutes}{zero}{self.cardinal(str(moment.minute), self.minutes)}"
        if moment.second and self.second is not None:
            said += f"{self.and_seconds}{self.counted(str(moment.second), '', self.second)}"
        return said

    def until(self, moment: Moment) -> str:
        """The first of two times with what is said between them."""
        said = self.clock(moment)
        return f"{said} {self.to} " if self.to else f"{said}, "

    def ordinal(self, number: str, ending: str, around: str) -> str:
        """A number with its written ending, and the words before and after it with a blank between.

        Empty where it is no ordinal.
        """
        del ending, around
        return self.nth(number)

    def roman(self, number: str, before: str, after: str) -> str:
        """A Roman numeral, here in digits, between two words; empty where it is none."""
        del after
        return f"{self.the}{self.nth(number)}" if is_name(before) else ""

    def gender(self, noun: str, count: str = "") -> Gender:
        """Of a word that is counted, as far as its spelling tells; empty where it does not."""
        del noun, count
        return ""

    def counts(self, word: str) -> bool:
        """Whether the word behind a number may be what is counted."""
        return word.isalpha() and word.lower() not in _NO_NOUNS

    def money(self, noun: str) -> str:
        """Money behind a magnitude: `milioni di euro`."""
        return f"{self.of}{noun}"

    def is_ruler(self, name: str) -> bool:
        """Whether a single letter behind a name is a numeral."""
        return name in _RULERS

    def century(self, number: str, before: str) -> str:
        """A century whose number is Roman, with its word, behind a word."""
        del before
        return self.nth(number)

    def score(self, first: str, second: str) -> str:
        """Two numbers with a colon between."""
        between = f" {self.against} " if self.against else " "
        return f"{self.cardinal(first)}{between}{self.cardinal(second)}"

    def decade(self, number: str, ending: str) -> str:
        """Years that begin with a number, and its written ending."""
        return f"{self.year(number)}{ending}"

    def marked_year(self, number: str, mark: str, before: str) -> str:
        """A year with what stands behind and, in lower case, before it."""
        del mark, before
        return self.year(number)

    def year(self, number: str) -> str:
        """A year in words."""
        return words(number, self.tag, self.year_form)
