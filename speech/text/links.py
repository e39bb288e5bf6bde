"""Web addresses made short or left out, where a request asks for it."""

import re

from speech.text.edits import Edit

# A scheme or `www.` makes an address certain; a bare name needs a path behind it.
# e.g. `https://www.a.de/b`
_LINK = re.compile(
    r"(?<![\w@./-])(?:(?P<scheme>[A-Za-z]{2,8}://)(?:[^\s/@<>\"']{1,128}@)?|(?P<www>www\.))?"
    r"(?P<host>(?:[\w-]{1,63}\.){1,8}[A-Za-z]{2,24}|localhost|\[[0-9A-Fa-f:.]+\])(?P<port>:[0-9]{1,5})?"
    r"(?P<path>[/?#][^\s<>\"']*)?"
)
_CLOSING = frozenset(".,;:!?")
_TRAILING = ".,;:!?)]}'\""


def link_edits(text: str, *, short: bool) -> list[Edit]:
    """Addresses of the web as their host alone, or as nothing.

    E-mail addresses are left: there is no shorter way to say one.
    """
    edits: list[Edit] = []
    if "." not in text and "://" not in text:
        return edits
    for match in _LINK.finditer(text):
        if not (match["scheme"] or match["www"] or match["path"]):
            continue
        end = match.start() + len(match[0].rstrip(_TRAILING))
        end = max(end, match.end("host"))
        start = match.start()
        spoken = match["host"].removeprefix("www.") if short else ""
        if not spoken and text[end : end + 1] in _CLOSING and text[start - 1 : start] == " ":
            start -= 1
        if spoken != text[start:end]:
            edits.append(Edit(start, end, spoken, "electronic"))
    return edits
