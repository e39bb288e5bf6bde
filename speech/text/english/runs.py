"""English forms written without spaces: found before words and numbers, since they hold both.

A run is what stands between white space, without the sentence's own punctuation around it.
"""

import re
from itertools import pairwise

from speech.text import marks
from speech.text.english.acronyms import is_long_word, letters
from speech.text.english.numbers import cardinal, digits, year
from speech.text.english.words import read_drawn
from speech.text.reading import Reading, word_before

# Letters, digits and signs of names that are written without spaces, said one by one.

SIGNS = {
    ".": "dot", "@": "at", "-": "dash", "_": "underscore", "/": "slash", ":": "colon",
    "&": "ampersand", "+": "plus", "#": "hash", "?": "question mark", "=": "equals",
    "%": "percent", "~": "tilde", "\\": "backslash", "$": "dollar", "*": "star",
    "!": "exclamation mark", ",": "comma", ";": "semicolon", "(": "open parenthesis",
    ")": "close parenthesis", "[": "open bracket", "]": "close bracket", "'": "apostrophe",
    "|": "pipe", "^": "caret", "<": "less than", ">": "greater than", "{": "open brace",
    "}": "close brace",
}  # fmt: skip
"""What a sign is called inside a name."""

# Spelled inside a name, whichever way they are written.
_SPELLED = frozenset(
    """http https ftp sftp ssh www html htm php css js ts md pdf txt xls csv svg png mp gz tgz xml
    sql db cgi jsp asp aspx api ui ux id ip tv io ai uk eu us usa cdn dns url faq cfg rb rs cpp hpp
    wav avi mkv mov ogg flac aac exe dll ppt rtf iso apk dmg msi deb rpm ini tsv ip vpn smtp imap
    bbc cnn nbc cbs abc mit ibm nyt ucla usc rtx gtx gpu cpu faqs hr pr ceo""".split()
)
_SPOKEN = {"jpg": "jpeg", "yml": "yaml", "nvidia": "NVIDIA", "jpeg": "jpeg"}
_PIECE = re.compile(r"[A-Z]{2,}(?![a-z])|[A-Z]?[^\W\d_A-Z]+|[A-Z]|[0-9]+|[\s\S]")
_THOUSANDS = re.compile(r"[1-9]000")


def spell_name(name: str, *, signs: bool = True) -> str:
    """Words of a name such as `john_doe99` or `docs/report-v2`.

    Args:
        name: Letters, digits and signs.
        signs: Say the signs by their names; they part words only where this is off.
    """
    words: list[str] = []
    last = ""
    for piece in _PIECE.findall(name):
        if piece.isascii() and piece.isdigit():
            round_number = last in {"-", ""} and _THOUSANDS.fullmatch(piece)
            words.append(cardinal(int(piece)) if round_number else digits(piece))
        elif piece in SIGNS:
            if signs:
                words.append(SIGNS[piece])
        else:
            words.append(spell_word(piece))
        last = piece
    return " ".join(words)


def spell_word(piece: str) -> str:
    """A piece of letters: spelled where it is an initialism or a letter, else as a word."""
    small = piece.lower()
    if small in _SPOKEN:
        return _SPOKEN[small]
    if small in _SPELLED or len(piece) == 1:
        return letters(piece)
    return small if piece.isupper() and is_long_word(piece) else piece


# English e-mail addresses, links and domain names: every sign is said.
#
# Links that a request wants short are shortened before (`speech.text.cleanup`).

