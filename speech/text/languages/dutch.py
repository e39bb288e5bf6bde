"""Dutch."""

from speech.text.languages.grammar import (
    INTERNATIONAL,
    Currency,
    Language,
    Moment,
    Noun,
    listed,
    nouns,
)
from speech.text.languages.numerals import words


class _Dutch(Language):
    """Years of the centuries before are said in hundreds."""

    __slots__ = ()

    def hour(self, moment: Moment) -> str:
        return f"{self.cardinal(str(moment.hour))} uur"

    def gender(self, noun: str, count: str = "") -> str:
        return "n" if noun.endswith("je") or noun in _NEUTERS else "m"

    def year(self, number: str) -> str:
        return words(number, "nl", "year").replace(" honderd", "honderd")


_NEUTERS = frozenset(listed("uur jaar glas pond brood stuk kwartier dozijn ei bier"))
_CENT = Noun("m", "cent", "cent")

DUTCH = _Dutch(
    tag="nl",
    point="komma",
    dot="punt",
    minus="min",
    to="tot",
    against="tegen",
    times="keer",
    per="per",
    often=" keer",
    months=listed(
        "januari februari maart april mei juni juli augustus september oktober november "
        "december"
    ),
    short_months={
        "jan": 1, "feb": 2, "mrt": 3, "apr": 4, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "sept": 9,
        "okt": 10, "nov": 11, "dec": 12,
    },
    units=INTERNATIONAL | nouns("""
        % m procent
        ‰ m promille
        km m kilometer
        m m meter
        cm m centimeter
        mm m millimeter
        km/u m kilometer_per_uur
        km/h m kilometer_per_uur
        m/s m meter_per_seconde
        km² m vierkante_kilometer
        m² m vierkante_meter
        cm² m vierkante_centimeter
        m³ m kubieke_meter
        cm³ m kubieke_centimeter
        ha m hectare
        kg m kilogram
        g m gram
        mg m milligram
        t m ton
        l m liter
        ml m milliliter
        °C m graden_Celsius
        °F m graden_Fahrenheit
        ° m graad graden
        u m uur
        h m uur
        min m minuut minuten
        s m seconde seconden
        ms m milliseconde milliseconden
        kW m kilowatt
        MW m megawatt
        kWh m kilowattuur
    """),
    currencies={
        "EUR": Currency(Noun("m", "euro", "euro"), _CENT),
        "USD": Currency(Noun("m", "dollar", "dollar"), _CENT),
        "GBP": Currency(Noun("m", "pond", "pond"), Noun("m", "penny", "pence")),
        "CHF": Currency(Noun("m", "Zwitserse frank", "Zwitserse frank"), _CENT),
        "JPY": Currency(Noun("m", "yen", "yen"), None),
    },
    scales=nouns("""
        miljoen m miljoen
        miljard m miljard
        mln m miljoen
        mln. m miljoen
        mld m miljard
        mld. m miljard
    """),
    agreement={},
    the="de ",
    and_seconds=" en ",
    second=Noun("m", "seconde", "seconden"),
    sections=frozenset(listed("deel hoofdstuk type fase klasse band")),
    endings="ste|de|e",
    clock_words="uur|u",
    codes=r"[1-9][0-9]{3} ?[A-Z]{2}(?= [A-Z][a-z]|$)",
    fixed={"24/7": "vierentwintig zeven"},
    year_form="year",
    year_words=frozenset({"jaar", "sinds", "in", "anno", "zomer", "winter"}),
)  # fmt: skip
