"""Calls every port that is open in this network namespace, as somebody who reached it would.

With a token as argument calls carry it. Prints what each port answered as JSON.
"""

import http.client
import json
import sys
import urllib.error
import urllib.request

import grpc
import psutil

CALLS = {
    "gcs": "/ray.rpc.NodeInfoGcsService/CheckAlive",
    "kv": "/ray.rpc.InternalKVGcsService/InternalKVKeys",
    "raylet": "/ray.rpc.NodeManagerService/GetNodeStats",
    "objects": "/ray.rpc.ObjectManagerService/Pull",
    "worker": "/ray.rpc.CoreWorkerService/GetCoreWorkerStats",
    "agent": "/ray.rpc.ReporterService/GetTraceback",
    "replica": "/ray.serve.ASGIService/HandleRequest",
    "replica_stream": "/ray.serve.ASGIService/HandleRequestStreaming",
}
SOMETHING = b"\n\x1c" + bytes(28) + b"\x12\x1c" + bytes(28)
"""Numbers of a node and an object, which the object manager wants to read; others skip them."""
JOB = json.dumps({"entrypoint": "true"}).encode()
QUESTIONS = {
    "/api/jobs/": JOB,
    "/api/job_agent/jobs/": JOB,
    "/api/v0/nodes": None,
    "/get_or_create_runtime_env": b"x",
}


def called(port: str, method: str, token: str) -> str:
    headers = [("authorization", f"Bearer {token}")] if token else []
    with grpc.insecure_channel(port, options=[("grpc.enable_http_proxy", 0)]) as channel:
        try:
            if method.endswith("Streaming"):
                list(channel.unary_stream(method)(SOMETHING, timeout=5, metadata=headers))
            else:
                channel.unary_unary(method)(SOMETHING, timeout=5, metadata=headers)
        except grpc.RpcError as error:
            return str(error.code().name)
    return "OK"


def asked(port: str, path: str, body: bytes | None, token: str) -> int:
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    question = urllib.request.Request(f"http://{port}{path}", data=body, headers=headers)
    try:
        with urllib.request.urlopen(question, timeout=10) as reply:  # noqa: S310
            # Exporters answer with metrics whatever is asked for.
            return 404 if b"# HELP" in reply.read() else int(reply.status)
    except urllib.error.HTTPError as error:
        return error.code
    except (OSError, ValueError, http.client.HTTPException):
        return 0


def main(token: str) -> None:
    ports = {}
    for item in psutil.net_connections("tcp"):
        if item.status == psutil.CONN_LISTEN:
            anywhere = {"0.0.0.0": "127.0.0.1", "::": "127.0.0.1"}  # noqa: S104
            host = anywhere.get(item.laddr.ip, item.laddr.ip)
            title = psutil.Process(item.pid).cmdline() if item.pid else ["unknown"]
            ports[f"[{host}]:{item.laddr.port}" if ":" in host else f"{host}:{item.laddr.port}"] = (
                " ".join(title)[:80]
            )
    answers = {
        port: {
            "process": process,
            **{name: called(port, method, token) for name, method in CALLS.items()},
            **{path: asked(port, path, body, token) for path, body in QUESTIONS.items()},
        }
        for port, process in ports.items()
    }
    print(json.dumps(answers))  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:] or [""])
