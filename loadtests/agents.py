"""How soon a voice agent is heard: text streamed in token by token, in an open loop.

Each session holds one socket of Deepgram's protocol. A turn is a model's answer of sentences that
nobody said before. Its tokens leave when they are due, whatever the server does. What counts is the
first audible sample: it is heard when the first audio has come and the silence before it is over.
Playing begins with the first audio. A piece that comes when nothing is left to play is an underrun.
Between two sentences nobody hears it, if it is shorter than the pause there, for the server leaves
as much of the pause away; so those amid speech are told apart. How late this process itself was is
told, too: what it reads late looks as if it came late.
"""

import argparse
import asyncio
import json
import math
import re
import statistics
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from time import perf_counter
from typing import Any

import numpy as np
from websockets.asyncio.client import ClientConnection, connect

from loadtests import texts
from loadtests.local_server import local_server
from loadtests.machine import this_machine
from loadtests.results import add_arguments, publish
from loadtests.samples import percentile

_RATE = 24_000
_AUDIBLE = 0.01
"""Of full scale: -40 dB."""
_LATE = 0.005
"""Seconds of nothing to play that nobody hears."""
_QUIET = 0.02
"""Seconds before a gap that are silent if it lies in a pause."""
_HEARTBEAT = 0.005
_SENTENCES = 3


@dataclass(slots=True)
class Turn:
    """What came of one answer; moments on this process's clock."""

    written: float = 0.0
    """When the first sentence's last token left."""
    heard: float | None = None
    """When its first audible sample was played."""
    began: float | None = None
    """When the first audio came."""
    seconds: float = 0.0
    """Of audio that came."""
    late: list[float] = field(default_factory=list)
    """Seconds in which there was nothing to play, each time."""
    amid_speech: int = 0
    """How many of these came when speech was being played."""
    speaks: bool = False
    """What was played last is audible."""

    def take(self, data: bytes) -> None:
        """A piece of audio came."""
        now = perf_counter()
        if self.began is None:
            self.began = now
        lacking = now - self.began - self.seconds
        if self.seconds and lacking > _LATE:
            self.late.append(lacking)
            self.amid_speech += self.speaks
            self.began += lacking  # the player waits, and goes on
        samples = np.frombuffer(data, np.int16)
        loud = np.flatnonzero(np.abs(samples.astype(np.int32)) > _AUDIBLE * 2**15)
        if self.heard is None and len(loud):
            self.heard = self.began + self.seconds + float(loud[0]) / _RATE
        self.speaks = bool(len(loud)) and len(samples) - int(loud[-1]) < _QUIET * _RATE
        self.seconds += len(data) / (2 * _RATE)


def tokens(answer: Sequence[str]) -> Iterator[tuple[str, bool]]:
    """Pieces as a model's tokens are, and whether each is the first sentence's last one."""
    for number, sentence in enumerate(answer):
        text = sentence if number == 0 else f" {sentence}"
        # Many replies have two sentences: the first one ends with the first mark.
        mark = re.search(r"[.!?](?=\s|$)", text)
        last = mark.start() // 4 if mark else (len(text) - 1) // 4
        for index, start in enumerate(range(0, len(text), 4)):
            yield text[start : start + 4], number == 0 and index == last


async def _beat(late: list[float]) -> None:
    """Note how late this process is, all the time."""
    while True:
        due = perf_counter() + _HEARTBEAT
        await asyncio.sleep(_HEARTBEAT)
        late.append(perf_counter() - due)


async def _turn(socket: ClientConnection, answer: Sequence[str], interval: float) -> Turn:
    turn = Turn()

    async def write() -> None:
        due = perf_counter()
        for token, is_last in tokens(answer):
            await asyncio.sleep(max(0.0, due - perf_counter()))
            await socket.send(json.dumps({"type": "Speak", "text": token}))
            if is_last:
                turn.written = due
            due += interval
        await socket.send(json.dumps({"type": "Flush"}))

    writing = asyncio.create_task(write())
    async for message in socket:
        if isinstance(message, bytes):
            turn.take(message)
        elif json.loads(message)["type"] == "Flushed":
            break
        elif json.loads(message)["type"] == "Error":
            raise RuntimeError(message)
    await writing
    return turn


