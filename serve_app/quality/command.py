"""`chorale quality`: what can be heard of a voice, against limits and against itself earlier."""

import json
from collections.abc import Callable
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import httpx
import typer
from pydantic import ValidationError
from rich.progress import track
from rich.table import Table

from serve_app.keys import key_headers
from serve_app.terminal import err, fail
from serve_app.voices.command import find_voice, local_catalogue
from speech.errors import SpeechError
from speech.types import AUDIO_FORMATS, AudioFormat, Samples

if TYPE_CHECKING:
    from speech.evaluation.comparison import Change
    from speech.evaluation.listening import Listener
    from speech.evaluation.measures import Limit, VoiceResult
    from speech.evaluation.speaking import Speaks
    from speech.evaluation.suite import Sentence

FAULTS = 3
"""Exit status of a voice beyond its limits, or worse than before."""
_TABLE = (
    "word_error", "p808", "overall", "asked_right", "heard_right", "rate", "clicks", "loudness",
    "true_peak", "before", "padding", "speed",
)  # fmt: skip
"""Measures of the table on the terminal; the report has all."""
_Said = list[tuple[Samples, int]]


def quality(
    voice: Annotated[
        list[str] | None,
        typer.Argument(
            help="Voices of the catalogue, voice/speaker, or Piper .onnx files; with --url, names "
            "that the server knows. Default: the default voice."
        ),
    ] = None,
    *,
    against: Annotated[
        Path | None, typer.Option(help="JSON of an earlier run, to be compared with.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="JSON to write; `--against` reads it.")
    ] = None,
    report: Annotated[
        Path | None, typer.Option(help="HTML to write, with players and spectrograms.")
    ] = None,
    limits: Annotated[
        Path | None,
        typer.Option(help="YAML with other limits; default: speech/evaluation/limits.yaml."),
    ] = None,
    url: Annotated[str, typer.Option(help="Ask a running server instead of engines alone.")] = "",
    audio_format: Annotated[
        list[str] | None,
        typer.Option("--format", help="Of a server's replies; repeatable, `all` for all."),
    ] = None,
    category: Annotated[list[str] | None, typer.Option(help="Only these; repeatable.")] = None,
    sentences: Annotated[int | None, typer.Option(help="Of each category, at most.", min=1)] = None,
    suite: Annotated[Path | None, typer.Option(help="YAML with other sentences.")] = None,
    whisper: Annotated[
        Path | None, typer.Option(help="Folder with a Whisper for CTranslate2; default: tiny.en.")
    ] = None,
) -> None:
    """Listen to voices: words, pronunciation, pauses, levels, clicks. Prints JSON last.

    Exit status 3 where something lies beyond the limits, or got worse than in an earlier run.
    """
    # Imported here: other commands need none of it.
    from speech.evaluation.listening import Listener  # noqa: PLC0415
    from speech.evaluation.measures import read_limits  # noqa: PLC0415
    from speech.evaluation.suite import chosen  # noqa: PLC0415

    try:
        bounds = read_limits(limits)
        before = _read(against) if against else []
        said = chosen(category or [], sentences, suite)
        results: list[VoiceResult] = []
        audio: list[_Said] = []
        with ExitStack() as stack:
            wanted = _voices(voice or [""], url, _formats(audio_format, url), stack)
            listener = Listener(whisper)
            for name, source, opened in wanted:
                result, spoken = _listened(name, source, opened(), said, listener)
                results.append(result)
                audio.append(spoken)
    except SpeechError as error:
        fail(error.message)
    changes = [_changes(one, before, bounds) for one in results]
    faults = [_told(*each) for each in zip(results, changes, [bounds] * len(results), strict=True)]
    err.print(_quality_table(results))
    for one, found in zip(results, faults, strict=True):
        for fault in found:
            err.print(f"{one.voice} ({one.source}): {fault}", markup=False, highlight=False)
    told = _json(results, listener.recogniser.name)
    try:
        if output:
            output.write_text(told + "\n", "utf-8")
        if report:
            from serve_app.quality.report import report_page  # noqa: PLC0415

            page = report_page(
                results,
                audio=audio,
                changes=changes,
                faults=faults,
                limits=bounds,
                recogniser=listener.recogniser.name,
            )
            report.write_text(page, "utf-8")
    except OSError as error:
        fail(str(error))
    typer.echo(told)
    raise typer.Exit(FAULTS if any(faults) else 0)


def _formats(asked: list[str] | None, url: str) -> list[AudioFormat]:
    if asked and not url:
        fail("--format is for a server: an engine alone encodes nothing (give --url)")
    if unknown := set(asked or []) - {*AUDIO_FORMATS, "all"}:
        fail(f"unknown format {min(unknown)!r}; there are {', '.join(AUDIO_FORMATS)} and all")
    wanted = asked or ["wav"]
    return [kind for kind in AUDIO_FORMATS if kind in wanted or "all" in wanted]


def _voices(
    names: list[str], url: str, formats: list[AudioFormat], stack: ExitStack
) -> "list[tuple[str, str, Callable[[], Speaks]]]":
    """Every voice in every way it is to be heard: its name, what it comes from, who opens it."""
    from serve_app.quality.server_voice import ServerVoice, default_voice  # noqa: PLC0415
    from speech.evaluation.speaking import EngineAlone  # noqa: PLC0415

    if not url:
        default = local_catalogue().catalogue.default
        found = [find_voice(name or default) for name in names]
        return [
            (
                f"{voice.id}/{speaker}" if speaker else voice.id,
                "engine",
                partial(EngineAlone, voice, speaker),
            )
            for voice, speaker in found
        ]
    timeout = httpx.Timeout(120, connect=5)
    client = stack.enter_context(httpx.Client(base_url=url, timeout=timeout, headers=key_headers()))
    asked = [name or default_voice(client) for name in names]
    return [
        (name, kind, partial(ServerVoice, client, name, kind)) for name in asked for kind in formats
    ]


def _listened(
    name: str,
    source: str,
    speaks: "Speaks",
    said: "list[tuple[str, Sentence]]",
    listener: "Listener",
) -> "tuple[VoiceResult, _Said]":
    """Have every sentence said that the voice can say, and measure it."""
    from speech.evaluation.measures import VoiceResult  # noqa: PLC0415
    from speech.evaluation.speaking import tag_of  # noqa: PLC0415

    languages = speaks.languages()
    able = [each for each in said if tag_of(languages, each[1].language)]
    found, audio = [], []
    with closing(speaks):
        for category, sentence in track(able, f"{name} ({source})", console=err, transient=True):
            # The seed hangs on the sentence, so that a part of the suite sounds as in the whole.
            spoken = speaks.say(sentence, len(sentence.text))
            found.append(listener.listen(category, sentence, spoken))
            audio.append((spoken.samples, spoken.sample_rate))
    unable = sorted({each.language for _, each in said} - {each.language for _, each in able})
    if not found:
        fail(f"{name} speaks none of the sentences: they are {', '.join(unable)}")
    return VoiceResult(
        voice=name, source=source, sentences=tuple(found), languages_left_out=tuple(unable)
    ), audio


def _changes(
    now: "VoiceResult", before: "list[VoiceResult]", limits: "dict[str, Limit]"
) -> "list[Change]":
    from speech.evaluation.comparison import compared  # noqa: PLC0415

    same = [one for one in before if (one.voice, one.source) == (now.voice, now.source)]
    if before and not same:
        err.print(f"{now.voice} ({now.source}) is not in the earlier run", highlight=False)
    return compared(same[0], now, limits) if same else []


def _told(result: "VoiceResult", changes: "list[Change]", limits: "dict[str, Limit]") -> list[str]:
    """What is wrong with a voice, in words."""
    worse = [change.told() for change in changes if change.verdict == "worse"]
    return [*result.faults(limits), *worse]


def _quality_table(results: "list[VoiceResult]") -> Table:
    from speech.evaluation.measures import MEASURES, written  # noqa: PLC0415

    means = [one.means() for one in results]
    table = Table(title=f"{len(results[0].sentences)} sentences")
    table.add_column("")
    for one in results:
        table.add_column(f"{one.voice}\n{one.source}", justify="right")
    for name in _TABLE:
        if any(name in mean for mean in means):
            cells = (written(name, mean[name]) if name in mean else "-" for mean in means)
            table.add_row(MEASURES[name].title, *cells)
    return table


def _json(results: "list[VoiceResult]", recogniser: str) -> str:
    from speech.evaluation.versions import versions  # noqa: PLC0415

    told: dict[str, Any] = {
        "recogniser": recogniser,
        "versions": versions(),
        "voices": [
            {"means": {name: round(mean, 4) for name, mean in one.means().items()}}
            | one.model_dump(mode="json", exclude_defaults=True)
            for one in results
        ],
    }
    return json.dumps(told, ensure_ascii=False)


def _read(path: Path) -> "list[VoiceResult]":
    from speech.evaluation.measures import VoiceResult  # noqa: PLC0415

    try:
        told = json.loads(path.read_text("utf-8"))
        return [
            VoiceResult.model_validate({k: v for k, v in one.items() if k != "means"})
            for one in told["voices"]
        ]
    except (OSError, ValueError, TypeError, KeyError, ValidationError) as error:
        fail(f"{path} is no result of `chorale quality`: {error}")
