r"""Mathematics as LaTeX writes it within a text: `$n^2$`, `\(…\)`, `\[…\]`, bare commands.

It reads what models write into answers: fractions, roots, powers, indices, comparisons, Greek
letters, functions. A command that it does not know is not said. English gets words, which are
final; other languages get the plain signs (n², α, ≤), which their readers and espeak-ng know.
"""

import re
from collections.abc import Callable, Iterator, Mapping

from speech.text import marks
from speech.text.edits import Edit
from speech.text.english import read_english
from speech.text.english.numbers import cardinal, fraction
from speech.text.english.units import plural, unit_name

MAX_FORMULA = 400
"""Characters of a formula; a longer one is left as it is written."""
_MAX_DEPTH = 12

# As in Pandoc, no blank stands inside the dollars, and no digit behind them.
# e.g. `$n^2$`
_FORMULA = re.compile(
    r"(?<![\\$\w])\$\$(?P<display>[^$]{1,400})\$\$"
    r"|(?<=[A-Za-z0-9)])\$(?P<mark>[\^_])\{?(?P<raised>[-+0-9n]{1,3})\}?\$"
    r"|(?<![\\$\w])\$(?=[^\s$])(?P<dollars>(?:\\.|[^$\\\n]){1,400})(?<!\s)\$(?![0-9$])"
    r"|\\\((?P<round>(?:(?!\\[()]).){1,400})\\\)"
    r"|\\\[(?P<square>(?:(?!\\[\[\]])[\s\S]){1,400})\\\]"
    r"|(?<![\w:\\/.])\\(?P<bare>[A-Za-z]{2,16})(?![A-Za-z\\])"
)
_PIECE = re.compile(r"\\[A-Za-z]+\*?|\\.|[0-9]+(?:\{,\}[0-9]{3})*(?:\.[0-9]+)?|'{2,3}|\S")
# What a number counts: `5\text{ s}`.
# e.g. `\,\text{ km}`
_UNIT = re.compile(
    r"\s*(?:\\[,;: ]|~)?\s*\\(?:text|mathrm|mbox|textrm|rm)\s*\{\s*(?P<unit>[^{}\\]{1,6}?)\s*\}"
)
_WORDS_OF = re.compile(r"\\[A-Za-z]+(?:\{[A-Za-z ]*\})?|[^\W\d_]+")
# No sentence ends within a formula.
_WITHIN = re.compile(r"(?: ?[.!?…])+(?=\s)(?!\s*$)| ,")
_SIGN = re.compile(r"[\\^_=<>+{}0-9]|^[^\W\d_]$")

