"""A lineage server that takes events as it is told to."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Lineage(ThreadingHTTPServer):
    """Keeps what is posted to it, and answers as told: with a status, raw bytes, late, or for ever."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.events: list[dict[str, Any]] = []
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        self.status = 201
        self.raw: bytes | None = None
        self.trickles = False
        self.hold = threading.Event()
        self.hold.set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: Lineage

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.hold.wait(300)
        self.server.requests.append((self.path, dict(self.headers), body))
        while self.server.trickles:
            self.wfile.write(b"H")
            time.sleep(0.1)
        if self.server.raw is not None:
            self.wfile.write(self.server.raw)
            return
        if 200 <= self.server.status < 300:
            self.server.events.append(json.loads(body))
        self.send_response(self.server.status)
        self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def serving() -> Iterator[Lineage]:
    """A server at work."""
    with Lineage() as found:
        thread = threading.Thread(target=found.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield found
        found.hold.set()
        found.shutdown()
        thread.join()
