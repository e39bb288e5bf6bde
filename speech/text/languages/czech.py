"""Czech: a dot makes an ordinal, which is declined by what stands around it."""

from speech.text.languages.grammar import (
    INTERNATIONAL,
    Case,
    Currency,
    Day,
    Language,
    Moment,
    Noun,
    listed,
    nouns,
)

_FIRST = listed(
    """
        nultý první druhý třetí čtvrtý pátý šestý sedmý osmý devátý desátý jedenáctý
        dvanáctý třináctý čtrnáctý patnáctý šestnáctý sedmnáctý osmnáctý devatenáctý
        """
)
_TENS = listed("dvacátý třicátý čtyřicátý padesátý šedesátý sedmdesátý osmdesátý devadesátý stý")
_LOCATIVE = frozenset({"v", "ve", "na", "po", "při", "o"})
_GENITIVE = frozenset(
    listed("od do z ze u konce začátku polovině počátku průběhu během kolem koncem začátkem")
)
# Forms of the words of numbers: genitive, dative, instrumental, prepositional.
_NAMES = ("genitive", "dative", "instrumental", "prepositional")
_OF: dict[str, tuple[str, ...]] = {
    "dva": ("dvou", "dvěma", "dvěma", "dvou"),
    "dvě": ("dvou", "dvěma", "dvěma", "dvou"),
    "tři": ("tří", "třem", "třemi", "třech"),
    "čtyři": ("čtyř", "čtyřem", "čtyřmi", "čtyřech"),
    "devět": ("devíti",) * 4,
    "dvěstě": ("dvou set", "dvěma stům", "dvěma sty", "dvou stech"),
    "stě": ("set", "stům", "sty", "stech"),
    "sta": ("set", "stům", "sty", "stech"),
    "tisíce": ("tisíc", "tisícům", "tisíci", "tisících"),
}
_ONE = (("jednoho", "jedné"), ("jednomu", "jedné"), ("jedním", "jednou"), ("jednom", "jedné"))


