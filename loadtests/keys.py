"""Keys: what they cost a request, and what one key's flood costs another key.

    python -m loadtests.keys [--pairs 2000] [--rounds 4] [--seconds 7] [--graph FILE]
                             [--out FOLDER] [--keep]

Starts `chorale serve` twice, without keys and with them. First both are asked in turn for one reply
that they have in the gateway's memory, so that what is measured beside the keys is as little as can
be; `--pairs 0` leaves that out. Then one key asks the second server for new short texts, one after
the other, in rounds:

    alone     nobody else asks
    unknown   somebody without a key asks as often as the flood, and is refused: what remains of the
              flood where nothing of it is spoken
    beside    a key asks as often as its limit allows, and is spoken to
    flooded   the same key asks ten times as often, after what it had saved up is gone

It fails (status 1) where keys cost 0.3 ms or more at the median, where the flood moves the other
key's 95th percentile by more than 20 % from what it is alone, or where one of that key's requests
fails. It takes about three and a half minutes on an idle machine, and means little on a busy one:
the 95th percentiles by round show how much it varies. The last line of output is one JSON object.
"""

import argparse
import asyncio
import contextlib
import os
import statistics
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from itertools import count
from pathlib import Path
from time import perf_counter
from typing import Any

import httpx

from loadtests.local_server import ROOT, LocalServer, local_server, make_folder, stop_on_sigterm
from loadtests.machine import this_machine
from loadtests.results import add_arguments, publish
from loadtests.run import read_graph
from loadtests.samples import percentile
from loadtests.texts import reply

_SPEECH = {"model": "tts-1", "voice": "alloy", "response_format": "wav"}
_LIMIT = 60
"""Requests a minute of the key that floods."""
_TIMES = 10.0
_SETTLING = 2.0
"""Seconds until what was admitted before is spoken."""
_PATIENCE = 60.0
"""Seconds until a flood must have been refused."""
_REFUSED = 10
"""Refusals after which what was saved up of a limit is gone."""
_CONDITIONS = {"alone": 0.0, "unknown": _TIMES, "beside": 1.0, "flooded": _TIMES}
"""How often somebody else asks, in times of the limit."""
_MOST_MS = 0.3
_MOST_RATIO = 1.2


def _key(home: Path, name: str, *options: str) -> str:
    program = str(Path(sys.executable).parent / "chorale")
    environment = {**os.environ, "CHORALE_HOME": str(home), "PYTHONPATH": str(ROOT)}
    made = subprocess.run(  # noqa: S603 (our own program)
        [program, "keys", "create", name, *options],
        env=environment,
        capture_output=True,
        check=True,
        text=True,
    )
    return made.stdout.strip()


def _client(server: LocalServer, key: str = "") -> httpx.AsyncClient:
    headers = {"authorization": f"Bearer {key}"} if key else {}
    return httpx.AsyncClient(base_url=server.url, headers=headers, timeout=60)


async def _speak(client: httpx.AsyncClient, text: str) -> tuple[int, float]:
    """Status and milliseconds of a request."""
    began = perf_counter()
    answer = await client.post("/v1/audio/speech", json={**_SPEECH, "input": text})
    return answer.status_code, (perf_counter() - began) * 1000


async def cost(bare: LocalServer, keyed: LocalServer, key: str, pairs: int) -> dict[str, Any]:
    """Milliseconds of a reply from memory, without keys and with them, asked in turn."""
    times: tuple[list[float], list[float]] = [], []
    async with _client(bare) as one, _client(keyed, key) as two:
        for number in range(pairs + 100):
            # Who comes first finds colder caches.
            turn = [(one, times[0]), (two, times[1])]
            for client, found in turn if number % 2 else turn[::-1]:
                status, took = await _speak(client, "A reply that lies in memory.")
                if status != 200:
                    raise RuntimeError(f"a reply had the status {status}")
                if number >= 100:
                    found.append(took)
    without, with_keys = map(statistics.median, times)
    return {
        "without_p50_ms": without,
        "with_p50_ms": with_keys,
        "added_p50_ms": with_keys - without,
        "pairs": pairs,
    }


async def _beside(
    client: httpx.AsyncClient,
    times: float,
    numbers: Iterator[int],
    statuses: Counter[str],
    over: asyncio.Event,
) -> None:
    """Ask for new texts, so many times as often as the limit allows, whatever becomes of them."""
    asked: set[asyncio.Task[None]] = set()

    async def ask(number: int) -> None:
        status, _ = await _speak(client, reply(number))
        statuses[str(status)] += 1

    while not over.is_set():
        task = asyncio.create_task(ask(next(numbers)))
        asked.add(task)
        task.add_done_callback(asked.discard)
        await asyncio.sleep(60 / (_LIMIT * times))
    await asyncio.gather(*asked)


