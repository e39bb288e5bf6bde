"""Spanish."""

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

_HUNDREDS = {f"{stem}cientos": f"{stem}cientas" for stem in ("dos", "tres", "cuatro", "seis",
              "ocho")} | {"quinientos": "quinientas", "setecientos": "setecientas",
              "novecientos": "novecientas"}  # fmt: skip


def _date(language: Language, date: Day) -> str:
    first = date.day == 1 and (
        date.marked or language.decimal_sign == "."
    )  # as it is said in the Americas
    day = "primero" if first else words(str(date.day), "es")
    said = f"{day} de {language.months[date.month - 1]}"
    return f"{said} de {date.year}" if date.year else said


def _clock(language: Language, moment: Moment) -> str:
    said = language.cardinal(str(moment.hour), "f")
    if moment.minute:
        return f"{said} y {language.cardinal(str(moment.minute))}"
    return said if moment.before == "las" or not moment.suffix else f"{said} horas"


def _roman(language: Language, number: str, before: str, after: str) -> str:
    del language, after
    if before.lower() in {"siglo", "siglos"}:
        return words(number, "es")
    if not is_name(before):
        return ""
    return words(number, "es", "ordinal" if int(number) <= 10 else "cardinal")


def _gender(noun: str) -> str:
    if noun in {"día", "días", "mapa", "mapas"} or noun.endswith(("ma", "mas")):
        return "m"
    return "f" if noun.endswith(("a", "as", "ción", "dad")) else "m"


def _ordinal(language: Language, number: str, ending: str, around: str) -> str:
    del language, around
    said = words(number, "es", "ordinal")
    if ending in {".er", "er"}:
        return said.removesuffix("o")
    if ending[-1] in "aª":
        return " ".join(f"{word[:-1]}a" if word[-1] == "o" else word for word in said.split())
    return said


_CENT = Noun("m", "céntimo", "céntimos")
SPANISH = Language(
    tag="es",
    point="coma",
    dot="punto",
    minus="menos",
    to="a",
    months=listed(
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre "
        "diciembre"
    ),
    short_months={
        "ene": 1, "feb": 2, "mar": 3, "abr": 4, "jun": 6, "jul": 7, "ago": 8, "sept": 9,
        "setiembre": 9, "oct": 10, "nov": 11, "dic": 12,
    },
    units=nouns("""
        % m por_ciento
        ‰ m por_mil
        km m kilómetro kilómetros
        m m metro metros
        cm m centímetro centímetros
        mm m milímetro milímetros
        km/h m kilómetro_por_hora kilómetros_por_hora
        m/s m metro_por_segundo metros_por_segundo
        km² m kilómetro_cuadrado kilómetros_cuadrados
        m² m metro_cuadrado metros_cuadrados
        cm² m centímetro_cuadrado centímetros_cuadrados
        m³ m metro_cúbico metros_cúbicos
        cm³ m centímetro_cúbico centímetros_cúbicos
        ha f hectárea hectáreas
        kg m kilogramo kilogramos
        g m gramo gramos
        mg m miligramo miligramos
        t f tonelada toneladas
        l m litro litros
        L m litro litros
        ml m mililitro mililitros
        °C m grado_Celsius grados_Celsius
        °F m grado_Fahrenheit grados_Fahrenheit
        ° m grado grados
        h f hora horas
        min m minuto minutos
        s m segundo segundos
        ms m milisegundo milisegundos
        W m vatio vatios
        kW m kilovatio kilovatios
        MW m megavatio megavatios
        kWh m kilovatio_hora kilovatios_hora
        V m voltio voltios
        Hz m hercio hercios
        kHz m kilohercio kilohercios
        MHz m megahercio megahercios
        GHz m gigahercio gigahercios
        kB m kilobyte kilobytes
        MB m megabyte megabytes
        GB m gigabyte gigabytes
        TB m terabyte terabytes
    """),
    currencies={
        "EUR": Currency(Noun("m", "euro", "euros"), _CENT),
        "USD": Currency(Noun("m", "dólar", "dólares"), Noun("m", "centavo", "centavos")),
        "GBP": Currency(Noun("f", "libra", "libras"), Noun("m", "penique", "peniques")),
        "CHF": Currency(Noun("m", "franco suizo", "francos suizos"), _CENT),
        "BRL": Currency(Noun("m", "real", "reales"), Noun("m", "centavo", "centavos")),
        "JPY": Currency(Noun("m", "yen", "yenes"), None),
    },
    scales=nouns("""
        millones m millón millones
        millón m millón millones
        M m millón millones
        mil_millones m mil_millones mil_millones
    """),
    agreement={
        "m": {"uno": "un", "veintiuno": "veintiún"},
        "f": {"uno": "una", "veintiuno": "veintiuna", **_HUNDREDS},
    },
    gender=_gender,
    date=_date,
    clock=_clock,
    ordinal=_ordinal,
    roman=_roman,
    sections=frozenset(listed("capítulo parte tomo acto fase tipo título volumen")),
    articles=frozenset({"el", "la", "del", "al", "un"}),
    endings=r"\.?[ºª°]|\.?er|\.[oa](?!\w)",
    clock_words=r"h|hs|horas",
    day_mark=r"[º°]? ",
    of=lambda noun: f"de {noun}",
    cents="{major} con {minor}",
)  # fmt: skip
SPANISH_AMERICAS = replace(SPANISH, decimal_sign=".", point="punto")
