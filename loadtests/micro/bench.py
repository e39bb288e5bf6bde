"""Every benchmark in turn, each in a process of its own: what `make bench` runs.

The bare engine, the encoders, the cache tiers, the text front end, then the whole graph beside the
bare work: every stage, misses apart from hits, and what the graph adds to them at one client and at
eight. Each program prints its tables as it goes.

    python -m loadtests.micro.bench [--quick] [--only engine codecs ...] [--out FOLDER] [--keep]

Ends with 1 if one of them did. The last line of output is one JSON object with the last line of
each.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from loadtests.local_server import ROOT, stop_on_sigterm
from loadtests.machine import this_machine
from loadtests.results import add_arguments, publish

_PROGRAMS: Mapping[str, tuple[str, ...]] = {
    "engine": (),
    "codecs": (),
    "tiers": (),
    "text": (),
    "stages": (),
}
_QUICK: Mapping[str, tuple[str, ...]] = {
    "engine": ("--rounds", "2", "--threads", "1"),
    "codecs": ("--rounds", "2"),
    "tiers": ("--rounds", "20"),
    "text": ("--rounds", "2"),
    "stages": ("--quick",),
}


class BenchError(RuntimeError):
    """A program failed."""


def run(name: str, options: tuple[str, ...]) -> Any:
    """Run one program, show what it prints, and return what its last line says.

    Raises:
        BenchError: it ended with another code than 0.
    """
    command = [sys.executable, "-m", f"loadtests.micro.{name}", *options]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        last = ""
        for line in process.stdout or ():
            if last:
                print(last, end="", flush=True)
            last = line
        code = process.wait()
    if code:
        raise BenchError(f"{name} ended with {code}: {last.strip()}")
    return json.loads(last)


def overhead(stages: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What the graph adds at one client, from what the stages program found.

    Milliseconds at the median: of a miss above the bare work on the same words, of a hot hit all
    there is, since nothing is worked for it.
    """
    cells = [cell for cell in stages["cells"] if cell["concurrency"] == 1]
    hot = {(c["voice"], c["format"]): c["latency"]["p50"] for c in cells if c["state"] == "hot"}
    return [
        {
            "voice": cell["voice"],
            "format": cell["format"],
            "miss_over_bare_ms": cell["over_bare"],
            "hot_hit_ms": hot[cell["voice"], cell["format"]],
        }
        for cell in cells
        if cell["state"] == "miss"
    ]


def main() -> None:
    """Run them, print and write the JSON line."""
    parser = argparse.ArgumentParser(description="Every benchmark in turn.")
    parser.add_argument("--quick", action="store_true", help="few rounds: a check")
    parser.add_argument("--only", nargs="+", choices=_PROGRAMS, default=list(_PROGRAMS))
    add_arguments(parser)
    given = parser.parse_args()
    stop_on_sigterm()
    machine, found = this_machine(), {}
    for number, name in enumerate(given.only, 1):
        print(f"{number} of {len(given.only)}: {name}", flush=True)
        try:
            found[name] = run(name, (_QUICK if given.quick else _PROGRAMS)[name])
        except BenchError as error:
            sys.exit(f"error: {error}")
    if "stages" in found:
        found["overhead"] = overhead(found["stages"])
        for item in found["overhead"]:
            print(
                f"{item['voice']} {item['format']}, one client: a miss takes "
                f"{item['miss_over_bare_ms']:.1f} ms more than the bare work, a hot hit "
                f"{item['hot_hit_ms']:.2f} ms"
            )
    publish({"benchmark": "bench", "machine": asdict(machine), **found}, given)


if __name__ == "__main__":
    main()
