"""The programs from end to end on real servers: what they print, never how fast it was."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from loadtests.processes import KINDS, STAGES

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.integration


def run(*arguments: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return dict(json.loads(done.stdout.splitlines()[-1]))


def assert_summary(summary: dict[str, float]) -> None:
    assert summary["count"] > 0
    assert 0 <= summary["p50"] <= summary["p95"] <= summary["p99"]


def test_stages_benchmark(tmp_path: Path) -> None:
    out = tmp_path / "new" / "stages.json"
    report = run("loadtests.micro.stages", "--quick", "--out", str(out))
    assert report == json.loads(out.read_text())
    assert report["benchmark"] == "stages"
    assert report["failures"] == 0
    assert report["machine"]["cores"] > 0
    assert [(bare["voice"], bare["format"]) for bare in report["bare"]] == [
        ("espeak", "wav"),
        ("heart", "wav"),
    ]
    for bare in report["bare"]:
        for part in ("normalize", "synthesize", "encode", "total"):
            assert_summary(bare[part])
        assert bare["audio_seconds"] > 0
    assert [item["concurrency"] for item in report["livez"]] == [1, 8]

    cells = report["cells"]
    assert {(item["voice"], item["state"], item["concurrency"]) for item in cells} == {
        (voice, state, concurrency)
        for voice in ("espeak", "heart")
        for state in ("miss", "hit", "hot")
        for concurrency in (1, 8)
    }
    expected = {
        "miss": {"normalize", "cache", "queue", "synthesize", "encode", "graph"},
        "hit": {"normalize", "cache", "graph"},
        "hot": set(),
    }
    for item in cells:
        assert_summary(item["latency"])
        assert_summary(item["first_byte"])
        assert_summary(item["outside"])
        assert set(item["stages"]) == expected[item["state"]]
        assert (item["hops"] is None) == (item["state"] == "hot")
        assert item["times_bare"] > 0
        assert set(item["cost"]["milliseconds"]) == set(KINDS)
    assert set(report["idle_cores"]) == set(KINDS)
    assert set(report["memory_mib"]) == set(KINDS)
    for kind in (*STAGES, "rest of Ray"):  # each stage has a process of its own
        assert report["memory_mib"][kind] > 0


def test_every_benchmark_ends_in_one_line(tmp_path: Path) -> None:
    programs = ("engine", "codecs", "tiers")
    report = run("loadtests.micro.bench", "--quick", "--out", str(tmp_path), "--only", *programs)
    assert report == json.loads((tmp_path / "bench.json").read_text())
    assert set(report) == {"benchmark", "machine", *programs}
    classes = {(cell["length_class"], cell["batch"]) for cell in report["engine"]["cells"]}
    assert {("short", 1), ("short", 16), ("medium", 8), ("long", 4)} <= classes
    for cell in report["engine"]["cells"]:
        assert cell["real_time_factor"] > 0
        assert cell["audio_seconds"] > 0
    assert {cost["tier"] for cost in report["tiers"]["tiers"]} == {"ram", "disk"}
