"""Polish: days and hours are ordinals, and both they and years are declined."""

from speech.text.languages.grammar import (
    DOT_BEFORE_WORD,
    DOTTED_DATE,
    Case,
    Currency,
    Day,
    Language,
    Moment,
    Noun,
    listed,
    nouns,
)
from speech.text.languages.numerals import words

_PREPOSITIONS = frozenset({"na", "w", "we", "po", "przy", "o"})
# The genitive of the words of numbers; it is the locative, too.
_OF = dict(
    pair.split("=")
    for pair in listed(
        """
        zero=zera dwa=dwóch dwie=dwóch trzy=trzech cztery=czterech pięć=pięciu sześć=sześciu
        siedem=siedmiu osiem=ośmiu dziewięć=dziewięciu dziesięć=dziesięciu jedenaście=jedenastu
        dwanaście=dwunastu trzynaście=trzynastu czternaście=czternastu piętnaście=piętnastu
        szesnaście=szesnastu siedemnaście=siedemnastu osiemnaście=osiemnastu
        dziewiętnaście=dziewiętnastu dwadzieścia=dwudziestu trzydzieści=trzydziestu
        czterdzieści=czterdziestu pięćdziesiąt=pięćdziesięciu sześćdziesiąt=sześćdziesięciu
        siedemdziesiąt=siedemdziesięciu osiemdziesiąt=osiemdziesięciu
        dziewięćdziesiąt=dziewięćdziesięciu sto=stu dwieście=dwustu trzysta=trzystu
        czterysta=czterystu pięćset=pięciuset sześćset=sześciuset siedemset=siedmiuset
        osiemset=ośmiuset dziewięćset=dziewięciuset tysiąc=tysiąca tysiące=tysięcy milion=miliona
        miliony=milionów miliard=miliarda miliardy=miliardów
        """
    )
)
_WITH = {"dwóch": "dwoma", "trzech": "trzema", "czterech": "czterema"}
_ONE = {
    "genitive": ("jednego", "jednej"),
    "dative": ("jednemu", "jednej"),
    "instrumental": ("jednym", "jedną"),
    "prepositional": ("jednym", "jednej"),
}
_LOCATIVE = frozenset(listed("o po od do przed około koło godzinie godziny"))


_FEMININE = frozenset(
    listed(
        """
        kobiety osoby strony książki córki siostry żony róże ręce nogi szkoły gry kawy herbaty zupy
        butelki szklanki łyżki łyżeczki filiżanki mile tony sztuki kartki gwiazdki minutki
        dziewczyny dziewczynki matki babki ciotki klasy grupy firmy drużyny bramki próby zmiany
        wersje części
        nagrody wystawy piosenki płyty walizki torby krowy owce kury świnie ulice wsie noce
        """
    )
)


def _genitive(ordinal: str) -> str:
    """Masculine genitive of an ordinal; only its adjectives are declined."""
    return " ".join(
        f"{word[:-1]}ego" if word[-1] == "y" else f"{word}ego" if word[-1] == "i" else word
        for word in ordinal.split()
    )


def _feminine(ordinal: str, *, locative: bool) -> str:
    said = []
    for word in ordinal.split():
        if word in {"drugi", "trzeci"}:
            stem = word if locative or word == "trzeci" else "drug"
        else:
            stem = word[:-1]
        said.append(f"{stem}ej" if locative else f"{stem}a")
    return " ".join(said)


def _adjective(number: str, before: str, noun: str) -> str:
    """An ordinal as it stands before a noun, by the noun's ending and the word before."""
    said = words(number, "pl", "ordinal")
    if before in _PREPOSITIONS:
        if noun.endswith(("ie", "ji", "yi")):
            return _feminine(said, locative=True)
        return " ".join(f"{word}m" if word[-1] in "yi" else word for word in said.split())
    if noun.endswith("wieku"):
        return _genitive(said)
    if noun.endswith("a"):
        return _feminine(said, locative=False)
    if noun.endswith(("e", "o")):
        return " ".join(
            f"{word[:-1]}e" if word[-1] == "y" else f"{word}e" if word[-1] == "i" else word
            for word in said.split()
        )
    return said


