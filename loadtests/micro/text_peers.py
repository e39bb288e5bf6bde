"""Side by side: this front end, wetext and NeMo text processing, on the same English cases.

Each peer runs in a process and an environment of its own (`text_peer_worker.py`); the path of
that environment's Python names it, and a peer without one is left out. To install them:

    python -m venv peers && peers/bin/pip install wetext nemo_text_processing

    python -m loadtests.micro.text_peers [--wetext peers/bin/python] [--nemo peers/bin/python]
        [--open-set FILE] [--results loadtests/results/text_peers.json]

Accuracy is the share of cases read as expected, compared by letters and digits; milliseconds are
processor time of one thread for one case, in memory or not as the program does it. Cases are those
of `loadtests.micro.text`. The last line of output is one JSON object, also kept as `--results`.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from time import thread_time

from rich.console import Console
from rich.table import Table

from loadtests.machine import this_machine
from loadtests.micro.text import CASES, OPEN_SET, Case, compared, read_cases, say
from loadtests.samples import Summary
from speech.text.marks import plain

WORKER = Path(__file__).with_name("text_peer_worker.py")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How one program read one file of cases."""

    program: str
    cases: str
    count: int
    right: int
    failed: int
    """Cases it raised an exception for."""
    milliseconds: Summary

    @property
    def share(self) -> float:
        """Share of cases read as expected."""
        return self.right / max(1, self.count)


Answer = tuple[str | None, float]
"""What was said, or None where the program failed; seconds of processor time."""


def outcome(
    program: str, name: str, cases: Sequence[Case], ask: Callable[[str], Answer]
) -> Outcome:
    """Ask one program for every case."""
    right = failed = 0
    seconds: list[float] = []
    for case in cases:
        said, took = ask(case.written)
        seconds.append(took)
        if said is None:
            failed += 1
        elif compared(said) in {compared(spoken) for spoken in case.spoken}:
            right += 1
    return Outcome(
        program=program,
        cases=name,
        count=len(cases),
        right=right,
        failed=failed,
        milliseconds=Summary.of(seconds),
    )


class Peer:
    """Another program, in its own process."""

    def __init__(self, name: str, python: Path) -> None:
        self._process = subprocess.Popen(  # noqa: S603 (the operator names the interpreter)
            [str(python), str(WORKER), name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
        )
        self.start_seconds = float(self._line()["start_seconds"])

    def ask(self, text: str) -> Answer:
        """One text."""
        if self._process.stdin is None:
            raise RuntimeError("the peer takes no input")
        self._process.stdin.write(json.dumps(text) + "\n")
        self._process.stdin.flush()
        answer = self._line()
        return answer["spoken"], float(answer["seconds"])

    def close(self) -> None:
        """End the process."""
        self._process.terminate()
        self._process.communicate()

    def _line(self) -> dict[str, str]:
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line:
            self.close()
            raise RuntimeError("the peer ended; is it installed in that environment?")
        answer: dict[str, str] = json.loads(line)
        return answer


def _start_seconds() -> float:
    """Import and first sentence of ours, in a fresh process."""
    code = (
        "from time import perf_counter; begin = perf_counter();"
        "from speech.text.cleanup import clean; from speech.text.normalize import normalize;"
        "normalize(clean('It costs $5.'), 'en-us'); print(perf_counter() - begin)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603
    return float(done.stdout)


def _ours(text: str) -> Answer:
    begin = thread_time()
    said = plain(say(text))
    return said, thread_time() - begin


def main() -> None:
    """Measure and print the table and the JSON line."""
    parser = argparse.ArgumentParser(description="The English front end beside others.")
    parser.add_argument("--wetext", type=Path, help="Python that has wetext")
    parser.add_argument("--nemo", type=Path, help="Python that has nemo_text_processing")
    parser.add_argument("--open-set", type=Path, default=os.environ.get(OPEN_SET))
    parser.add_argument("--results", type=Path, help="where the JSON object is kept")
    arguments = parser.parse_args()
    machine = this_machine()
    console = Console(width=100)
    console.print(f"Measured on {machine}.")
    files = sorted(CASES.glob("english*.tsv"))
    if arguments.open_set:
        files.insert(0, Path(arguments.open_set))
    sets = [(path.stem, read_cases(path)) for path in files]

    starts = {"chorale": _start_seconds()}
    outcomes = [outcome("chorale", name, cases, _ours) for name, cases in sets]
    for program, python in (("wetext", arguments.wetext), ("nemo", arguments.nemo)):
        if python is None:
            console.print(f"{program} is left out: --{program} names no Python.")
            continue
        peer = Peer(program, python)
        starts[program] = peer.start_seconds
        outcomes += [outcome(program, name, cases, peer.ask) for name, cases in sets]
        peer.close()

    console.print(_table(outcomes))
    result = json.dumps(
        {
            "benchmark": "text_peers",
            "machine": asdict(machine),
            "start_seconds": starts,
            "outcomes": [{**asdict(item), "share": item.share} for item in outcomes],
        }
    )
    if arguments.results:
        arguments.results.parent.mkdir(parents=True, exist_ok=True)
        arguments.results.write_text(f"{result}\n", "utf-8")
    print(result)


def _table(outcomes: Sequence[Outcome]) -> Table:
    table = Table(title="English cases, side by side")
    for column in ("cases", "program", "%", "right", "of", "failed", "P50 ms", "P95 ms"):
        table.add_column(column, justify="left" if column in {"cases", "program"} else "right")
    for item in sorted(outcomes, key=lambda item: item.cases):
        table.add_row(
            item.cases,
            item.program,
            f"{100 * item.share:.1f}",
            str(item.right),
            str(item.count),
            str(item.failed),
            f"{item.milliseconds.p50:.2f}",
            f"{item.milliseconds.p95:.2f}",
        )
    return table


if __name__ == "__main__":
    main()
