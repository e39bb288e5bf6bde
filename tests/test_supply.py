"""What is installed is what the locks name, and what docs/dependencies.md tells of it is true."""

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, files, version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
EXTRAS = PROJECT["project"]["optional-dependencies"]
LOCKS = {path.stem: path.read_text("utf-8") for path in (ROOT / "locks").glob("*.lock")}
PAGE = (ROOT / "docs" / "dependencies.md").read_text("utf-8")
FAMILIES = ("LGPL", "AGPL", "GPL", "MPL", "Apache", "BSD", "MIT", "ISC", "PSF")
SPELLED = {
    "Lesser General Public License": "LGPL",
    "Python Software Foundation": "PSF",
    "Mozilla Public": "MPL",
}
UNTOLD = {"kokoro-onnx": "MIT", "promql-parser": "MIT"}
"""Their metadata name no licence; a file in the wheel does."""


def direct() -> dict[str, Requirement]:
    lines = [
        *PROJECT["project"]["dependencies"],
        *(one for some in EXTRAS.values() for one in some),
    ]
    return {canonicalize_name(Requirement(line).name): Requirement(line) for line in lines}


def pins(text: str) -> Iterator[Requirement]:
    """What a lock installs here."""
    for line in re.findall(r"^([a-z0-9][^\\\n]*)", text, re.MULTILINE):
        pin = Requirement(line.strip())
        if pin.marker is None or pin.marker.evaluate():
            yield pin


def rows() -> dict[str, str]:
    """Licence of each package that a table of the page has."""
    found = {}
    for first, second in re.findall(r"^\| ([a-zA-Z][^|]*?) \| ([^|]+?) \|", PAGE, re.MULTILINE):
        names = [re.split(r"[ \[(]", name)[0] for name in first.split(", ")]
        licences = second.split(", ") if len(names) > 1 else [second]
        if names not in (["package"], ["lock"]):
            assert len(names) == len(licences), first
            found |= zip(map(canonicalize_name, names), licences, strict=True)
    return found


def families(licence: str) -> set[str]:
    for long, short in SPELLED.items():
        licence = licence.replace(long, short)
    return {name for name in FAMILIES if re.search(rf"(?<![A-Z]){name}", licence)}


def test_every_dependency_is_told_of_and_no_other() -> None:
    assert rows().keys() == direct().keys()


def test_licences_are_those_of_the_installed_packages() -> None:
    command = [
        sys.executable,
        "-m",
        "piplicenses",
        "--from=mixed",
        "--format=json",
        "--with-system",
    ]
    told = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    installed = {canonicalize_name(one["Name"]): one["License"] for one in told}
    wrong = {}
    for name, told_of in rows().items():
        theirs = installed.get(name)
        if theirs is None:  # of an extra that is not here
            continue
        true = families(UNTOLD.get(name, theirs))
        ours = re.split(r";|carries", told_of)[0]  # behind it is what a wheel has in it
        whole = families(ours) == true or ("and others" in ours and families(ours) <= true)
        if not true or not whole or ({"GPL", "LGPL", "MPL", "AGPL"} & true) - families(ours):
            wrong[name] = (told_of, theirs)
    assert wrong == {}
    assert {"av", "ray", "hypothesis"} <= installed.keys()


def test_the_page_tells_what_gpl_code_is_in_pyavs_wheel() -> None:
    libraries = {path.name for path in files("av") or () if path.parts[0] == "av.libs"}
    assert libraries
    for name in ("x264", "x265"):
        in_wheel = any(library.startswith(f"lib{name}") for library in libraries)
        assert in_wheel == (name in rows()["av"])


def test_the_locks_have_every_dependency_in_its_range() -> None:
    serving = [*PROJECT["project"]["dependencies"], *EXTRAS["redis"]]
    wanted = {
        "cpu": [*serving, *EXTRAS["cpu"]],
        "gpu": [*serving, *EXTRAS["gpu"]],
        "espeak": EXTRAS["espeak"],
        "ja": EXTRAS["ja"],
        "dev": EXTRAS["dev"],
        # Without torch, which has builds of one version and different bytes: docs/dependencies.md.
        "test-voices": [*EXTRAS["test-voices"], *EXTRAS["evaluate"]],
        "build": PROJECT["build-system"]["requires"],
    }
    assert LOCKS.keys() == wanted.keys()
    for name, lines in wanted.items():
        locked = {canonicalize_name(pin.name): pin for pin in pins(LOCKS[name])}
        for requirement in map(Requirement, lines):
            (number,) = locked[canonicalize_name(requirement.name)].specifier
            assert requirement.specifier.contains(number.version), (name, requirement)


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_hashes_and_no_index(name: str) -> None:
    entries = re.split(r"\n(?=[a-z0-9])", LOCKS[name].strip())
    assert all(re.search(r"--hash=sha256:[0-9a-f]{64}", entry) for entry in entries)
    assert not re.search(r"://|--(extra-)?index|--find-links", LOCKS[name])


def test_no_two_locks_differ_about_a_package() -> None:
    found: dict[str, set[str]] = {}
    for text in LOCKS.values():
        for pin in pins(text):
            found.setdefault(canonicalize_name(pin.name), set()).add(str(pin.specifier))
    assert {name: numbers for name, numbers in found.items() if len(numbers) > 1} == {}


def test_what_is_tested_is_what_is_locked() -> None:
    gpu = "onnxruntime-gpu" in {canonicalize_name(pin.name) for pin in installed_of("gpu")}
    names = ["gpu" if gpu else "cpu", "espeak", "dev", "build"]
    for pin in (pin for name in names for pin in pins(LOCKS[name])):
        assert pin.specifier.contains(version(pin.name), prereleases=True), pin


def installed_of(name: str) -> Iterator[Requirement]:
    for pin in pins(LOCKS[name]):
        try:
            version(pin.name)
        except PackageNotFoundError:
            continue
        yield pin
