"""Signs of mathematics outside English, which espeak-ng says in English or not at all."""

import re
from collections.abc import Iterator
from functools import cache

from speech.text.reading import Span

_SIGNS = ("=", "<", ">", "≤", "≥", "≠", "≈", "±", "√", "∞", "×", "÷", "·", "²", "³", "∈", "&")
# By language, in the order of the signs.
_TABLE = """
de|gleich|kleiner als|größer als|kleiner oder gleich|größer oder gleich|ungleich|ungefähr|plus minus|Wurzel aus|unendlich|mal|geteilt durch|mal|Quadrat|hoch drei|Element von|und
fr|égale|inférieur à|supérieur à|inférieur ou égal à|supérieur ou égal à|différent de|environ|plus ou moins|racine carrée de|infini|fois|divisé par|fois|au carré|au cube|appartient à|et
es|igual a|menor que|mayor que|menor o igual que|mayor o igual que|distinto de|aproximadamente|más menos|raíz cuadrada de|infinito|por|dividido entre|por|al cuadrado|al cubo|pertenece a|y
it|uguale a|minore di|maggiore di|minore o uguale a|maggiore o uguale a|diverso da|circa|più o meno|radice quadrata di|infinito|per|diviso|per|al quadrato|al cubo|appartiene a|e
pt|igual a|menor que|maior que|menor ou igual a|maior ou igual a|diferente de|aproximadamente|mais ou menos|raiz quadrada de|infinito|vezes|dividido por|vezes|ao quadrado|ao cubo|pertence a|e
nl|is|kleiner dan|groter dan|kleiner dan of gelijk aan|groter dan of gelijk aan|ongelijk aan|ongeveer|plus of min|wortel van|oneindig|keer|gedeeld door|keer|kwadraat|tot de derde|element van|en
pl|równa się|mniejsze niż|większe niż|mniejsze lub równe|większe lub równe|różne od|około|plus minus|pierwiastek z|nieskończoność|razy|podzielone przez|razy|do kwadratu|do sześcianu|należy do|i
ru|равно|меньше|больше|меньше или равно|больше или равно|не равно|примерно|плюс-минус|корень из|бесконечность|умножить на|разделить на|умножить на|в квадрате|в кубе|принадлежит|и
cs|rovná se|menší než|větší než|menší nebo rovno|větší nebo rovno|nerovná se|přibližně|plus minus|odmocnina z|nekonečno|krát|děleno|krát|na druhou|na třetí|patří do|a
sv|är lika med|mindre än|större än|mindre än eller lika med|större än eller lika med|inte lika med|ungefär|plus minus|roten ur|oändlighet|gånger|delat med|gånger|i kvadrat|i kubik|tillhör|och
"""  # noqa: E501 (a line for each language)
# `<` and `&` within words, and powers of units, are something else.
# e.g. `x ≤ 5`
_SIGN = re.compile(
    r"[≤≥≠≈±√∞÷∈]|(?<=[\w)²³] )[=<>×·&](?= ?[\w(√∞+-])|(?<=[\w)])[=<>×](?=[\d(-])|(?<=\w)[²³](?!\w)"
)
_ANY = re.compile("[=<>≤≥≠≈±√∞×÷·²³∈&]")
_RULE = "languages.mathematics"


@cache
def _words(family: str) -> dict[str, str]:
    line = next((it for it in _TABLE.splitlines() if it.startswith(f"{family}|")), "")
    return dict(zip(_SIGNS, line.split("|")[1:], strict=False))


def sign_spans(text: str, family: str) -> Iterator[Span]:
    """The signs of a sentence between what they connect."""
    words = _words(family)
    if not words or _ANY.search(text) is None:
        return
    for match in _SIGN.finditer(text):
        yield Span(*match.span(), words[match[0]], "math", _RULE)