async def _ask(client: httpx.AsyncClient, first: int, seconds: float) -> tuple[list[float], int]:
    """Milliseconds of new texts, one after the other, and how many failed."""
    times: list[float] = []
    failed, end = 0, perf_counter() + seconds
    while perf_counter() < end:
        status, took = await _speak(client, reply(first + len(times) + failed))
        if status == 200:
            times.append(took)
        else:
            failed += 1
        await asyncio.sleep(0.05)
    return times, failed


async def _gone(statuses: Counter[str]) -> None:
    """Wait until a flood has nothing saved up, and what it had is spoken."""
    until = statuses["429"] + _REFUSED
    with contextlib.suppress(TimeoutError):  # the verdict says that nothing was refused
        async with asyncio.timeout(_PATIENCE):
            while statuses["429"] < until:  # noqa: ASYNC110 (a counter tells nobody)
                await asyncio.sleep(0.1)
    await asyncio.sleep(_SETTLING)


async def fairness(
    server: LocalServer, keys: Mapping[str, str], rounds: int, seconds: float
) -> dict[str, Any]:
    """What one key gets alone, and beside others, in turn."""
    took: dict[str, list[float]] = {name: [] for name in _CONDITIONS}
    p95s: dict[str, list[float]] = {name: [] for name in _CONDITIONS}
    statuses: dict[str, Counter[str]] = {name: Counter() for name in _CONDITIONS}
    failures, first, numbers = 0, 0, count(1_000_000)
    async with (
        _client(server, keys["calm"]) as calm,
        _client(server, "nobody's") as stranger,
        _client(server, keys["flood"]) as other,
    ):
        for _ in range(rounds):
            for name, times in _CONDITIONS.items():
                over, told, asking = asyncio.Event(), statuses[name], None
                first += 10_000
                if times:
                    client = stranger if name == "unknown" else other
                    asking = asyncio.create_task(_beside(client, times, numbers, told, over))
                await (_gone(told) if name == "flooded" else asyncio.sleep(_SETTLING))
                found, failed = await _ask(calm, first, seconds)
                over.set()
                if asking is not None:
                    await asking
                took[name] += found
                p95s[name].append(_p95(found))
                failures += failed
    p95 = {name: _p95(found) for name, found in took.items()}
    figures = {
        name: {
            "replies": len(found),
            "p50_ms": percentile(sorted(found), 50),
            "p95_ms": p95[name],
            "p95_ms_by_round": p95s[name],
            "p95_ratio": p95[name] / p95["alone"],
            "other": dict(statuses[name]),
        }
        for name, found in took.items()
    }
    return {**figures, "failures": failures}


def _p95(times: list[float]) -> float:
    return percentile(sorted(times), 95)


def problems(price: Mapping[str, Any], shared: Mapping[str, Any]) -> list[str]:
    """What did not hold."""
    found = []
    if price and price["added_p50_ms"] >= _MOST_MS:
        found.append(f"keys cost {_MOST_MS} ms and more")
    if shared["flooded"]["p95_ratio"] > _MOST_RATIO:
        found.append("the flood moved the other key's 95th percentile")
    if shared["failures"]:
        found.append("requests of the other key failed")
    if not shared["flooded"]["other"].get("429"):
        found.append("the flood was not refused")
    return found


def main() -> None:
    """Entry point."""
    parser = argparse.ArgumentParser(description="What keys cost, and what a flood of one does.")
    parser.add_argument("--pairs", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=7.0)
    parser.add_argument("--graph", type=Path, default=ROOT / "configs" / "compact.yaml")
    add_arguments(parser)
    given = parser.parse_args()
    stop_on_sigterm()
    graph, folder = read_graph(given.graph) or {}, make_folder()
    home = folder / "home"
    keys = {
        "calm": _key(home, "calm"),
        "flood": _key(home, "flood", "--requests-per-minute", str(_LIMIT)),
    }
    required = {**graph, "keys": {"required": True}, "home": str(home)}
    with local_server(graph=required, folder=folder) as server:
        price: dict[str, Any] = {}
        if given.pairs:
            with local_server(graph=graph) as bare:
                price = asyncio.run(cost(bare, server, keys["calm"], given.pairs))
        shared = asyncio.run(fairness(server, keys, given.rounds, given.seconds))
    wrong = problems(price, shared)
    result = {"benchmark": "keys", "machine": asdict(this_machine()), "ok": not wrong}
    publish(result | {"problems": wrong, "cost": price, "fairness": shared}, given)
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
