"""What the wheel puts at the top of site-packages is nobody else's."""

import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def test_no_dependency_has_a_package_of_our_names() -> None:
    found = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    ours = {name.rstrip("*") for name in found["find"]["include"]}
    assert {"speech", "deployments", "serve_app"} <= ours
    installed = packages_distributions()
    others = {name: set(installed.get(name, ())) - {"chorale"} for name in ours | {"numpy"}}
    assert others.pop("numpy")  # the listing works
    assert not any(others.values()), others


def test_the_wheel_has_every_file_that_is_served() -> None:
    found = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    folder = ROOT / "serve_app"
    told = {path for it in found["package-data"]["serve_app"] for path in folder.glob(it)}
    files = (path for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc")
    assert {path for path in files if path.suffix != ".py"} == told
