"""A real HTTP server that can misbehave."""

from http.server import BaseHTTPRequestHandler


class Site:
    """Files by path, and what the server does at the next requests for one, in order.

    break: ends in the middle. long, short: tells twice or half as many bytes as it sends. wrong:
    other bytes. whole: knows no ranges. other range: gives another one than it was asked for.
    endless, cut: tells no length and sends more, or half. A number is a status; a text with `:` a
    redirect.
    """

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.script: dict[str, list[str | int]] = {}
        self.headers: dict[str, str] = {}
        """Sent with every reply."""
        self.asked: list[tuple[str, str]] = []
        """Path and range of each request."""
        self.url = ""

    def ranges(self, path: str) -> list[str]:
        return [span for asked, span in self.asked if asked == path]


class Handler(BaseHTTPRequestHandler):
    site: Site

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        site, span = self.site, self.headers.get("Range", "")
        path = self.path.removeprefix(site.url)  # a proxy is asked for the whole address
        site.asked.append((path, span))
        acts = site.script.get(path)
        act = acts.pop(0) if acts else ""
        content = site.files.get(path)
        if isinstance(act, int) or content is None:
            self.send_response(act if isinstance(act, int) else 404)
            self.send_header("Retry-After", "7")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        if ":" in act:
            self.send_response(302)
            self.send_header("Location", act)
            for name, value in site.headers.items():
                self.send_header(name, value)
            self.end_headers()
            return
        if act == "wrong":
            content = bytes(byte ^ 255 for byte in content)
        begin = int(span.removeprefix("bytes=").rstrip("-") or 0) if act != "whole" else 0
        if act == "other range":
            begin -= 1
        if begin >= len(content) > 0 and span:
            self.send_error(416)
            return
        body = content[begin:]
        self.send_response(206 if span and act != "whole" else 200)
        if span and act != "whole":
            self.send_header("Content-Range", f"bytes {begin}-{len(content) - 1}/{len(content)}")
        told = {"long": 2 * len(body), "short": len(body) // 2}.get(act, len(body))
        if act not in {"endless", "cut"}:
            self.send_header("Content-Length", str(told))
        for name, value in site.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if act in {"break", "cut"} else body)
        if act == "endless":
            self.wfile.write(body)
        self.close_connection = True
