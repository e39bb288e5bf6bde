"""Names made of numbers: versions, IP and MAC addresses, UUIDs, hashes."""

import re
from itertools import pairwise

from speech.text.english.acronyms import letters
from speech.text.english.numbers import cardinal, digits
from speech.text.english.pieces import spell_name
from speech.text.reading import Reading, word_before

_SOFTWARE = frozenset(
    """Python Node Ruby Rails Django Flask PHP Perl Rust Swift Kotlin Scala Go Golang iOS iPadOS
    Java macOS watchOS Android Ubuntu Debian Fedora CentOS RHEL Alpine Linux Kernel Windows Firefox
    Chrome Chromium Safari Edge Opera Kubernetes Docker Helm Terraform Ansible PostgreSQL Postgres
    MySQL MariaDB SQLite Redis MongoDB Kafka Spark Hadoop Elasticsearch Nginx Apache CUDA cuDNN
    PyTorch TensorFlow NumPy Pandas Keras JAX Ray React Angular Vue TypeScript JavaScript ECMAScript
    Unity Unreal Blender Git GCC Clang LLVM CMake Bluetooth USB HDMI TLS SSL HTTP OpenSSL Spring
    Gradle Maven Bootstrap jQuery Electron Qt GNOME KDE Wine Minecraft Photoshop Node.js Vue.js
    Next.js version versions Version Versions release Release build Build kernel ver Ver ver. Ver.
    rev Rev revision Revision firmware Firmware patch Patch update Update protocol""".split()
)
HEADS = frozenset(_SOFTWARE)
"""Words before a version; the version begins behind one space."""

_PART = r"[0-9]{1,6}"
_NUMBERED = re.compile(
    rf"(?P<v>[vV]\.?)?(?P<parts>{_PART}(?:\.{_PART}){{0,5}})"
    r"(?P<open>\.[xX*])?"
    r"(?P<tail>[-.+]?(?:alpha|beta|rc|RC|dev|pre|preview|post|final|snapshot|SNAPSHOT|LTS|a|b|p|build|nightly"
    r"|ga|GA|M|r|sp|SP)(?:[-.]?[0-9]{1,9}){0,4}|[-+][0-9A-Za-z][0-9A-Za-z.-]{0,30})?(?:\+(?P<more>[\w.-]{1,30}))?$"
)
_ADDRESS = re.compile(
    r"(?P<octets>[0-9]{1,3}(?:\.[0-9]{1,3}){3})(?:(?P<mark>[:/])(?P<more>[0-9]{1,5}))?(?P<path>/\S*)?$"
)
_SIXTH = re.compile(
    r"\[?(?P<groups>(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4})\]?(?:(?P<mark>[:/])(?P<more>[0-9]{1,5}))?$"
)
_MAC = re.compile(r"[0-9A-Fa-f]{2}([:-])(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}$")
_UUID = re.compile(r"\{?[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\}?$")
_HASH = re.compile(r"(?:[0-9a-f]{7,128}|[0-9A-F]{7,128}|(?:sha256|sha1|md5):[0-9a-fA-F]{6,128})$")
_HEX = re.compile(r"0[xX](?P<value>[0-9A-Fa-f]{1,32})$")
_COLOR = re.compile(r"#(?:[0-9a-f]{6}|[0-9A-F]{6}|[0-9A-F]{3})$")
_TOKEN = re.compile(r"[0-9]+|[A-Za-z]+|[^\w]")
_SIGNS = {":": "colon", "-": "dash", "/": "slash", ".": "dot", "#": "hash", "+": "plus"}
_SUFFIXES = {
    "rc": "R C",
    "RC": "R C",
    "LTS": "L T S",
    "GA": "G A",
    "ga": "G A",
    "SP": "S P",
    "sp": "S P",
}


