"""The users, for Locust. `loadtests.run` starts it in a process of its own, one class at a time.

    python -m locust -f loadtests/locustfile.py --headless --host URL --plan FILE --records FILE
        Assistant

Locust patches the standard library for gevent when it is imported: nothing else imports this file.
"""

import json
from argparse import Namespace
from itertools import count
from pathlib import Path
from time import perf_counter, process_time
from typing import Any, ClassVar

from locust import FastHttpUser, events, task
from locust.argument_parser import LocustArgumentParser
from locust.env import Environment

from loadtests.workloads import Plan, WorkloadName, requests


class Records:
    """Every request of this process, and what the process itself used meanwhile."""

    def __init__(self) -> None:
        self._rows: list[dict[str, Any]] = []
        self._started = perf_counter()
        self._processor = process_time()

    def start(self, **_: Any) -> None:
        """The test begins."""
        self._rows = []
        self._started, self._processor = perf_counter(), process_time()

    def add(
        self, name: str, response_time: float, response: Any, exception: Exception | None, **_: Any
    ) -> None:
        """One request ended; Locust counts in milliseconds."""
        headers = getattr(response, "headers", None) or {}
        self._rows.append(
            {
                "workload": name,
                "cache": headers.get("x-cache", ""),
                "seconds": response_time / 1000,
                "failure": "" if exception is None else f"{type(exception).__name__}: {exception}",
            }
        )

    def stop(self, environment: Environment, **_: Any) -> None:
        """The test ended: write everything to the file asked for."""
        options = _options(environment)
        record = {
            "wall": perf_counter() - self._started,
            "processor": process_time() - self._processor,
            "requests": self._rows,
        }
        Path(options.records).write_text(json.dumps(record), "utf-8")


def _options(environment: Environment) -> Namespace:
    options: Namespace | None = environment.parsed_options
    if options is None:
        raise RuntimeError("Locust was started without a command line")
    return options


def _add_arguments(parser: LocustArgumentParser) -> None:
    parser.add_argument("--plan", required=True, help="JSON of loadtests.workloads.Plan")
    parser.add_argument("--records", required=True, help="file to write every request to")


_records = Records()
for _event, _listener in (
    (events.init_command_line_parser, _add_arguments),
    (events.test_start, _records.start),
    (events.request, _records.add),
    (events.test_stop, _records.stop),
):
    _event.add_listener(_listener)  # type: ignore[no-untyped-call]


class _Speaker(FastHttpUser):
    """Asks again as soon as it has its reply, read to the last byte."""

    abstract = True
    workload: ClassVar[WorkloadName]
    states: ClassVar[frozenset[str]]
    """`X-Cache` values a reply may carry."""
    connection_timeout = 10.0
    network_timeout = 120.0
    _numbers: ClassVar["count[int]"] = count()

    def on_start(self) -> None:
        """Take a number and the requests that belong to it."""
        plan = Plan.read(Path(_options(self.environment).plan))
        self._bodies = requests(plan, self.workload, next(self._numbers))

    @task
    def speak(self) -> None:
        """One reply; what came from no cache state it may come from is a failure."""
        with self.client.post(
            "/v1/audio/speech", json=next(self._bodies), name=self.workload, catch_response=True
        ) as reply:
            if reply.status_code != 200:
                return  # a failure already
            state = (reply.headers or {}).get("x-cache", "")
            if state not in self.states:
                reply.failure(f"X-Cache: {state!r}")
            elif not reply.content:
                reply.failure("an empty body")


class Assistant(_Speaker):
    """Short replies, a few of them very popular."""

    workload = "assistant"
    states = frozenset({"hot", "hit", "coalesced", "miss"})


class Unique(_Speaker):
    """Every text is new: nothing comes from a cache."""

    workload = "unique"
    states = frozenset({"miss"})
