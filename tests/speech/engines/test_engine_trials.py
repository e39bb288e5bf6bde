"""What `auto` measures, remembers and takes."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from speech.config import EngineConfig, ProviderName
from speech.engines import provider_trials
from speech.engines.fake.engine import FakeEngine
from speech.engines.hardware import Gpu, Hardware
from speech.engines.kinds import Voice
from speech.engines.loading import load_voice
from speech.engines.provider_trials import Trial, best, measured
from speech.engines.providers import Provider
from speech.errors import ConfigError
from speech.interfaces import Engine

AsVoice = Callable[[Path], Voice]
HARDWARE = Hardware(
    processor="a processor",
    cores=2,
    gpus=(Gpu(name="a GPU", driver="1.0", memory=2**34),),
    libraries=(("onnxruntime", "1.0"), ("torch", "2.0")),
)


class Bench:
    """Two fake providers that count how often they are loaded."""

    def __init__(self, folder: Path, voice: Voice) -> None:
        self.folder = folder
        self.voice = voice
        self.config = EngineConfig(provider="auto", threads=1)
        self.loads: list[str] = []
        self.providers: dict[ProviderName, Provider] = {
            "cpu": self.provider("cpu"),
            "cuda": self.provider("cuda"),
            "tensorrt": self.provider("tensorrt", reason="not installed"),
        }

    def provider(self, name: str, reason: str = "") -> Provider:
        def load(voice: Voice, _config: EngineConfig) -> Engine:
            self.loads.append(name)
            return FakeEngine(voice)

        return Provider(precisions=("fp32",), unavailable=lambda _: reason, load=load)

    def measure(self, hardware: Hardware = HARDWARE, **how: Any) -> tuple[Trial, ...]:
        given = {"voice": self.voice, "config": self.config, **how}
        return measured(folder=self.folder, hardware=hardware, providers=self.providers, **given)

    @property
    def file(self) -> Path:
        (found,) = self.folder.glob("*.json")
        return found


@pytest.fixture
def bench(tmp_path: Path, tiny: Path, as_voice: AsVoice, monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setattr(provider_trials, "_SECONDS", 0.0)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    return Bench(tmp_path / "made" / "cache", as_voice(tiny))


def test_what_is_measured_is_remembered(bench: Bench) -> None:
    first = bench.measure()
    assert bench.loads == ["cpu", "cuda"]
    assert [(trial.provider, trial.reason) for trial in first][:2] == [("cpu", ""), ("cuda", "")]
    assert "not installed" in first[2].reason
    assert bench.measure() == first
    assert bench.loads == ["cpu", "cuda"]
    bench.measure(fresh=True)
    assert len(bench.loads) == 4
    # Written whole or not at all: nothing else stays behind.
    names = {path.suffix for path in bench.folder.iterdir()}
    assert names == {".json", ".lock"}


@pytest.mark.parametrize(
    "changed",
    [
        replace(HARDWARE, processor="another"),
        replace(HARDWARE, cores=4),
        replace(HARDWARE, gpus=()),
        replace(HARDWARE, gpus=(Gpu(name="another", driver="1.0", memory=2**34),)),
        replace(HARDWARE, gpus=(Gpu(name="a GPU", driver="1.1", memory=2**34),)),
        replace(HARDWARE, libraries=(("onnxruntime", "1.1"), ("torch", "2.0"))),
        replace(HARDWARE, libraries=(("onnxruntime", "1.0"),)),
    ],
)
def test_another_machine_is_measured_anew(bench: Bench, changed: Hardware) -> None:
    bench.measure()
    bench.measure(changed)
    assert len(bench.loads) == 4


@pytest.mark.parametrize("part", ["checksum", "threads", "batching", "share", "candidates"])
def test_another_voice_or_setting_is_measured_anew(
    bench: Bench, part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.measure()
    match part:
        case "checksum":
            bench.measure(voice=replace(bench.voice, checksum="0" * 64))
        case "share":
            monkeypatch.setenv("OMP_NUM_THREADS", "1")
            bench.measure()
        case "candidates":
            bench.providers.pop("tensorrt")
            bench.measure()
        case _:
            changed = {"threads": 3, "batching": False}
            bench.measure(config=bench.config.model_copy(update={part: changed[part]}))
    assert len(bench.loads) == 4


def test_what_has_no_part_in_it_changes_nothing(bench: Bench) -> None:
    bench.measure()
    update = {"provider": "cpu", "fallback": ("cpu",), "max_resident_voices": 2}
    bench.measure(config=bench.config.model_copy(update=update))
    assert len(bench.loads) == 2


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"[]", b"{}", b'{"format": 1, "key": {}'])
def test_a_broken_file_is_written_anew(bench: Bench, content: bytes) -> None:
    bench.measure()
    bench.file.write_bytes(content)
    bench.measure()
    assert len(bench.loads) == 4
    bench.measure()
    assert len(bench.loads) == 4


def test_a_file_of_another_format_is_written_anew(bench: Bench) -> None:
    bench.measure()
    bench.file.write_text(json.dumps(json.loads(bench.file.read_text()) | {"format": 0}))
    bench.measure()
    assert len(bench.loads) == 4


def test_a_folder_that_cannot_be_written_costs_the_memory_alone(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.folder.parent.mkdir()
    bench.folder.write_text("no folder")
    assert [trial.reason for trial in bench.measure()][:2] == ["", ""]
    assert "not remembered" in caplog.text


def test_one_that_fails_is_told_and_left_out(bench: Bench) -> None:
    def fail(_voice: Voice, _config: EngineConfig) -> Engine:
        raise ConfigError("no memory")

    bench.providers["cuda"] = replace(bench.providers["cuda"], load=fail)
    trials = bench.measure()
    assert best(trials, bench.config).provider == "cpu"
    assert [trial.reason for trial in trials if trial.provider == "cuda"] == ["no memory"]
    with pytest.raises(ConfigError, match="cuda/fp32: no memory"):
        best([trial for trial in trials if trial.provider != "cpu"], bench.config)


def test_a_less_exact_one_must_be_near_and_worth_it() -> None:
    exact = Trial(provider="cpu", precision="fp32", rate=100.0)
    config = EngineConfig(max_mel_distance=0.05)

    def taken(rate: float, distance: float) -> str:
        half = Trial(provider="cpu", precision="fp16", rate=rate, distance=distance)
        return best([exact, half], config).precision

    assert taken(rate=120.0, distance=0.01) == "fp16"
    assert taken(rate=120.0, distance=0.06) == "fp32"
    assert taken(rate=103.0, distance=0.01) == "fp32"


def test_auto_takes_what_this_machine_is_fast_with(
    tmp_path: Path, tiny: Path, as_voice: AsVoice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Real engines, through the door the server uses; the second start reads the file."""
    monkeypatch.setattr(provider_trials, "_SECONDS", 0.0)
    config = EngineConfig(
        provider="auto", precisions=("fp32", "fp16"), provider_cache=tmp_path, threads=1
    )
    info = load_voice(as_voice(tiny), config).info
    assert "measured here" in info.choice
    (file,) = tmp_path.glob("*.json")
    trials = {(t["provider"], t["precision"]): t for t in json.loads(file.read_text())["trials"]}
    assert trials["cpu", "fp32"]["alone_ms"] > 0
    assert trials["cpu", "fp32"]["distance"] is None
    assert 0 < trials["cpu", "fp16"]["distance"] < 0.05
    written = file.stat().st_mtime_ns
    # Whatever the file says is believed, while its key holds.
    known = json.loads(file.read_text())
    for trial in known["trials"]:
        trial["rate"] = {"cpu/fp16": 9e9}.get(f"{trial['provider']}/{trial['precision']}", 1.0)
    file.write_text(json.dumps(known))
    info = load_voice(as_voice(tiny), config).info
    assert (info.provider, info.precision) == ("cpu", "fp16")
    assert file.stat().st_mtime_ns > written