async def _session(
    url: str, voice: str, answers: Sequence[Sequence[str]], given: argparse.Namespace, delay: float
) -> list[Turn]:
    turns = []
    await asyncio.sleep(delay)
    address = f"{url.replace('http', 'ws', 1)}/v1/speak?model={voice}&encoding=linear16"
    async with connect(f"{address}&sample_rate={_RATE}") as socket:
        for answer in answers:
            turn = await _turn(socket, answer, 1 / given.tokens)
            turns.append(turn)
            # The listener hears the answer out and thinks for a moment, or interrupts it: where
            # speech was still to be played, the next answer would begin after a pause.
            longest = given.longest * given.together
            await asyncio.sleep(min(given.think + turn.seconds, longest))
            await socket.send(json.dumps({"type": "Clear"}))
            while json.loads(await socket.recv())["type"] != "Cleared":
                pass
    return turns


async def measure(url: str, sessions: int, given: argparse.Namespace) -> dict[str, Any]:
    """Have so many sessions speak side by side."""
    given.together = sessions
    count = sessions * (math.ceil(given.turns / sessions) + 1)
    late: list[float] = []
    beating = asyncio.create_task(_beat(late))
    all_texts = texts.replies(_SENTENCES * count, first=given.first)
    given.first += _SENTENCES * count
    starts = range(0, len(all_texts), _SENTENCES)
    answers = [all_texts[start : start + _SENTENCES] for start in starts]
    share = len(answers) // sessions
    found = await asyncio.gather(
        *(
            _session(
                url,
                given.voice,
                answers[number * share : (number + 1) * share],
                given,
                number * 0.37,
            )
            for number in range(sessions)
        )
    )
    beating.cancel()
    # The first turn of each warms the voice up.
    turns = [turn for session in found for turn in session[1:]]
    waits = sorted(1000 * (turn.heard - turn.written) for turn in turns if turn.heard is not None)
    if len(waits) < len(turns):
        raise RuntimeError("a turn was silent")
    return {
        "sessions": sessions,
        "turns": len(turns),
        "first_audible_ms": {
            "median": statistics.median(waits),
            "p95": percentile(waits, 95),
            "max": waits[-1],
        },
        "underruns": sum(len(turn.late) for turn in turns),
        "underruns_amid_speech": sum(turn.amid_speech for turn in turns),
        "longest_underrun_ms": 1000 * max((it for turn in turns for it in turn.late), default=0.0),
        "generator_late_ms": {
            "p99": 1000 * percentile(sorted(late), 99),
            "max": 1000 * max(late),
        },
        "audio_seconds": sum(turn.seconds for turn in turns),
    }


def main() -> None:
    """Entry point."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", help="a running server; without one a server is started")
    parser.add_argument("--voice", default="heart")
    parser.add_argument("--sessions", default="1,8", help="numbers of sessions, one after another")
    parser.add_argument(
        "--turns", type=int, default=32, help="of all sessions, after a first one of each"
    )
    parser.add_argument("--tokens", type=float, default=30.0, help="a second")
    parser.add_argument("--think", type=float, default=0.5, help="seconds between two turns")
    parser.add_argument(
        "--longest",
        type=float,
        default=1.5,
        help="seconds between them at most, times the sessions: one alone disturbs nobody when it "
        "does not hear its answers out",
    )
    parser.add_argument("--first", type=int, default=texts.block(7).start, help="first text")
    add_arguments(parser)
    given = parser.parse_args()
    with ExitStack() as stack:
        url = given.host or stack.enter_context(local_server()).url
        cells = [
            asyncio.run(measure(url, int(number), given)) for number in given.sessions.split(",")
        ]
    publish(
        {
            "benchmark": "agents",
            "voice": given.voice,
            "tokens_per_second": given.tokens,
            "cells": cells,
            "machine": asdict(this_machine()),
        },
        given,
    )


if __name__ == "__main__":
    main()