def read_version(run: str, text: str, start: int) -> Reading | None:
    """The version, address or identifier that a run of characters is.

    Args:
        run: Characters without white space, punctuation of the sentence stripped from its end.
        text: The sentence.
        start: Where the run begins in it.
    """
    end = start + len(run)
    dots = run.count(".")
    first = run[0]
    if dots >= 3 and first.isdigit():
        match = _ADDRESS.match(run)
        if match and word_before(text, start) not in _SOFTWARE:
            return Reading(_octets(match), end, "telephone")
    if run.count(":") > 1:
        if _MAC.match(run):
            return Reading(_characters(run), end, "serial")
        match = _SIXTH.match(run)
        if match and ("::" in run or run.count(":") == 7) and re.search("[0-9]", run):
            return Reading(_characters(run.strip("[]")), end, "telephone")
    if run.count("-") > 3 and (_UUID.match(run) or _MAC.match(run)):
        return Reading(_characters(run.strip("{}")), end, "serial")
    if first == "#":
        found = _COLOR.match(run)
        if found and (any(map(str.isdigit, run)) or run.isupper()):
            return Reading(_characters(run), end, "serial") if not run[1:].isdigit() else None
        return None
    hexadecimal = _HEX.match(run)
    if hexadecimal:
        return Reading(f"zero x {_characters(hexadecimal['value'])}", end, "serial")
    if len(run) > 6 and _is_hash(run):
        return Reading(_characters(run), end, "serial")
    return _numbered(run, text, start)


def _numbered(run: str, text: str, start: int) -> Reading | None:
    if not (run[0].isdigit() or run[0] in "vV"):
        return None
    match = _NUMBERED.match(run)
    if match is None:
        return None
    before = word_before(text, start)
    named = before in _SOFTWARE
    parts = match["parts"].split(".")
    tail = match["tail"] or ""
    if not match["v"]:
        if not (named and len(parts) > 1) and not (
            len(parts) > 2 and tail[:1] in {"-", "+"} | set("abr")
        ):
            return None
        if len(parts) == 1:
            return None
        if not named and len(parts[-1]) == 4:
            return None
    elif len(parts) == 1 and (tail or run[0] == "V"):
        # A V8 is an engine.
        return None
    spoken = " point ".join(_part(part) for part in parts)
    if match["v"] and before.lower() not in {"version", "ver", "ver."}:
        spoken = f"version {spoken}"
    if match["open"]:
        spoken += " point x"
    for piece in _TOKEN.findall(tail + (f"+{match['more']}" if match["more"] else "")):
        if piece.isdigit():
            spoken += f" {_part(piece)}"
        elif piece.isalpha():
            spoken += f" {_SUFFIXES.get(piece, letters(piece) if len(piece) == 1 else piece)}"
        elif piece == ".":
            spoken += " point"
        elif piece == "+":
            spoken += " plus"
    return Reading(spoken, start + len(run), "version")


def _part(part: str) -> str:
    if len(part) > 4 or (len(part) > 1 and part[0] == "0"):
        return digits(part)
    return cardinal(int(part))


def _octets(match: re.Match[str]) -> str:
    spoken = " dot ".join(digits(part) for part in match["octets"].split("."))
    if match["mark"] == ":":
        spoken += f" colon {digits(match['more'])}"
    elif match["mark"] == "/":
        spoken += f" slash {cardinal(int(match['more']))}"
    if match["path"]:
        spoken += f" {spell_name(match['path'])}"
    return spoken


def _characters(written: str) -> str:
    words = []
    for character in written:
        if character.isdigit():
            words.append(digits(character))
        elif character.isalpha():
            words.append(letters(character))
        else:
            words.append(_SIGNS.get(character, ""))
    return " ".join(words)


def _is_hash(run: str) -> bool:
    if not _HASH.match(run):
        return False
    numbers = sum(map(str.isdigit, run))
    return numbers > 1 and len(run) - numbers > 1 and (len(run) >= 12 or _alternates(run))


def _alternates(run: str) -> bool:
    """Whether letters and digits change places often, as they do in hashes and not in serials."""
    changes = sum(a.isdigit() is not b.isdigit() for a, b in pairwise(run))
    return changes > 2