# Top-level domains a bare name is taken for an address by; others need `www.` or a scheme.
DOMAINS = frozenset(
    """com org net edu gov mil int info biz name pro io ai dev app co me tv uk de fr it es nl be ch
    at au ca us eu jp cn in ru br mx pl se no dk fi ie pt gr cz hu ro ua tr il za nz kr sg hk tw ar
    cl gg ly to sh xyz online site shop store blog tech cloud live news media club page wiki sm fm
    am is so la gl su li lu va mt hr rs si sk bg lt lv ee""".split()
)
# Said as words; others of two letters are spelled.
_WORDS = frozenset(["me", "co", "so", "be", "to", "com", "org", "net", "gov", "info", "edu", "mil"])
# e.g. `me@home.org`
_EMAIL = re.compile(
    r"[\w+&%*=-](?:[\w.+&%'*=-]{0,62}[\w+&%*=-])?@(?=[\w.-]{0,63}[A-Za-z])[\w-]{1,63}"
    r"(?:\.[\w-]{1,63}){0,8}(?:[:/][^\s,;\"')]{0,200})?"
)
_LINK = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]{1,15}://|www\.(?=\w))[^\s\"<>]+", re.IGNORECASE)
# e.g. `bbc.co.uk`
_NAME = re.compile(
    r"(?:[\w-]{1,63}\.){1,8}(?P<top>[A-Za-z]{2,6})(?::[0-9]{1,5})?(?P<path>[/?#][^\s,;\"')]*)?$"
)
_LOCAL = re.compile(r"localhost(?::[0-9]{1,5})?(?:/\S*)?$")


def read_electronic(run: str, start: int) -> Reading | None:
    """The address that a run of characters is.

    Args:
        run: Characters without white space, punctuation of the sentence stripped from its end.
        start: Where the run begins in its sentence.
    """
    if run[:4].lower() == "www.":
        return Reading(_address(run), start + len(run), "electronic")
    match = _NAME.match(run)
    if match and _is_name(run, match):
        return Reading(_address(run), start + match.end(), "electronic")
    if _LOCAL.match(run):
        return Reading(_address(run), start + len(run), "electronic")
    return None


def find_address(run: str, start: int) -> tuple[int, Reading] | None:
    """The link or e-mail address inside a run of characters, with its start (see above)."""
    match = _LINK.search(run) if "://" in run else _EMAIL.search(run)
    if match is None:
        return None
    written = match[0].rstrip(".,;:!?")
    begin = start + match.start()
    return begin, Reading(_address(written), begin + len(written), "electronic")


def _is_name(run: str, match: re.Match[str]) -> bool:
    top = match["top"]
    host = run[: match.end("top")]
    first = host.partition(".")[0]
    if host.count(".") == 1 and first.isdigit():
        return False
    if top.lower() in DOMAINS:
        # `end.So` is a sentence without its space.
        return top.islower() or (top.isupper() and host.isupper())
    return False


def _address(written: str) -> str:
    """Every piece of an address, its top-level domain spelled where it has two letters."""
    scheme, sign, rest = written.partition("://")
    if not sign:
        scheme, rest = "", written
    host = re.match(r"[^/?#]*", rest)
    name = host[0] if host else ""
    if name.isupper():
        name = name.lower()
    head, dot, top = name.rpartition(".")
    port = ""
    if ":" in top:
        top, _, port = top.partition(":")
    words = [f"{spell_word(scheme)} colon slash slash"] if sign else []
    if dot and len(top) == 2 and top.isalpha():
        # `.com.sm`, `.co.uk`
        words.append(spell_name(head))
        words.append("dot")
        words.append(top if top.lower() in _WORDS else letters(top))
    else:
        words.append(spell_name(f"{head}{dot}{top}"))
    if port:
        words.append(spell_name(f":{port}"))
    words.append(spell_name(rest[len(name) :]))
    return " ".join(word for word in words if word)


# Names of the social web: `#ThrowbackThursday`, `@john_doe99`, `r/askscience`.

_TAG = re.compile(r"[#＃](?P<name>[^\W_][\w]{0,99})(?P<close>[#＃])?")
_HANDLE = re.compile(r"@(?P<name>\w[\w.]{0,62}\w|\w)(?![\w@])")
_PLACE = re.compile(r"/?(?P<kind>[ru])/(?P<name>[A-Za-z0-9_-]{2,24})(?![\w/])")
_PART_OF_HANDLE = re.compile(r"[A-Z]{2,}(?![a-z])|[A-Z]?[^\W\d_A-Z]+|[A-Z]|[0-9]+|_+")


