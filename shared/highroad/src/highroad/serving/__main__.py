"""A service that says how it is: `python -m highroad.serving PACKAGE PORT`.

It stands where a project's API will: GET /health tells which release answers.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from highroad.errors import HighroadError
from highroad.serving import PATH, VARIABLE, serves_here
from highroad_workspace.threads import prepare

_TOLD = {
    "release": "HIGHROAD_RELEASE",
    "environment": "HIGHROAD_ENV",
    "image": "HIGHROAD_IMAGE",
    "commit": "HIGHROAD_COMMIT",
}


class Server(ThreadingHTTPServer):
    """A thread a connection; as many may wait as a balanced service gets at once."""

    daemon_threads = True
    request_queue_size = 128


def server_for(package: str, port: int, address: str = "0.0.0.0") -> Server:
    """A server that listens, for a project whose package can be imported."""
    importlib.import_module(package)
    told = {"project": package} | {key: os.environ.get(name, "") for key, name in _TOLD.items()}
    body = json.dumps({"status": "well"} | told).encode()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            found = self.path.partition("?")[0] == PATH
            self.send_response(HTTPStatus.OK if found else HTTPStatus.NOT_FOUND)
            answer = body if found else b'{"status": "not found", "try": "/health"}'
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: a line for each request is the front's."""

    return Server((address, port), Handler)


def main(package: str, port: str, address: str = "0.0.0.0") -> None:
    """Serve until told to stop: the project's model where it names one, else its health alone."""
    prepare()  # before the project's libraries load
    if VARIABLE in os.environ or "model" in serves_here():
        from highroad.serving.server import serve

        try:
            return serve(package, int(port), address)
        except HighroadError as error:
            print(f"error: {error}", file=sys.stderr)
            sys.exit(error.exit_code)
    with server_for(package, int(port)) as server:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(
                number, lambda *_: threading.Thread(target=server.shutdown, daemon=True).start()
            )
        server.serve_forever(poll_interval=0.05)


if __name__ == "__main__":
    main(*sys.argv[1:])
