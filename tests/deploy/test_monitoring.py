"""Dashboard and alerts: every query parses, and names what is really exported."""

import json
import re
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml
from promql_parser import VectorSelector

from serve_app.admission import AdmissionLimits
from serve_app.benchmark.trends import metrics
from serve_app.config import CONFIG_FOLDER, GraphConfig
from speech import errors, telemetry

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
BOARD = json.loads((DEPLOY / "grafana" / "dashboards" / "chorale.json").read_text("utf-8"))
PANELS = {panel["id"]: panel for panel in BOARD["panels"] if panel["type"] != "row"}
RULES = {
    rule["alert"]: rule
    for group in yaml.safe_load((DEPLOY / "prometheus" / "rules.yml").read_text("utf-8"))["groups"]
    for rule in group["rules"]
}
PANEL_QUERIES = [
    (f"{panel['title']}, {target['refId']}", target["expr"])
    for panel in PANELS.values()
    for target in panel["targets"]
]
QUERIES = PANEL_QUERIES + [(name, rule["expr"]) for name, rule in RULES.items()]
SUFFIXES = {"counter": ("_total",), "gauge": ("",), "histogram": ("_bucket", "_sum", "_count")}
# Labels that Ray, Serve and Prometheus give by themselves.
# Of `chorale benchmark`, which Prometheus reads by other ways than Ray's exporters.
BENCHMARKS = set(re.findall(r"^# TYPE (\w+)", metrics({}, ()), re.MULTILINE))
GIVEN = {"name", "application", "deployment", "replica", "Component", "ip", "instance", "job", "le"}


def selectors(node: Any) -> Iterator[VectorSelector]:
    """Every selector of a parsed query."""
    if isinstance(node, VectorSelector):
        yield node
        return
    for name in ("expr", "lhs", "rhs", "vector_selector", "param"):
        if (inner := getattr(node, name, None)) is not None:
            yield from selectors(inner)
    for inner in getattr(node, "args", None) or ():
        yield from selectors(inner)


def parse(query: str) -> Any:
    return promql_parser.parse(query.replace("$__rate_interval", "1m"))


def ours() -> dict[str, telemetry.Metric]:
    """Exported names of our metrics."""
    return {
        f"ray_{metric.name}{suffix}": metric
        for metric in telemetry.ALL
        for suffix in SUFFIXES[metric.kind]
    }


@cache
def rays() -> frozenset[str]:
    """Names that Ray declares, in Serve and in what reports about nodes."""
    package = find_spec("ray")
    assert package
    assert package.origin
    folder = Path(package.origin).parent
    files = [*(folder / "serve" / "_private").glob("*.py")]
    files.append(folder / "dashboard" / "modules" / "reporter" / "reporter_agent.py")
    text = "\n".join(path.read_text("utf-8") for path in files)
    return frozenset(re.findall(r'"((?:serve|node|component)_\w+)"', text))


def is_rays(name: str) -> bool:
    bare = name.removeprefix("ray_")
    return name != bare and bool({bare, re.sub(r"_(total|bucket)$", "", bare)} & rays())


def test_the_search_finds_every_selector() -> None:
    query = 'sum by (a) (rate(m_a{x="1"}[5m])) / (m_b or vector(0)) unless on (a) (ceil(m_c) > 0)'
    assert {item.name for item in selectors(parse(query))} == {"m_a", "m_b", "m_c"}
    assert is_rays("ray_serve_deployment_replica_healthy")
    assert not is_rays("ray_serve_deployment_replicas_healthy")
    with pytest.raises(ValueError, match=r"unclosed|expected|invalid"):
        parse("sum(rate(m[5m])")


@pytest.mark.parametrize(("title", "query"), QUERIES, ids=[title for title, _ in QUERIES])
def test_a_query_names_what_is_exported(title: str, query: str) -> None:
    found = list(selectors(parse(query)))
    assert found, title
    for selector in found:
        name = selector.name
        assert name in ours() or is_rays(name) or name in {"up", *BENCHMARKS}, name
        if name in ours():
            named = {matcher.name for matcher in selector.matchers.matchers}
            assert named <= GIVEN | set(ours()[name].labels), name


@pytest.mark.parametrize(("title", "query"), QUERIES, ids=[title for title, _ in QUERIES])
def test_a_query_groups_by_labels_there_are(title: str, query: str) -> None:
    grouped = {
        label.strip()
        for labels in re.findall(r"\b(?:by|on) \(([^)]*)\)", query)
        for label in labels.split(",")
    }
    names = {selector.name for selector in selectors(parse(query))}
    declared = {label for name in names & ours().keys() for label in ours()[name].labels}
    assert grouped <= GIVEN | declared, title


