"""Spanish, and Portuguese of Portugal and of Brazil."""

from dataclasses import dataclass, replace

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

# What Spanish and Portuguese share.

UNITS = nouns("""
    m m metro metros
    cm m centímetro centímetros
    mm m milímetro milímetros
    m/s m metro_por_segundo metros_por_segundo
    m³ m metro_cúbico metros_cúbicos
    cm³ m centímetro_cúbico centímetros_cúbicos
    t f tonelada toneladas
    l m litro litros
    L m litro litros
    ml m mililitro mililitros
    h f hora horas
    min m minuto minutos
    s m segundo segundos
    MB m megabyte megabytes
    GB m gigabyte gigabytes
    TB m terabyte terabytes
""")
_MASCULINE = frozenset({"día", "días", "dia", "dias", "mapa", "mapas"})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Iberian(Language):
    """Ordinals agree with their noun; those of kings end at the tenth."""

    feminine: tuple[str, ...]
    """Endings of feminine nouns."""
    centuries: frozenset[str]
    """Words before the number of a century."""
    counts_centuries: bool = False
    """Centuries are plain numbers."""
    american: bool = False
    """The first day of a month is `first` also where it is not written as an ordinal."""

    def day(self, date: Day) -> str:
        """The day of a date."""
        is_first = date.day == 1 and (date.marked or self.american)
        return self.first if is_first else self.cardinal(str(date.day))

    def ordinal(self, number: str, ending: str, around: str) -> str:
        """A number with its written ending: `1.er`, `2ª`."""
        del around
        said = self.nth(number)
        if ending.endswith("er"):
            return said.removesuffix("o")
        if ending[-1] in "aª":
            return " ".join(f"{word[:-1]}a" if word[-1] == "o" else word for word in said.split())
        return said

    def roman(self, number: str, before: str, after: str) -> str:
        """A Roman numeral behind a name or a century."""
        del after
        is_century = before.lower() in self.centuries
        if not is_century and not is_name(before):
            return ""
        if int(number) > 10 or (is_century and self.counts_centuries):
            return self.cardinal(number)
        is_queen = before.endswith("a") or before in {"Isabel", "Beatriz", "Leonor"}
        return self.ordinal(number, "ª" if is_queen and not is_century else "º", "")

    def gender(self, noun: str, count: str = "") -> str:
        """Of a word that is counted."""
        if noun in _MASCULINE or noun.endswith(("ma", "mas")):
            return "m"
        return "f" if noun.endswith(self.feminine) else "m"


# Spanish.

_HUNDREDS = {f"{stem}cientos": f"{stem}cientas" for stem in ("dos", "tres", "cuatro", "seis",
              "ocho")} | {"quinientos": "quinientas", "setecientos": "setecientas",
              "novecientos": "novecientas"}  # fmt: skip


class _Spanish(Iberian):
    __slots__ = ()

    def clock(self, moment: Moment) -> str:
        said = self.cardinal(str(moment.hour), "f")
        if moment.minute:
            return f"{said} y {self.cardinal(str(moment.minute))}"
        return said if moment.before == "las" or not moment.suffix else f"{said} horas"


