"""`chorale evaluate` and `chorale quantize`: how good a voice is, and a smaller one out of it."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NoReturn

import typer
from rich.console import Console
from rich.markup import escape

from serve_app.voices.command import local_catalogue
from speech.errors import SpeechError

if TYPE_CHECKING:
    from speech.engines.kinds import Voice

REFUSED = 3
"""Exit status of a voice that lost too much."""
_err = Console(stderr=True)


def evaluate(
    voice: Annotated[
        str, typer.Argument(help="A voice of the catalogue, voice/speaker, or a Piper .onnx file.")
    ],
    sentences: Annotated[int, typer.Option(help="Per speaker.", min=1, max=200)] = 200,
    speakers: Annotated[int, typer.Option(help="At most, where none is named.", min=1)] = 4,
) -> None:
    """Measure an English voice: word errors, DNSMOS, loudness, speed. Prints JSON last."""
    # Imported here: other commands need none of it.
    from speech.evaluation import held_out  # noqa: PLC0415
    from speech.evaluation.evaluate import evaluate as measure  # noqa: PLC0415
    from speech.evaluation.evaluate import quality_table  # noqa: PLC0415

    try:
        found, speaker = _find(voice)
        named = [speaker] if "/" in voice or not found.speakers else list(found.speakers)
        result = measure(found, named[:speakers], held_out()[:sentences])
    except SpeechError as error:
        _failed(error.message)
    _err.print(quality_table(found.id, result))
    if left_out := named[speakers:]:
        _err.print(f"left out: {', '.join(left_out)}", highlight=False)
    typer.echo(f"[{', '.join(one.model_dump_json() for one in result)}]")


def quantize(
    voice: Annotated[
        str, typer.Argument(help="An .onnx file in Piper's format, or a voice of the catalogue.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="The .onnx file to write.")],
    *,
    kind: Annotated[
        Literal["int8-static", "int8-dynamic", "fp16"], typer.Option(help="Of what is computed.")
    ] = "int8-static",
    max_wer_loss: Annotated[
        float, typer.Option(help="Most by which the word error rate may rise: 0.02 is 2 points.")
    ] = 0.02,
    max_mel_distance: Annotated[
        float, typer.Option(help="Largest mean log-mel difference, natural log.")
    ] = 0.15,
    sentences: Annotated[int, typer.Option(help="To compare with.", min=1, max=200)] = 60,
    force: Annotated[bool, typer.Option("--force", help="Write it whatever it loses.")] = False,
) -> None:
    """Make a voice smaller or faster; writes none that loses too much (exit status 3)."""
    from speech.evaluation import quantize as work  # noqa: PLC0415 (other commands need none of it)

    try:
        model = _find(voice)[0].model
        if model is None or not model.is_file():
            _failed(f"{voice}: there is no such .onnx file")
        found, faults = work.quantize(
            model,
            output,
            kind,
            max_wer_loss=max_wer_loss,
            max_mel_distance=max_mel_distance,
            count=sentences,
            force=force,
            console=_err,
        )
    except SpeechError as error:
        _failed(error.message)
    except OSError as error:
        _failed(str(error))
    for fault in faults:
        _err.print(f"loses too much: {fault}", highlight=False)
    written = force or not faults
    _err.print(f"{output}: {'written' if written else 'refused'}", highlight=False)
    typer.echo(json.dumps({**asdict(found), "faults": faults, "written": written}))
    raise typer.Exit(0 if written else REFUSED)


def _find(name: str) -> "tuple[Voice, str]":
    """A voice and its speaker, by a name of the catalogue or the file of a Piper voice."""
    from speech.engines.piper.voice import PiperEntry  # noqa: PLC0415 (as above)
    from speech.voices import CatalogueConfig, VoiceCatalogue  # noqa: PLC0415

    if not name.endswith(".onnx"):
        return local_catalogue().catalogue.resolve(name)
    path = Path(name).resolve()
    entry = PiperEntry(id=path.stem, model=path)
    config = CatalogueConfig(default=entry.id, voices=(entry,))
    return VoiceCatalogue.build(config, path.parent).resolve(entry.id)


def _failed(message: str) -> NoReturn:
    _err.print(f"[red]error:[/red] {escape(message)}", highlight=False, soft_wrap=True)
    raise typer.Exit(1) from None