def test_outcomes_are_codes_of_errors() -> None:
    codes = {"ok", "aborted", *(kind.code for kind in every_error())}
    for _, query in QUERIES:
        for outcomes in re.findall(r'requests_total\{outcome=~?"([^"]*)"', query):
            assert set(outcomes.split("|")) <= codes


def every_error() -> Iterator[type[errors.SpeechError]]:
    waiting = [errors.SpeechError]
    while waiting:
        kind = waiting.pop()
        yield kind
        waiting += kind.__subclasses__()


def test_the_dashboard_shows_every_metric_we_declare() -> None:
    shown = {selector.name for _, query in PANEL_QUERIES for selector in selectors(parse(query))}
    missing = {
        metric.name
        for metric in telemetry.ALL
        if not {f"ray_{metric.name}{suffix}" for suffix in SUFFIXES[metric.kind]} & shown
    }
    assert missing == set()


def test_panels_have_ids_of_their_own_and_do_not_overlap() -> None:
    assert len({panel["id"] for panel in BOARD["panels"]}) == len(BOARD["panels"])
    taken: set[tuple[int, int]] = set()
    for panel in BOARD["panels"]:
        place = panel["gridPos"]
        cells = {
            (place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])
        }
        assert not cells & taken, panel["title"]
        assert place["x"] + place["w"] <= 24
        taken |= cells


def test_alerts_know_the_bounds() -> None:
    bounds = {
        "ChoraleAdmissionNearBound": 0.75 * AdmissionLimits().max_inflight_characters,
        # What a Synthesizer that scales takes, in the graphs we ship.
        "ChoraleQueueNearBound": 0.8
        * min(
            GraphConfig.load(CONFIG_FOLDER / f"{name}.yaml").stages.synthesizer.max_ongoing_requests
            for name in ("cpu", "gpu")
        ),
    }
    for name, bound in bounds.items():
        threshold = re.search(r"> (\d+)$", RULES[name]["expr"])
        assert threshold
        assert int(threshold[1]) == int(bound), name


def test_every_alert_says_what_it_is() -> None:
    for rule in RULES.values():
        assert rule["labels"]["severity"] in {"warning", "critical"}
        assert rule["annotations"]["summary"]
        assert rule["for"]


def test_grafana_finds_its_dashboard_and_prometheus() -> None:
    compose = yaml.safe_load((DEPLOY / "docker" / "compose.yaml").read_text("utf-8"))["services"]
    provisioning = DEPLOY / "grafana" / "provisioning"
    source = yaml.safe_load((provisioning / "datasources" / "prometheus.yaml").read_text())
    assert source["datasources"][0]["url"] == "http://prometheus:9090"
    board = yaml.safe_load((provisioning / "dashboards" / "chorale.yaml").read_text())
    mounts = dict(mount.split(":")[:2] for mount in compose["grafana"]["volumes"])
    assert mounts["../grafana/dashboards"] == board["providers"][0]["options"]["path"]
    assert mounts["../grafana/provisioning"] == "/etc/grafana/provisioning"
    home = compose["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert home == f"{mounts['../grafana/dashboards']}/chorale.json"


@pytest.mark.parametrize("name", ["prometheus.yml", "kubernetes.yml"])
def test_prometheus_reads_the_rules(name: str) -> None:
    config = yaml.safe_load((DEPLOY / "prometheus" / name).read_text("utf-8"))
    assert [(DEPLOY / "prometheus" / rules).is_file() for rules in config["rule_files"]] == [True]
    assert [job["job_name"] for job in config["scrape_configs"]] == ["ray"]
    assert 'up{job="ray"}' in RULES["ChoraleNodeNotScraped"]["expr"]


def test_prometheus_scrapes_ports_that_pods_have() -> None:
    (job,) = yaml.safe_load((DEPLOY / "prometheus" / "kubernetes.yml").read_text())[
        "scrape_configs"
    ]
    (ports,) = (
        rule["regex"]
        for rule in job["relabel_configs"]
        if rule.get("source_labels") == ["__meta_kubernetes_pod_container_port_name"]
    )
    service = yaml.safe_load((DEPLOY / "kuberay" / "rayservice.yaml").read_text())
    cluster = service["spec"]["rayClusterConfig"]
    for group in (cluster["headGroupSpec"], *cluster["workerGroupSpecs"]):
        (container,) = group["template"]["spec"]["containers"]
        assert {port["name"] for port in container["ports"]} & set(ports.split("|"))
