"""`chorale serve`: starts a whole local cluster, and leaves nothing of it behind."""

import asyncio
import contextlib
import io
import json
import os
import re
import signal
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from functools import partialmethod
from pathlib import Path
from typing import Any

import yaml

from serve_app import closed, environment
from serve_app.limits import Limits, fitting_connections, raise_file_limit
from speech.errors import ConfigError

_LOOPBACK = "127.0.0.1"
_START_TIMEOUT = 180.0
_DRAIN_TIMEOUT = 60.0


def serve_forever(
    *,
    config_file: Path,
    host: str,
    port: int,
    haproxy: bool,
    say: Callable[[Any], None],
    graph: str = "",
    profile: bool = False,
) -> None:
    """Start Ray, deploy a Serve configuration, wait for SIGINT or SIGTERM, stop everything.

    Args:
        config_file: A Serve configuration, as `serve deploy` takes it.
        host: Address to listen on; replaces the file's.
        port: Port to listen on; replaces the file's.
        haproxy: Whether to put HAProxy in front; where it cannot run, the Python proxy serves.
        say: Tells the operator what happens.
        graph: Replaces the file's graph configuration; a name in configs/, or a path.
        profile: Whether to say what the start took, step by step.

    Raises:
        ConfigError: the port is taken, or the configuration cannot be deployed.
    """
    if problem := environment.port_problem(host, port):
        raise ConfigError(f"cannot listen on {host}:{port}: {problem}; choose another --port")
    config = _read(config_file)
    options = config["http_options"] = {
        **config.get("http_options", {}),
        "host": host,
        "port": port,
    }
    if graph:
        _replace_graph(config, graph)
    stop = threading.Event()
    _stop_on_signals(stop)
    closed.keep_files_private(os.environ)
    with environment.scratch_folder() as folder:
        environment.apply(environment.COMMON | environment.CLOSED)
        if environment.is_loopback(host):
            environment.apply(environment.LOOPBACK)
        if haproxy and (problem := environment.haproxy_problem()):
            say(f"HAProxy cannot run here ({problem}); using Ray Serve's Python proxy")
            haproxy = False
        files = raise_file_limit()
        if haproxy:
            environment.apply(environment.HAPROXY | environment.private_haproxy(folder))
            # An operator's own HAProxy runs inside ours; see CHORALE_HAPROXY_BINARY.
            os.environ.update(environment.haproxy_door(host))
            options["host"] = _LOOPBACK
            wanted = Limits.of(os.environ).connections
            if (fitting := fitting_connections(wanted, files)) < wanted:
                say(f"{fitting} connections at a time: the limit of open files is {files}")
        _run(config, host, port, stop, say, profile=profile)


def _run(
    config: dict[str, Any],
    host: str,
    port: int,
    stop: threading.Event,
    say: Callable[[Any], None],
    *,
    profile: bool,
) -> None:
    laps = [("", time.perf_counter())]
    # Ray reads its switches when it is imported.
    import ray  # noqa: PLC0415
    from ray import serve  # noqa: PLC0415
    from ray._private.parameter import RayParams  # noqa: PLC0415
    from ray.serve._private.api import serve_start  # noqa: PLC0415
    from ray.serve.config import gRPCOptions  # noqa: PLC0415
    from ray.serve.schema import ServeDeploySchema  # noqa: PLC0415

    schema = ServeDeploySchema.model_validate(config)
    laps.append(("imports", time.perf_counter()))
    # `ray.init` takes no port for the node's agent. By default it is fixed, so only one of several
    # servers on a machine would have it, and the dashboards of the others would show no logs.
    started_with = partialmethod(RayParams.__init__, dashboard_agent_listen_port=0)
    setattr(RayParams, "__init__", started_with)  # noqa: B010 (a method that mypy holds fast)
    context = ray.init(
        address="local",
        namespace="serve",
        # Stages are placed by fractions of a core; a single core must still place them all.
        num_cpus=max(2, os.cpu_count() or 1),
        dashboard_host=_LOOPBACK,
        include_dashboard=True,
        log_to_driver=False,
        logging_level="warning",
    )
    laps.append(("ray", time.perf_counter()))
    _stop_on_signals(stop)  # ray.init put handlers of its own in place
    session = Path(ray._private.worker._global_node.get_session_dir_path())
    serving: list[str] = []
    try:
        dashboard = f"http://{context.dashboard_url}"
        say(f"Ray dashboard: {dashboard} (token: `ray get-auth-token`)")
        say(f"Serve's own view: RAY_AUTH_MODE=token serve status -a {dashboard}")
        client = serve_start(
            http_options=schema.http_options.model_dump(),
            proxy_location=schema.proxy_location,
            grpc_options=gRPCOptions(**schema.grpc_options.model_dump()),
            controller_options=schema.controller_options,
        )
        laps.append(("serve", time.perf_counter()))
        client.deploy_apps(schema, _blocking=False)
        _wait_until_ready(host, port, stop, serve.status)
        laps.append(("graph", time.perf_counter()))
        # What never served has nothing under way, and no gateway to ask.
        serving = [application.name for application in schema.applications]
        if not stop.is_set():
            say(f"Chorale speaks at http://{host}:{port}/v1 (API documents: /docs)")
            if profile:
                from serve_app.startup_table import startup_table  # noqa: PLC0415

                say(startup_table(laps, serving))
        stop.wait()
        say("stopping: requests under way are finished first")
    finally:
        # Ray prints that its controller was killed, which is what stopping it means.
        with contextlib.redirect_stdout(io.StringIO()):
            try:
                asyncio.run(_shut_down(serving, say))
            finally:
                ray.shutdown()
                closed.remove_session(session)
        say("stopped")


