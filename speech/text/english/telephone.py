"""English digit groups: telephone numbers, extensions, emergency calls, accounts, ISBN."""

import re

from speech.text.english.neighbours import before, counts
from speech.text.english.numbers import digits
from speech.text.reading import Reading

_GROUPED = re.compile(r"[+(]|[0-9]{1,7}[ .()-]{1,3}[0-9A-Z(]|[0-9X*]{3,}")
"""What any group of digits begins like; most numbers do not."""

_PHONE = re.compile(
    r"(?P<land>\+?[1-9][0-9]{0,2}[ .-]?(?=\(|[0-9]{3}[ .-][0-9]{3}[ .-]))?"
    r"(?:\((?P<area>[0-9]{3})\)[ -]{0,2}|(?P<bare>[0-9]{3})[ .-])"
    r"(?P<office>[0-9]{3})[ .-](?P<line>[0-9]{4})(?:-(?P<more>[0-9]{4}))?(?![0-9])"
)
# With its country, or with the zero that dials another town: groups as the writer made them.
_INTERNATIONAL = re.compile(
    r"(?P<land>\+[0-9]{1,3})(?:[ .-]?\(0\)[ .-]?|[ .-]?)"
    r"(?P<rest>\(?[0-9]{1,5}\)?(?:[ .-]?[0-9]{2,7}){1,5})(?![0-9])"
)
_NATIONAL = re.compile(
    r"(?P<rest>\(?0[0-9]{1,5}\)?(?:[ -][0-9]{3,6}){1,3}|0[1-9](?:[ .][0-9]{2}){4}"
    r"|[0-9]{3}(?P<mark>[ -])[0-9]{4}(?P=mark)[0-9]{4})"
    r"(?![0-9]|[.,:/][0-9])"
)
_VANITY = re.compile(
    r"(?:(?P<land>1)[ -])?\(?(?P<area>8[0-9]{2}|9[0-9]{2})\)?[ -]"
    r"(?P<word>(?:[0-9]{1,3}-)?[A-Z]{1,9}(?:-[A-Z0-9]{1,7}){0,3})(?![A-Za-z0-9])"
)
_SOCIAL = re.compile(r"(?P<a>[0-9]{3})-(?P<b>[0-9]{2})-(?P<c>[0-9]{4})(?![0-9-])")
_LOCAL = re.compile(r"(?P<a>[0-9]{3})[-.](?P<b>[0-9]{4})(?![0-9-]|[.,][0-9])")
_CARD = re.compile(
    r"[0-9X*]{4}(?P<mark>[ -])[0-9X*]{4}(?P=mark)[0-9X*]{4}(?:(?P=mark)[0-9X*]{1,4}){0,3}"
    r"(?![0-9A-Za-z-])"
    r"|[0-9]{4}[ -][0-9]{6}[ -][0-9]{5}(?![0-9-])"
)
_BOOK = re.compile(r"[0-9]-[0-9]{2,7}-[0-9]{1,6}-[0-9X](?![0-9A-Za-z-])")
_SORT = re.compile(r"[0-9]{2}(?:-[0-9]{2}){2}(?![0-9A-Za-z-])")
_ISBN = re.compile(r"97[89]-(?:[0-9]{1,7}-){2,3}[0-9X](?![0-9-])|97[89][0-9]{10}(?![0-9])")
_SHORT = re.compile(r"[0-9]{3,6}(?![0-9A-Za-z-]|[.,:/%][0-9])")
_CALLED = re.compile(
    r"(?<![a-z])(?:call(?:s|ed|ing)?|dial(?:s|ed|ing|led|ling)?|phone[ds]?|ring|rang"
    r"|text(?:ed|ing)?(?: [a-z]{1,12} to)?)(?: the)?"
    r"(?: [0-9]{3}(?:,| or| and))? $"
)
_EXTENSION = re.compile(
    r",? ?\(?(?:(?:[Ee]xt(?:ension)?|EXT)\.? ?|x ?|#)(?P<number>[0-9]{1,6})\)?(?![0-9A-Za-z])"
)
_WORD_EXTENSION = re.compile(r"(?<![a-z])ext(?:ension|\.)? $")
_STAR = re.compile(r"[*#][*#]?[0-9]{1,3}(?:[*#][0-9]{1,4}){0,2}#?(?![0-9A-Za-z])")
_DIALLED = re.compile(
    r"(?<![a-z])(?:dial|press|call|enter|hit|use|code|key|type|text)(?:ed|ing)? $"
)
_KEYS = {"*": "star", "#": "pound"}
_PLAIN = re.compile(r"[0-9]{1,8}(?![0-9A-Za-z]|[.,:/-][0-9])")
_NINE = re.compile(r"[0-9](?:-[0-9]){2}(?![0-9A-Za-z-])")


