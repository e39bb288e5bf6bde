"""`chorale warm`: fills the caches with phrases before anybody asks for them."""

import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from itertools import islice, product
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from rich.progress import Progress

from serve_app.keys import key_headers
from serve_app.terminal import err, fail

_SHOWN = 5
"""Failures that are told one by one."""

Body = Mapping[str, Any]


def bodies(lines: Iterable[str], voices: list[str], formats: list[str]) -> Iterator[Body]:
    """Requests for phrases: of every line, one in every voice and format.

    A line that begins with a brace is a request of its own, as the speech route takes it; an empty
    one is none, and neither is one that begins with `#`.

    Raises:
        ValueError: a line begins with a brace and is no JSON object; its number is named.
    """
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        if not text.startswith("{"):
            for voice, kind in product(voices, formats):
                yield {"model": "chorale", "input": text, "voice": voice, "response_format": kind}
            continue
        try:
            yield {"model": "chorale", **json.loads(text)}
        except json.JSONDecodeError as error:
            raise ValueError(f"line {number} is no JSON object: {error}") from None


def warm(
    phrases: Annotated[
        Path,
        typer.Argument(help="A phrase or a JSON request on every line; `-` is standard input."),
    ],
    *,
    voice: Annotated[
        list[str] | None, typer.Option(help="Repeatable. Default: the server's default voice.")
    ] = None,
    audio_format: Annotated[
        list[str] | None, typer.Option("--format", help="Repeatable. Default: mp3, OpenAI's.")
    ] = None,
    concurrency: Annotated[int, typer.Option(help="Requests at a time.", min=1, max=64)] = 2,
    url: Annotated[
        str, typer.Option(help="Address of a running server.", envvar="CHORALE_URL")
    ] = "http://127.0.0.1:8000",
) -> None:
    """Have a list of phrases spoken into the cache of a running server."""
    try:
        text = sys.stdin.read() if str(phrases) == "-" else phrases.read_text("utf-8")
        with httpx.Client(base_url=url, timeout=120, headers=key_headers()) as client:
            voices = voice or [client.get("/v1/audio/voices").raise_for_status().json()["default"]]
            wanted = list(bodies(text.splitlines(), voices, audio_format or ["mp3"]))
            outcomes, problems = _ask(client, wanted, concurrency)
    except (OSError, ValueError, httpx.HTTPError) as error:
        fail(str(error))
    made, there = outcomes["miss"] + outcomes["coalesced"], outcomes["hit"] + outcomes["hot"]
    typer.echo(
        f"{len(wanted)} replies: {made} made, {there} were there, {outcomes['failed']} failed"
    )
    for problem in islice(problems, _SHOWN):
        err.print(problem, markup=False, highlight=False)
    if problems:
        raise typer.Exit(1)


def _ask(
    client: httpx.Client, wanted: list[Body], concurrency: int
) -> tuple[Counter[str], list[str]]:
    """Make the requests; returns how many came from where, and what went wrong."""
    outcomes: Counter[str] = Counter()
    problems: list[str] = []
    with (
        Progress(console=err, transient=True) as progress,
        ThreadPoolExecutor(concurrency) as pool,
    ):
        task = progress.add_task("warming", total=len(wanted))
        for done in as_completed([pool.submit(_speak, client, body) for body in wanted]):
            outcome, problem = done.result()
            outcomes[outcome] += 1
            if problem:
                problems.append(problem)
            progress.advance(task)
    return outcomes, problems


def _speak(client: httpx.Client, body: Body) -> tuple[str, str]:
    """Where the reply came from, or `failed` and why."""
    try:
        reply = client.post("/v1/audio/speech", json=body)
    except httpx.HTTPError as error:
        return "failed", f"{str(body.get('input', ''))[:60]!r}: {error!r}"
    if reply.status_code != httpx.codes.OK:
        return "failed", f"{str(body.get('input', ''))[:60]!r}: {reply.text[:200]}"
    return reply.headers.get("x-cache", "miss"), ""
