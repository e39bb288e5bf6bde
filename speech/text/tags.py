"""Tags in plain text: never said. A pause tag pauses, and what is not for listeners goes whole.

Texts of language models and web pages hold tags of many kinds: HTML's, SSML's, made-up ones. Only
what is well-formed is a tag (`a < b` is none), and a bare name in angle brackets that touches a
word, as in `List<int>`, is one only where it is closed again. One pass finds all tags.
"""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Sequence

from speech.config import PauseConfig
from speech.text import marks
from speech.text.edits import Edit
from speech.types import Stretch

_HIDDEN = frozenset(
    """think thinking thought thoughts reasoning reflection scratchpad analysis details tool_call
    tool_calls tool_code tool_response tool_result tool_results tool_use function_call
    function_calls function_results invoke script style svg template noscript""".split()
)
"""Elements whose text is not for listeners."""
_REASONING = frozenset(("think", "thinking"))
"""A model may be given the beginning of these, and write the end alone."""
_LINES = frozenset(
    """p br div li ul ol tr table hr h1 h2 h3 h4 h5 h6 blockquote section article header footer
    main aside details summary""".split()
)
_NAME = r"[A-Za-z][\w-]{0,63}(?:[:.][A-Za-z][\w-]{0,63})?"
# Attributes without a value are those of HTML: `<b and c>` compares.
_BARE = "allowfullscreen|async|autoplay|checked|controls|defer|disabled|hidden|open|required"
# e.g. `<break time="1s"/>`
_TAG = re.compile(
    rf"<(?P<close>/?)(?P<name>{_NAME})"
    r"(?P<attributes>(?:\s+[\w:.-]{1,64}\s*=\s*(?:\"[^\"<]*\"|'[^'<]*'|[^\s\"'<>=`]+)"
    rf"|\s+(?:{_BARE})(?=[\s/>]))*)\s*(?P<empty>/?)>"
    r"|<\|[\w./ -]{1,64}\|>|<![A-Za-z][^<>]*>|<\?[^<>]*\?>"
    r"|<!--(?:[^<-]|-(?!->)|<(?!!--))*+-->"
)
# e.g. ` time="1.5s"`
_TIME = re.compile(
    r"\stime\s*=\s*[\"']?(?P<number>[0-9]{1,6}(?:\.[0-9]{1,6})?|\.[0-9]{1,6})(?P<unit>ms|s|)",
    re.IGNORECASE,
)
_BLANK = re.compile(r"[ \t]*(?:\n|$)")


def tag_edits(text: str, pauses: PauseConfig, *, tags: bool, blocks: bool) -> list[Edit]:
    """What makes tags silent, in linear time.

    Args:
        text: In which pauses are marked.
        pauses: How long a tag may pause: a longer one is cut.
        tags: Take tags out; `<break>` becomes a pause.
        blocks: Take out what is not for listeners: `<think>…</think>`, `<details>` and their kind.
    """
    if "<" not in text or ">" not in text:
        return []
    found = list(_TAG.finditer(text))
    hidden = _blocks(text, found) if blocks else []
    edits = [Edit(start, end, "\n", "markup", "tags.hidden") for start, end in hidden]
    if not tags:
        return edits
    silence = sum(map(marks.milliseconds_of, marks.PAUSE.findall(text)))
    left = max(0, round(pauses.max_inline_total * 1000) - silence)
    closed = {_name(match) for match in found if match["close"]}
    for match in found:
        place = bisect_right(hidden, (match.start(), len(text))) - 1
        if place >= 0 and match.start() < hidden[place][1]:
            continue
        name = _name(match)
        if name == "break":
            pause = min(_milliseconds(match, pauses), left)
            left -= pause
            edits.append(Edit(*match.span(), f" {marks.pause(pause)} ", "pause", "tags.break"))
        elif not _is_type(text, match, closed):
            edits.append(Edit(*match.span(), "\n" if name in _LINES else "", "markup"))
    return sorted(edits)


def _name(match: re.Match[str]) -> str:
    return (match["name"] or "").lower()


def _blocks(text: str, found: Sequence[re.Match[str]]) -> list[Stretch]:
    """The outermost elements that are not for listeners, from the first tag to the last."""
    begun: dict[str, list[int]] = defaultdict(list)
    blocks: list[Stretch] = []
    for match in found:
        name = _name(match)
        if name not in _HIDDEN or match["empty"]:
            continue
        if not match["close"]:
            begun[name].append(match.start())
        elif begun[name]:
            start = begun[name].pop()
            # What was found within goes with it.
            while blocks and blocks[-1][0] > start:
                blocks.pop()
            blocks.append((start, match.end()))
        elif name in _REASONING and not blocks and _stands_alone(text, match):
            blocks.append((0, match.end()))
    return _apart(blocks)


def _apart(blocks: Sequence[Stretch]) -> list[Stretch]:
    """Blocks without those that begin within another one: tags that cross."""
    kept: list[Stretch] = []
    for start, end in sorted(blocks):
        if not kept or start >= kept[-1][1]:
            kept.append((start, end))
        elif end > kept[-1][1]:
            kept[-1] = (kept[-1][0], end)
    return kept


def _stands_alone(text: str, match: re.Match[str]) -> bool:
    return (
        bool(_BLANK.match(text, match.end()))
        and not text[text.rfind("\n", 0, match.start()) + 1 : match.start()].strip()
    )


def _is_type(text: str, match: re.Match[str], closed: Collection[str]) -> bool:
    """Whether it is no tag but what a type is made of, `List<int>`."""
    if not match["name"] or match["close"] or match["empty"] or match["attributes"]:
        return False
    before = text[match.start() - 1 : match.start()]
    touches = before.isalnum() or before in {"_", ">"}
    return bool(before) and touches and _name(match) not in {*closed, *_LINES}


def _milliseconds(match: re.Match[str], pauses: PauseConfig) -> int:
    time = _TIME.search(match["attributes"])
    if time is None:
        return round(pauses.semicolon * 1000)
    seconds = float(time["number"]) / (1000 if time["unit"].lower() == "ms" else 1)
    return round(min(seconds, pauses.max_inline) * 1000)
