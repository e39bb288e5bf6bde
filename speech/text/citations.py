"""Numbers in brackets that point at sources: `known.[2][3]`, `as shown [4, 5]`, `known.¹`."""

import re
import unicodedata

from speech.text.edits import Edit

_PAGE = r", (?:pp?|S|pág|págs|pag|blz|s)\. ?[0-9]{1,4}(?:[-–][0-9]{1,4})?"
_GROUP = rf"\[[1-9][0-9]{{0,2}}(?:(?:, ?| ?[-–] ?)[0-9]{{1,3}}){{0,8}}(?:{_PAGE})?\]"
# Behind a word or its mark, or at the head of a line; `a[2]`, `[1]: https://a.de`, `[1] Smith, J.`
# and `Press [1]` point at nothing.
# e.g. `known.[2][3]`
_CITATION = re.compile(
    r"(?:(?<=\w\w)(?P<mark>[.,;:!?]?)[\"')”’]?(?P<space> ?)|^(?=\[[^\[\]\n]{1,40}\] [a-z]{2}))"
    rf"(?:(?P<numbers>{_GROUP}(?:(?:, ?| ?[-–] ?)?{_GROUP}){{0,7}})(?![\w(\[:]| ?=)"
    r"|(?<! )(?P<raised>[¹²³⁴-⁹][⁰¹²³⁴-⁹]{0,2})(?!\w)"
    r"|(?<! )\[(?P<note>(?:note|nb) [0-9]{1,3}|citation needed|clarification needed)\](?!\())",
    re.MULTILINE,
)
# e.g. `Press `
_BUTTONS = re.compile(
    r"(?:press|choose|select|type|enter|hit|option|key|button|click|index|array|list|item|step"
    r"|arr|args?|argv) ?$",
    re.I,
)
_WORD = re.compile(r"[^\W\d_]{4,}$")
_LENGTHS = re.compile(r"(?:met(?:er|re)|mètre|mile|inch|yard|metro|second)s?$", re.I)
_RAISED = re.compile("[¹²³⁴-⁹]")
_SHORT = re.compile(r"(?<![^\W\d_])refs?$", re.IGNORECASE)
_WORDS = {
    "en": ("reference", "references", "and", "to"), "de": ("Quelle", "Quellen", "und", "bis"),
    "fr": ("référence", "références", "et", "à"), "es": ("referencia", "referencias", "y", "a"),
    "it": ("riferimento", "riferimenti", "e", "a"), "pt": ("referência", "referências", "e", "a"),
    "nl": ("bron", "bronnen", "en", "tot"), "pl": ("źródło", "źródła", "i", "do"),
}  # fmt: skip


def citation_edits(text: str, language: str, *, drop: bool) -> list[Edit]:
    """Citations as what is said of them, or as nothing; `[2]` in a language unknown here stays."""
    words = _WORDS.get(language.partition("-")[0])
    if not ("[" in text or (not text.isascii() and _RAISED.search(text))) or not (words or drop):
        return []
    edits = []
    for match in _CITATION.finditer(text):
        if _is_something_else(text, match):
            continue
        mark, space = match["mark"] or "", match["space"]
        start = match.start("space") if space is not None else match.start()
        if drop or words is None:
            edits.append(Edit(start, match.end(), "", "markup", "citations"))
            continue
        said = _spoken(match, words)
        if mark == "." and (short := _SHORT.search(text, max(0, start - 8), match.start("mark"))):
            edits.append(Edit(short.start(), match.end(), said, "markup", "citations"))
            continue
        goes_on = text[match.end() : match.end() + 2].strip()[:1].islower()
        if mark and mark in ".!?" and not goes_on:
            # The sentence ends behind its sources.
            rest = text[match.end("mark") : start]
            edits.append(
                Edit(
                    match.start("mark"), match.end(), f"{rest}, {said}{mark}", "markup", "citations"
                )
            )
        else:
            blank = "" if space is None else " "
            edits.append(Edit(start, match.end(), f"{blank}{said}", "markup", "citations"))
    return edits


def _is_something_else(text: str, match: re.Match[str]) -> bool:
    """Whether it is a button, or the power of a unit or of a variable."""
    if match["numbers"]:
        start = match.start("numbers")
        return bool(_BUTTONS.search(text, max(0, start - 12), start))
    if match["note"] or match["mark"]:
        return False
    word = _WORD.search(text, max(0, match.start() - 16), match.start())
    return word is None or bool(_LENGTHS.search(word[0]))


def _spoken(match: re.Match[str], words: tuple[str, str, str, str]) -> str:
    if match["note"]:
        return match["note"]
    if match["raised"]:
        return f"{words[0]} {unicodedata.normalize('NFKC', match['raised'])}"
    # `[1]–[3]` is a range, too.
    joined = re.sub(r"\] ?[-–] ?\[", "-", match["numbers"])
    return ", ".join(_said(group, words) for group in re.findall(r"\[([^\[\]]+)\]", joined))


def _said(group: str, words: tuple[str, str, str, str]) -> str:
    one, many, also, to = words
    numbers = [f" {to} ".join(re.split(" ?[-–] ?", number)) for number in re.split(", ?", group)]
    if len(numbers) == 1:
        return f"{many if to in numbers[0].split() else one} {numbers[0]}"
    if numbers[-1][0].isalpha():
        # its page
        return f"{one} {', '.join(numbers)}"
    return f"{many} {', '.join(numbers[:-1])} {also} {numbers[-1]}"
