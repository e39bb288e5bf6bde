"""The callers, for Locust. `loadtests.generator` starts it in a process of its own.

    python -m locust -f loadtests/locustfile.py --headless --host URL --plan FILE --records FILE
        Callers | Crowd

`Callers` is a closed loop, `Crowd` an open one; what they say, how often and for how long is the
plan's. Without a plan, `locust -f loadtests/locustfile.py --host URL` has as many callers as Locust
is told, who ask any server that speaks OpenAI's API for the replies of `assistant`.

Locust patches the standard library for gevent when it is imported: nothing else imports this file.
"""

import http.client
import os
import sys
from argparse import Namespace
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from time import perf_counter, process_time
from typing import Any
from urllib.parse import urlsplit

import gevent
from gevent.pool import Group
from geventhttpclient.client import HTTPClientPool
from locust import FastHttpUser, LoadTestShape, events, task
from locust.argument_parser import LocustArgumentParser
from locust.contrib.fasthttp import LocustUserAgent
from locust.env import Environment
from locust.exception import StopUser

from loadtests.arrivals import Arrival, schedule, step_at
from loadtests.config import Plan, Step, Workloads
from loadtests.playback import Piece, byte_rate, first_audio, first_sound, least_in_hand
from loadtests.records import Recorder, Row
from loadtests.targets import Call, call
from loadtests.workloads import Request, requests

_MOST_AT_ONCE = 4096
"""Connections; what comes beyond waits here and is seen as late."""
_TIMEOUT = 120.0
_HEAD_BYTES = 256 * 1024
"""Of a streamed reply, in which something must be heard."""
_PLANNED = "--plan" in sys.argv
_ENDLESS = 1e9
"""Seconds."""

# Every status is an answer. Locust's client would make an exception of most that holds the whole
# exchange as text, which costs more than the request and fails on audio.
LocustUserAgent.valid_response_codes = frozenset(range(100, 600))


class Trial:
    """The one run of this process: its plan, its clock, its records."""

    def __init__(self, options: Namespace) -> None:
        if _PLANNED:
            self.plan = Plan.model_validate_json(Path(options.plan).read_text("utf-8"))
        else:
            endless = Step(seconds=_ENDLESS, users=1)
            self.plan = Plan(
                workload="assistant", workloads=Workloads.load(), steps=(endless,), seed=os.getpid()
            )
        self.recorder = Recorder(Path(options.records))
        self.requests: Iterator[Request] = requests(self.plan)
        self.began: float | None = None
        self.asked = 0
        self.gave_up = False
        self._processor = 0.0
        self._spent: tuple[float, float] | None = None

    def begin(self) -> float:
        """The first step begins with the first caller; returns the moment."""
        if self.began is None:
            self.began, self._processor = perf_counter(), process_time()
        return self.began

    @property
    def finished(self) -> bool:
        """Whether everything asked for was answered."""
        return self._spent is not None

    def finish(self) -> None:
        """The last reply has come; later calls change nothing."""
        began = self.begin()
        self._spent = self._spent or (perf_counter() - began, process_time() - self._processor)

    def close(self) -> None:
        """Locust has stopped."""
        self.finish()
        if self._spent is not None:
            wall, processor = self._spent
            self.recorder.close(
                began=self.begin(), wall=wall, processor=processor, asked=self.asked
            )

    def next_request(self) -> Request:
        """The next text; callers share them, so that no two ask for the same new one."""
        request = next(self.requests, None)
        if request is None:
            raise RuntimeError("there are no more new texts in this round")
        return request


@cache
def _trial(environment: Environment) -> Trial:
    options: Namespace | None = environment.parsed_options
    if options is None:
        raise RuntimeError("Locust was started without a command line")
    return Trial(options)


def _add_arguments(parser: LocustArgumentParser) -> None:
    parser.add_argument("--plan", help="JSON of loadtests.config.Plan")
    parser.add_argument("--records", default=os.devnull, help="file to write every request to")


def _set_up(environment: Environment, **_: Any) -> None:
    shape = environment.shape_class
    if isinstance(shape, Course):
        shape.trial = _trial(environment)


def _stop(environment: Environment, **_: Any) -> None:
    _trial(environment).close()


for _event, _listener in (
    (events.init_command_line_parser, _add_arguments),
    (events.init, _set_up),
    (events.test_stop, _stop),
):
    _event.add_listener(_listener)  # type: ignore[no-untyped-call]


class Course(LoadTestShape):
    """The plan's steps: users of a closed loop; one dispatcher for an open one."""

    abstract = not _PLANNED
    trial: Trial

    def tick(self) -> tuple[int, float] | None:
        """Users and how many start per second; None at the end. Locust asks every second."""
        trial = self.trial
        if trial.plan.open:
            return None if trial.finished else (1, 1)
        step = step_at(trial.plan, 0.0 if trial.began is None else perf_counter() - trial.began)
        if step is None:
            return None
        users = trial.plan.steps[step].users or 1
        return users, users


