"""What the graph costs over the bare engine: every stage, hits apart from misses, in one run.

First the floor: the same words through front end, engine and encoder in this process. Then a real
server, `chorale serve` as it is shipped or with another graph, asked over HTTP by one client and by
eight: replies that are synthesised (every text new), replies from the audio cache (the same words
written otherwise, which the gateway's own cache does not know) and replies from the gateway's cache
(the same request again). The server is stopped at the end. Two voices: espeak-ng, which takes next
to nothing, and the default voice.

    python -m loadtests.micro.stages [--requests 200] [--seconds 10] [--formats wav mp3 opus]
                                     [--threads 1] [--graph FILE] [--quick] [--out FILE]

Every reply's `X-Cache` must be the one that is measured; a reply that fails or comes from elsewhere
is counted, and makes the program end with 1. The last line of output is one JSON object.
"""

import argparse
import json
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import uvloop
from rich.console import Console
from rich.markup import escape

from loadtests.config import ConfigurationError
from loadtests.local_server import (
    ROOT,
    LocalServer,
    ServerError,
    local_server,
    stop_on_sigterm,
)
from loadtests.machine import this_machine
from loadtests.micro.bare import Bare, BareVoice
from loadtests.micro.cells import (
    STATES,
    Cell,
    Floor,
    MeasurementError,
    Report,
    Settings,
    cell,
    floor,
)
from loadtests.micro.client import Call, Run, closed_loop, speech_call
from loadtests.micro.report import show
from loadtests.processes import Usage, memory, spent, usage
from loadtests.run import read_graph
from loadtests.texts import DISTINCT, replies
from speech.config import EngineConfig
from speech.types import AUDIO_FORMATS, AudioFormat

VOICES = ("espeak", "heart")
CONCURRENCIES = (1, 8)
_CATALOGUE = ROOT / "configs" / "voices.yaml"
_HOT_REPLIES = 64
"""Replies that are asked for again: few enough for the gateway's own cache to hold them all."""
_MAX_SECONDS = 20.0
"""The gateway's own cache forgets after a minute, and hits become hot ones in two measurements."""
_WARM_REPLIES = 16
"""Before a voice and format is measured: codecs and connections are set up by the first replies."""


class Bench:
    """One running server and the floor beside it."""

    def __init__(self, server: LocalServer, settings: Settings, console: Console) -> None:
        self._server = server
        self._settings = settings
        self._console = console
        self._used_texts = 0
        self.bare: list[Bare] = []
        self.livez: dict[int, Floor] = {}
        self.cells: list[Cell] = []
        self.idle_cores: Mapping[str, float] = {}

    def measure(self, catalogue: Path) -> None:
        """Everything, in order."""
        self._warm()
        self._idle()
        for concurrency in self._settings.concurrencies:
            calls = [Call(url=f"{self._server.url}/livez")] * self._settings.requests
            run, used = self._run(calls, concurrency)
            self.livez[concurrency] = floor(run, used, self.idle_cores, concurrency)
        for name in VOICES:
            config = EngineConfig(threads=self._settings.engine_threads)
            voice = BareVoice(catalogue, name, config)
            for audio_format in self._settings.formats:
                self._console.print(f"measuring {name} {audio_format} ...")
                voice.measure(self._texts(4), audio_format)  # codecs are set up by the first use
                texts = self._texts(self._settings.requests)
                self.bare.append(voice.measure(texts, audio_format))
                for concurrency in self._settings.concurrencies:
                    self._measure_states(self.bare[-1], texts, concurrency)
                    texts = self._texts(self._settings.requests)
            voice.close()

    def _texts(self, count: int) -> Sequence[str]:
        """Texts nobody has spoken in this run."""
        self._used_texts += count
        return replies(count, first=self._used_texts - count)

    def _warm(self) -> None:
        for voice in VOICES:
            for audio_format in self._settings.formats:
                texts = self._texts(_WARM_REPLIES)
                for spelling in ("{}", " {}", " {}"):
                    spelled = [spelling.format(text) for text in texts]
                    self._run(self._calls(spelled, voice, audio_format), max(CONCURRENCIES))

    def _idle(self) -> None:
        """What the server uses with nothing to do, over a stretch of wall time."""
        before = spent(self._server.processes())
        time.sleep(self._settings.idle_seconds)
        self.idle_cores = usage(before, spent(self._server.processes())).cores()

    def _measure_states(self, bare: Bare, texts: Sequence[str], concurrency: int) -> None:
        """Misses, then the same words written otherwise, then exactly the same requests again."""
        spellings = {"miss": texts}
        for state in STATES:
            run, used = self._run(
                self._calls(spellings[state], bare.voice, bare.format), concurrency
            )
            answered = spellings[state][: len(run.answers)]
            if state == "miss":
                spellings["hit"] = [f" {text}" for text in answered]
            elif state == "hit":
                held = answered[-_HOT_REPLIES:]
                spellings["hot"] = list(islice(cycle(held), self._settings.requests))
            self.cells.append(
                cell(
                    run,
                    used,
                    self.idle_cores,
                    bare=bare,
                    livez=self.livez[concurrency],
                    state=state,
                )
            )

    def _calls(self, texts: Sequence[str], voice: str, audio_format: AudioFormat) -> list[Call]:
        return [speech_call(self._server.speech, text, voice, audio_format) for text in texts]

    def _run(self, calls: Sequence[Call], concurrency: int) -> tuple[Run, Usage]:
        """A closed loop, and what the server used around it."""
        processes = self._server.processes()
        before = spent(processes)
        run = uvloop.run(
            closed_loop(calls, concurrency=concurrency, seconds=self._settings.seconds)
        )
        return run, usage(before, spent(processes))


