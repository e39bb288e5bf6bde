"""Portuguese, of Portugal and of Brazil."""

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


def _date(language: Language, date: Day) -> str:
    first = date.day == 1 and (date.marked or language.tag == "pt_BR")
    day = "primeiro" if first else words(str(date.day), language.tag)
    said = f"{day} de {language.months[date.month - 1]}"
    return f"{said} de {date.year}" if date.year else said


def _clock(language: Language, moment: Moment) -> str:
    hour = language.counted(str(moment.hour), "", Noun("f", "hora", "horas"))
    if not moment.minute:
        return hour
    return f"{hour} e {language.cardinal(str(moment.minute))}"


def _roman(language: Language, number: str, before: str, after: str) -> str:
    del after
    is_century = before.lower() in {"século", "séculos"}
    if not is_century and not is_name(before):
        return ""
    return words(number, language.tag, "ordinal" if int(number) <= 10 else "cardinal")


def _gender(noun: str) -> str:
    if noun in {"dia", "dias", "mapa", "mapas"} or noun.endswith(("ma", "mas")):
        return "m"
    return "f" if noun.endswith(("a", "as", "ção", "ções", "dade")) else "m"


def _ordinal(language: Language, number: str, ending: str, around: str) -> str:
    del around
    said = words(number, language.tag, "ordinal")
    if ending[-1] in "ªa":
        return " ".join(f"{word[:-1]}a" if word[-1] == "o" else word for word in said.split())
    return said


_CENT = Noun("m", "cêntimo", "cêntimos")
_CENTAVO = Noun("m", "centavo", "centavos")
PORTUGUESE = Language(
    tag="pt",
    point="vírgula",
    dot="ponto",
    minus="menos",
    to="a",
    months=listed(
        "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro "
        "dezembro"
    ),
    short_months={
        "jan": 1, "fev": 2, "mar": 3, "abr": 4, "mai": 5, "jun": 6, "jul": 7, "ago": 8, "set": 9,
        "out": 10, "nov": 11, "dez": 12,
    },
    units=nouns("""
        % m por_cento
        ‰ m por_mil
        km m quilómetro quilómetros
        m m metro metros
        cm m centímetro centímetros
        mm m milímetro milímetros
        km/h m quilómetro_por_hora quilómetros_por_hora
        m/s m metro_por_segundo metros_por_segundo
        km² m quilómetro_quadrado quilómetros_quadrados
        m² m metro_quadrado metros_quadrados
        cm² m centímetro_quadrado centímetros_quadrados
        m³ m metro_cúbico metros_cúbicos
        cm³ m centímetro_cúbico centímetros_cúbicos
        ha m hectare hectares
        kg m quilograma quilogramas
        g m grama gramas
        mg m miligrama miligramas
        t f tonelada toneladas
        l m litro litros
        L m litro litros
        ml m mililitro mililitros
        °C m grau_Celsius graus_Celsius
        °F m grau_Fahrenheit graus_Fahrenheit
        ° m grau graus
        h f hora horas
        min m minuto minutos
        s m segundo segundos
        ms m milissegundo milissegundos
        W m watt watts
        kW m quilowatt quilowatts
        MW m megawatt megawatts
        kWh m quilowatt-hora quilowatts-hora
        V m volt volts
        Hz m hertz
        kHz m quilohertz
        MHz m megahertz
        GHz m gigahertz
        kB m quilobyte quilobytes
        MB m megabyte megabytes
        GB m gigabyte gigabytes
        TB m terabyte terabytes
    """),
    currencies={
        "EUR": Currency(Noun("m", "euro", "euros"), _CENT),
        "BRL": Currency(Noun("m", "real", "reais"), _CENTAVO),
        "USD": Currency(Noun("m", "dólar", "dólares"), Noun("m", "cêntimo", "cêntimos")),
        "GBP": Currency(Noun("f", "libra", "libras"), Noun("m", "péni", "pence")),
        "CHF": Currency(Noun("m", "franco suíço", "francos suíços"), _CENT),
        "JPY": Currency(Noun("m", "iene", "ienes"), None),
    },
    scales=nouns("""
        milhões m milhão milhões
        milhão m milhão milhões
        bilhões m bilhão bilhões
        bilhão m bilhão bilhões
        mi m milhão milhões
        bi m bilhão bilhões
        M m milhão milhões
    """),
    agreement={"f": {"um": "uma", "dois": "duas"}},
    gender=_gender,
    date=_date,
    clock=_clock,
    ordinal=_ordinal,
    roman=_roman,
    sections=frozenset(listed("capítulo parte tomo ato fase tipo título volume")),
    articles=frozenset({"o", "a", "do", "da", "no", "na", "ao", "um"}),
    endings=r"\.?[ºª°]",
    clock_words="h|horas",
    day_mark=r"[º°]? ",
    of=lambda noun: f"de {noun}",
    cents="{major} e {minor} {coin}",
)  # fmt: skip
_BRAZILIAN = {
    sign: noun._replace(
        one=noun.one.replace("quilómetro", "quilômetro"),
        many=noun.many.replace("quilómetro", "quilômetro"),
    )
    for sign, noun in PORTUGUESE.units.items()
}
BRAZILIAN = replace(
    PORTUGUESE,
    tag="pt_BR",
    units=_BRAZILIAN,
    currencies={
        code: currency._replace(minor=_CENTAVO) if code in {"EUR", "USD"} else currency
        for code, currency in PORTUGUESE.currencies.items()
    },
)
