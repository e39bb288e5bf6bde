"""Markup that is written but never said: HTML's entities and tags, and Markdown.

It knows marks, not words. The marked text stays. The marks go, and so does what stands inside them
(an address behind its text, the language of a fence). One pass over the text finds everything in
linear time: no pattern runs across a character that could begin it again.
"""

import html
import re
from collections.abc import Callable
from html.entities import html5

from speech.text.edits import Edit

# An ampersand may itself have been escaped, more than once.
# e.g. `&amp;`
_ENTITY = re.compile(
    r"&(?:(?:amp|#38|#[xX]26);)*"
    r"(?P<name>#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});"
)
_PRIVATE = re.compile("[\ue000-\uf8ff\U000f0000-\U0010ffff]")
_MAYBE = re.compile(r"[*_`~\[|<\\#>=]|^[ \t]*[-+•‣◦▪][ \t]", re.MULTILINE)
_BREAKS = "p|br|div|li|ul|ol|tr|table|hr|h[1-6]|blockquote|section|article"
_INLINE_TAGS = (
    "a|abbr|b|big|body|cite|code|del|dd|dl|dt|em|font|head|html|i|img|ins|kbd|mark|pre|q|s|samp"
    "|small|span|strike|strong|sub|sup|tbody|td|th|thead|tt|u|var"
)
# e.g. `**`
_MARK = re.compile(
    r"""
      (?P<fence>^[ ]{0,3}(?:`{3,}|~{3,})[^\n`]*$)
    | (?P<rule>^[ ]{0,3}(?:(?:-[ \t]*){3,}|(?:\*[ \t]*){3,}|(?:_[ \t]*){3,}|={3,}[ \t]*)$)
    | (?P<separator>^(?=[^\n]*\|)(?=[^\n]*-)[ \t|:-]+$)
    | (?P<definition>^[ ]{0,3}\[(?!\^)[^\[\]\n]+\]:[ \t]+\S[^\n]*$)
    | (?P<note>\[\^[^\[\]\n]{1,64}\]:?)
    | (?P<heading>^[ ]{0,3}\#{1,6}[ \t]+)
    | (?P<closing>[ \t]\#+[ \t]*$)
    | (?P<quote>^[ ]{0,3}>[> \t]*)
    | (?P<item>^[ \t]*[-*+•‣◦▪][ \t]+(?:\[[ xX]\][ \t]+)?)
    | (?P<row>^[ \t]*\|(?=[^\n]*\|[ \t]*$))
    | (?P<literal>(?:(?<![:\\/\w])|(?<=[a-z])|(?<=[a-z]:))(?:(?:\\r)?\\n|\\t)(?=[^a-z_.]|$))
    | (?P<escape>\\[\\`*_~#|\[\]()<>!$%&+.{}="'-])
    | (?P<code>`+)
    | (?P<address>(?:https?://|www\.)[^\s<>()\[\]*`|]+)
    | (?P<emphasis>\*{1,3}|_{1,3}|~~)
    | (?P<open>!?\[)
    | (?P<close>\])
    | (?P<pipe>[ \t]?\|)
    | <(?P<auto>(?:https?://|mailto:)[^\s<>]+|[^\s<>@]{1,64}@[^\s<>@]{1,255})>
    | (?P<comment><!--[^<>]*-->)
    | (?P<break></?(?i:"""
    + _BREAKS
    + r""")(?:\s[^<>\n]*)?/?>)
    | (?P<tag></?(?i:"""
    + _INLINE_TAGS
    + r""")(?:\s[^<>\n]*)?/?>)
    """,
    re.MULTILINE | re.VERBOSE,
)
# e.g. `(https://a.de)`
_TARGET = re.compile(
    r"\((?:<[^<>\n]*>|[^()\s]*(?:\([^()\s]*\)[^()\s]*)*)(?:[ \t]+(?:\"[^\"\n]*\"|'[^'\n]*'))?\)"
    r"|\[[^\[\]\n]{0,64}\]"
)
_SILENT_ESCAPES = frozenset("\\`*_~|<>!{}")


def entity_edits(text: str) -> list[Edit]:
    """HTML entities as the characters they stand for; what is no entity stays."""
    if "&" not in text:
        return []
    edits: list[Edit] = []
    for match in _ENTITY.finditer(text):
        name = match["name"]
        if name[0] == "#" or f"{name};" in html5:
            # Private characters mean something to later passes: nobody may write them.
            character = _PRIVATE.sub("", html.unescape(f"&{name};"))
            edits.append(Edit(match.start(), match.end(), character, "markup"))
    return edits


