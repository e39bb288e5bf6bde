"""French."""

from dataclasses import replace

from speech.text.languages.grammar import Currency, Language, Moment, Noun, is_name, listed, nouns

_HOUR = Noun("f", "heure", "heures")


class _French(Language):
    __slots__ = ()

    def hour(self, moment: Moment) -> str:
        return self.counted(str(moment.hour), "", _HOUR)

    def ordinal(self, number: str, ending: str, around: str) -> str:
        del around
        if number == "1":
            return "premier" if ending == "er" else "première"
        if ending in {"nd", "nde", "d", "de"}:
            return "second" if ending[-1] == "d" else "seconde"
        return self.nth(number) + ("s" if ending.endswith("s") else "")

    def roman(self, number: str, before: str, after: str) -> str:
        if after.lower() in {"siècle", "siècles"}:
            return self.nth(number)
        return self.cardinal(number) if is_name(before) else ""

    def gender(self, noun: str, count: str = "") -> str:
        bare = noun.lower().removesuffix("s")
        return "f" if bare in _FEMININE or bare.endswith(_FEMININE_ENDINGS) else "m"

    def money(self, noun: str) -> str:
        return f"d'{noun}" if noun[0] in "aeiouhy" else f"de {noun}"


_FEMININE = frozenset(
    listed(
        """
        heure minute seconde page foi personne tasse livre douzaine fille femme place
        ligne porte carte table chaise pomme voiture maison chose main ville voix
        école église rue feuille note tonne
        """
    )
)
_FEMININE_ENDINGS = (
    "tion", "sion", "ette", "ance", "ence", "ée", "aine", "elle", "euse", "trice", "eille", "esse",
)  # fmt: skip
_CENTIME = Noun("m", "centime", "centimes")
FRENCH = _French(
    tag="fr",
    point="virgule",
    dot="point",
    minus="moins",
    to="à",
    against="à",
    times="fois",
    per="par",
    often=" fois",
    months=listed(
        "janvier février mars avril mai juin juillet août septembre octobre novembre "
        "décembre"
    ),
    short_months={
        "janv": 1, "févr": 2, "fév": 2, "avr": 4, "juil": 7, "sept": 9, "oct": 10, "nov": 11,
        "déc": 12,
    },
    units=nouns("""
        % m pour_cent
        ‰ m pour_mille
        km m kilomètre kilomètres
        m m mètre mètres
        cm m centimètre centimètres
        mm m millimètre millimètres
        km/h m kilomètre_heure kilomètres_heure
        m/s m mètre_par_seconde mètres_par_seconde
        km² m kilomètre_carré kilomètres_carrés
        m² m mètre_carré mètres_carrés
        cm² m centimètre_carré centimètres_carrés
        m³ m mètre_cube mètres_cubes
        cm³ m centimètre_cube centimètres_cubes
        ha m hectare hectares
        kg m kilogramme kilogrammes
        g m gramme grammes
        mg m milligramme milligrammes
        t f tonne tonnes
        l m litre litres
        L m litre litres
        cl m centilitre centilitres
        ml m millilitre millilitres
        °C m degré_Celsius degrés_Celsius
        °F m degré_Fahrenheit degrés_Fahrenheit
        ° m degré degrés
        h f heure heures
        min f minute minutes
        s f seconde secondes
        ms f milliseconde millisecondes
        W m watt watts
        kW m kilowatt kilowatts
        MW m mégawatt mégawatts
        kWh m kilowattheure kilowattheures
        V m volt volts
        Hz m hertz
        kHz m kilohertz
        MHz m mégahertz
        GHz m gigahertz
        ko m kilooctet kilooctets
        Mo m mégaoctet mégaoctets
        Go m gigaoctet gigaoctets
        To m téraoctet téraoctets
        GB m gigaoctet gigaoctets
        MB m mégaoctet mégaoctets
    """),
    currencies={
        "EUR": Currency(Noun("m", "euro", "euros"), _CENTIME),
        "USD": Currency(Noun("m", "dollar", "dollars"), Noun("m", "cent", "cents")),
        "GBP": Currency(Noun("f", "livre", "livres"), Noun("m", "penny", "pence")),
        "CHF": Currency(Noun("m", "franc suisse", "francs suisses"), _CENTIME),
        "PLN": Currency(Noun("m", "zloty", "zlotys"), Noun("m", "grosz", "groszy")),
        "JPY": Currency(Noun("m", "yen", "yens"), None),
    },
    scales=nouns("""
        millions m million millions
        million m million millions
        milliards m milliard milliards
        milliard m milliard milliards
        M m million millions
        Md m milliard milliards
        Mds m milliard milliards
    """),
    agreement={"f": {"un": "une"}},
    first="premier",
    minutes="f",
    and_seconds=" et ",
    second=Noun("f", "seconde", "secondes"),
    endings="ers?|res?|ères?|n?de?s?|èmes?|ièmes?|es?|ᵉ",
    clock_words="h|heures?",
    day_mark=r"(?:er)? ",
    decimals="number",
    fixed={
        "24h/24": "vingt-quatre heures sur vingt-quatre",
        "24 h/24": "vingt-quatre heures sur vingt-quatre",
        "7j/7": "sept jours sur sept",
        "7 j/7": "sept jours sur sept",
        "24/7": "vingt-quatre sept",
    },
    singular_below_two=True,
    and_half=("et demi", "et demie"),
)  # fmt: skip
FRENCH_BELGIUM = replace(FRENCH, tag="fr_BE")
FRENCH_SWITZERLAND = replace(FRENCH, tag="fr_CH")