class _Speaker(FastHttpUser):
    abstract = True
    client_pool: HTTPClientPool | None = HTTPClientPool(
        concurrency=_MOST_AT_ONCE,
        connection_timeout=10.0,
        network_timeout=_TIMEOUT,
        block_size=64 * 1024,
    )

    def on_start(self) -> None:
        """Take part in the run."""
        self.trial = _trial(self.environment)
        self.trial.begin()

    def speak(self, request: Request, arrival: Arrival) -> None:
        """Make one request and record it. Latency counts from the moment it was due."""
        began = self.trial.begin()
        self.trial.asked += 1
        late = perf_counter() - began - arrival.due
        wanted = call(self.trial.plan.target, request)
        ask = self._read_along if request.stream else self._ask
        row = ask(request, wanted, arrival, late)
        self.trial.recorder.add(row)
        give_up = self.trial.plan.give_up
        self.trial.gave_up |= give_up is not None and row.seconds > give_up

    def _headers(self) -> dict[str, str]:
        deadline = self.trial.plan.deadline_ms
        headers = {"Content-Type": "application/json"}
        return headers if deadline is None else {**headers, "X-Deadline-Ms": str(deadline)}

    def _since(self, arrival: Arrival) -> float:
        return perf_counter() - self.trial.begin() - arrival.due

    def _ask(self, request: Request, wanted: Call, arrival: Arrival, late: float) -> Row:
        """The whole reply at once."""
        with self.client.post(
            wanted.path,
            data=wanted.body,
            headers=self._headers(),
            name=self.trial.plan.workload,
            catch_response=True,
        ) as reply:
            seconds = self._since(arrival)
            # Locust's own figures then count from the same moment.
            reply.request_meta["response_time"] = 1000 * seconds
            headers = reply.headers or {}
            state = headers.get("x-cache", "")
            size = reply.request_meta["response_length"]
            broken = reply.request_meta["exception"]
            failure = _fault(self.trial.plan, reply.status_code, state, size)
            if broken is not None and reply.status_code in {0, 200}:
                failure = f"{type(broken).__name__}: {broken}"
            if failure:
                reply.failure(failure)
        return Row(
            due=arrival.due,
            late=late,
            seconds=seconds,
            step=arrival.step,
            status=reply.status_code,
            cache=state,
            timing=headers.get("server-timing", ""),
            format=request.service.format,
            size=size,
            failure=failure,
        )

    def _read_along(self, request: Request, wanted: Call, arrival: Arrival, late: float) -> Row:
        """A streamed reply, piece by piece, over a connection of its own."""
        address = urlsplit(self.host or "").netloc
        connection = http.client.HTTPConnection(address, timeout=_TIMEOUT)
        pieces: list[Piece] = []
        status, state, timing, failure, head = 0, "", "", "", b""
        first, sound, in_hand = None, None, None
        try:
            connection.request("POST", wanted.path, wanted.body, self._headers())
            reply = connection.getresponse()
            status = reply.status
            state, timing = reply.headers["x-cache"] or "", reply.headers["server-timing"] or ""
            while data := reply.read1(64 * 1024):
                pieces.append(Piece(moment=self._since(arrival), size=len(data)))
                head = head if len(head) >= _HEAD_BYTES else head + data
        except (OSError, http.client.HTTPException) as error:
            failure = f"{type(error).__name__}: {error}"
        finally:
            connection.close()
        seconds, size = self._since(arrival), sum(piece.size for piece in pieces)
        failure = failure or _fault(self.trial.plan, status, state, size)
        if not failure:
            audio_format = request.service.format
            try:
                first = first_audio(audio_format, pieces)
                sound = first_sound(audio_format, head, pieces)
                in_hand = least_in_hand(audio_format, byte_rate(audio_format, head), pieces)
            except ValueError as error:
                failure = str(error)
        self.environment.events.request.fire(
            request_type="POST",
            name=self.trial.plan.workload,
            response_time=1000 * seconds,
            response_length=size,
            exception=RuntimeError(failure) if failure else None,
            context={},
        )
        return Row(
            due=arrival.due,
            late=late,
            seconds=seconds,
            step=arrival.step,
            status=status,
            cache=state,
            timing=timing,
            format=request.service.format,
            size=size,
            failure=failure,
            first_audio=first,
            first_sound=sound,
            in_hand=in_hand,
        )


def _fault(plan: Plan, status: int, state: str, size: int) -> str:
    """Why an answered request is no good reply; empty if it is one."""
    if status != 200:
        return f"status {status}"
    if plan.target == "chorale" and (_PLANNED or state):
        states = {"hot", "hit", "coalesced", "miss"} if plan.workload == "assistant" else {"miss"}
        if state not in states:
            return f"X-Cache: {state!r}"
    return "" if size else "an empty body"


class Callers(_Speaker):
    """Each asks again as soon as it has its reply."""

    @task
    def converse(self) -> None:
        """One reply."""
        due = perf_counter() - self.trial.begin()
        step = step_at(self.trial.plan, due)
        if step is None:
            raise StopUser
        self.speak(self.trial.next_request(), Arrival(due=due, step=step))


class Crowd(_Speaker):
    """Requests that come when they are due, whatever became of those before them."""

    abstract = not _PLANNED

    @task
    def arrive(self) -> None:
        """All requests of the plan; ends when the last was answered."""
        began, under_way = self.trial.begin(), Group()
        for arrival in schedule(self.trial.plan):
            wait = began + arrival.due - perf_counter()
            if wait > 0:
                gevent.sleep(wait)
            if self.trial.gave_up:
                break
            under_way.spawn(self.speak, self.trial.next_request(), arrival)
        under_way.join()
        self.trial.finish()
        raise StopUser
