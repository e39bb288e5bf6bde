"""Italian."""

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


def _date(language: Language, date: Day) -> str:
    day = "primo" if date.day == 1 else words(str(date.day), "it")
    return f"{day} {language.months[date.month - 1]} {date.year}".rstrip()


def _clock(language: Language, moment: Moment) -> str:
    said = "una" if moment.hour == 1 else language.cardinal(str(moment.hour))
    return f"{said} e {language.cardinal(str(moment.minute))}" if moment.minute else said


def _roman(language: Language, number: str, before: str, after: str) -> str:
    del language
    is_century = after.lower() in {"secolo", "secoli"}
    return words(number, "it", "ordinal") if is_century or is_name(before) else ""


def _gender(noun: str) -> str:
    return "f" if noun.endswith(("a", "zione")) and not noun.endswith("ma") else "m"


def _ordinal(language: Language, number: str, ending: str, around: str) -> str:
    del language, around
    said = words(number, "it", "ordinal")
    return f"{said[:-1]}a" if ending == "ª" else said


_CENT = Noun("m", "centesimo", "centesimi")
ITALIAN = Language(
    tag="it",
    point="virgola",
    dot="punto",
    minus="meno",
    to="a",
    months=listed(
        "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre "
        "dicembre"
    ),
    short_months={
        "gen": 1, "feb": 2, "apr": 4, "mag": 5, "giu": 6, "lug": 7, "ago": 8, "set": 9, "sett": 9,
        "ott": 10, "nov": 11, "dic": 12,
    },
    units=nouns("""
        % m per_cento
        ‰ m per_mille
        km m chilometro chilometri
        m m metro metri
        cm m centimetro centimetri
        mm m millimetro millimetri
        km/h m chilometro_orario chilometri_orari
        m/s m metro_al_secondo metri_al_secondo
        km² m chilometro_quadrato chilometri_quadrati
        m² m metro_quadrato metri_quadrati
        mq m metro_quadrato metri_quadrati
        cm² m centimetro_quadrato centimetri_quadrati
        m³ m metro_cubo metri_cubi
        cm³ m centimetro_cubo centimetri_cubi
        ha m ettaro ettari
        kg m chilogrammo chilogrammi
        g m grammo grammi
        mg m milligrammo milligrammi
        t f tonnellata tonnellate
        l m litro litri
        ml m millilitro millilitri
        °C m grado_Celsius gradi_Celsius
        °F m grado_Fahrenheit gradi_Fahrenheit
        ° m grado gradi
        h f ora ore
        min m minuto minuti
        s m secondo secondi
        ms m millisecondo millisecondi
        W m watt
        kW m chilowatt
        MW m megawatt
        kWh m chilowattora
        V m volt
        Hz m hertz
        kHz m chilohertz
        MHz m megahertz
        GHz m gigahertz
        kB m kilobyte
        MB m megabyte
        GB m gigabyte
        TB m terabyte
    """),
    currencies={
        "EUR": Currency(Noun("m", "euro", "euro"), _CENT),
        "USD": Currency(Noun("m", "dollaro", "dollari"), Noun("m", "centesimo", "centesimi")),
        "GBP": Currency(Noun("f", "sterlina", "sterline"), Noun("m", "penny", "pence")),
        "CHF": Currency(Noun("m", "franco svizzero", "franchi svizzeri"), _CENT),
        "JPY": Currency(Noun("m", "yen", "yen"), None),
    },
    scales=nouns("""
        milioni m milione milioni
        milione m milione milioni
        miliardi m miliardo miliardi
        miliardo m miliardo miliardi
        mln m milione milioni
        mld m miliardo miliardi
    """),
    agreement={"m": {"=uno": "un"}, "f": {"=uno": "una"}},
    gender=_gender,
    date=_date,
    clock=_clock,
    ordinal=_ordinal,
    roman=_roman,
    sections=frozenset(listed("capitolo parte tomo atto fase tipo titolo volume")),
    articles=frozenset({"il", "la", "al", "del", "nel", "dal", "sul", "un", "alla", "della"}),
    endings="[º°ª]",
    clock_words="ore",
    day_mark=r"[º°]? ",
    of=lambda noun: f"di {noun}",
    cents="{major} e {minor}",
)  # fmt: skip