def _declined(number: int, ending: str) -> str:
    """An ordinal to the hundredth; `ending` stands for the `ý` of its words."""
    words = (
        [_FIRST[number]]
        if number < 20
        else [_TENS[number // 10 - 2], *([_FIRST[number % 10]] if number % 10 else [])]
    )
    return " ".join(
        f"{word[:-1]}{ending}" if word[-1] == "ý" else f"{word}{ending[1:]}" for word in words
    )


class _Czech(Language):
    __slots__ = ()

    def nth(self, number: str) -> str:
        return _declined(int(number), "ý") if int(number) <= 100 else ""

    def day(self, date: Day) -> str:
        return _declined(date.day, "ého")

    def declined(self, number: str, case: str, gender: str = "") -> str:
        row = _NAMES.index(case)
        if number == "1":
            return _ONE[row][gender == "f"]
        said = []
        for word in self.cardinal(number, gender).split():
            forms = _OF.get(word)
            # From five to ninety nine all cases are alike.
            plain = f"{word}i" if word[-1] in "tm" and word != "set" else word
            said.append(forms[row] if forms else plain)
        return " ".join(said)

    def hour(self, moment: Moment) -> str:
        hour = str(moment.hour)
        if not moment.minute:
            return self.counted_behind(moment.before, hour, "", self.units["h"])
        case = self.case(moment.before, "")
        return self.declined(hour, case, "f") if case else self.cardinal(hour)

    def decimal(self, whole: str, part: str, gender: str = "") -> str:
        if not part:
            return super().decimal(whole, part, gender)
        count = int(whole)
        full = "celá" if count < 2 else "celé" if count < 5 else "celých"
        zeros = ["nula"] * (len(part) - len(part.lstrip("0")))
        rest = [self.cardinal(part.lstrip("0"))] if part.strip("0") else []
        return " ".join((self.cardinal(whole, "f"), full, *zeros, *rest))

    def ordinal(self, number: str, ending: str, around: str) -> str:
        del ending
        before, _, noun = around.partition(" ")
        noun = noun.rstrip(".,;:!?")
        if int(number) > 100 or not noun[:1].islower():
            return ""
        if before in _LOCATIVE:
            is_feminine = noun.endswith("ě") and noun not in _NEUTERS
            return _declined(int(number), "é" if is_feminine else "ém")
        if before in _GENITIVE:
            return _declined(int(number), "é" if noun.endswith("y") else "ého")
        form = "á" if noun.endswith("a") else "é" if noun.endswith(("í", "o", "e")) else "ý"
        return _declined(int(number), form)

    def gender(self, noun: str, count: str = "") -> str:
        if noun in _MASCULINE:
            return "m"
        if noun.endswith(("a", "y")):
            return "f"
        return "n" if noun.endswith(("o", "e", "í", "ě")) else "m"


# Nouns of several that look like others.
_MASCULINE = frozenset(
    listed(
        """
        dny týdny měsíce roky body kroky domy hrady kusy stroje muži lidé lidí hosté pokoje vlaky
        obrazy filmy zápasy góly bratři synové přátelé studenti koncerty díly hlasy řádky sloupce
        """
    )
)
_NEUTERS = frozenset({"místě", "městě", "patře", "století", "okně", "kole", "dějství", "roce"})
CZECH = _Czech(
    tag="cs",
    point="celá",
    dot="tečka",
    minus="minus",
    to="až",
    against="",
    times="krát",
    per="za",
    often="krát",
    months=listed(
        "ledna února března dubna května června července srpna září října listopadu prosince"
    ),
    short_months={},
    units=INTERNATIONAL | nouns("""
        % n procento procent procenta procenta
        ‰ n promile
        km m kilometr kilometrů kilometry kilometru
        m m metr metrů metry metru
        cm m centimetr centimetrů centimetry centimetru
        mm m milimetr milimetrů milimetry milimetru
        km/h m kilometr_za_hodinu kilometrů_za_hodinu kilometry_za_hodinu kilometru_za_hodinu
        m/s m metr_za_sekundu metrů_za_sekundu metry_za_sekundu metru_za_sekundu
        km² m kilometr_čtvereční kilometrů_čtverečních kilometry_čtvereční kilometru_čtverečního
        m² m metr_čtvereční metrů_čtverečních metry_čtvereční metru_čtverečního
        m³ m metr_krychlový metrů_krychlových metry_krychlové metru_krychlového
        ha m hektar hektarů hektary hektaru
        kg m kilogram kilogramů kilogramy kilogramu
        g m gram gramů gramy gramu
        mg m miligram miligramů miligramy miligramu
        t f tuna tun tuny tuny
        l m litr litrů litry litru
        dl m decilitr decilitrů decilitry decilitru
        ml m mililitr mililitrů mililitry mililitru
        °C m stupeň_Celsia stupňů_Celsia stupně_Celsia stupně_Celsia
        °F m stupeň_Fahrenheita stupňů_Fahrenheita stupně_Fahrenheita stupně_Fahrenheita
        ° m stupeň stupňů stupně stupně
        h f hodina hodin hodiny hodiny
        hod. f hodina hodin hodiny hodiny
        min f minuta minut minuty minuty
        min. f minuta minut minuty minuty
        s f sekunda sekund sekundy sekundy
        ms f milisekunda milisekund milisekundy milisekundy
        kW m kilowatt kilowattů kilowatty kilowattu
        kWh f kilowatthodina kilowatthodin kilowatthodiny kilowatthodiny
    """),
    currencies={
        "CZK": Currency(
            Noun("f", "koruna", "korun", "koruny", "koruny"),
            Noun("m", "haléř", "haléřů", "haléře", "haléře"),
        ),
        "EUR": Currency(
            Noun("n", "euro", "eur", "eura", "eura"), Noun("m", "cent", "centů", "centy", "centu")
        ),
        "USD": Currency(
            Noun("m", "dolar", "dolarů", "dolary", "dolaru"),
            Noun("m", "cent", "centů", "centy", "centu"),
        ),
        "GBP": Currency(
            Noun("f", "libra", "liber", "libry", "libry"),
            Noun("f", "pence", "pencí", "pence", "pence"),
        ),
        "JPY": Currency(Noun("m", "jen", "jenů", "jeny", "jenu"), None),
    },
    scales=nouns("""
        tis. m tisíc tisíc tisíce tisíce
        mil. m milion milionů miliony milionu
        mld. f miliarda miliard miliardy miliardy
    """),
    agreement={
        "m": {"jedna": "jeden"},
        "f": {"dva": "dvě"},
        "n": {"=jedna": "jedno", "dva": "dvě"},
    },
    sections=frozenset(listed("kapitola část díl typ fáze třída svazek")),
    endings=r"\.(?= [a-zá-ž])",
    zero="nula ",
    cases=(
        Case("instrumental", frozenset(), ("ami", "emi", "ěma")),
        Case("instrumental", frozenset(listed("s se mezi před nad"))),
        Case("prepositional", frozenset(listed("v ve na o po při")), ("ech", "ách", "ích")),
        Case("dative", frozenset(listed("k ke kvůli díky proti"))),
        Case(
            "genitive",
            frozenset(listed("od do z ze bez u kolem okolo během kromě vedle podle místo")),
        ),
    ),
    clock_words=r"hod\.|hodin|h",
    day_mark=r"\. ?",
    short_date=r"(?P<d>[0-9]{1,2})\. ?(?P<m>[0-9]{1,2})\.(?=[,;)]|$)",
    days=("od", "do"),
    dot_ordinals=True,
    cents="{major} {minor} {coin}",
    slavic="czech",
)  # fmt: skip
