"""Fractions of GPUs are packed: logical GPUs, so that no test needs a real one."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from servers import ROOT

pytestmark = pytest.mark.integration


def test_fractions_fill_a_gpu_and_another_node_has_other_fractions() -> None:
    # Ray puts Unix sockets below this folder, and their paths are limited to 107 bytes.
    with tempfile.TemporaryDirectory(prefix="ct-", dir="/tmp") as folder:
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("RAY_")},
            "HOME": folder,
            "PYTHONPATH": str(ROOT),
            "RAY_TMPDIR": folder,
            "RAY_USAGE_STATS_ENABLED": "0",
        }
        done = subprocess.run(
            [sys.executable, str(Path(__file__).with_name("fractional_cluster.py"))],
            env=environment,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout.splitlines()[-1])
    # Four Synthesizers of configs/gpu.yaml take one GPU and leave nothing of it.
    assert report["fraction"] == 0.25
    assert report["left_on_one"] == 0
    assert report["placed"] == {"quarters": {"first": 4}, "halves": {"second": 2}}
    assert report["left"] == {"first": 0, "second": 0}
