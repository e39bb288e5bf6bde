"""The import arrow, the size of modules, and promises that only a search can keep."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from speech import telemetry

ROOT = Path(__file__).resolve().parents[1]
MAX_LINES = 700

# What the modules below a path may not import; the most specific path counts as well as all above.
FORBIDDEN: dict[str, set[str]] = {
    "speech": {
        "deployments",
        "serve_app",
        "configs",
        "loadtests",
        "ray",
        "fastapi",
        "starlette",
    },
    "deployments": {"serve_app", "configs", "loadtests", "fastapi", "starlette"},
    "serve_app": {"loadtests"},
    "configs": {"speech", "deployments", "serve_app", "ray"},
}
# Heavy or hardware-bound libraries, and the only places that may import them.
ONLY_IN: dict[str, tuple[str, ...]] = {
    "onnxruntime": ("speech/engines/", "speech/evaluation/"),
    "torch": ("speech/engines/",),
    "soundfile": (),  # the tests' decoder
    "soxr": ("speech/audio/",),
    "av": ("speech/audio/", "speech/cache/keys.py"),
    "lameenc": ("speech/audio/",),
    "redis": ("speech/cache/", "serve_app/keys/"),
}
CORE = {"speech/types.py", "speech/errors.py", "speech/interfaces.py", "speech/config.py"}
PURE = {"numpy", "pydantic"}


def tracked(*suffixes: str) -> list[str]:
    """Paths of the repository's own files."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, check=True)
    names = listed.stdout.decode().splitlines()
    return [name for name in names if name.endswith(suffixes) and (ROOT / name).is_file()]


PYTHON = tracked(".py")
SHIPPED = [name for name in PYTHON if not name.startswith("tests/")]


def imports(source: str) -> Iterator[str]:
    """Every module a source imports, wherever in it."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            assert node.module
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def roots(name: str) -> set[str]:
    return {module.partition(".")[0] for module in imports((ROOT / name).read_text("utf-8"))}


def test_the_search_sees_every_kind_of_import() -> None:
    source = "import a.b\nfrom c import d\ndef f():\n    import e as g\n    from h.i import j\n"
    assert set(imports(source)) == {"a.b", "c", "c.d", "e", "h.i", "h.i.j"}
    assert len(PYTHON) > 50
    assert "speech/batching.py" in SHIPPED


@pytest.mark.parametrize("room", FORBIDDEN)
def test_a_room_imports_nothing_above_it(room: str) -> None:
    wrong = {
        name: found
        for name in SHIPPED
        if name.startswith(f"{room}/") and (found := roots(name) & FORBIDDEN[room])
    }
    assert wrong == {}


def test_load_tests_speak_http_only() -> None:
    wrong = {
        name: found
        for name in SHIPPED
        if name.startswith("loadtests/")
        and not name.startswith("loadtests/micro/")
        and (found := roots(name) & {"speech", "deployments", "serve_app"})
    }
    assert wrong == {}


@pytest.mark.parametrize("library", ONLY_IN)
def test_a_library_stays_in_its_room(library: str) -> None:
    wrong = [
        name
        for name in SHIPPED
        if library in roots(name)
        and not name.startswith(ONLY_IN[library])
        and not name.startswith("loadtests/")
    ]
    assert wrong == []


def test_who_knows_espeak() -> None:
    """Its own room and engine, what runs the processes of a replica, and what is no server."""
    allowed = (
        "speech/espeak/",
        "speech/engines/espeak/",
        "deployments/",
        "loadtests/",
    )
    users = {
        name
        for name in SHIPPED
        if any(
            module.startswith("speech.espeak")
            for module in imports((ROOT / name).read_text("utf-8"))
        )
    }
    assert {name for name in users if not name.startswith(allowed)} == set()
    assert "deployments/normalizer.py" in users


def test_the_core_depends_on_itself_alone() -> None:
    for name in CORE:
        ours = {
            module
            for module in imports((ROOT / name).read_text("utf-8"))
            if module.startswith("speech.")
        }
        assert {f"{'/'.join(module.split('.')[:2])}.py" for module in ours} <= CORE
        assert roots(name) & {"numpy", "pydantic", "yaml", "onnx", "httpx"} <= PURE


def engines_named(source: str) -> list[int]:
    """Lines where an engine's name decides something."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Compare):
            sides: list[ast.AST] = [node.left, *node.comparators]
        elif isinstance(node, ast.Match):
            sides = [node.subject]
        else:
            continue
        if any(isinstance(side, ast.Attribute) and side.attr == "engine" for side in sides):
            found.append(node.lineno)
    return found


