"""The name of the front end's version."""

from pathlib import Path

import pytest

from speech.text import fingerprint


@pytest.fixture
def anew() -> None:
    fingerprint.code_fingerprint.cache_clear()


@pytest.mark.usefixtures("anew")
def test_it_is_stable() -> None:
    first = fingerprint.code_fingerprint()
    fingerprint.code_fingerprint.cache_clear()
    assert fingerprint.code_fingerprint() == first
    assert len(first) == 32


@pytest.mark.usefixtures("anew")
def test_it_knows_the_source_and_the_libraries(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "deep").mkdir()
    rule = tmp_path / "deep" / "rule.py"
    rule.write_text("one")
    monkeypatch.setattr(fingerprint, "__file__", str(tmp_path / "fingerprint.py"))
    names = set()
    for text, library in (("one", "1"), ("two", "1"), ("two", "2")):
        rule.write_text(text)
        monkeypatch.setattr(fingerprint, "version", lambda _, library=library: library)
        fingerprint.code_fingerprint.cache_clear()
        names.add(fingerprint.code_fingerprint())
    fingerprint.code_fingerprint.cache_clear()
    assert len(names) == 3
