"""Italian."""

from speech.text.languages.grammar import (
    INTERNATIONAL,
    Currency,
    Language,
    Moment,
    Noun,
    listed,
    nouns,
)


class _Italian(Language):
    __slots__ = ()

    def hour(self, moment: Moment) -> str:
        return "una" if moment.hour == 1 else self.cardinal(str(moment.hour))

    def ordinal(self, number: str, ending: str, around: str) -> str:
        del around
        said = self.nth(number)
        return f"{said[:-1]}a" if ending == "ª" else said

    def roman(self, number: str, before: str, after: str) -> str:
        if after.lower() in {"secolo", "secoli"} or before.lower() in {"secolo", "sec."}:
            return self.nth(number)
        said = super().roman(number, before, after)
        return f"{said[:-1]}a" if before in _QUEENS else said

    def gender(self, noun: str, count: str = "") -> str:
        return "f" if noun.endswith(("a", "zione")) and not noun.endswith("ma") else "m"


_QUEENS = frozenset({"Elisabetta", "Caterina", "Maria", "Margherita", "Vittoria", "Giovanna"})
_CENT = Noun("m", "centesimo", "centesimi")
ITALIAN = _Italian(
    tag="it",
    point="virgola",
    dot="punto",
    minus="meno",
    to="a",
    against="a",
    times="per",
    per="al",
    often=" volte",
    months=listed(
        "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre "
        "dicembre"
    ),
    short_months={
        "gen": 1, "feb": 2, "apr": 4, "mag": 5, "giu": 6, "lug": 7, "ago": 8, "set": 9, "sett": 9,
        "ott": 10, "nov": 11, "dic": 12,
    },
    units=INTERNATIONAL | nouns("""
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
        kW m chilowatt
        MW m megawatt
        kWh m chilowattora
        kHz m chilohertz
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
    first="primo",
    and_minutes=" e ",
    sections=frozenset(listed("capitolo parte tomo atto fase tipo titolo volume")),
    articles=frozenset({"il", "la", "al", "del", "nel", "dal", "sul", "un", "alla", "della"}),
    ordered=frozenset(
        listed("piano posto grado anno giorno capitolo secolo premio classificato livello turno")
    ),
    and_half=("e mezzo", "e mezza"),
    endings="[º°ª]",
    clock_words="ore",
    day_mark=r"[º°]? ",
    of="di ",
    cents="{major} e {minor}",
)  # fmt: skip
