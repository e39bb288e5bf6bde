"""What `chorale serve` tells of a start that failed, and which graph it takes."""

from types import SimpleNamespace
from typing import Any

import pytest

from serve_app.launch import _reasons, _replace_graph
from speech.errors import ConfigError


def test_the_reason_is_the_last_line_of_what_a_deployment_raised() -> None:
    deployments = {
        "Gateway": SimpleNamespace(status="DEPLOY_FAILED", message=" \n"),
        "Synthesizer": SimpleNamespace(
            status="DEPLOY_FAILED", message="Traceback\n  File x\nConfigError: no model\n\n"
        ),
        "Encoder": SimpleNamespace(status="HEALTHY", message="all is well"),
    }
    assert _reasons(SimpleNamespace(deployments=deployments)) == [
        "Synthesizer: ConfigError: no model"
    ]


def test_a_graph_replaces_the_files() -> None:
    config: dict[str, Any] = {"applications": [{"name": "chorale", "args": {"config": "cpu"}}]}
    _replace_graph(config, "compact")
    assert config["applications"][0]["args"] == {"config": "compact"}


def test_a_graph_cannot_be_chosen_for_several_applications() -> None:
    with pytest.raises(ConfigError, match="one application"):
        _replace_graph({"applications": [{}, {}]}, "compact")
