"""The processes that run espeak-ng: what one breaks, nobody else notices."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

import numpy as np
import psutil
import pytest

from speech import espeak
from speech.config import EspeakConfig
from speech.errors import ConfigError, UnreadableTextError
from speech.espeak import helper
from speech.espeak.pool import Helpers
from tests.speech.espeak_texts import CRASHES, random_texts

ROOT = Path(__file__).resolve().parents[2]
KNOWN = (("en-us", "A sentence of several words."), ("de", "Noch ein Satz, etwas länger."))


def processes(of: int | None = None) -> set[psutil.Process]:
    """The helpers of a process, by default of this one; not the children they fork."""
    found = psutil.Process(of).children()
    return {child for child in found if helper.__file__ in child.cmdline()}


@pytest.fixture
def own() -> Iterator[Helpers]:
    """A pool that nobody else uses."""
    helpers = Helpers(espeak.wheel_folder(), EspeakConfig())
    helpers.ask(helper.PHONEMIZE, "en-us", "warm")
    yield helpers
    helpers.close()


def read(voice: str, text: str) -> str:
    try:
        return espeak.phonemize(text, voice)
    except UnreadableTextError as error:
        return error.code


def test_what_breaks_espeak_is_an_error_of_that_phrase_alone() -> None:
    expected = [espeak.phonemize(text, voice) for voice, text in KNOWN]
    speech = espeak.synthesize(KNOWN[0][1], "en-us")
    before = processes()
    assert len(before) == EspeakConfig().processes
    with ThreadPoolExecutor(4) as pool:
        refused = pool.map(lambda case: read(*case), CRASHES)
        odd = list(islice(random_texts(espeak.languages(), seed=7), 300))
        others = pool.map(lambda case: read(*case), odd)
        for _ in range(60):
            assert [espeak.phonemize(text, voice) for voice, text in KNOWN] == expected
            assert np.array_equal(espeak.synthesize(KNOWN[0][1], "en-us"), speech)
        # Whether what lies behind a buffer may be written differs from process to process.
        crashed = list(refused).count("unreadable_text")
        assert crashed > len(CRASHES) / 2
        assert len(set(others)) > 100
    with pytest.raises(UnreadableTextError) as raised:
        espeak.synthesize("o." * 300, "en-us")
    assert raised.value.param == "input"
    assert not raised.value.retryable
    assert processes() == before
    state = espeak.state()
    assert state is not None
    assert state.deaths["crash"] > crashed
    assert not state.deaths.get("lost")
    assert state.running == len(before)


def test_a_helper_that_is_killed_is_replaced_and_nobody_asks_twice(own: Helpers) -> None:
    answer = own.ask(helper.PHONEMIZE, "en-us", "hello")
    assert answer[2].decode() == "həlˈoʊ"
    for each in list(own.helpers):
        each.process.kill()
        each.process.wait()
        assert own.ask(helper.PHONEMIZE, "en-us", "hello") == answer
    assert own.deaths()["lost"] >= 1
    with own.changed:
        assert own.changed.wait_for(lambda: own.running == own.config.processes, 30)


def test_a_helper_has_no_environment_and_no_files_of_its_caller(own: Helpers) -> None:
    for each in own.helpers:
        folder = Path(f"/proc/{each.process.pid}")
        assert (folder / "environ").read_bytes() == b""
        files = {str(path.readlink()) for path in (folder / "fd").iterdir()}
        kinds = sorted(name.partition(":")[0] for name in files)
        assert kinds == ["/dev/null", "socket"]
        assert psutil.Process(each.process.pid).rlimit(psutil.RLIMIT_CORE) == (0, 0)


@pytest.mark.parametrize(
    ("limits", "kind", "cause"),
    [
        ({"seconds": 0.01}, helper.SYNTHESIZE, "time"),
        ({"memory_bytes": 48 * 2**20, "seconds": 60}, helper.SYNTHESIZE, "crash"),
    ],
)
def test_a_phrase_has_limits(limits: dict[str, float], kind: int, cause: str) -> None:
    helpers = Helpers(espeak.wheel_folder(), EspeakConfig.model_validate(limits))
    try:
        with pytest.raises(UnreadableTextError):
            helpers.ask(kind, "en-us", "A rather long way to say nothing. " * 300, 80)
        assert helpers.deaths() == {cause: 1}
        assert helpers.ask(helper.PHONEMIZE, "en-us", "hello")[2].decode() == "həlˈoʊ"
    finally:
        helpers.close()


def test_helpers_that_cannot_start_say_so(tmp_path: Path) -> None:
    helpers = Helpers(tmp_path, EspeakConfig(processes=1))
    try:
        with pytest.raises(ConfigError, match="cannot be started"):
            helpers.ask(helper.PHONEMIZE, "en-us", "hello")
    finally:
        helpers.close()


_PARENT = """
import os, sys, time
from speech import espeak
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(1) as pool:  # whose thread is gone when the others ask
    pool.submit(espeak.phonemize, "hello", "en-us").result()
child = os.fork()
if not child:
    os._exit(espeak.phonemize("hello", "en-us") != "həlˈoʊ")
assert os.waitpid(child, 0)[1] == 0
for _ in range(4):
    assert espeak.phonemize("hello", "en-us") == "həlˈoʊ"
assert not espeak.state().deaths
print("ready", flush=True)
time.sleep(60)
"""


def test_helpers_end_with_their_caller_and_are_not_inherited() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _PARENT], stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "ready\n"
        helpers = processes(parent.pid)
        assert len(helpers) == EspeakConfig().processes
        children = [child for each in helpers for child in each.children()]
        # One that is stuck sees no end of file.
        for each in helpers:
            each.send_signal(signal.SIGSTOP)
        parent.kill()
        _, alive = psutil.wait_procs([*helpers, *children], timeout=10)
        assert alive == []


def test_a_fuzzer_finds_nothing() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz_espeak", "--seconds", "15"],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stdout
