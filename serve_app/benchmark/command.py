"""`chorale benchmark`: measure once or by a schedule, keep it, and say what got worse."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from time import sleep
from typing import Annotated, Any

import httpx
import typer
from rich.markup import escape

from serve_app.benchmark.first_audio import first_audio
from serve_app.benchmark.history import History, Point
from serve_app.benchmark.regression import Regression, Watched, regression
from serve_app.benchmark.trends import metrics, trends_page
from serve_app.terminal import err, fail, tell
from speech.errors import ConfigError, SpeechError, SynthesisError

WORSE = 3
"""Exit status of a run after which something is worse."""
_QUALITY_TIMEOUT = 3_600.0
_SERVED = (
    ("first_audio.p50", 0.1), ("first_audio.p95", 0.2), ("first_sound.p50", 0.1),
    ("first_sound.p95", 0.2), ("real_time_factor.p50", 0.1),
)  # fmt: skip
"""What a server is watched for, each with the share by which it must rise to matter."""


def benchmark(
    voice: Annotated[str, typer.Argument(help="Of the catalogue, or of the server.")] = "heart",
    *,
    history: Annotated[Path, typer.Option(help="SQLite file that keeps all runs.")] = Path(
        "benchmarks.sqlite"
    ),
    schedule: Annotated[
        str, typer.Option(help="Cron expression, as `0 3 * * *`; without it one run is made.")
    ] = "",
    url: Annotated[
        str, typer.Option(help="Also ask a running server for first audio.", envvar="CHORALE_URL")
    ] = "",
    sentences: Annotated[
        int, typer.Option(help="Of each category that `chorale quality` listens to.", min=1)
    ] = 6,
    requests: Annotated[
        int, typer.Option(help="To the server, one after the other.", min=1, max=1000)
    ] = 20,
    trends: Annotated[Path | None, typer.Option(help="HTML to write, with curves.")] = None,
    prometheus: Annotated[
        str,
        typer.Option(help="File of a textfile collector, or URL of a Pushgateway's group."),
    ] = "",
    webhook: Annotated[str, typer.Option(help="URL that is told as JSON what got worse.")] = "",
) -> None:
    """Measure speech and speed, keep the numbers, and tell regressions (exit status 3).

    One thing runs at a time, with the lowest priority.
    """
    settings = {"voice": voice, "sentences": sentences, "url": url, "requests": requests}
    try:
        kept = History(history)
        if not schedule:
            worse = _run(kept, settings, trends, prometheus, webhook)
            kept.close()
            raise typer.Exit(WORSE if worse else 0)
        for due in _times(schedule):
            err.print(f"next run at {due:%Y-%m-%d %H:%M}", highlight=False)
            sleep(max(0.0, (due - datetime.now().astimezone()).total_seconds()))
            try:
                _run(kept, settings, trends, prometheus, webhook)
            except (SpeechError, OSError) as error:  # what is away now may be back at the next run
                tell(str(error))
    except SpeechError as error:
        fail(error.message)
    except OSError as error:
        fail(str(error))


def _times(schedule: str) -> Any:
    """When runs are due, without an end."""
    from cronsim import CronSim, CronSimError  # noqa: PLC0415 (of the extra `evaluate`)

    try:
        CronSim(schedule, datetime.now().astimezone())
    except CronSimError as error:
        raise ConfigError(f"{schedule!r} is no cron expression: {error}") from None
    while True:  # runs that were due while another one ran are left out
        yield next(CronSim(schedule, datetime.now().astimezone()))


def _run(
    kept: History, settings: Mapping[str, Any], trends: Path | None, prometheus: str, webhook: str
) -> list[Regression]:
    """One run; returns what is worse after it."""
    from speech.evaluation.versions import versions  # noqa: PLC0415 (brings numpy and more)

    numbers = _quality(settings["voice"], settings["sentences"])
    if settings["url"]:
        numbers |= first_audio(settings["url"], settings["voice"], settings["requests"])
    kept.add(numbers, settings, versions())
    known = [one for one in watched() if one.name in numbers]
    histories = {one.name: kept.series(one.name, settings) for one in known}
    worse = [
        found
        for one in known
        if (found := regression([point.value for point in histories[one.name]], one))
    ]
    for one in worse:
        err.print(f"[red]worse:[/red] {escape(one.told())}", highlight=False)
    if trends:
        trends.write_text(trends_page(histories, worse), "utf-8")
    if prometheus:
        _publish(prometheus, metrics(histories, worse))
    if webhook and worse:
        _send("POST", webhook, json=_told(worse, histories, settings))
    typer.echo(json.dumps({"numbers": numbers, "worse": [one.told() for one in worse]}))
    return worse


def _quality(voice: str, sentences: int) -> dict[str, float]:
    """The means of `chorale quality`, in a process of its own that gives its memory back."""
    code = "from serve_app.cli import main; main()"
    command = [sys.executable, "-c", code, "quality", voice, "--sentences", str(sentences)]
    try:
        done = subprocess.run(  # noqa: S603 (our own program)
            command,
            stdout=subprocess.PIPE,
            text=True,
            check=False,
            timeout=_QUALITY_TIMEOUT,
            preexec_fn=lambda: os.nice(19),
        )
    except subprocess.TimeoutExpired:
        raise SynthesisError(f"listening took more than {_QUALITY_TIMEOUT:.0f} s") from None
    if done.returncode not in {0, 3}:  # beyond its limits is a result
        raise SynthesisError("`chorale quality` failed")
    (told,) = json.loads(done.stdout.splitlines()[-1])["voices"]
    return {f"quality.{name}": value for name, value in told["means"].items()}


def watched() -> list[Watched]:
    """The numbers that runs are compared by."""
    from speech.evaluation.measures import MEASURES, read_limits  # noqa: PLC0415

    limits = read_limits()
    listened = [
        Watched(
            name=f"quality.{name}",
            better=measure.better,
            worth=limits[name].worth,
            # Half of what the comparison of single runs needs: medians of runs are steadier.
            share=limits[name].share / 2,
        )
        for name, measure in MEASURES.items()
    ]
    served = [Watched(name=name, better="less", share=share) for name, share in _SERVED]
    return listened + served


def _publish(target: str, text: str) -> None:
    if target.startswith(("http://", "https://")):
        _send("PUT", target, content=text)
        return
    path = Path(target)
    # A collector never sees half a file.
    part = path.with_name(f"{path.name}.part")
    part.write_text(text, "utf-8")
    part.replace(path)


def _send(method: str, url: str, **body: Any) -> None:
    try:
        httpx.request(method, url, timeout=30, **body).raise_for_status()
    except httpx.HTTPError as error:
        raise ConfigError(f"{url}: {error}") from None


def _told(
    worse: list[Regression], histories: Mapping[str, list[Point]], settings: Mapping[str, Any]
) -> dict[str, object]:
    return {
        "text": "\n".join(one.told() for one in worse),
        "revision": histories[worse[0].name][-1].revision,
        "settings": dict(settings),
        "worse": [
            {"name": one.name, "before": one.before, "now": one.now, "chance": one.chance}
            for one in worse
        ],
    }