_GREEK = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "zeta": "ζ", "eta": "η",
    "theta": "θ", "iota": "ι", "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ",
    "pi": "π", "rho": "ρ", "sigma": "σ", "tau": "τ", "upsilon": "υ", "phi": "φ", "chi": "χ",
    "psi": "ψ", "omega": "ω", "Gamma": "Γ", "Delta": "Δ", "Theta": "Θ", "Lambda": "Λ", "Xi": "Ξ",
    "Pi": "Π", "Sigma": "Σ", "Phi": "Φ", "Psi": "Ψ", "Omega": "Ω",
}  # fmt: skip
# By command or sign: its words in English, and its sign elsewhere.
_SAID: dict[str, tuple[str, str]] = {
    **{rf"\{name}": (name.lower(), sign) for name, sign in _GREEK.items()},
    **{rf"\var{name}": (name, _GREEK[name]) for name in ("epsilon", "theta", "phi", "rho", "pi")},
    **{rf"\{name}": (name, name) for name in ("log", "max", "min", "gcd", "det", "exp", "mod",
                                              "arg", "dim", "ker")},
    r"\bmod": ("mod", "mod"),
    r"\sin": ("sine", "sin"), r"\cos": ("cosine", "cos"), r"\tan": ("tangent", "tan"),
    r"\cot": ("cotangent", "cot"), r"\sec": ("secant", "sec"), r"\csc": ("cosecant", "csc"),
    r"\arcsin": ("arc sine", "arcsin"), r"\arccos": ("arc cosine", "arccos"),
    r"\arctan": ("arc tangent", "arctan"), r"\sup": ("supremum", "sup"),
    r"\inf": ("infimum", "inf"),
    r"\cong": ("is congruent to", "≅"), r"\perp": ("is perpendicular to", "⊥"),
    r"\parallel": ("is parallel to", "∥"), r"\angle": ("angle", "∠"),
    r"\triangle": ("triangle", "△"),
    r"\therefore": ("therefore", "∴"), r"\because": ("because", "∵"), r"\ell": ("l", "l"),
    r"\hbar": ("h bar", "ħ"), r"\setminus": ("minus", "-"), r"\oplus": ("plus", "+"),
    r"\supset": ("is a superset of", "⊃"), r"\supseteq": ("is a superset of", "⊇"),
    r"\ast": ("times", "×"), r"\leftarrow": ("from", "←"),
    r"\LaTeX": ("LaTeX", "LaTeX"), r"\TeX": ("tech", "TeX"),
    r"\ln": ("natural log", "ln"), r"\lim": ("the limit", "lim"),
    "=": ("equals", "="), "<": ("is less than", "<"), ">": ("is greater than", ">"),
    r"\lt": ("is less than", "<"), r"\gt": ("is greater than", ">"),
    **dict.fromkeys((r"\leq", r"\le", r"\leqslant"), ("is less than or equal to", "≤")),
    **dict.fromkeys((r"\geq", r"\ge", r"\geqslant"), ("is greater than or equal to", "≥")),
    **dict.fromkeys((r"\neq", r"\ne"), ("is not equal to", "≠")),
    **dict.fromkeys((r"\approx", r"\simeq"), ("is approximately equal to", "≈")),
    r"\equiv": ("is equivalent to", "≡"), r"\sim": ("is similar to", "~"),
    r"\propto": ("is proportional to", "∝"), r"\ll": ("is much less than", "<"),
    r"\gg": ("is much greater than", ">"), "+": ("plus", "+"), "-": ("minus", "-"),
    "−": ("minus", "-"), "*": ("times", "×"), r"\times": ("times", "×"), r"\cdot": ("times", "·"),
    r"\div": ("divided by", "÷"), "/": ("over", "/"), r"\pm": ("plus or minus", "±"),
    r"\mp": ("minus or plus", "∓"), "!": ("factorial", "!"), r"\%": ("percent", "%"),
    "%": ("percent", "%"), r"\in": ("in", "∈"), r"\notin": ("not in", "∉"),
    r"\subset": ("is a subset of", "⊂"), r"\subseteq": ("is a subset of", "⊆"),
    r"\cup": ("union", "∪"), r"\cap": ("intersection", "∩"), r"\emptyset": ("the empty set", "∅"),
    **dict.fromkeys((r"\to", r"\rightarrow", r"\mapsto", r"\longrightarrow"), ("to", "→")),
    **dict.fromkeys((r"\implies", r"\Rightarrow"), ("implies", "⇒")),
    **dict.fromkeys((r"\iff", r"\Leftrightarrow"), ("if and only if", "⇔")),
    r"\infty": ("infinity", "∞"), r"\partial": ("partial", "∂"), r"\nabla": ("nabla", "∇"),
    r"\forall": ("for all", "∀"), r"\exists": ("there exists", "∃"), r"\neg": ("not", "¬"),
    **dict.fromkeys((r"\land", r"\wedge"), ("and", "∧")),
    **dict.fromkeys((r"\lor", r"\vee"), ("or", "∨")), r"\mid": ("given", "|"),
    r"\sum": ("the sum", "∑"), r"\prod": ("the product", "∏"), r"\int": ("the integral", "∫"),
    r"\circ": ("degrees", "°"), r"\degree": ("degrees", "°"), r"\prime": ("prime", "'"),
    "'": ("prime", "'"), "''": ("double prime", "''"), "'''": ("triple prime", "'''"),
    r"\$": ("dollars", "$"), r"\#": ("number", "#"), r"\&": ("and", "&"),
    **dict.fromkeys((r"\ldots", r"\dots", r"\cdots"), ("and so on", "...")),
    r"\\": (",", ","), ",": (",", ","), ";": (",", ";"), ":": ("to", ":"), ".": (".", "."),
}  # fmt: skip
_FUNCTIONS = frozenset((*"fghFGHOP", r"\mathcal", r"\Theta", r"\Omega", "'", "''"))
"""What before a bracket is a function, `f(x)`, rather than factors."""
_ABOUT = {
    "|": ("|", "the absolute value of"), r"\|": (r"\|", "the norm of"),
    r"\lvert": (r"\rvert", "the absolute value of"), r"\lVert": (r"\rVert", "the norm of"),
    r"\lfloor": (r"\rfloor", "the floor of"), r"\lceil": (r"\rceil", "the ceiling of"),
}  # fmt: skip
"""By what opens it: what closes it, and what is said of what stands between."""
_BIG = frozenset((r"\sum", r"\prod", r"\int", r"\lim"))
_WORDS = frozenset(
    (r"\text", r"\textbf", r"\textit", r"\texttt", r"\emph", r"\mathrm", r"\operatorname",
     r"\mathbf", r"\mathit", r"\mathbb", r"\mathcal", r"\boxed", r"\underline", r"\overline",
     r"\textrm", r"\mbox")
)  # fmt: skip
_ACCENTS = {r"\hat": "hat", r"\bar": "bar", r"\tilde": "tilde", r"\dot": "dot"}
_FRACTIONS = frozenset((r"\frac", r"\dfrac", r"\tfrac"))
_NAMED = frozenset(
    (r"\begin", r"\end", r"\label", r"\tag", r"\ref", r"\eqref", r"\pageref", r"\autoref", r"\cref",
     r"\cite", r"\citep", r"\citet", r"\usepackage", r"\documentclass", r"\includegraphics",
     r"\bibliography", r"\bibliographystyle", r"\vspace", r"\hspace")
)  # fmt: skip
"""Their argument is no text."""
_SILENT = frozenset(
    (r"\item", r"\noindent", r"\newline", r"\newpage", r"\par", r"\quad", r"\qquad", r"\centering",
     r"\maketitle", r"\hline", r"\hfill", r"\bigskip", r"\medskip", r"\smallskip",
     r"\tableofcontents", r"\displaystyle", r"\textbackslash")
)  # fmt: skip
_HEADINGS = frozenset((r"\title", r"\chapter", r"\section", r"\subsection", r"\subsubsection"))
_GROUP = re.compile(r"\{(?P<words>[^{}\\\n]{1,300})\}(?P<end>[.!?]?)")
_TOPS = {cardinal(number): number for number in range(1, 20)}
_BELOW = {cardinal(number): number for number in range(2, 21)}
_TURNS = frozenset(("t h", "s t", "n d", "r d"))
_RAISED = str.maketrans("0123456789+-n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ")
_LOWERED = str.maketrans("0123456789+-n", "₀₁₂₃₄₅₆₇₈₉₊₋ₙ")