_CENTIMO = Noun("m", "céntimo", "céntimos")
SPANISH = _Spanish(
    tag="es",
    point="coma",
    dot="punto",
    minus="menos",
    to="a",
    against="a",
    times="por",
    per="por",
    often=" veces",
    months=listed(
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre "
        "diciembre"
    ),
    short_months={
        "ene": 1, "feb": 2, "mar": 3, "abr": 4, "jun": 6, "jul": 7, "ago": 8, "sept": 9,
        "setiembre": 9, "oct": 10, "nov": 11, "dic": 12,
    },
    units=UNITS | nouns("""
        % m por_ciento
        ‰ m por_mil
        km m kilómetro kilómetros
        km/h m kilómetro_por_hora kilómetros_por_hora
        km² m kilómetro_cuadrado kilómetros_cuadrados
        m² m metro_cuadrado metros_cuadrados
        cm² m centímetro_cuadrado centímetros_cuadrados
        ha f hectárea hectáreas
        kg m kilogramo kilogramos
        g m gramo gramos
        mg m miligramo miligramos
        °C m grado_Celsius grados_Celsius
        °F m grado_Fahrenheit grados_Fahrenheit
        ° m grado grados
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
    """),
    currencies={
        "EUR": Currency(Noun("m", "euro", "euros"), _CENTIMO),
        "USD": Currency(Noun("m", "dólar", "dólares"), Noun("m", "centavo", "centavos")),
        "GBP": Currency(Noun("f", "libra", "libras"), Noun("m", "penique", "peniques")),
        "CHF": Currency(Noun("m", "franco suizo", "francos suizos"), _CENTIMO),
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
    feminine=("a", "as", "ción", "dad"),
    centuries=frozenset({"siglo", "siglos", "s."}),
    counts_centuries=True,
    first="primero",
    link=" de ",
    sections=frozenset(listed("capítulo parte tomo acto fase tipo título volumen")),
    articles=frozenset({"el", "la", "del", "al", "un"}),
    ordered=frozenset(listed("piso puesto año grado lugar capítulo día premio aniversario curso")),
    and_half=("y medio", "y media"),
    endings=r"\.?[ºª°]|\.?er|\.[oa](?!\w)",
    clock_words=r"h|hs|horas",
    day_mark=r"[º°]? ",
    of="de ",
    cents="{major} con {minor}",
)  # fmt: skip
SPANISH_AMERICAS = replace(SPANISH, decimal_sign=".", point="punto", american=True)


# Portuguese, of Portugal and of Brazil.


class _Portuguese(Iberian):
    __slots__ = ()

    def hour(self, moment: Moment) -> str:
        return self.counted(str(moment.hour), "", self.units["h"])


_CENT = Noun("m", "cêntimo", "cêntimos")
_CENTAVO = Noun("m", "centavo", "centavos")
PORTUGUESE = _Portuguese(
    tag="pt",
    point="vírgula",
    dot="ponto",
    minus="menos",
    to="a",
    against="a",
    times="por",
    per="por",
    often=" vezes",
    months=listed(
        "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro "
        "dezembro"
    ),
    short_months={
        "jan": 1, "fev": 2, "mar": 3, "abr": 4, "mai": 5, "jun": 6, "jul": 7, "ago": 8, "set": 9,
        "out": 10, "nov": 11, "dez": 12,
    },
    units=UNITS | nouns("""
        % m por_cento
        ‰ m por_mil
        km m quilómetro quilómetros
        km/h m quilómetro_por_hora quilómetros_por_hora
        km² m quilómetro_quadrado quilómetros_quadrados
        m² m metro_quadrado metros_quadrados
        cm² m centímetro_quadrado centímetros_quadrados
        ha m hectare hectares
        kg m quilograma quilogramas
        g m grama gramas
        mg m miligrama miligramas
        °C m grau_Celsius graus_Celsius
        °F m grau_Fahrenheit graus_Fahrenheit
        ° m grau graus
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
    feminine=("a", "as", "ção", "ções", "dade"),
    centuries=frozenset({"século", "séculos", "séc."}),
    first="primeiro",
    link=" de ",
    and_minutes=" e ",
    sections=frozenset(listed("capítulo parte tomo ato fase tipo título volume")),
    articles=frozenset({"o", "a", "do", "da", "no", "na", "ao", "um"}),
    ordered=frozenset(listed("andar lugar ano dia capítulo turno grau prêmio prémio aniversário")),
    and_half=("e meio", "e meia"),
    endings=r"\.?[ºª°]",
    clock_words="h|horas",
    day_mark=r"[º°]? ",
    of="de ",
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
    crossed_scores=True,
    american=True,
    units=_BRAZILIAN,
    currencies={
        code: currency._replace(minor=_CENTAVO) if code in {"EUR", "USD"} else currency
        for code, currency in PORTUGUESE.currencies.items()
    },
)