def measure(settings: Settings, console: Console, graph: Mapping[str, Any] | None) -> Report:
    """Start a server, measure, stop it."""
    machine = this_machine()
    console.print("starting a server ...")
    with local_server(graph=graph) as server:
        bench = Bench(server, settings, console)
        bench.measure(Path(graph["catalogue"]) if graph else _CATALOGUE)
        held = memory(server.processes())
        console.print("stopping the server ...")
    return Report(
        machine=machine,
        settings=settings,
        bare=tuple(bench.bare),
        livez=tuple(bench.livez.values()),
        cells=tuple(bench.cells),
        idle_cores=bench.idle_cores,
        memory_mib=held,
    )


def _settings() -> tuple[Settings, Path | None, Path | None]:
    parser = argparse.ArgumentParser(description="What the graph costs over the bare engine.")
    parser.add_argument("--requests", type=int, default=200, help="most of one measurement")
    parser.add_argument("--seconds", type=float, default=10.0, help="most of one measurement")
    parser.add_argument(
        "--formats", nargs="+", choices=AUDIO_FORMATS, default=["wav", "mp3", "opus"]
    )
    parser.add_argument("--threads", type=int, default=1, help="of the bare engine")
    parser.add_argument("--graph", type=Path, help="default: as `chorale serve`")
    parser.add_argument("--quick", action="store_true", help="few requests, one format: a check")
    parser.add_argument("--out", type=Path, help="also write the JSON here")
    given = parser.parse_args()
    if given.quick:
        given.requests, given.seconds, given.formats = 12, 2.0, ["wav"]
    needed = 8 * given.requests * len(VOICES) * len(given.formats)
    if not 0 < needed <= DISTINCT or not 0 < given.seconds <= _MAX_SECONDS or given.threads < 1:
        parser.error("--requests, --seconds or --threads are out of range")
    settings = Settings(
        requests=given.requests,
        seconds=given.seconds,
        formats=tuple(given.formats),
        concurrencies=CONCURRENCIES,
        engine_threads=given.threads,
        idle_seconds=1.0 if given.quick else 5.0,
    )
    return settings, given.out, given.graph


def main() -> None:
    """Measure and print the tables and the JSON line."""
    settings, out, graph = _settings()
    stop_on_sigterm()
    console = Console(width=150)
    try:
        report = measure(settings, console, read_graph(graph))
    except (ConfigurationError, MeasurementError, ServerError) as error:
        console.print("[red]error:[/red]", escape(str(error)))
        sys.exit(1)
    show(report, console)
    line = json.dumps({"benchmark": "stages", **asdict(report), "failures": report.failures})
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(line + "\n", "utf-8")
    print(line)
    if report.failures:
        sys.exit(1)


if __name__ == "__main__":
    main()