async def _shut_down(app_names: list[str], say: Callable[[Any], None]) -> None:
    from ray import serve  # noqa: PLC0415

    try:
        for name in app_names:
            await _drain(name, say)
    finally:
        await serve.shutdown_async()


async def _drain(app_name: str, say: Callable[[Any], None]) -> None:
    """Let the gateways refuse what is new and wait for what is under way.

    Serve's own shutdown stops all stages at once, which would cut a stream whose next phrases
    are not synthesised yet.
    """
    from ray import serve  # noqa: PLC0415
    from ray.serve.exceptions import DeploymentUnavailableError  # noqa: PLC0415

    gateways = serve.get_deployment_handle("Gateway", app_name)
    deadline = time.perf_counter() + _DRAIN_TIMEOUT
    while True:
        left: int | None = None  # a gateway that does not answer may have requests in hand
        try:
            counts = await gateways.broadcast("drain").results_async(
                timeout_s=5.0, return_exceptions=True
            )
            left = sum(count for count in counts if isinstance(count, int))
        except TimeoutError:
            pass
        except DeploymentUnavailableError:
            return  # the last gateway has just ended, with all it had in hand
        if left == 0:
            return
        if time.perf_counter() > deadline:
            what = "gateways do not answer" if left is None else f"{left} requests did not finish"
            say(f"{what} within {_DRAIN_TIMEOUT:.0f} s")
            return
        await asyncio.sleep(0.1)


def _stop_on_signals(stop: threading.Event) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())


def _wait_until_ready(
    host: str, port: int, stop: threading.Event, status: Callable[[], Any]
) -> None:
    where = f"[{host}]" if ":" in host else {"0.0.0.0": "127.0.0.1"}.get(host, host)  # noqa: S104
    deadline = time.perf_counter() + _START_TIMEOUT
    while not stop.is_set():
        try:
            with urllib.request.urlopen(f"http://{where}:{port}/readyz", timeout=2) as answer:
                if json.load(answer)["ready"]:
                    return
        except (OSError, ValueError):
            pass
        for name, app in status().applications.items():
            if app.status == "DEPLOY_FAILED":
                why = "; ".join(_reasons(app)) or app.message
                raise ConfigError(f"application {name!r} cannot be deployed: {why}")
        if time.perf_counter() > deadline:
            raise ConfigError(f"the server was not ready after {_START_TIMEOUT:.0f} s")
        stop.wait(0.3)


def _reasons(app: Any) -> list[str]:
    """What stopped each deployment: what its constructor raised, without the way there."""
    return [
        f"{name}: {reason}"
        for name, deployment in app.deployments.items()
        if deployment.status == "DEPLOY_FAILED" and (reason := raised(deployment.message))
    ]


_RAISED = re.compile(r"[\w.]+(Error|Exception|Exit|Interrupt): ")


def raised(message: str) -> str:
    """The last exception of a traceback in one line, without pydantic's addresses of pages."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    begins = [place for place, line in enumerate(lines) if _RAISED.match(line)]
    told = lines[begins[-1] if begins else -1 :]
    return " ".join(line for line in told if not line.startswith("For further information"))


def _replace_graph(config: dict[str, Any], graph: str) -> None:
    applications = config.get("applications", [])
    if len(applications) != 1:
        raise ConfigError("a graph can only be chosen for a configuration of one application")
    applications[0]["args"] = {**applications[0].get("args", {}), "config": graph}


def _read(path: Path) -> dict[str, Any]:
    try:
        config = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise ConfigError(f"serve configuration {path}: {error}") from error
    if not isinstance(config, dict):
        raise ConfigError(f"serve configuration {path} is not a mapping")
    return config
