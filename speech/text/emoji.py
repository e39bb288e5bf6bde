"""Pictures in a text: emoji with all their pieces, and drawn signs that are neither read nor said.

Names are Unicode's CLDR short names, through the `emoji` package. It knows characters, no grammar.
"""

import re
from functools import cache
from typing import Literal

from speech.text.edits import Edit

_SELECTOR, _JOINER, _KEYCAP = "\ufe0f", "\u200d", "\u20e3"
_TONES = "\U0001f3fb-\U0001f3ff"
_LETTERS = "\U0001f1e6-\U0001f1ff"
# Arrows, technical signs, boxes, shapes, dingbats, emoji, cards and tiles; not the numbers among
# the dingbats, nor flat, natural and sharp, which music is written with.
_DRAWN = (
    "\u2139\u2190-\u21ff\u2300-\u23ff\u2500-\u266c\u2670-\u2775\u2794-\u27bf\u2900-\u297f"
    "\u2b00-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001f0ff\U0001f10d-\U0001f10f"
    "\U0001f12f\U0001f16c-\U0001f171\U0001f17e\U0001f17f\U0001f18e\U0001f191-\U0001faff"
)
_ONE = f"[{_DRAWN}]{_SELECTOR}?[{_TONES}]?"
# e.g. `👍🏽`
_PICTURE = re.compile(
    f"(?P<key>[0-9#*]){_SELECTOR}?{_KEYCAP}"
    f"|(?P<flag>[{_LETTERS}]{{2}}|\U0001f3f4[\U000e0020-\U000e007f]+)"
    rf"|(?P<arrow>[^\S\n]*[→⇒⟶➔➜➡]{_SELECTOR}?[^\S\n]*(?=\w))"
    f"|(?P<one>{_ONE}(?:{_JOINER}{_ONE})*)"
)
_ANY = re.compile(f"[{_DRAWN}{_KEYCAP}]")
_CLOSING = frozenset(".,;:!?)")

Mode = Literal["drop", "say"]


def picture_edits(text: str, mode: Mode, language: str) -> list[Edit]:
    """What becomes of the pictures of a text; it is not cleaned yet.

    A keycap is its digit. An arrow between words is a pause. Other pictures go, or are named in
    the language where CLDR's names are at hand: nobody is told English names in Polish.
    """
    if _ANY.search(text) is None:
        return []
    return _edits(text, mode, language)


def _edits(text: str, mode: Mode, language: str) -> list[Edit]:
    edits: list[Edit] = []
    behind, named = 0, ""
    for match in _PICTURE.finditer(text):
        start, end = match.span()
        in_row = bool(edits) and start == behind
        behind = end
        if match["key"]:
            edits.append(Edit(start, end, match["key"], "emoji"))
            continue
        if match["arrow"]:
            leads = start == 0 or text[start - 1] == "\n"
            edits.append(Edit(start, end, "" if leads else " — ", "typography"))
            continue
        name = _name(match[0], language) if mode == "say" else ""
        if in_row and name == named:
            name = ""  # a row of one picture is named once
        closed = text[end : end + 1] in _CLOSING
        if name:
            if in_row and named:
                edits[-1] = edits[-1]._replace(text=edits[-1].text.rstrip() + ",")
            named = name
            said = f" {name}" if closed else f" {name} "
            edits.append(Edit(start, end, said, "emoji"))
            continue
        if not in_row:
            named = ""
        if closed and text[start - 1 : start] == " " and not in_row:
            start -= 1
        glue = text[start - 1 : start].isalnum() and text[end : end + 1].isalnum()
        edits.append(Edit(start, end, " " if glue else "", "emoji"))
    return edits


@cache
def _names(language: str) -> dict[str, str]:
    """CLDR names of one language by picture; empty where there are none. Loaded at first use."""
    from emoji import EMOJI_DATA, LANGUAGES, config  # noqa: PLC0415 (50 ms, only where asked for)

    if language not in LANGUAGES:
        return {}
    config.load_language(language)
    return {
        picture: data[language].strip(":").replace("_", " ")
        for picture, data in EMOJI_DATA.items()
        if language in data
    }


def _name(picture: str, language: str) -> str:
    family = language.partition("-")[0]
    if family == "cmn":
        family = "zh"
    names = _names(family)
    bare = picture.replace(_SELECTOR, "")
    name = names.get(picture) or names.get(bare) or names.get(bare + _SELECTOR) or ""
    if not name and _JOINER in picture:
        parts = (_name(part, language) for part in picture.split(_JOINER))
        return ", ".join(part for part in parts if part)
    if name and family == "en" and "\U0001f1e6" <= picture[0] <= "\U0001f1ff":
        return f"flag of {name}"
    return name
