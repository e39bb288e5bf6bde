"""`chorale quantize`: a smaller voice out of a voice."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

import typer

from serve_app.terminal import err, fail
from serve_app.voices.command import find_voice
from speech.errors import SpeechError

REFUSED = 3
"""Exit status of a voice that lost too much."""


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
        found, faults = work.quantize(
            find_voice(voice)[0],
            output,
            kind,
            max_wer_loss=max_wer_loss,
            max_mel_distance=max_mel_distance,
            count=sentences,
            force=force,
            console=err,
        )
    except SpeechError as error:
        fail(error.message)
    except OSError as error:
        fail(str(error))
    for fault in faults:
        err.print(f"loses too much: {fault}", highlight=False)
    written = force or not faults
    err.print(f"{output}: {'written' if written else 'refused'}", highlight=False)
    typer.echo(json.dumps({**asdict(found), "faults": faults, "written": written}))
    raise typer.Exit(0 if written else REFUSED)
