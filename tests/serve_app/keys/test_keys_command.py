"""`chorale keys`, on the files of a home folder."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from serve_app import cli
from serve_app.keys.limits import KeyLimits
from serve_app.keys.table import KeyFile, KeyTable
from speech.errors import UnknownKeyError


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CHORALE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "200")
    return tmp_path / "home"


def keys(*words: str) -> Result:
    return CliRunner().invoke(cli.app, ["keys", *words])


def table(home: Path) -> KeyTable:
    made = KeyTable()
    made.take(KeyFile.parse((home / "keys.json").read_bytes()), 0)
    return made


def test_a_key_is_made_changed_and_revoked(home: Path) -> None:
    made = keys("create", "team", "--requests-per-minute", "60", "--voice", "a", "--voice", "b")
    assert made.exit_code == 0, made.output
    secret = made.stdout.strip()
    assert table(home).find(secret).limits == KeyLimits(requests_per_minute=60, voices=("a", "b"))
    assert secret not in (home / "keys.json").read_text()
    again = keys("create", "team")
    assert (again.exit_code, "is or was a key" in again.stderr) == (1, True)
    changed = keys(
        "limits", "team", "--requests-per-minute", "0", "--voice", "all", "--weight", "2"
    )
    assert (changed.exit_code, changed.stdout) == (0, "weight 2.0\n")
    assert table(home).find(secret).limits == KeyLimits(weight=2.0)
    assert keys("limits", "team").stdout == "weight 2.0\n"
    wrong = keys("limits", "team", "--weight", "0")
    assert (wrong.exit_code, "weight" in wrong.stderr) == (1, True)
    assert "weight 2.0" in keys("list").stdout
    assert keys("revoke", "team").exit_code == 0
    with pytest.raises(UnknownKeyError):
        table(home).find(secret)
    assert "revoked" in keys("list").stdout
    assert keys("revoke", "team").exit_code == 1
    assert keys("create", "a b").exit_code == 1
