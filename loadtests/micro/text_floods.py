"""Floods: 4096 characters that were written to be slow, through the whole text front end.

Each is prepared as the server prepares it, for an engine that reads text (so without espeak-ng,
whose share is shown apart), in English and in German. Times are processor time of the one thread
at work, the least of three runs; a flood that is refused as having nothing to say counts with what
that took. The aim is 50 ms each.

    python -m loadtests.micro.text_floods [--results FILE]

The last line of output is one JSON object.
"""

import argparse
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from time import thread_time

from rich.console import Console
from rich.table import Table

from loadtests.machine import this_machine
from speech.config import TextConfig
from speech.errors import InvalidInputError
from speech.text import FrontEnd
from speech.text.phonemes import phonemize
from speech.types import MAX_INPUT_CHARACTERS, Delivery, Passage

AIM = 0.05
"""Seconds one flood may take."""
LANGUAGES = ("en-us", "de")
FLOODS: Mapping[str, str] = {
    "digits": "9", "numbers": "1 ", "dots": ".", "addresses": "a@", "dollars": "$", "minus": "-",
    "slashes": "1/", "colons": "1:", "commas": "1,", "opening brackets": "(",
    "nested brackets": "[(", "links": "[](", "link texts": "[a](b ", "pictures": "![",
    "targets": "](", "stars": "*", "starred words": "*a ", "underscores": "_a", "ticks": "`",
    "ticks of all lengths": "` `` ``` ```` ", "hashes": "#", "headings": "# ", "quotes": "> ",
    "items": "- a\n", "pipes": "|", "rows": "| a |\n", "rules": "- ", "tags": "<b ",
    "comments": "<!--", "ampersands": "&", "entities": "&amp;", "escaped": "&amp;amp;",
    "numbered entities": "&#8217;", "mixed scripts": "aя中あ한ا", "marks": "\u0301",
    "marked": "a\u0301\u0323", "right to left": "שלום ", "overrides": "\u202e",
    "joiners": "\u200d", "joined": "👨\u200d", "emoji": "👍🏽", "flags": "🇩",
    "keycaps": "1\ufe0f\u20e3", "tags of flags": "🏴\U000e0067", "dingbats": "❶", "wide": "９．",
    "ligatures": "ﷺ", "spaces": " ", "no-break spaces": "\u00a0", "newlines": "\n",
    "lines": "a\n", "dashes": "— ", "hyphens": "a-", "quotation marks": "\"", "apostrophes": "a'",
    "initials": "A.", "capitals": "ABC ", "romans": "XIV ", "doctors": "Dr. ", "saints": "St. ",
    "dates": "1.1.", "times": "1:11 ", "money": "$1-", "amounts": "1 € ", "units": "5 km ",
    "fractions": "1/2 ", "powers": "x^", "hosts": "a.b.", "web": "http://", "paths": "/a",
    "handles": "@a#b ", "pauses": "[pause:0s]", "phonemes": "[a](/b/)", "letters": "a",
    "long words": "abcdefghij", "formulas": "$x^", "fractions of formulas": "\\frac{",
    "closed formulas": "$x$ ", "round formulas": "\\(x", "ellipses": "a... ", "asides": "a (b) ",
    "foreign words": "東a ", "Cyrillic": "я ", "citations": "ab[1]", "shouts": "US IT ",
    "temperatures": "at 9C/", "wrapped": "abcdefgh of the\n", "abbreviations": "z. B. ",
    "scores": "6:4 ", "halves": "½ ",
}  # fmt: skip


def flood(piece: str) -> str:
    """The longest text of a piece."""
    return (piece * MAX_INPUT_CHARACTERS)[:MAX_INPUT_CHARACTERS]


def seconds(front_end: FrontEnd, text: str, language: str) -> tuple[float, float]:
    """Processor time of a flood without phonemes, and of its phonemes: the least of three."""
    plain = spoken = float("inf")
    for _ in range(3):
        begin = thread_time()
        try:
            passage = Passage(text=text, delivery=Delivery(language=language))
            phrases = front_end.prepare(passage, None).phrases
        except InvalidInputError:
            phrases = ()
        middle = thread_time()
        for phrase in phrases:
            phonemize(phrase.text, language)
        plain = min(plain, middle - begin)
        spoken = min(spoken, thread_time() - middle)
    return plain, spoken


def main() -> None:
    """Measure and print the table and the JSON line."""
    parser = argparse.ArgumentParser(description="Floods through the text front end.")
    parser.add_argument("--results", type=Path, help="where the JSON object is kept")
    arguments = parser.parse_args()
    machine = this_machine()
    console = Console(width=100)
    console.print(f"Measured on {machine}.")
    front_end = FrontEnd(TextConfig())
    for language in LANGUAGES:
        seconds(front_end, "It costs $5 on May 5. Es kostet 5 € am 5. Mai. 👍 **so**", language)
    took = {
        (name, language): seconds(front_end, flood(piece), language)
        for name, piece in FLOODS.items()
        for language in LANGUAGES
    }
    slow = sorted(took, key=lambda key: -took[key][0])
    table = Table(title="Slowest floods (ms of processor time)")
    for column in ("flood", "language", "text", "phonemes"):
        table.add_column(column, justify="right" if column in {"text", "phonemes"} else "left")
    for key in slow[:12]:
        table.add_row(*key, *(f"{1000 * value:.1f}" for value in took[key]))
    over = [key for key in took if took[key][0] > AIM]
    table.caption = f"{len(over)} of {len(took)} floods take longer than {1000 * AIM:.0f} ms."
    console.print(table)
    result = json.dumps(
        {
            "benchmark": "text_floods",
            "machine": asdict(machine),
            "floods": len(took),
            "over_aim": [list(key) for key in over],
            "text_ms": {
                f"{name}, {language}": round(1000 * plain, 2)
                for (name, language), (plain, _) in took.items()
            },
            "slowest_phonemes_ms": round(1000 * max(spoken for _, spoken in took.values()), 1),
        }
    )
    if arguments.results:
        arguments.results.parent.mkdir(parents=True, exist_ok=True)
        arguments.results.write_text(f"{result}\n", "utf-8")
    print(result)


if __name__ == "__main__":
    main()
