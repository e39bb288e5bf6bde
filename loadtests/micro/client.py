"""An HTTP client: so many requests at a time or a second, each timed to the last byte of its reply.

It is aiohttp on uvloop, which took the least processor time of the asyncio clients: on a small
machine the client competes with the server. Its processor time is measured with every figure.
"""

import asyncio
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from time import perf_counter, process_time

import aiohttp


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One reply as it came."""

    seconds: float
    """From before the request was sent until the last byte had come."""
    first_byte: float
    """Seconds until the first of the body had come."""
    status: int
    """0 where no reply came, or it broke off."""
    cache: str
    """`X-Cache`, as answered."""
    server_timing: str
    whole: bool
    """Whether the size was announced: a reply of several phrases streams, and its is not."""
    size: int
    """Bytes of the body."""
    error: str = ""
    """What went wrong where nothing was answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one closed loop saw."""

    answers: tuple[Answer, ...]
    wall: float
    """Seconds from the first request to the end of the last reply."""
    client_processor: float
    """Processor seconds of this process meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request to make; without a body it is a GET."""

    url: str
    body: bytes | None = None


def speech_call(url: str, text: str, voice: str, audio_format: str) -> Call:
    """A call of the speech route, serialised ahead of the measurement."""
    body = {"model": "chorale", "input": text, "voice": voice, "response_format": audio_format}
    return Call(url=url, body=json.dumps(body).encode())


async def closed_loop(calls: Sequence[Call], *, concurrency: int, seconds: float) -> Run:
    """Make the calls in order, `concurrency` at a time, over connections that stay open.

    Ends when all are made, or begins none after `seconds`.
    """
    connector = aiohttp.TCPConnector(limit=concurrency)
    timeout = aiohttp.ClientTimeout(total=60)
    answers: list[Answer] = []
    waiting = iter(calls)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
        started, processor = perf_counter(), process_time()
        async with asyncio.TaskGroup() as workers:
            for _ in range(concurrency):
                workers.create_task(_work(session, waiting, answers, started + seconds))
        wall, used = perf_counter() - started, process_time() - processor
    return Run(answers=tuple(answers), wall=wall, client_processor=used)


async def open_loop(calls: Sequence[Call], *, rate: float) -> Run:
    """Make the calls at a fixed rate, `rate` a second, over connections that stay open."""
    timeout = aiohttp.ClientTimeout(total=60)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        started, processor = perf_counter(), process_time()
        async with asyncio.TaskGroup() as group:
            asked = []
            for number, call in enumerate(calls):
                await asyncio.sleep(started + number / rate - perf_counter())
                asked.append(group.create_task(_make(session, call)))
        wall, used = perf_counter() - started, process_time() - processor
    return Run(answers=tuple(task.result() for task in asked), wall=wall, client_processor=used)


async def _work(
    session: aiohttp.ClientSession, calls: Iterator[Call], answers: list[Answer], until: float
) -> None:
    while perf_counter() < until and (call := next(calls, None)) is not None:
        answers.append(await _make(session, call))


async def _make(session: aiohttp.ClientSession, call: Call) -> Answer:
    started = perf_counter()
    try:
        async with session.request(
            "GET" if call.body is None else "POST",
            call.url,
            data=call.body,
            headers={} if call.body is None else {"Content-Type": "application/json"},
        ) as reply:
            first = await reply.content.readany()
            first_byte = perf_counter() - started
            rest = await reply.content.read()
            took = perf_counter() - started
            return Answer(
                seconds=took,
                first_byte=first_byte,
                status=reply.status,
                cache=reply.headers.get("X-Cache", ""),
                server_timing=reply.headers.get("Server-Timing", ""),
                whole=reply.content_length is not None,
                size=len(first) + len(rest),
            )
    except (aiohttp.ClientError, TimeoutError) as error:
        took = perf_counter() - started
        return Answer(
            seconds=took,
            first_byte=took,
            status=0,
            cache="",
            server_timing="",
            whole=False,
            size=0,
            error=type(error).__name__,
        )