def read_handle(run: str, start: int) -> Reading | None:
    """The name at the beginning of a run of characters.

    Args:
        run: Characters without white space.
        start: Where the run begins in its sentence.
    """
    match = _TAG.match(run)
    if match and match["close"] and match["name"].isdigit():
        # A code for the telephone's keys.
        spoken = f"pound {digits(match['name'])} pound"
        return Reading(spoken, start + match.end(), "telephone")
    if match and not match["name"].isdigit():
        if match["close"]:
            return Reading(f"hash {match['name']} hash", start + match.end(), "handle")
        return Reading(f"hashtag {_tag(match['name'])}", start + match.end(), "handle")
    match = _HANDLE.match(run)
    if match:
        return Reading(f"at {spell_name(match['name'])}", start + match.end(), "handle")
    match = _PLACE.match(run)
    if match:
        return Reading(
            f"{match['kind']} slash {spell_name(match['name'])}", start + match.end(), "handle"
        )
    return None


def _tag(name: str) -> str:
    """A hashtag's words, cut at its capitals and digits."""
    words = []
    for piece in _PART_OF_HANDLE.findall(name):
        if piece.isdigit() and piece.isascii():
            words.append(_number(piece))
        elif piece[0] != "_":
            words.append(piece)
    return " ".join(words)


def _number(piece: str) -> str:
    if len(piece) == 4 and piece[:2] in {"18", "19", "20"}:
        return year(int(piece))
    if len(piece) > 4 or (piece[0] == "0" and len(piece) > 1):
        return digits(piece)
    return cardinal(int(piece))


# File names and paths: `report_v2.pdf`, `/etc/hosts`, `C:\Users\me`, `.gitignore`, `my_name`.

EXTENSIONS = frozenset(
    """pdf txt doc docx xls xlsx ppt pptx csv tsv json xml yaml yml html htm css js ts jsx tsx py rb
    rs go java c h cpp hpp cs php pl sh bat exe dll msi dmg iso apk zip gz tar tgz bz xz rar
    z jpg jpeg png gif bmp svg tif tiff webp ico mp mp3 mp4 wav avi mkv mov flac ogg aac webm
    md rst log ini cfg conf toml lock sql db bak tmp dat bin img epub mobi psd ai ttf otf
    ipynb jar deb rpm onnx parquet env vue swift kt scala lua r tex bib srt vtt eml ics so o
    a m""".split()
)
# e.g. `C:\Users\me`
_WINDOWS = re.compile(
    r"(?:[A-Za-z]:\\?|\\\\(?=\w)|\\(?=[A-Z]\w+\\))[\w\\. ~$()&+%-]*|[\w.-]{2,}\\[\w.-]{2}[\w\\.-]*"
)
# A pattern's classes, `\d+`: its other signs are said, its backslashes are not.
_PATTERN = re.compile(r"\\[dDwWsSbBAZ](?![a-z]{2})")
_UNSAID = re.compile(r"[\\^$(){}\[\]]+")
_ROOTED = re.compile(r"(?:~|\.{1,2})?/[\w.@+~%-]+(?:/[\w.@+~%-]*){0,40}$|~/$")
# e.g. `configs/gpu.yaml`
_RELATIVE = re.compile(
    r"(?:[\w.@+~-]+/){1,40}[\w@+~-]*(?:\.[\w-]+)*\.(?P<extension>[A-Za-z0-9]{1,7})$"
)
# e.g. `app-1.log`
_FILE = re.compile(
    r"(?P<stem>[\w@+~()-]+(?:\.[\w-]+){0,4})\.(?P<extension>[A-Za-z][A-Za-z0-9]{0,6})$"
)
_HIDDEN = re.compile(r"\.(?P<name>[A-Za-z][\w-]{1,40}(?:\.[\w-]{1,40}){0,3})$")
# A place in a file, behind its ending: main.py:42, app.js:10:7.
_LINE = re.compile(r"(?<=[a-z])(?::[0-9]{1,6}){1,2}$")
_IDENTIFIER = re.compile(r"\$?[A-Za-z0-9]*(?:_+[A-Za-z0-9]+)+_*(?:\(\))?$")
_ETC = marks.pronounced("etc", "ˈɛtsi")


