"""Numbers in brackets that point at sources: `known.[2][3]`, `as shown [4, 5]`."""

import re

from speech.text.edits import Edit

# Behind a word or its mark; `a[2]`, `[1]: https://a.de` and `Press [1]` point at nothing.
# e.g. `known.[2][3]`
_CITATION = re.compile(
    r"(?<=\w\w)(?P<mark>[.,;:!?]?)[\"')”’]?(?P<space> ?)"
    r"(?P<numbers>(?:\[[1-9][0-9]{0,2}(?:(?:, ?| ?[-–] ?)[0-9]{1,3}){0,8}\]){1,8})(?![\w(\[:]| ?=)"
)
# e.g. `Press `
_BUTTONS = re.compile(
    r"(?:press|choose|select|type|enter|hit|option|key|button|click|index|array|list|item|step"
    r"|arr|args?|argv) ?$",
    re.I,
)
_WORDS = {
    "en": ("reference", "references", "and", "to"), "de": ("Quelle", "Quellen", "und", "bis"),
    "fr": ("référence", "références", "et", "à"), "es": ("referencia", "referencias", "y", "a"),
    "it": ("riferimento", "riferimenti", "e", "a"), "pt": ("referência", "referências", "e", "a"),
    "nl": ("bron", "bronnen", "en", "tot"), "pl": ("źródło", "źródła", "i", "do"),
}  # fmt: skip


def citation_edits(text: str, language: str, *, drop: bool) -> list[Edit]:
    """Citations as what is said of them, or as nothing; `[2]` in a language unknown here stays."""
    words = _WORDS.get(language.partition("-")[0])
    if "[" not in text or not (words or drop):
        return []
    edits = []
    for match in _CITATION.finditer(text):
        if _BUTTONS.search(text, max(0, match.start() - 12), match.start("numbers")):
            continue
        start = match.start("numbers")
        if drop or words is None:
            edits.append(Edit(match.start("space"), match.end(), "", "markup", "citations"))
            continue
        said = ", ".join(_said(group, words) for group in match["numbers"][1:-1].split("]["))
        goes_on = text[match.end() : match.end() + 2].strip()[:1].islower()
        if match["mark"] in {".", "!", "?"} and not goes_on:
            # The sentence ends behind its sources.
            place = match.start("mark")
            rest = text[match.end("mark") : match.start("space")]
            edits.append(
                Edit(place, match.end(), f"{rest}, {said}{match['mark']}", "markup", "citations")
            )
        else:
            blank = "" if match["space"] else " "
            edits.append(Edit(start, match.end(), f"{blank}{said}", "markup", "citations"))
    return edits


def _said(group: str, words: tuple[str, str, str, str]) -> str:
    one, many, also, to = words
    numbers = [f" {to} ".join(re.split(" ?[-–] ?", number)) for number in re.split(", ?", group)]
    if len(numbers) == 1:
        return f"{many if to in numbers[0].split() else one} {numbers[0]}"
    return f"{many} {', '.join(numbers[:-1])} {also} {numbers[-1]}"
