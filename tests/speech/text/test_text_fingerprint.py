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
    sources = ("text/deep/rule.py", "espeak/helper.py", "brackets.py", "misaki.py", "openjtalk.py")
    for source in sources:
        (tmp_path / source).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / source).write_text("one")
    monkeypatch.setattr(fingerprint, "_SPEECH", tmp_path)
    monkeypatch.setattr(fingerprint, "version", lambda _: "1")
    names = {fingerprint.code_fingerprint()}
    for source in sources:
        (tmp_path / source).write_text("two")
        fingerprint.code_fingerprint.cache_clear()
        names.add(fingerprint.code_fingerprint())
    monkeypatch.setattr(fingerprint, "version", lambda _: "2")
    fingerprint.code_fingerprint.cache_clear()
    names.add(fingerprint.code_fingerprint())
    fingerprint.code_fingerprint.cache_clear()
    assert len(names) == 2 + len(sources)