def read_path(run: str, start: int) -> Reading | None:
    """The path or file name that a run of characters is.

    Args:
        run: Characters without white space, punctuation of the sentence stripped from its end.
        start: Where the run begins in its sentence.
    """
    if "\\" in run:
        match = _WINDOWS.match(run)
        if match and len(match[0]) > 2 and not _PATTERN.match(run):
            return _path(match[0], start)
        if _PATTERN.search(run):
            return Reading(spell_name(_UNSAID.sub(" ", run)), start + len(run), "path")
        return None
    line = _LINE.search(run)
    if line and (found := read_path(run[: line.start()], start)):
        number = " colon ".join(cardinal(int(part)) for part in line[0][1:].split(":"))
        return Reading(f"{found.spoken} colon {number}", start + len(run), "path")
    if "/" in run:
        if _ROOTED.match(run):
            return _path(run, start)
        match = _RELATIVE.match(run)
        if match and match["extension"].lower() in EXTENSIONS:
            return _path(run, start)
        return None
    hidden = _HIDDEN.match(run)
    if hidden:
        return _path(run, start)
    match = _FILE.match(run)
    if match and _is_file(match["stem"], match["extension"]):
        return _path(run, start)
    if "_" in run and _IDENTIFIER.match(run):
        name = run.strip("$_()")
        return Reading(spell_name(name), start + len(run), "path") if "_" in name else None
    return None


def _is_file(stem: str, extension: str) -> bool:
    if stem.isdigit():
        return extension in EXTENSIONS and len(extension) > 1 and extension not in {"mp", "go"}
    if extension in EXTENSIONS and len(extension) > 1:
        return True
    if extension.lower() in EXTENSIONS and extension.isupper() and len(extension) > 2:
        return True
    if len(extension) == 1:
        # `main.c`, `U.S` is not a file.
        return extension in "chr" and stem.islower() and len(stem) > 2
    # `test.abc`: two small words with a dot between them and no space.
    return stem.islower() and extension.islower() and extension.isalpha() and len(stem) > 1


def _path(written: str, start: int) -> Reading:
    spoken = spell_name(written)
    if "/etc" in written:
        # Not `et cetera`.
        spoken = spoken.replace(" etc ", f" {_ETC} ")
    return Reading(spoken, start + len(written), "path")


# Names made of numbers: versions, IP and MAC addresses, UUIDs, hashes.

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
# e.g. `v2.1.0-rc.1`
_NUMBERED = re.compile(
    rf"(?P<v>[vV]\.?)?(?P<parts>{_PART}(?:\.{_PART}){{0,5}})"
    r"(?P<open>\.[xX*])?"
    r"(?P<tail>[-.+]?(?:alpha|beta|rc|RC|dev|pre|preview|post|final|snapshot|SNAPSHOT|LTS|a|b|p|build|nightly"
    r"|ga|GA|M|r|sp|SP)(?:[-.]?[0-9]{1,9}){0,4}|[-+][0-9A-Za-z][0-9A-Za-z.-]{0,30})?(?:\+(?P<more>[\w.-]{1,30}))?$"
)
# e.g. `127.0.0.1:8000`
_ADDRESS = re.compile(
    r"(?P<octets>[0-9]{1,3}(?:\.[0-9]{1,3}){3})(?:(?P<mark>[:/])(?P<more>[0-9]{1,5}))?(?P<path>/\S*)?$"
)
# e.g. `fe80::1`
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


MAX_RUN = 2048
"""Longer runs are no names; they are read as words, numbers and signs."""

# Whether a sentence may hold any, decided in one search.
# e.g. `me@home`
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
