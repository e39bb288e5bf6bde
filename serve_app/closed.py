"""Who may reach what is served: Ray's token, and files for their owner alone.

Whoever reaches a Ray without tokens can run code on it: by its job API, its agents, and the calls
between stages, which are pickled. `build` therefore refuses to serve on one. docs/operations.md
tells who is turned away where.
"""

import os
import shutil
import time
from collections.abc import Mapping
from pathlib import Path

from speech.errors import ConfigError

_OWNER_ALONE = 0o077
_ANSWER_TIMEOUT = 10.0
_REMOVE_TIMEOUT = 10.0
"""Seconds in which the last processes of a session end and write no more."""
_OPEN = (
    "this Ray asks nobody for a token, so whoever reaches it can run code on it: start every node "
    "with RAY_AUTH_MODE=token (docs/operations.md), or set `allow_open_cluster: true` in the "
    "application's args if its network is closed to all others"
)


def keep_files_private(environment: Mapping[str, str]) -> None:
    """Let this process and all it starts make files that are for their owner alone.

    The token that an earlier start of Ray has left is made so, too.

    Raises:
        ConfigError: others can enter RAY_TMPDIR, or read a token that is not ours to close.
    """
    os.umask(_OWNER_ALONE)
    root = environment.get("RAY_TMPDIR")
    if root and Path(root).is_dir() and Path(root).stat().st_mode & _OWNER_ALONE:
        raise ConfigError(
            f"others can enter RAY_TMPDIR, {root}, and Ray lets them write to all that it keeps "
            "there: make it a folder of mode 0700"
        )
    token = Path(environment.get("RAY_AUTH_TOKEN_PATH") or Path.home() / ".ray" / "auth_token")
    if token.is_file() and token.stat().st_mode & _OWNER_ALONE:
        try:
            token.chmod(0o600)
        except OSError as error:
            raise ConfigError(
                f"Ray's token {token} can be read by others: {error.strerror}"
            ) from error


def refuse_open_cluster() -> None:
    """Look whether the running Ray answers who has no token. Without a Ray nothing is looked at.

    Raises:
        ConfigError: it does, or does not say.
    """
    import ray  # noqa: PLC0415 (slow, and the command line needs none)

    if ray.is_initialized() and _answers_without_token(ray.get_runtime_context().gcs_address):
        raise ConfigError(_OPEN)


def _answers_without_token(address: str) -> bool:
    """Ask Ray's head; what this process thinks of the mode says nothing about the head."""
    import grpc  # noqa: PLC0415
    from ray._common.tls_utils import load_certs_from_env  # noqa: PLC0415
    from ray.core.generated import gcs_service_pb2, gcs_service_pb2_grpc  # noqa: PLC0415

    options = [("grpc.enable_http_proxy", 0)]
    if os.environ.get("RAY_USE_TLS", "0").lower() in {"1", "true"}:
        chain, key, authority = load_certs_from_env()
        credentials = grpc.ssl_channel_credentials(authority, key, chain)
        channel = grpc.secure_channel(address, credentials, options=options)
    else:
        channel = grpc.insecure_channel(address, options=options)
    with channel:
        nodes = gcs_service_pb2_grpc.NodeInfoGcsServiceStub(channel)
        try:
            nodes.CheckAlive(gcs_service_pb2.CheckAliveRequest(), timeout=_ANSWER_TIMEOUT)
        except grpc.RpcError as error:
            if error.code() == grpc.StatusCode.UNAUTHENTICATED:
                return False
            raise ConfigError(
                f"Ray's head at {address} does not say whether it asks for a token: {error.code()}"
            ) from error
    return True


def remove_session(session: Path) -> None:
    """Remove a session that has ended, and the links Ray put beside it."""
    for link in session.parent.iterdir():
        if link.is_symlink() and link.readlink().is_relative_to(session):
            link.unlink()
    remove_folder(session)


def remove_folder(folder: Path) -> None:
    """Remove a folder in which processes that end may still write."""
    deadline = time.perf_counter() + _REMOVE_TIMEOUT
    while True:
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists() or time.perf_counter() > deadline:
            return
        time.sleep(0.1)
