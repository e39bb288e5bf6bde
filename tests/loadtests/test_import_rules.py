"""Load tests know the server by HTTP alone; micro-benchmarks may use what measures voices."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted(file for file in (ROOT / "loadtests").rglob("*.py") if ".venv" not in file.parts)
OURS = {"speech", "deployments", "serve_app", "configs", "loadtests"}
COMMANDS = ("serve_app.benchmark.", "serve_app.voices.command")
"""What `chorale benchmark` and `chorale quality` are made of."""


def imported(source: str) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
    return names


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_what_a_file_imports(file: Path) -> None:
    names = imported(file.read_text("utf-8"))
    micro = "micro" in file.parts
    if micro:
        names = {name for name in names if not name.startswith(COMMANDS)}
    rooms = {name.partition(".")[0] for name in names} & OURS
    assert rooms <= ({"loadtests", "speech"} if micro else {"loadtests"})
    if not micro:
        assert not any(name.startswith("loadtests.micro") for name in names)
    assert "loadtests.locustfile" not in names


def test_the_rule_sees_every_form_of_import() -> None:
    source = "import a.b\nfrom c.d import e\ndef f():\n    import g as h\n"
    assert imported(source) == {"a.b", "c.d", "g"}


def test_no_file_is_too_long() -> None:
    assert all(len(file.read_text("utf-8").splitlines()) < 400 for file in FILES)


def test_gevent_stays_in_the_load_generators_process() -> None:
    code = (
        "import sys; import loadtests.run, loadtests.micro.stages\n"
        "print([name for name in ('gevent', 'locust', 'ray') if name in sys.modules])"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert told.strip() == "[]"
