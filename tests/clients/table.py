"""`table.py [URL]`: runs the clients of this folder against a server, its own if none is named.

Prints what works as a table, which docs/clients.md holds, and fails if anything does not.
"""

import json
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
sys.path[:0] = [str(FOLDER.parent / "integration"), str(FOLDER.parents[1])]

from conftest import catalogue, make_tiny_voice
from servers import running


def main() -> int:
    with ExitStack() as stack:
        given = sys.argv[1:2]
        url = (
            given[0]
            if given
            else stack.enter_context(running({}, catalogue(), prepare=make_tiny_voice)).url
        )
        told: list[dict[str, str]] = []
        for command in ([".venv/bin/python", "clients.py"], ["node", "clients.mjs"]):
            run = subprocess.run(
                [*command, url], cwd=FOLDER, check=True, capture_output=True, text=True, timeout=300
            )
            told += (json.loads(line) for line in run.stdout.splitlines() if line[:1] == "{")
    print("| client | | works |\n|---|---|---|")
    for it in told:
        print(f"| {it['client']} | {it['what']} | {it['works']} |")
    return int(any(it["works"].startswith("no") for it in told))


sys.exit(main())
