"""What Spanish and Portuguese share."""

from dataclasses import dataclass

from speech.text.languages.grammar import Day, Language, is_name, nouns

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
        is_plain = int(number) > 10 or (is_century and self.counts_centuries)
        return self.cardinal(number) if is_plain else self.nth(number)

    def gender(self, noun: str) -> str:
        """Of a word that is counted."""
        if noun in _MASCULINE or noun.endswith(("ma", "mas")):
            return "m"
        return "f" if noun.endswith(self.feminine) else "m"
