"""`chorale read`: what would be said of a text, with what was changed, and by which rule."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from speech.errors import SpeechError
from speech.text import FrontEnd
from speech.types import Delivery, Explanation, Passage


def read(
    file: Annotated[str, typer.Argument(help="Text to read; `-` reads standard input.")],
    *,
    language: Annotated[str, typer.Option(help="Language of the text.")] = "en-us",
    graph: Annotated[
        str, typer.Option(help="Graph configuration, by its name in configs/ or its path.")
    ] = "cpu",
) -> None:
    """Print what would be said of a text, phrase by phrase, and every change; needs no server."""
    # Brings Ray, which reads its switches when it is imported: `serve` sets them before.
    from serve_app.config import GraphArguments  # noqa: PLC0415

    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text("utf-8")
        config = GraphArguments(config=graph).graph()
        delivery = Delivery(language=language.strip().replace("_", "-").lower())
        passage = Passage(text=text.removesuffix("\n"), delivery=delivery)
        shown = FrontEnd(config.front_end()).explain(passage, phonemized=False)
    except (OSError, UnicodeDecodeError, SpeechError) as error:
        told_wrong = error.message if isinstance(error, SpeechError) else f"{file}: {error}"
        typer.echo(f"error: {told_wrong}", err=True)
        raise typer.Exit(1) from None
    typer.echo(told(passage.text, shown))


def told(text: str, shown: Explanation) -> str:
    """The phrases with their pauses, then the changes with their lines, as text."""
    lines = [f"{phrase.text}  [{phrase.pause_after:g} s]" for phrase in shown.utterance.phrases]
    lines = lines or ["Nothing is said."]
    for change in shown.changes:
        line = text.count("\n", 0, change.start) + 1
        written = text[change.start : change.end].replace("\n", "\\n")
        lines.append(f"{line}: {written!r} -> {change.reading!r} ({change.kind}, {change.why})")
    return "\n".join(lines)