def markdown_edits(text: str) -> list[Edit]:
    """Markdown's marks and HTML's tags, taken out of a text whose characters are regular.

    Headings, rules, lists, quotes, fences, tables (cells become a list of words), emphasis, code,
    links and pictures (their text stays), references, notes, escapes. A mark that has no partner
    stays: `2 * 3`, `snake_case` and `#1` mean something.
    """
    if _MAYBE.search(text) is None:
        return []
    return _Marks(text).edits


class _Marks:
    """One pass over a text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._found: list[Edit] = []
        self._emphasis: dict[str, int] = {}
        self._brackets: list[int] = []
        self._row_end = self._heading_end = -1
        self._position = 0
        special: dict[str, Callable[[re.Match[str]], None]] = {
            # A line break or a tab as programs write it.
            "literal": lambda match: self._cut(*match.span(), " " if match[0][-1] == "t" else "\n"),
            "escape": self._escape,
            "code": self._code,
            "address": lambda match: None,
            "emphasis": self._mark,
            "open": self._open,
            "close": self._close,
            "row": self._row,
            "heading": self._heading,
            "closing": self._closing,
            "pipe": self._pipe,
            "auto": self._auto,
            "break": lambda match: self._cut(match.start(), match.end(), "\n"),
        }
        paragraph = 0
        while match := _MARK.search(text, self._position):
            if text.find("\n\n", paragraph, match.start()) >= 0:
                self._emphasis.clear()
                self._brackets.clear()
            paragraph = match.start()
            self._position = match.end()
            handle = special.get(match.lastgroup or "")
            if handle is not None:
                handle(match)
            elif match.end() > match.start():
                self._cut(match.start(), match.end())
        self.edits = sorted(self._found)

    def _cut(self, start: int, end: int, text: str = "") -> None:
        self._found.append(Edit(start, end, text, "markup"))

    def _escape(self, match: re.Match[str]) -> None:
        # A mark has no sound: it goes together with what keeps it from being one.
        silent = match[0][1] in _SILENT_ESCAPES
        self._cut(match.start(), match.end() if silent else match.start() + 1)

    def _code(self, match: re.Match[str]) -> None:
        ticks = match[0]
        end = self._text.find(ticks, match.end())
        if end < 0 or self._text.find("\n\n", match.end(), end) >= 0:
            return
        self._cut(match.start(), match.end())
        self._cut(end, end + len(ticks))
        self._position = end + len(ticks)

    def _mark(self, match: re.Match[str]) -> None:
        mark, start, end = match[0], match.start(), match.end()
        before, after = self._text[start - 1 : start], self._text[end : end + 1]
        inside = before.isalnum() and after.isalnum() and mark != "**"
        opened = self._emphasis.get(mark)
        if opened is not None and before.strip() and not inside and opened + len(mark) < start:
            self._cut(opened, opened + len(mark))
            self._cut(start, end)
            del self._emphasis[mark]
        elif after.strip() and not inside and (mark == "**" or not before.isalnum()):
            self._emphasis[mark] = start

    def _open(self, match: re.Match[str]) -> None:
        self._brackets.append(match.start())

    def _close(self, match: re.Match[str]) -> None:
        if not self._brackets:
            return
        start, end = self._brackets.pop(), match.end()
        width = 2 if self._text[start] == "!" else 1
        target = _TARGET.match(self._text, end)
        indices = self._text[start + width : match.start()], target[0][1:-1] if target else ""
        if all(map(str.isdigit, indices)):
            return  # x[1][2]
        if target:
            self._cut(start, start + width)
            self._cut(match.start(), target.end())
            self._position = target.end()

    def _row(self, match: re.Match[str]) -> None:
        self._cut(match.start(), match.end())
        self._row_end = self._line_end(match.end())

    def _heading(self, match: re.Match[str]) -> None:
        self._cut(match.start(), match.end())
        self._heading_end = self._line_end(match.end())

    def _closing(self, match: re.Match[str]) -> None:
        if match.start() < self._heading_end:
            self._cut(match.start(), match.end())

    def _line_end(self, place: int) -> int:
        end = self._text.find("\n", place)
        return len(self._text) if end < 0 else end

    def _pipe(self, match: re.Match[str]) -> None:
        if match.start() < self._row_end:
            last = not self._text[match.end() : self._row_end].strip()
            self._cut(match.start(), match.end(), "" if last else ",")

    def _auto(self, match: re.Match[str]) -> None:
        scheme = "mailto:" if match["auto"].startswith("mailto:") else ""
        self._cut(match.start(), match.start() + 1 + len(scheme))
        self._cut(match.end() - 1, match.end())
