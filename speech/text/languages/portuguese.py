"""Portuguese, of Portugal and of Brazil."""

from dataclasses import replace

from speech.text.languages.grammar import Currency, Moment, Noun, listed, nouns
from speech.text.languages.iberian import UNITS, Iberian


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
    centuries=frozenset({"século", "séculos"}),
    first="primeiro",
    link=" de ",
    and_minutes=" e ",
    sections=frozenset(listed("capítulo parte tomo ato fase tipo título volume")),
    articles=frozenset({"o", "a", "do", "da", "no", "na", "ao", "um"}),
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
    american=True,
    units=_BRAZILIAN,
    currencies={
        code: currency._replace(minor=_CENTAVO) if code in {"EUR", "USD"} else currency
        for code, currency in PORTUGUESE.currencies.items()
    },
)
