"""Swedish."""

from speech.text.languages.grammar import (
    INTERNATIONAL,
    Currency,
    Day,
    Language,
    Noun,
    listed,
    nouns,
)


class _Swedish(Language):
    """Years of the centuries before are said in hundreds."""

    __slots__ = ()

    def day(self, date: Day) -> str:
        return self.nth(str(date.day))

    def gender(self, noun: str, count: str = "") -> str:
        return "n" if noun in _NEUTERS else ""

    def year(self, number: str) -> str:
        if not "1099" < number < "2000":
            return self.cardinal(number)
        rest = number[2:].lstrip("0")
        return f"{self.cardinal(number[:2])}hundra{self.cardinal(rest) if rest else ''}"

    def decade(self, number: str, ending: str) -> str:
        return f"{self.year(number)}{ending.lstrip('-')}"


_NEUTERS = frozenset(listed("hus barn år träd ord djur bord rum liv land folk språk brev äpple"))
_ORE = Noun("n", "öre", "öre")
SWEDISH = _Swedish(
    tag="sv",
    point="komma",
    dot="punkt",
    minus="minus",
    to="till",
    against="till",
    times="gånger",
    per="per",
    often=" gånger",
    months=listed(
        "januari februari mars april maj juni juli augusti september oktober november december"
    ),
    short_months={
        "jan": 1, "feb": 2, "febr": 2, "apr": 4, "aug": 8, "sep": 9, "sept": 9, "okt": 10,
        "nov": 11, "dec": 12,
    },
    units=INTERNATIONAL | nouns("""
        % m procent
        ‰ m promille
        km m kilometer
        mil m mil
        m m meter
        cm m centimeter
        mm m millimeter
        km/h m kilometer_i_timmen
        m/s m meter_per_sekund
        km² m kvadratkilometer
        m² m kvadratmeter
        kvm m kvadratmeter
        m³ m kubikmeter
        ha n hektar
        kg n kilo
        g n gram
        mg n milligram
        t n ton
        l m liter
        dl m deciliter
        cl m centiliter
        ml m milliliter
        °C m grad_Celsius grader_Celsius
        °F m grad_Fahrenheit grader_Fahrenheit
        ° m grad grader
        h m timme timmar
        tim m timme timmar
        min m minut minuter
        s m sekund sekunder
        ms m millisekund millisekunder
        kW m kilowatt
        kWh m kilowattimme kilowattimmar
    """),
    currencies={
        "SEK": Currency(Noun("m", "krona", "kronor"), _ORE),
        "EUR": Currency(Noun("m", "euro", "euro"), Noun("m", "cent", "cent")),
        "USD": Currency(Noun("m", "dollar", "dollar"), Noun("m", "cent", "cent")),
        "GBP": Currency(Noun("n", "pund", "pund"), Noun("m", "penny", "pence")),
        "JPY": Currency(Noun("m", "yen", "yen"), None),
    },
    scales=nouns("""
        miljoner m miljon miljoner
        miljon m miljon miljoner
        milj. m miljon miljoner
        mn m miljon miljoner
        miljarder m miljard miljarder
        miljard m miljard miljarder
        md m miljard miljarder
    """),
    agreement={"m": {"ett": "en"}},
    the="den ",
    zero="noll ",
    sections=frozenset(listed("del kapitel typ fas akt band")),
    endings=":(?:e|a)",
    clock_head=r"(?:(?<=[Kk]l\. )|(?<=[Kk]l )|(?<=[Kk]lockan ))",
    year_form="year",
    year_words=frozenset({"år", "sedan", "anno", "sommaren", "vintern", "hösten", "våren"}),
    decades="-tal(?:et)?s?",
    cents="{major} och {minor} {coin}",
)  # fmt: skip
