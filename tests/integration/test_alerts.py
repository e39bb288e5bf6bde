"""A real Prometheus scrapes a live server: every query answers, and every alert fires by its fault.

The rules are the shipped ones, with seconds for their minutes. Nobody can fill a test machine's
memory, so the bounds of those alerts alone are lowered.
"""

import json
import re
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
import yaml
from conftest import make_tiny_voice
from servers import ROOT, Server, free_port, nonce, running, wait_for

from tests.browser import CHROMIUM, open_page

pytestmark = pytest.mark.integration
DEPLOY = ROOT / "deploy"
RULES = (DEPLOY / "prometheus" / "rules.yml").read_text("utf-8")
NAMES = set(re.findall(r"alert: (\w+)", RULES))
STUCK = 6.0
"""Seconds a phrase of the voice `stuck` takes."""


def _hurried(rules: str) -> str:
    # With such short intervals Ray leaves some gauges out now and then; of a stage that is ready
    # two reports must not be missing.
    rules = re.sub(r"for: (?!30s)\w+", "for: 1s", rules).replace("for: 30s", "for: 4s")
    quick = rules.replace("[5m]", "[15s]")
    return quick.replace("[1d] offset 1h", "[1m] offset 4s")


@contextmanager
def _process(*command: str | Path, **options: Any) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        list(map(str, command)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait(30)


class Prometheus:
    """Debian's, with our configuration and rules."""

    def __init__(self, folder: Path, server: Server, stack: ExitStack) -> None:
        self._rules = folder / "rules.yml"
        self._rules.write_text(_hurried(RULES))
        config = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text("utf-8"))
        config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
        (job,) = config["scrape_configs"]
        targets = server.folder / "ray" / "prom_metrics_service_discovery.json"
        job["file_sd_configs"] = [{"files": [str(targets)], "refresh_interval": "1s"}]
        (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
        port = free_port()
        self.address = f"http://127.0.0.1:{port}"
        self._url = f"{self.address}/api/v1"
        self._process = stack.enter_context(
            _process(
                "prometheus",
                f"--config.file={folder / 'prometheus.yml'}",
                f"--storage.tsdb.path={folder / 'data'}",
                f"--web.listen-address=127.0.0.1:{port}",
            )
        )

    def ask(self, query: str) -> list[Any]:
        answer = self._get("query", query=query)
        assert answer["status"] == "success", (query, answer)
        return list(answer["data"]["result"])

    def firing(self) -> set[str]:
        alerts = self._get("alerts")["data"]["alerts"]
        return {alert["labels"]["alertname"] for alert in alerts if alert["state"] == "firing"}

    def _get(self, path: str, **parameters: str) -> dict[str, Any]:
        reply = httpx.get(f"{self._url}/{path}", params=parameters, timeout=10)
        return dict(reply.raise_for_status().json())  # 503 while it starts

    def lower(self, written: str, bound: str) -> None:
        assert written in RULES
        self._rules.write_text(_hurried(RULES.replace(written, bound)))
        self._process.send_signal(signal.SIGHUP)


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    port = free_port()
    command = ["redis-server", "--port", str(port), "--save", "", "--dir", tmp_path]
    with _process(*command) as process:
        yield f"redis://127.0.0.1:{port}/0", process


def _say(server: Server, text: str, voice: str, address: str = "127.0.0.1") -> int:
    body = {"model": "tts-1", "voice": voice, "input": text, "response_format": "pcm"}
    transport = httpx.HTTPTransport(local_address=address)
    with suppress(httpx.HTTPError), httpx.Client(transport=transport, timeout=600) as client:
        return client.post(server.speech, json=body).status_code
    return 0


def _agent(server: Server) -> psutil.Process | None:
    for process in psutil.Process(server.process.pid).children(recursive=True):
        with suppress(psutil.Error, IndexError):
            if process.cmdline()[0].startswith("ray::DashboardAgent"):
                return process
    return None


@pytest.mark.skipif(
    not (shutil.which("prometheus") and shutil.which("redis-server")),
    reason="needs prometheus and redis-server",
)
def test_every_query_answers_and_every_alert_fires_by_its_fault(
    tmp_path: Path, redis_server: tuple[str, subprocess.Popen[bytes]]
) -> None:
    url, redis = redis_server
    voices = {
        "default": "fake",
        "voices": [
            {"id": "fake", "engine": "fake"},
            {"id": "late", "engine": "fake", "seconds": 0.4},
            {"id": "fallen", "engine": "piper", "model": "tiny.onnx"}
            | {"provider": "cuda", "fallback": ["cpu"]},
            {"id": "stuck", "engine": "fake", "seconds": STUCK},
        ],
    }
    one = [{"name": "all", "max_characters": 300, "max_batch_size": 1}]
    graph = {
        "cache": {"second": {"kind": "redis", "url": url}},
        "batch": {"classes": one},
        # Its bounds refuse here, and not the wait.
        "admission": {"default_deadline": 600, "max_deadline": 600, "max_wait": 3600},
        "stages": {"synthesizer": {"num_cpus": 0.5, "max_ongoing_requests": 2048}},
    }
    fired: set[str] = set()
    with ExitStack() as stack:
        server = stack.enter_context(running(graph, voices, prepare=make_tiny_voice))
        prometheus = Prometheus(tmp_path, server, stack)

        def fires(*names: str, cause: Callable[[], Any] = lambda: None) -> None:
            def has_fired() -> bool:
                cause()
                return set(names) <= prometheus.firing()

            wait_for(has_fired, timeout=120, what=f"firing of {names}")
            fired.update(names)

        assert _say(server, nonce(), "fake") == 200
        wait_for(
            lambda: prometheus.ask("ray_chorale_engine_speed"), timeout=60, what="a first scrape"
        )
        # How fast tones are made varies with whatever else the machine does.
        usual = {"ChoraleEngineSlow"}
        with suppress(TimeoutError):
            wait_for(
                lambda: prometheus.firing() - usual == {"ChoraleFallback"}, timeout=60, what=""
            )
        assert prometheus.firing() - usual == {"ChoraleFallback"}
        fired.add("ChoraleFallback")
        board = json.loads((DEPLOY / "grafana" / "dashboards" / "chorale.json").read_text())
        queries = [
            target["expr"].replace("$__rate_interval", "15s")
            for panel in board["panels"]
            for target in panel.get("targets", ())
        ]
        answered = [bool(prometheus.ask(query)) for query in queries]
        assert sum(answered) > len(queries) / 2  # of the others nothing has happened yet

        fires("ChoraleErrors", cause=lambda: _say(server, f"{nonce()} unspeakable", "fake"))
        fires("ChoraleEngineSlow", cause=lambda: _say(server, f"{nonce()} slowly", "fake"))
        fires("ChoraleSlow", cause=lambda: _say(server, nonce(), "late"))
        redis.kill()
        redis.wait(30)
        fires("ChoraleCacheTierDown", cause=lambda: _say(server, nonce(), "fake"))

        prometheus.lower("ray_node_mem_total) > 0.9", "ray_node_mem_total) > 0.0001")
        fires("ChoraleMemory")
        prometheus.lower("(ray_chorale_memory_level) >= 2", "(ray_chorale_memory_level) >= 0")
        fires("ChoraleMemoryShort")

        callers = ThreadPoolExecutor(200)
        stack.callback(callers.shutdown, wait=False, cancel_futures=True)
        # Short ones wait at the engine; long ones fill what the gateway admits.
        for _ in range(120):
            callers.submit(_say, server, nonce(), "stuck")
        fires("ChoraleQueueNearBound")
        fires(
            "ChoraleAdmissionNearBound",
            "ChoraleRefuses",
            cause=lambda: callers.submit(_say, server, f"{nonce()} " * 440, "stuck", "127.0.0.2"),
        )

        if CHROMIUM:
            with open_page(f"{prometheus.address}/classic/alerts", tmp_path) as page:
                shown = page.evaluate("document.body.innerText")
                assert "ChoraleQueueNearBound" in shown
                size = {"width": 800, "height": 900, "deviceScaleFactor": 1, "mobile": False}
                page.call("Emulation.setDeviceMetricsOverride", **size)
                page.picture(tmp_path / "alerts.png")

        for replica in server.replicas("Synthesizer"):
            replica.kill()
        fires("ChoraleNotReady")
        agent = wait_for(lambda: _agent(server), timeout=30, what="the agent of the node")
        agent.suspend()
        fires("ChoraleNodeNotScraped")
        agent.resume()

        server.process.send_signal(signal.SIGTERM)
        fires("ChoraleAbsent")
        server.process.wait(120)
    # What benchmarks find is no fault of a server.
    assert fired == NAMES - {"ChoraleRegression"}
