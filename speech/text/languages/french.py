"""French."""

from dataclasses import replace

from speech.text.languages.grammar import (
    Currency,
    Day,
    Language,
    Moment,
    Noun,
    is_name,
    listed,
    nouns,
)
from speech.text.languages.numerals import words

_HOUR = Noun("f", "heure", "heures")


def _date(language: Language, date: Day) -> str:
    day = "premier" if date.day == 1 else words(str(date.day), language.tag)
    return f"{day} {language.months[date.month - 1]} {date.year}".rstrip()


def _clock(language: Language, moment: Moment) -> str:
    said = language.counted(str(moment.hour), "", _HOUR)
    if moment.minute:
        said += f" {language.cardinal(str(moment.minute), 'f')}"
    if moment.second:
        said += f" et {language.counted(str(moment.second), '', Noun('f', 'seconde', 'secondes'))}"
    return said


def _roman(language: Language, number: str, before: str, after: str) -> str:
    if after.lower() in {"siècle", "siècles"}:
        return words(number, language.tag, "ordinal")
    return words(number, language.tag) if is_name(before) else ""


def _ordinal(language: Language, number: str, ending: str, around: str) -> str:
    del around
    if number == "1":
        return "premier" if ending == "er" else "première"
    if ending in {"nd", "nde"}:
        return f"secon{ending[1:]}"
    plural = "s" if ending.endswith("s") else ""
    return words(number, language.tag, "ordinal") + plural


_CENTIME = Noun("m", "centime", "centimes")
FRENCH = Language(
    tag="fr",
    point="virgule",
    dot="point",
    minus="moins",
    to="à",
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
    date=_date,
    clock=_clock,
    ordinal=_ordinal,
    roman=_roman,
    endings="ers?|res?|ères?|nde?s?|èmes?|ièmes?|es?|ᵉ",
    clock_words="h|heures?",
    day_mark=r"(?:er)? ",
    decimals="number",
    of=lambda noun: f"d'{noun}" if noun[0] in "aeiouhy" else f"de {noun}",
    singular_below_two=True,
)  # fmt: skip
FRENCH_BELGIUM = replace(FRENCH, tag="fr_BE")
FRENCH_SWITZERLAND = replace(FRENCH, tag="fr_CH")
