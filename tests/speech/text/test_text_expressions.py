"""Regular expressions longer than a line: each has an example beside it, which it finds."""

import ast
import importlib
import re
from pathlib import Path

import pytest

from speech import text

ROOM = Path(text.__file__).parent
EXAMPLE = re.compile(r"# e\.g\. `([^`]+)`")


def long_expressions(path: Path) -> list[tuple[str, str]]:
    """Names of a module's expressions of several lines, and the line above each."""
    lines = path.read_text("utf-8").splitlines()
    return [
        (node.targets[0].id, lines[node.lineno - 2])
        for node in ast.parse("\n".join(lines)).body
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and ast.unparse(node.value).startswith("re.compile(")
        and node.end_lineno != node.lineno
    ]


MODULES = [path for path in sorted(ROOM.rglob("*.py")) if long_expressions(path)]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOM)))
def test_a_long_expression_finds_its_example(path: Path) -> None:
    name = ".".join(("speech.text", *path.relative_to(ROOM).with_suffix("").parts))
    module = importlib.import_module(name)
    for expression, above in long_expressions(path):
        example = EXAMPLE.fullmatch(above)
        assert example, f"{expression} has no example above it"
        assert getattr(module, expression).search(example[1]), expression


def test_expressions_are_found() -> None:
    assert sum(len(long_expressions(path)) for path in MODULES) > 90
