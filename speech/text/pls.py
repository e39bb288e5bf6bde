"""Pronunciation lexicons of the W3C (PLS 1.0) as words of our own.

https://www.w3.org/TR/pronunciation-lexicon/: `lexeme` elements, each with spellings (`grapheme`)
and with phonemes (`phoneme`) or other words (`alias`), of which the one marked `prefer` counts, or
else the first. What is read is a stranger's file: it may be MAX_BYTES long, and a document type,
which could bring entities, is refused.
"""

from xml.parsers import expat

from speech.config import LexiconDetail, LexiconWords
from speech.errors import ConfigError

MAX_BYTES = 8 * 2**20
NAMESPACE = "http://www.w3.org/2005/01/pronunciation-lexicon"
_LEXICON, _LEXEME, _GRAPHEME, _PHONEME, _ALIAS = (
    f"{NAMESPACE} {name}" for name in ("lexicon", "lexeme", "grapheme", "phoneme", "alias")
)
_LANGUAGE = "http://www.w3.org/XML/1998/namespace lang"


def read_pls(data: bytes) -> tuple[str, LexiconWords]:
    """Language tag (lower case) and words of a PLS document.

    Of several lexemes with one spelling, which differ by their role, the first counts.

    Raises:
        ConfigError: not a PLS document, or one with phonemes that are not IPA.
    """
    if len(data) > MAX_BYTES:
        raise ConfigError(f"a lexicon may have {MAX_BYTES} bytes")
    reader = _Reader()
    try:
        reader.parser.Parse(data, True)
    except expat.ExpatError as error:
        raise ConfigError(f"not well-formed XML: {error}") from error
    if not reader.language:
        raise ConfigError("no PLS document: its root must be `lexicon`, with `xml:lang`")
    return reader.language, reader.words


class _Reader:
    """Takes expat's events."""

    def __init__(self) -> None:
        self.language = ""
        self.words: dict[str, str | LexiconDetail] = {}
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._refuse
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self._alphabet = ""
        self._spellings: list[str] = []
        self._said: list[tuple[bool, str, str]] = []
        """Preferred or not, phonemes, alias; one of the two is empty."""
        self._inner = ""
        self._collected: list[str] = []
        self._preferred = False

    def _refuse(self, *_: object) -> None:
        raise ConfigError("a lexicon must not have a document type: it could define entities")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if name == _LEXICON:
            self.language = attributes.get(_LANGUAGE, "").replace("_", "-").lower()
            self._alphabet = attributes.get("alphabet", "ipa")
        elif name == _LEXEME:
            self._spellings, self._said = [], []
        elif name in {_GRAPHEME, _PHONEME, _ALIAS}:
            if name == _PHONEME and attributes.get("alphabet", self._alphabet) != "ipa":
                raise ConfigError(f"line {self.parser.CurrentLineNumber}: only IPA is understood")
            self._inner, self._collected = name, []
            self._preferred = attributes.get("prefer") in {"true", "1"}

    def _text(self, text: str) -> None:
        if self._inner:
            self._collected.append(text)

    def _end(self, name: str) -> None:
        if name == self._inner:
            text = " ".join("".join(self._collected).split())
            if name == _GRAPHEME:
                self._spellings.append(text)
            elif name == _PHONEME:
                self._said.append((self._preferred, text, ""))
            else:
                self._said.append((self._preferred, "", text))
            self._inner = ""
        elif name == _LEXEME:
            # The sort is stable: without preference the first stays first.
            for _, phonemes, alias in sorted(self._said, key=lambda said: not said[0])[:1]:
                for spelling in self._spellings:
                    if spelling and (phonemes or alias):
                        said = f"/{phonemes}/" if phonemes else alias
                        self.words.setdefault(spelling, said)