class _Polish(Language):
    """Years are ordinals in the genitive."""

    __slots__ = ()

    def gender(self, noun: str, count: str = "") -> str:
        if count[-1:] in {"2", "3", "4"}:
            return "f" if noun in _FEMININE or noun.endswith(("cje", "ości", "iny", "yny")) else ""
        return "f" if noun.endswith("a") else "n" if noun.endswith(("o", "e", "ę", "um")) else ""

    def year_in(self, number: str, case: str) -> str:
        if case == "genitive":
            return _genitive(self.nth(number))
        return self.declined(number, case)

    def day(self, date: Day) -> str:
        return _genitive(self.nth(str(date.day)))

    def declined(self, number: str, case: str, gender: str = "") -> str:
        if number == "1":
            return _ONE[case][gender == "f"]
        said = [_OF.get(word, word) for word in self.cardinal(number).split()]
        if case == "instrumental":
            last = said[-1]
            plain = f"{last[:-1]}oma" if last.endswith(("iu", "tu")) else last
            said[-1] = _WITH.get(last, plain)
        return " ".join(said)

    def until(self, moment: Moment) -> str:
        head = "" if moment.before in _LOCATIVE else "od "
        return f"{head}{self.clock(moment._replace(before='od'))} do "

    def hour(self, moment: Moment) -> str:
        # The last of two: 8:00-16:00.
        locative = moment.before in _LOCATIVE or moment.before.endswith("-")
        hour = self.nth(str(moment.hour)) if moment.hour else "zerowy"
        return _feminine(hour, locative=locative)

    def ordinal(self, number: str, ending: str, around: str) -> str:
        del ending
        before, _, noun = around.partition(" ")
        return _adjective(number, before, noun.rstrip(".,;:!?")) if noun[:1].islower() else ""

    def roman(self, number: str, before: str, after: str) -> str:
        if after.lower().startswith("wiek"):
            return _adjective(number, before.lower(), after.lower())
        return super().roman(number, before, after)

    def century(self, number: str, before: str) -> str:
        noun = "wieku" if before.lower() in _PREPOSITIONS else "wiek"
        return f"{_adjective(number, before.lower(), noun)} {noun}"

    def score(self, first: str, second: str) -> str:
        return f"{self.cardinal(first)} do {self.declined(second, 'genitive')}"

    def marked_year(self, number: str, mark: str, before: str) -> str:
        del mark
        if before not in _PREPOSITIONS:
            return self.year(number)
        return " ".join((_adjective(number, before, "roku"), "roku"))

    def year(self, number: str) -> str:
        return f"{_genitive(self.nth(number))} roku"


