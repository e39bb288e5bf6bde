"""Spanish."""

from dataclasses import replace

from speech.text.languages.grammar import Currency, Moment, Noun, listed, nouns
from speech.text.languages.iberian import UNITS, Iberian

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


_CENT = Noun("m", "céntimo", "céntimos")
SPANISH = _Spanish(
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
    feminine=("a", "as", "ción", "dad"),
    centuries=frozenset({"siglo", "siglos"}),
    counts_centuries=True,
    first="primero",
    link=" de ",
    sections=frozenset(listed("capítulo parte tomo acto fase tipo título volumen")),
    articles=frozenset({"el", "la", "del", "al", "un"}),
    endings=r"\.?[ºª°]|\.?er|\.[oa](?!\w)",
    clock_words=r"h|hs|horas",
    day_mark=r"[º°]? ",
    of="de ",
    cents="{major} con {minor}",
)  # fmt: skip
SPANISH_AMERICAS = replace(SPANISH, decimal_sign=".", point="punto", american=True)