def read_digit_groups(text: str, start: int) -> Reading | None:
    """A number that names rather than counts, read digit by digit in its groups."""
    previous = text[start - 1 : start]
    if previous.isalnum() or previous in {"-", "."} or (previous == "+" and text[start] != "+"):
        return None
    if not _GROUPED.match(text, start):
        return _extension(text, start)
    vanity = _VANITY.match(text, start)
    if vanity and any(map(str.isupper, vanity["word"])):
        return _vanity(vanity)
    match = _PHONE.match(text, start)
    if match:
        area = match["area"] or match["bare"]
        land = match["land"] or ""
        said = [_toll_free(area) if land.strip("+ -.") == "1" else digits(area)]
        said = [digits(land), *said] if land else said
        said += [digits(match[name]) for name in ("office", "line", "more") if match[name]]
        plus = "plus " if land.startswith("+") else ""
        return _extended(text, match.end(), plus + ", ".join(said))
    match = _INTERNATIONAL.match(text, start)
    if match and 7 <= sum(map(str.isdigit, match[0])) <= 15:
        said = [digits(part) for part in re.split(r"[ .()-]+", match["rest"]) if part]
        return _extended(text, match.end(), ", ".join([f"plus {digits(match['land'])}", *said]))
    for pattern in (_SOCIAL, _LOCAL):
        match = pattern.match(text, start)
        if match and (pattern is _SOCIAL or text[match.end("a")] == "-"):
            return _extended(text, match.end(), ", ".join(map(digits, match.groups())))
    match = _NATIONAL.match(text, start)
    if match and 8 <= sum(map(str.isdigit, match[0])) <= 12:
        said = [digits(part) for part in re.split(r"[ .()-]+", match["rest"]) if part]
        return _extended(text, match.end(), ", ".join(said))
    return _account(text, start) or _extension(text, start) or _short(text, start)


def read_star(text: str, start: int) -> Reading | None:
    """What is dialled with star and pound: `dial *69`, `press #31#`."""
    match = _STAR.match(text, start)
    if match is None or not _DIALLED.search(before(text, start)):
        return None
    said = [_KEYS.get(part) or digits(part) for part in re.findall(r"[*#]|[0-9]+", match[0])]
    return Reading(" ".join(said), match.end(), "telephone")


def _account(text: str, start: int) -> Reading | None:
    match = _CARD.match(text, start) or _ISBN.match(text, start) or _BOOK.match(text, start)
    if match is None and "sort code" in before(text, start):
        match = _SORT.match(text, start)
    if match:
        said = ", ".join(_masked(part) for part in re.split(r"[ -]", match[0]))
        return Reading(said, match.end(), "telephone")
    return None


def _extension(text: str, start: int) -> Reading | None:
    """The number behind `ext.`."""
    match = _PLAIN.match(text, start)
    if match and _WORD_EXTENSION.search(text[max(0, start - 12) : start].lower()):
        return Reading(digits(match[0]), match.end(), "telephone")
    return None


def _short(text: str, start: int) -> Reading | None:
    """`call 911`, `9-1-1`."""
    said = before(text, start)
    match = _NINE.match(text, start)
    if match and (_CALLED.search(said) or match[0] == "9-1-1"):
        return Reading(digits(match[0]), match.end(), "telephone")
    match = _SHORT.match(text, start)
    if match and (
        (_CALLED.search(said) and not counts(text, match.end()))
        or (match[0] == "911" and not counts(text, match.end()) and "porsche" not in said)
    ):
        return Reading(digits(match[0]), match.end(), "telephone")
    return None


def _extended(text: str, end: int, said: str) -> Reading:
    match = _EXTENSION.match(text, end)
    if match is None:
        return Reading(said, end, "telephone")
    return Reading(f"{said}, extension {digits(match['number'])}", match.end(), "telephone")


def _vanity(match: re.Match[str]) -> Reading:
    land = "one, " if match["land"] else ""
    words = [digits(part) if part.isdigit() else part for part in match["word"].split("-")]
    return Reading(
        f"{land}{_toll_free(match['area'])}, {' '.join(words)}", match.end(), "telephone"
    )


def _toll_free(area: str) -> str:
    return f"{digits(area[0])} hundred" if area.endswith("00") else digits(area)


def _masked(part: str) -> str:
    return digits(part) if part.isdigit() else " ".join(digits(c) or c for c in part if c != "*")