_GROSZ = Noun("m", "grosz", "groszy", "grosze", "grosza")
POLISH = _Polish(
    tag="pl",
    point="przecinek",
    dot="kropka",
    minus="minus",
    to="",
    against="do",
    times="razy",
    per="za",
    often=" razy",
    months=listed(
        "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października "
        "listopada grudnia"
    ),
    short_months={
        "sty": 1, "lut": 2, "mar": 3, "kwi": 4, "cze": 6, "lip": 7, "sie": 8, "wrz": 9, "paź": 10,
        "lis": 11, "gru": 12,
    },
    units=nouns("""
        % m procent procent procent procent
        ‰ m promil promili promile promila
        km m kilometr kilometrów kilometry kilometra
        m m metr metrów metry metra
        cm m centymetr centymetrów centymetry centymetra
        mm m milimetr milimetrów milimetry milimetra
        km/h m kilometr_na_godzinę kilometrów_na_godzinę kilometry_na_godzinę kilometra_na_godzinę
        m/s m metr_na_sekundę metrów_na_sekundę metry_na_sekundę metra_na_sekundę
        km² m kilometr_kwadratowy kilometrów_kwadratowych kilometry_kwadratowe \
            kilometra_kwadratowego
        m² m metr_kwadratowy metrów_kwadratowych metry_kwadratowe metra_kwadratowego
        m³ m metr_sześcienny metrów_sześciennych metry_sześcienne metra_sześciennego
        ha m hektar hektarów hektary hektara
        kg m kilogram kilogramów kilogramy kilograma
        g m gram gramów gramy grama
        mg m miligram miligramów miligramy miligrama
        t f tona ton tony tony
        l m litr litrów litry litra
        ml m mililitr mililitrów mililitry mililitra
        °C m stopień_Celsjusza stopni_Celsjusza stopnie_Celsjusza stopnia_Celsjusza
        °F m stopień_Fahrenheita stopni_Fahrenheita stopnie_Fahrenheita stopnia_Fahrenheita
        ° m stopień stopni stopnie stopnia
        h f godzina godzin godziny godziny
        godz. f godzina godzin godziny godziny
        min f minuta minut minuty minuty
        s f sekunda sekund sekundy sekundy
        ms f milisekunda milisekund milisekundy milisekundy
        W m wat watów waty wata
        kW m kilowat kilowatów kilowaty kilowata
        kWh f kilowatogodzina kilowatogodzin kilowatogodziny kilowatogodziny
        V m wolt woltów wolty wolta
        Hz m herc herców herce herca
        MHz m megaherc megaherców megaherce megaherca
        GHz m gigaherc gigaherców gigaherce gigaherca
        MB m megabajt megabajtów megabajty megabajta
        GB m gigabajt gigabajtów gigabajty gigabajta
        TB m terabajt terabajtów terabajty terabajta
    """),
    currencies={
        "PLN": Currency(Noun("m", "złoty", "złotych", "złote", "złotego"), _GROSZ),
        "EUR": Currency(
            Noun("n", "euro", "euro"), Noun("m", "cent", "centów", "centy", "centa")
        ),
        "USD": Currency(
            Noun("m", "dolar", "dolarów", "dolary", "dolara"),
            Noun("m", "cent", "centów", "centy", "centa"),
        ),
        "GBP": Currency(
            Noun("m", "funt", "funtów", "funty", "funta"),
            Noun("m", "pens", "pensów", "pensy", "pensa"),
        ),
        "CHF": Currency(
            Noun("m", "frank", "franków", "franki", "franka"),
            Noun("m", "centym", "centymów", "centymy", "centyma"),
        ),
        "JPY": Currency(Noun("m", "jen", "jenów", "jeny", "jena"), None),
    },
    scales=nouns("""
        mln m milion milionów miliony miliona
        mld m miliard miliardów miliardy miliarda
        tys. m tysiąc tysięcy tysiące tysiąca
    """),
    agreement={"f": {"=jeden": "jedna", "dwa": "dwie"}, "n": {"=jeden": "jedno"}},
    zero="zero ",
    cases=(
        Case("instrumental", frozenset(), ("ami", "ećmi", "dźmi")),
        Case("instrumental", frozenset(listed("między przed"))),
        Case("prepositional", frozenset(listed("w we na o po przy")), ("ach",)),
        Case("dative", frozenset(listed("ku dzięki przeciwko")), ("om",)),
        Case(
            "genitive",
            frozenset(
                listed(
                    """od do z ze bez dla około ok. powyżej poniżej u obok oprócz prócz wśród
                    ciągu blisko mniej-więcej"""
                )
            ),
        ),
    ),
    endings=DOT_BEFORE_WORD,
    year_mark=r"(?: r\.| roku)?",
    year_behind=r" ?r\.| roku(?!\w)",
    century_mark=r" ?w\.",
    short_date=DOTTED_DATE,
    days=("od", "do"),
    dot_ordinals=True,
    cents="{major} {minor} {coin}",
    slavic="polish",
)  # fmt: skip
