"""German."""

import re

from speech.text.languages.grammar import (
    DOT_BEFORE_WORD,
    DOTTED_DATE,
    Currency,
    Day,
    Language,
    Moment,
    Noun,
    is_name,
    listed,
    nouns,
)

# Before a date or an ordinal these ask for -ten, articles for -te; else a date is in -ter.
_WEAK = frozenset(
    listed("am vom v. zum dem den des im beim bis seit ab nach zur einer meinem seinem ihrem jedem")
)
_POSSESSIVE = re.compile(r"(?:[mds]?ein|ihr|unse?r|eue?r|kein|dies|jen|welch)e[nms]")
_AT = frozenset({"um", "ab", "bis", "gegen", "vor", "nach", "von"})
_NEUTERS = frozenset(
    listed(
        """
        Kilo Kilogramm Pfund Gramm Jahr Glas Brot Stück Dutzend Haus Kind Bier Wasser
        Mal Ei Bad
        """
    )
)
_QUEENS = frozenset({"Elisabeth", "Beatrix", "Margarete", "Mathilde", "Marie", "Sophie"})
_ARTICLES = frozenset({"der", "die", "das", "sein", "ihre", "seine", "jede"})


class _German(Language):
    """Ordinals are declined after the word before them."""

    __slots__ = ()

    def _declined(self, number: str, before: str) -> str:
        before = before.rpartition(" ")[2]
        said = self.nth(number)
        return f"{said}n" if before in _WEAK else said if before in _ARTICLES else f"{said}r"

    def day(self, date: Day) -> str:
        return self._declined(str(date.day), date.before)

    def hour(self, moment: Moment) -> str:
        return "ein Uhr" if moment.hour == 1 else f"{self.cardinal(str(moment.hour))} Uhr"

    def ordinal(self, number: str, ending: str, around: str) -> str:
        del ending
        before = around.partition(" ")[0]
        if _POSSESSIVE.fullmatch(before):
            return f"{self.nth(number)}n"
        return self._declined(number, before) if before in _WEAK | _ARTICLES else ""

    def clock(self, moment: Moment) -> str:
        # 5 h last, but at 5 h is a time.
        if moment.suffix == "h" and not moment.minute and moment.before not in _AT:
            return ""
        return super().clock(moment)

    def roman(self, number: str, before: str, after: str) -> str:
        del after
        if not is_name(before):
            return ""
        article = "die" if before.endswith("a") or before in _QUEENS else "der"
        return f"{article} {self.nth(number).capitalize()}"

    def gender(self, noun: str, count: str = "") -> str:
        if not noun[0].isupper():
            return ""
        if noun in _NEUTERS or noun.endswith(("chen", "lein", "um", "ment")):
            return "n"
        feminine = ("ung", "heit", "keit", "schaft", "ion", "tät", "in", "e")
        return "f" if noun.endswith(feminine) else "m"

    def counts(self, word: str) -> bool:
        return word[:1].isupper() and word.isalpha()


_CENT = Noun("m", "Cent", "Cent")
GERMAN = _German(
    tag="de",
    point="Komma",
    dot="Punkt",
    minus="minus",
    to="bis",
    against="zu",
    times="mal",
    per="pro",
    often="mal",
    months=listed(
        "Januar Februar März April Mai Juni Juli August September Oktober November Dezember"
    ),
    short_months={
        "jan": 1, "feb": 2, "mär": 3, "apr": 4, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "sept": 9,
        "okt": 10, "nov": 11, "dez": 12, "jänner": 1,
    },
    units=nouns("""
        % n Prozent
        ‰ n Promille
        km m Kilometer
        m m Meter
        cm m Zentimeter
        mm m Millimeter
        km/h m Kilometer_pro_Stunde
        m/s m Meter_pro_Sekunde
        km² m Quadratkilometer
        m² m Quadratmeter
        cm² m Quadratzentimeter
        m³ m Kubikmeter
        cm³ m Kubikzentimeter
        ha m Hektar
        kg n Kilogramm
        g n Gramm
        mg n Milligramm
        t f Tonne Tonnen
        l m Liter
        ml m Milliliter
        °C m Grad_Celsius
        °F m Grad_Fahrenheit
        ° m Grad
        h f Stunde Stunden
        Std. f Stunde Stunden
        min f Minute Minuten
        Min. f Minute Minuten
        s f Sekunde Sekunden
        ms f Millisekunde Millisekunden
        W n Watt
        kW n Kilowatt
        MW n Megawatt
        kWh f Kilowattstunde Kilowattstunden
        V n Volt
        Hz n Hertz
        kHz n Kilohertz
        MHz n Megahertz
        GHz n Gigahertz
        kB n Kilobyte
        MB n Megabyte
        GB n Gigabyte
        TB n Terabyte
        Mbit/s n Megabit_pro_Sekunde
        PS f Pferdestärke PS
    """),
    currencies={
        "EUR": Currency(Noun("m", "Euro", "Euro"), _CENT),
        "USD": Currency(Noun("m", "Dollar", "Dollar"), _CENT),
        "GBP": Currency(Noun("n", "Pfund", "Pfund"), Noun("m", "Penny", "Pence")),
        "CHF": Currency(Noun("m", "Franken", "Franken"), Noun("m", "Rappen", "Rappen")),
        "PLN": Currency(Noun("m", "Zloty", "Zloty"), Noun("m", "Grosz", "Grosz")),
        "JPY": Currency(Noun("m", "Yen", "Yen"), None),
    },
    scales=nouns("""
        Mio. f Million Millionen
        Mrd. f Milliarde Milliarden
        Millionen f Million Millionen
        Million f Million Millionen
        Milliarden f Milliarde Milliarden
        Milliarde f Milliarde Milliarden
        Tsd. n Tausend Tausend
    """),
    agreement={
        "m": {"=eins": "ein"},
        "n": {"=eins": "ein"},
        "f": {"=eins": "eine"},
    },
    and_seconds=" und ",
    second=Noun("f", "Sekunde", "Sekunden"),
    sections=frozenset(
        listed(
        """
        teil band kapitel klasse akt stufe typ phase heft nummer version absatz abs.
        artikel art. nr. seite s. kap. abb. tab. § buch szene platz gleis
        """
    )
    ),
    endings=DOT_BEFORE_WORD,
    clock_words="Uhr|h",
    duration=r"Stunden|Std\.|Minuten",
    fixed={"1. FC": "erster FC"},
    decades="er(?:n|s)?",
    codes=r"(?:(?<=[0-9], )|(?<=PLZ ))[0-9]{5}(?= [A-ZÄÖÜ][a-zäöüß])",
    year_form="year",
    year_words=frozenset({"jahr", "jahre", "jahres", "seit", "anno", "sommer", "winter"}),
    day_mark=r"\. ?",
    short_date=DOTTED_DATE,
    days=("", "bis"),
    dot_ordinals=True,
)  # fmt: skip