def latex_edits(text: str, language: str) -> list[Edit]:
    """The formulas of a text as what is said; linear in the text."""
    if "\\" not in text and text.count("$") < 2:
        return []
    english = language.partition("-")[0] == "en"
    edits: list[Edit] = []
    last = 0
    for match in _FORMULA.finditer(text):
        if match.start() < last:
            continue
        last = match.end()
        if match["bare"]:
            command = f"\\{match['bare']}"
            if _is_known(command):
                reader = _Reader(text[match.start() : match.start() + MAX_FORMULA], english=english)
                said = " ".join(reader.atom(0))
                last = match.start() + reader.position
            elif group := _GROUP.match(text, last):
                # `\section{Words}`
                edits.append(Edit(match.start(), group.start("words"), "", "math", "latex"))
                last = group.end()
                said = group["end"] or "." * (command in _HEADINGS and text[last - 2].isalnum())
                edits.append(Edit(group.end("words"), last, said, "math", "latex"))
                continue
            elif not text[last : last + 1].strip(" \n.,;:!?)"):
                # A word of its own, and no path.
                said = "" if command in _SILENT else match["bare"]
            else:
                continue
        elif match["raised"]:
            # `cm$^2$` is a unit, `H$_2$O` a formula.
            said = match["raised"].translate(_RAISED if match["mark"] == "^" else _LOWERED)
            edits.append(Edit(match.start(), last, said, "math", "latex"))
            continue
        else:
            formula = match[match.lastgroup or 0]
            # `\[x\]` is Markdown's way to write brackets.
            if not _is_formula(formula) or (match["square"] and len(formula) == 1):
                continue
            said = " ".join(_Reader(formula, english=english).all())
        if text[last : last + 1].isalnum():
            said += " "
        said = _WITHIN.sub(",", said)
        edits.append(Edit(match.start(), last, said, "math", "latex"))
    return edits


