"""The load test from end to end on a server of its own: what it tells, never how fast it was."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.integration
SLOWEST = 60_000.0


def test_a_broken_limit_is_told_and_ends_the_program_with_1(tmp_path: Path) -> None:
    limits = yaml.safe_load((ROOT / "loadtests" / "limits.yaml").read_text())
    limits["workloads"] = {
        "assistant": {"rate": 4, "seconds": 4, "failures": 0, "hit_rate": 0.05}
        | {"p95_ms": SLOWEST, "hot_p95_ms": SLOWEST},
        "unique": {"rate": 4, "seconds": 4, "failures": 0, "p95_ms": SLOWEST},
        "reader": {"users": 2, "seconds": 4, "failures": 0, "first_audio_p95_ms": SLOWEST},
    }
    limits["generator"]["late_share"] = 1.0
    limits["memory"]["replicas_mib"] = 10
    (tmp_path / "limits.yaml").write_text(yaml.safe_dump(limits))
    arguments = ("--limits", str(tmp_path / "limits.yaml"))
    done = subprocess.run(
        [sys.executable, "-m", "loadtests.run", *arguments, "--out", str(tmp_path / "out")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    result = json.loads(done.stdout.splitlines()[-1])
    assert result == json.loads((tmp_path / "out" / "loadtest.json").read_text())
    assert result["broken"] == ["memory of our replicas, MiB"]
    assert len(result["checks"]) == 5 + 4 + 4 + 1 + 1

    assistant, unique, reader = result["workloads"]
    assert [item["workload"] for item in result["workloads"]] == ["assistant", "unique", "reader"]
    assert {"hot", "miss"} <= set(assistant["by_cache"])
    assert set(unique["by_cache"]) == set(reader["by_cache"]) == {"miss"}
    assert reader["load"] == "2 users"
    first = reader["streaming"]["first_audio"]
    assert first["count"] == reader["requests"]
    assert 0 < first["p50"] < reader["latency"]["p50"]
    for measured in result["workloads"]:
        assert measured["failures"] == 0
        assert measured["requests"] == sum(s["count"] for s in measured["by_cache"].values())
        low, high = measured["p95_between"]
        assert 0 < low <= measured["latency"]["p95"] <= high
        assert {"normalize", "synthesize", "encode"} <= set(measured["stages"]["miss"])
        assert measured["generator_cores"] > 0
        name = measured["workload"]
        for ending in ("html", "png", "jsonl"):
            assert (tmp_path / "out" / f"{name}.{ending}").stat().st_size > 0
    assert "Verdict" in (tmp_path / "out" / "loadtest-report.html").read_text()
    assert result["memory"]["ours"] > 10
    assert result["memory"]["rays"] > 10