def test_no_code_asks_which_engine_a_voice_has() -> None:
    assert engines_named('if voice.engine != "piper": pass') == [1]
    assert engines_named("match voice.engine:\n    case 'fake': pass") == [1]
    wrong = {name: found for name in SHIPPED if (found := engines_named((ROOT / name).read_text()))}
    assert wrong == {}


def test_no_module_is_long() -> None:
    lines = {name: len((ROOT / name).read_text("utf-8").splitlines()) for name in SHIPPED}
    assert {name: count for name, count in lines.items() if count > MAX_LINES} == {}


def test_a_request_is_followed_in_20_files() -> None:
    page = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    path = page[page.index("## How to follow one request") : page.index("## The rooms")]
    files = re.findall(r"`([a-z_/]+\.py)`", path)
    assert f"Read these {len(files)} files in this order." in path
    assert len(set(files)) == len(files) <= 20
    assert all((ROOT / name).is_file() for name in files)


def test_every_metric_is_used_and_declared_once() -> None:
    code = "\n".join(
        (ROOT / name).read_text("utf-8") for name in SHIPPED if name != "speech/telemetry.py"
    )
    declared = {
        name: metric
        for name, metric in vars(telemetry).items()
        if isinstance(metric, telemetry.Metric)
    }
    unused = [name for name in declared if not re.search(rf"\btelemetry\.{name}\b", code)]
    assert unused == []
    assert len({metric.name for metric in telemetry.ALL}) == len(telemetry.ALL) == len(declared)


def test_every_metric_says_what_it_is() -> None:
    for metric in telemetry.ALL:
        assert metric.name.startswith("chorale_")
        assert metric.help.endswith(".")
        assert (metric.kind == "histogram") == bool(metric.buckets)
        assert list(metric.buckets) == sorted(set(metric.buckets))


def test_150_ms_can_be_read_off_the_latencies() -> None:
    assert {0.125, 0.15, 0.175} <= set(telemetry.LATENCY_SECONDS)


def make_targets() -> set[str]:
    rules = re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    return set(rules)


def test_every_make_verb_that_is_told_exists() -> None:
    targets = make_targets()
    assert {"serve", "test", "lint"} <= targets
    for name in tracked(".md"):
        # In code only: prose may make sense of something.
        code = re.findall(r"`+[^`]+`+", (ROOT / name).read_text("utf-8"))
        told = {verb for text in code for verb in re.findall(r"\bmake ([a-z][a-z-]*)", text)}
        assert told <= targets, name


def test_make_help_names_every_verb() -> None:
    line = re.search(r'@echo "make (.*?)\s+\(', (ROOT / "Makefile").read_text())
    assert line
    assert set(line[1].split(" | ")) == make_targets() - {"help"}


def test_every_file_an_installed_package_needs_is_in_it() -> None:
    """Code of every room that serves, and the data beside it."""
    setup = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]
    rooms = setup["packages"]["find"]["include"]
    shipped = {name.partition("/")[0] for name in SHIPPED} - {"loadtests"}
    assert shipped == {room.rstrip("*") for room in rooms}
    folders = {str(Path(name).parent) for name in SHIPPED}
    assert [folder for folder in folders if f"{folder}/__init__.py" not in SHIPPED] == []
    data = {name for name in tracked("") if name.partition("/")[0] in shipped} - set(PYTHON)
    left_out = {
        name
        for name in data
        if not any(
            Path(name).match(f"{room}/{pattern}")
            for room, patterns in setup["package-data"].items()
            for pattern in patterns
        )
    }
    assert left_out == set()


def test_serving_imports_nothing_that_only_measures() -> None:
    """What measuring a voice needs may be installed beside it: it is not loaded."""
    heavy = ("torch", "librosa", "speechmos", "faster_whisper", "speech.evaluation")
    code = (
        "import sys, warnings; warnings.simplefilter('ignore')\n"
        "import serve_app.app, serve_app.cli, serve_app.launch, speech.engines.loading\n"
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_the_command_line_leaves_ray_to_be_loaded_behind_its_switches() -> None:
    """Ray and Serve read them when they are imported, and `chorale serve` sets them before."""
    code = "import sys, serve_app.cli, serve_app.launch\nprint('ray' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"


def test_no_tests_directory_is_a_package() -> None:
    names = [name for name in PYTHON if name.startswith("tests/")]
    assert [name for name in names if name.endswith("__init__.py")] == []
    stems = [Path(name).name for name in names if not name.endswith("conftest.py")]
    assert sorted(stems) == sorted(set(stems))