def _is_known(command: str) -> bool:
    return command in _SAID or command in _COMMANDS


def _is_formula(text: str) -> bool:
    """Whether what stands between marks of mathematics is mathematics, and not amounts or words."""
    words = [word for word in _WORDS_OF.findall(text) if word[0] != "\\"]
    longest = max(map(len, words), default=0)
    return longest <= 3 and (bool(_SIGN.search(text)) or longest == 1)


class _Reader:
    """One formula."""

    def __init__(self, text: str, *, english: bool) -> None:
        self._text = text
        self._english = english
        self.position = 0
        """Behind what was read."""
        self._open = 0
        """Brackets that are not closed yet."""

    def all(self) -> Iterator[str]:
        """What is said, word by word."""
        while self._peek():
            yield from self.atom(0)

    def _peek(self) -> str:
        match = _PIECE.search(self._text, self.position)
        return match[0] if match else ""

    def _take(self) -> str:
        match = _PIECE.search(self._text, self.position)
        if match is None:
            return ""
        self.position = match.end()
        return match[0]

    def atom(self, depth: int) -> list[str]:
        """The next thing with its powers and indices."""
        piece = self._take()
        said = self._said(piece, depth)
        raised = False
        while depth < _MAX_DEPTH and self._peek() in {"^", "_"}:
            mark = self._take()
            other = self._argument(depth + 1)
            if piece in _BIG and self._english:
                if piece == r"\lim":
                    other = ["approaches" if word == "to" else word for word in other]
                said += [{"_": "as" if piece == r"\lim" else "from"}.get(mark, "to"), *other]
            elif mark == "^":
                said, raised = self._raised(said, other), True
            elif piece == r"\log" and self._english:
                said += ["base", *other, "of"]
            else:
                said += other
        if self._english and self._peek() and self._is_of(piece, said, raised=raised):
            said.append("of")
        return said

    def _is_of(self, piece: str, said: list[str], *, raised: bool) -> bool:
        """Whether what follows is what a sum or a function is of."""
        if piece in _BIG:
            return piece != r"\lim" or len(said) > 1
        return piece in _FUNCTIONS and not raised and self._peek() == "("

    def _raised(self, said: list[str], power: list[str]) -> list[str]:
        plain = " ".join(power)
        if not self._english:
            raised = plain.translate(_RAISED)
            return [*said[:-1], f"{said[-1] if said else ''}{raised if raised != plain else plain}"]
        if plain in {"degrees", "prime"}:
            return [*said, plain]
        if plain in _TURNS and said:
            return [*said[:-1], f"{said[-1]}-th"]
        if plain == "T" and said and said[-1].isupper():
            return [*said, "transpose"]
        powers = {"two": "squared", "three": "cubed"}
        return [*said, *([powers[plain]] if plain in powers else ["to the power of", *power])]

    def _argument(self, depth: int) -> list[str]:
        """A group in braces, or one piece."""
        if self._peek() != "{" or depth > _MAX_DEPTH:
            return self._said(self._take(), depth)
        self._take()
        said: list[str] = []
        while (piece := self._peek()) and piece != "}":
            said += self.atom(depth)
        self._take()
        return said

    def _said(self, piece: str, depth: int) -> list[str]:  # noqa: PLR0911 (one line for each class)
        if piece in {"(", ")"}:
            self._open += 1 if piece == "(" else -1
            return []
        if piece in _SAID:
            said = _SAID[piece][not self._english]
            return [said] if said else []
        if piece in _COMMANDS:
            return _COMMANDS[piece](self, piece, depth + 1)
        if piece == "{" and depth < _MAX_DEPTH:
            self.position -= 1
            return self._argument(depth + 1)
        if piece[:1].isdigit():
            return self._number(piece) if self._english else [piece]
        if piece.isalpha():
            spoken = self._english and piece == "a"
            return [marks.pronounced("a", "ˈeɪ") if spoken else piece]
        return []

    def _number(self, figures: str) -> list[str]:
        """A number, with the unit that is written as a text behind it, or before a fraction."""
        figures = figures.replace("{,}", "")
        if self._peek() in _FRACTIONS:
            return [read_english(figures), "and"]
        unit = _UNIT.match(self._text, self.position)
        name = unit_name(unit["unit"]) if unit else None
        if unit is None or name is None:
            return [read_english(figures)]
        self.position = unit.end()
        return [read_english(figures), name if figures == "1" else plural(name)]

    def about(self, opening: str, depth: int) -> list[str]:
        """`|x|`, and what stands in other such marks; a lone bar is a condition, `P(A|B)`."""
        closing, words = _ABOUT[opening]
        rest = self._text[self.position :]
        if depth > _MAX_DEPTH or closing not in (rest.partition(")")[0] if self._open else rest):
            return ["given"] if opening == "|" and self._english else []
        said: list[str] = []
        while (piece := self._peek()) and piece != closing:
            said += self.atom(depth)
        self._take()
        return [words, *said] if self._english else said

    def fraction(self, command: str, depth: int) -> list[str]:
        """One above the other."""
        del command
        above, below = self._short(depth), self._short(depth)
        if not self._english:
            return [f"{' '.join(above)}/{' '.join(below)}"]
        top, low = _TOPS.get(" ".join(above), 0), _BELOW.get(" ".join(below), 0)
        if 0 < top < low:
            return [fraction(top, low)]
        return [*above, "over", *below]

    def _short(self, depth: int) -> list[str]:
        r"""An argument, of which one figure is enough: `\frac12`."""
        piece = self._peek()
        if piece[:1].isdigit():
            self.position = self._text.index(piece, self.position) + 1
            return [read_english(piece[0]) if self._english else piece[0]]
        return self._argument(depth)

    def root(self, command: str, depth: int) -> list[str]:
        r"""`\sqrt[3]{8}`."""
        del command
        degree: list[str] = []
        if self._peek() == "[":
            self._take()
            while (piece := self._peek()) and piece != "]":
                degree += self.atom(depth)
            self._take()
        root = self._argument(depth)
        if not self._english:
            return [f"√{' '.join(root)}"]
        which = {"": "square", "two": "square", "three": "cube"}.get(" ".join(degree))
        return ["the", *([which] if which else [f"{' '.join(degree)}-th"]), "root of", *root]

    def words(self, command: str, depth: int) -> list[str]:
        """What a command takes as plain words."""
        del command
        if self._peek() != "{":
            return self._argument(depth)
        start = self._text.index("{", self.position)
        end = self._text.find("}", start)
        end = len(self._text) if end < 0 else end
        self.position = end + 1
        inner = self._text[start + 1 : end]
        words = " ".join(inner.split())
        return [words] if words and "\\" not in inner else []

    def nothing(self, command: str, depth: int) -> list[str]:
        """What takes a name that is not said."""
        self.words(command, depth)
        return []

    def vector(self, command: str, depth: int) -> list[str]:
        r"""`\vec{v}`."""
        del command
        return [*(["vector"] if self._english else []), *self._argument(depth)]

    def accent(self, command: str, depth: int) -> list[str]:
        r"""`\hat{x}`."""
        return [*self._argument(depth), *([_ACCENTS[command]] if self._english else [])]

    def modulo(self, command: str, depth: int) -> list[str]:
        r"""`\pmod{n}`."""
        del command
        return ["mod", *self._argument(depth)]

    def choice(self, command: str, depth: int) -> list[str]:
        r"""`\binom{n}{k}`."""
        del command
        above, below = self._short(depth), self._short(depth)
        return [*above, *(["choose"] if self._english else []), *below]


_COMMANDS: Mapping[str, Callable[[_Reader, str, int], list[str]]] = {
    **dict.fromkeys(_FRACTIONS, _Reader.fraction),
    **dict.fromkeys(_WORDS, _Reader.words),
    **dict.fromkeys(_NAMED, _Reader.nothing),
    **dict.fromkeys(_ACCENTS, _Reader.accent),
    **dict.fromkeys(_ABOUT, _Reader.about),
    r"\sqrt": _Reader.root, r"\vec": _Reader.vector, r"\binom": _Reader.choice,
    r"\pmod": _Reader.modulo,
}  # fmt: skip
