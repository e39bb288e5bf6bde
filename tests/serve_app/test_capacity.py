"""The capacity calculator: its sum, its sources, its command."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from serve_app.capacity import COSTS_FILE, Costs, Load, Plan, plan
from serve_app.cli import app
from speech.errors import ConfigError
from speech.scaling import Target

ROOT = Path(__file__).resolve().parents[2]
COSTS = Costs.load()
LOAD = Load(
    rate=100.0,
    hit_rate=0.6,
    lengths={60.0: 1.0},
    formats={"wav": 1.0},
    keep_hours=1.0,
    mean_share=0.5,
)


def cores(found: Plan) -> dict[str, float]:
    return {stage.name: stage.cores for stage in found.stages}


def replicas(found: Plan) -> dict[str, int]:
    return {stage.name: stage.replicas for stage in found.stages}


def about(value: float) -> Any:
    """A later run may differ a little; more is a reason to look at capacity.yaml again."""
    return pytest.approx(value, rel=0.3)


def figures(content: Any) -> list[dict[str, Any]]:
    if isinstance(content, dict) and "value" in content:
        return [content]
    return [item for inner in content.values() if inner for item in figures(inner)]


def test_every_figure_names_a_source_that_exists() -> None:
    found = figures(yaml.safe_load(COSTS_FILE.read_text("utf-8")))
    assert len(found) > 20
    for figure in found:
        if source := figure.get("measured"):
            path, _, heading = re.fullmatch(r"([\w/.]+?)(, ([^:]+))?(:.*)?", source).group(1, 2, 3)  # type: ignore[union-attr]
            assert (ROOT / path).is_file(), source
            if heading and path.endswith(".md"):
                assert heading in (ROOT / path).read_text("utf-8"), source


def test_memory_is_about_what_the_load_test_measured() -> None:
    result = json.loads((ROOT / "loadtests/results/loadtest.json").read_text())
    measured = result["memory"]["by_kind"]
    assert COSTS.gateway_mib.value == about(measured["Gateway"])
    assert COSTS.audio_cache_mib.value == about(measured["AudioCache"] - 256)
    assert COSTS.encoder_mib.value == about(measured["Encoder"])
    assert COSTS.synthesizer_mib.value == about(measured["Synthesizer"] / 2)


def test_the_costs_add_up_to_a_whole_request() -> None:
    """A WAV miss took 52 ms with all stages apart, 40 with two of them in their callers."""
    one = plan(replace(LOAD, rate=1.0, hit_rate=0.0), COSTS)
    whole = sum(cores(one).values()) + one.proxy_cores * COSTS.busy.value
    assert 0.040 < whole < 0.052


def test_twice_the_load_takes_twice_the_work() -> None:
    once, twice = plan(LOAD, COSTS), plan(replace(LOAD, rate=200.0), COSTS)
    for name, spent in cores(once).items():
        assert cores(twice)[name] == pytest.approx(2 * spent)
    assert twice.redis_bytes == pytest.approx(2 * once.redis_bytes)
    assert all(replicas(twice)[name] >= count for name, count in replicas(once).items())


def test_what_is_found_is_not_spoken_again() -> None:
    found = plan(replace(LOAD, hit_rate=1.0), COSTS)
    assert found.audio_seconds == found.redis_bytes == 0.0
    assert cores(found)["Encoder"] == cores(found)["Synthesizer"] == 0.0
    assert replicas(found)["Synthesizer"] == 1
    assert cores(found)["Gateway"] > 0


def test_the_hand_made_sum() -> None:
    found = plan(LOAD, COSTS)
    audio = 60 / 12.7
    assert found.audio_seconds == pytest.approx(40 * audio)
    assert cores(found)["Encoder"] == pytest.approx(40 * 0.0042)
    normalize = 1.0 + 60 * 0.0113
    gateway = 30 * 0.8 + 30 * (3.4 + normalize) + 40 * (5.3 + normalize)
    assert cores(found)["Gateway"] == pytest.approx(gateway / 1000)
    assert found.egress_bytes == pytest.approx(100 * audio * 48_000)
    assert found.redis_bytes == pytest.approx(40 * 0.5 * 3600 * audio * 48_000 * 1.1)
    assert found.cores == sum(replicas(found).values()) + 1


def test_a_mixture_is_the_mean_of_its_parts() -> None:
    wav, mp3 = plan(LOAD, COSTS), plan(replace(LOAD, formats={"mp3": 1.0}), COSTS)
    both = plan(replace(LOAD, formats={"wav": 0.5, "mp3": 0.5}), COSTS)
    mean = (cores(wav)["Encoder"] + cores(mp3)["Encoder"]) / 2
    assert cores(both)["Encoder"] == pytest.approx(mean)
    assert cores(mp3)["Encoder"] > cores(wav)["Encoder"]
    longer = plan(replace(LOAD, lengths={60.0: 0.5, 600.0: 0.5}), COSTS)
    assert longer.audio_seconds == pytest.approx(wav.audio_seconds * 5.5)


def test_a_shorter_wait_takes_more_engines() -> None:
    patient = plan(LOAD, COSTS, Target(wait=0.05))
    hasty = plan(LOAD, COSTS, Target(wait=0.004))
    assert replicas(hasty)["Synthesizer"] > replicas(patient)["Synthesizer"]
    assert replicas(patient)["Synthesizer"] >= cores(patient)["Synthesizer"]


def test_a_gpu_is_counted_only_at_a_speed_that_is_known() -> None:
    assert COSTS.gpu_audio_seconds is not None or plan(LOAD, COSTS).gpus is None
    unknown = COSTS.model_copy(update={"gpu_audio_seconds": None})
    speech = plan(LOAD, unknown).audio_seconds
    assert plan(LOAD, unknown, gpu_audio_seconds=speech).gpus == 2  # with the share of the target
    assert plan(LOAD, unknown, gpu_audio_seconds=speech * 10).gpus == 1


@pytest.mark.parametrize(
    "change",
    [
        {"gateway_hot_ms": {"value": 1}},
        {"gateway_hot_ms": {"value": 1, "measured": "x", "chosen": "y"}},
        {"gateway_hot_ms": {"value": -1, "measured": "x"}},
        {"gateway_cold_ms": {"value": 1, "measured": "x"}},
    ],
)
def test_wrong_costs_are_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    path = tmp_path / "costs.yaml"
    path.write_text(yaml.safe_dump(yaml.safe_load(COSTS_FILE.read_text("utf-8")) | change))
    with pytest.raises(ConfigError, match=next(iter(change))):
        Costs.load(path)


def run(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["capacity", *arguments], env={"COLUMNS": "200"})
    return done.exit_code, done.output


def test_the_command_prints_a_plan() -> None:
    code, output = run("--rate", "100", "--hit-rate", "0.6", "--format", "mp3:0.5,wav:0.5")
    assert code == 0
    for word in ("Gateway", "AudioCache", "Encoder", "Synthesizer", "cores:", "Redis:"):
        assert word in output
    code, output = run("--rate", "100", "--gpu-speed", "1000", "--json")
    found = json.loads(output)
    assert code == 0
    assert found["gpus"] >= 1
    assert {stage["name"] for stage in found["stages"]} == set(replicas(plan(LOAD, COSTS)))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--rate", "0"], "--rate"),
        (["--rate", "1", "--hit-rate", "1.5"], "--hit-rate"),
        (["--rate", "1", "--format", "midi"], "midi"),
        (["--rate", "1", "--format", "mp3:0.5,wav:0.4"], "sum to 1"),
        (["--rate", "1", "--format", "mp3:1,wav"], "VALUE:SHARE"),
        (["--rate", "1", "--characters", "many"], "many"),
        (["--rate", "1", "--characters", "5000"], "4096"),
        (["--rate", "1", "--gpu-speed", "0"], "--gpu-speed"),
    ],
)
def test_a_wrong_load_is_named(arguments: list[str], says: str) -> None:
    code, output = run(*arguments)
    assert code == 2
    assert says in re.sub(r"[│\s]+", " ", output)
