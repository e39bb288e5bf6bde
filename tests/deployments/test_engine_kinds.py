"""An engine is a folder and a line: a toy is added here, and speaks through the Synthesizer."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
import yaml
from pydantic import Field

from deployments.synthesizer import Synthesizer, SynthesizerConfig
from speech.config import EngineConfig
from speech.engines.kinds import (
    ENGINES,
    ComputedEntry,
    EngineKind,
    Provider,
    Voice,
    engine_kind,
)
from speech.engines.loading import load_voice
from speech.engines.residency import ResidentVoices
from speech.errors import ConfigError, SpeechError
from speech.interfaces import Engine, EngineInfo
from speech.types import Pcm, PhraseJob
from speech.voices import VoiceCatalogue
from tests.conftest import phrase_job

RATE = 8_000


class ToyEntry(ComputedEntry):
    """A voice that holds one level."""

    engine: Literal["toy"] = "toy"
    level: int = Field(gt=0)


class ToyEngine:
    """Ten samples of the voice's level for each character."""

    def __init__(self, voice: Voice, config: EngineConfig) -> None:
        assert isinstance(voice.entry, ToyEntry)
        self._level = voice.entry.level
        self.info = EngineInfo(
            engine="toy",
            sample_rate=RATE,
            max_batch_size=None,
            batching=f"on {config.threads} threads",
            provider=config.provider,
            deterministic=True,
            resident_bytes=0,
            precision=config.precision,
        )

    def synthesize(self, jobs: Sequence[PhraseJob]) -> list[Pcm | SpeechError]:
        return [
            Pcm(
                samples=np.full(10 * len(job.phrase.text), self._level, np.int16),
                sample_rate=RATE,
                index=job.phrase.index,
                is_last=job.phrase.is_last,
            )
            for job in jobs
        ]

    def warm_up(self) -> None: ...

    def close(self) -> None: ...


def read(entry: ToyEntry, folder: Path) -> Voice:
    return Voice(
        id=entry.id,
        engine=entry.engine,
        name=entry.id,
        language="en-us",
        languages=("en-us",),
        speakers={},
        default_speaker="",
        sample_rate=RATE,
        vocabulary=None,
        model=None,
        model_config={},
        checksum=str(entry.level),
        license="",
        description="",
        entry=entry,
    )


def load(voice: Voice, config: EngineConfig) -> Engine:
    return ToyEngine(voice, config)


ENGINE = EngineKind(
    entry=ToyEntry,
    read=read,
    providers={
        "cpu": Provider(load=load, precisions=("fp32", "fp16")),
        "cuda": Provider(load=load, unavailable=lambda _: "there is no such device"),
    },
)
LOUD = {"id": "loud", "engine": "toy", "level": 7, "precision": "fp16", "threads": 3}


@pytest.fixture
def catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setitem(ENGINES, "toy", __name__)
    path = tmp_path / "voices.yaml"
    quiet = {"id": "quiet", "engine": "toy", "level": 2}
    path.write_text(yaml.safe_dump({"default": "quiet", "voices": [quiet, LOUD]}))
    return path


def job(voice: str) -> PhraseJob:
    return phrase_job("hello", voice=voice)


def test_a_toy_speaks_through_the_synthesizer_with_its_voices_own_options(
    catalogue: Path,
) -> None:
    made = Synthesizer(SynthesizerConfig(catalogue=catalogue, engine=EngineConfig(threads=1)))
    for voice, level in (("quiet", 2), ("loud", 7)):
        (spoken,) = made._run_engine([job(voice)])
        assert isinstance(spoken, Pcm)
        assert spoken.samples.tolist() == [level] * 50
    infos = made._voices.infos()
    assert (infos["quiet"].precision, infos["quiet"].batching) == ("fp32", "on 1 threads")
    assert (infos["loud"].precision, infos["loud"].batching) == ("fp16", "on 3 threads")
    assert infos["loud"].choice == "asked for"


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"level": 0}, "voices.1.level"),
        ({"model": "x.onnx"}, "voices.1.model"),
        ({"provider": "abacus"}, "voices.1.provider"),
        ({"threads": -1}, "voices.1.threads"),
        ({"engine": "harp"}, "there is no engine 'harp', only espeak, fake, hibari, kokoro, piper"),
    ],
)
def test_a_voices_options_are_its_engines(
    catalogue: Path, changed: dict[str, object], says: str
) -> None:
    content = yaml.safe_load(catalogue.read_text())
    content["voices"][1] |= changed
    catalogue.write_text(yaml.safe_dump(content))
    with pytest.raises(ConfigError, match=says):
        VoiceCatalogue.load(catalogue)


def test_a_voice_may_name_its_provider_and_the_rest_is_shared(catalogue: Path) -> None:
    content = yaml.safe_load(catalogue.read_text())
    content["voices"][1] |= {"provider": "cuda", "precision": "fp32"}
    catalogue.write_text(yaml.safe_dump(content))
    voices = VoiceCatalogue.load(catalogue).voices
    with pytest.raises(ConfigError, match="'cuda' is not available: there is no such device"):
        load_voice(voices["loud"], EngineConfig())
    taken = load_voice(voices["loud"], EngineConfig(fallback=("cpu",))).info
    assert (taken.provider, taken.batching) == ("cpu", "on 3 threads")
    with pytest.raises(ConfigError, match="'torch' computes no toy voice, only cpu, cuda"):
        load_voice(voices["quiet"], EngineConfig(provider="torch"))


def test_what_a_voice_decides_itself_is_not_loaded_anew(catalogue: Path) -> None:
    resident = ResidentVoices(VoiceCatalogue.load(catalogue).voices, EngineConfig())
    resident.preload(["quiet", "loud"])
    assert resident.outdated(EngineConfig(precision="fp16", threads=2)) == ["quiet"]
    assert resident.outdated(EngineConfig(gpu_share=0.5)) == ["loud", "quiet"]


@pytest.mark.parametrize("name", sorted(ENGINES))
def test_an_engines_entries_bear_its_name_and_import_no_runtime(name: str) -> None:
    kind = engine_kind(name)
    assert kind.entry.model_fields["engine"].default == name
    assert kind.providers
