"""English e-mail addresses, links and domain names: every sign is said.

Links that a request wants short are shortened before (`speech.text.links`).
"""

import re

from speech.text.english.acronyms import letters
from speech.text.english.pieces import spell_name, spell_word
from speech.text.reading import Reading

# Top-level domains a bare name is taken for an address by; others need `www.` or a scheme.
DOMAINS = frozenset(
    """com org net edu gov mil int info biz name pro io ai dev app co me tv uk de fr it es nl be ch
    at au ca us eu jp cn in ru br mx pl se no dk fi ie pt gr cz hu ro ua tr il za nz kr sg hk tw ar
    cl gg ly to sh xyz online site shop store blog tech cloud live news media club page wiki sm fm
    am is so la gl su li lu va mt hr rs si sk bg lt lv ee""".split()
)
# Said as words; others of two letters are spelled.
_WORDS = frozenset(["me", "co", "so", "be", "to", "com", "org", "net", "gov", "info", "edu", "mil"])
_EMAIL = re.compile(
    r"[\w+&%*=-](?:[\w.+&%'*=-]{0,62}[\w+&%*=-])?@(?=[\w.-]{0,63}[A-Za-z])[\w-]{1,63}"
    r"(?:\.[\w-]{1,63}){0,8}(?:[:/][^\s,;\"')]{0,200})?"
)
_LINK = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]{1,15}://|www\.(?=\w))[^\s\"<>]+", re.IGNORECASE)
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
