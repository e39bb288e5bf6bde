"""English forms written without spaces: found before words and numbers, since they hold both.

A run is what stands between white space, without the sentence's own punctuation around it.
"""

import re

from speech.text.english.electronic import find_address, read_electronic
from speech.text.english.handles import read_handle
from speech.text.english.interjections import read_drawn
from speech.text.english.paths import read_path
from speech.text.english.versions import read_version
from speech.text.reading import Reading, word_before

MAX_RUN = 2048
"""Longer runs are no names; they are read as words, numbers and signs."""

# Whether a sentence may hold any, decided in one search.
_WORTH = re.compile(
    r"[@\\#_]|::"
    r"|\w[.:]/{0,2}\w|\w/\w"  # a name in a path or a host
    r"|(?:^|[\s(\"'])[~.]{0,2}/[\w.]|(?:^|[\s*(])\.[A-Za-z]|(?<= )\.\.(?= |$)"  # paths
    r"|\b[vV]\.?[0-9]|[0-9a-fA-F]{7}|\b0[xX]\w"  # versions and hashes
    r"|(?<![A-Za-z])([A-Za-z]{1,2})-\1|([a-z])\2\2"  # stutters and drawn-out words
)
_RUN = re.compile(r"[^\s,;\"<>`]+")
_OPENERS = "([{'*«“‘¡¿"
_CLOSERS = ")]}'*»”’.,;:!?…"


def find_runs(text: str) -> list[tuple[int, Reading]]:
    """Every address, path, handle and version of a sentence with its start, in order."""
    if not _WORTH.search(text):
        return []
    found = []
    for match in _RUN.finditer(text):
        written = match[0]
        if written == ".." and word_before(text, match.start()) in {"cd", "ls", "mv", "cp"}:
            found.append((match.start(), Reading("dot dot", match.end(), "path")))
        if len(written) < 2 or not _WORTH.search(written):
            continue
        reading = _read(text, match.start(), written)
        if reading:
            found.append(reading)
    return found


def _read(text: str, start: int, written: str) -> tuple[int, Reading] | None:
    run = written.lstrip(_OPENERS)
    start += len(written) - len(run)
    run = _close(run)
    if not 2 <= len(run) <= MAX_RUN:
        return None
    if run[0] != "@" and ("@" in run or "://" in run):
        return find_address(run, start)
    found = (
        read_drawn(run, start)
        or read_version(run, text, start)
        or read_handle(run, start)
        or read_electronic(run, start)
        or read_path(run, start)
    )
    return (start, found) if found else None


def _close(run: str) -> str:
    """A run without the sentence's punctuation at its end; brackets it opened stay."""
    while run and run[-1] in _CLOSERS:
        if run[-1] == ")" and "(" in run:
            break
        run = run[:-1]
    return run
