"""A registry of images of its own, on this machine, for as long as a test takes."""

from __future__ import annotations

import http.client
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from highroad.errors import WorkspaceError

_CONFIG = """\
version: 0.1
log: {{level: warn}}
storage:
  filesystem: {{rootdirectory: {root}}}
  delete: {{enabled: true}}
http: {{addr: "{address}"}}
"""
_AUTH = """\
auth:
  htpasswd: {{realm: test, path: {file}}}
"""
_WITHIN_S = 20


def is_installed() -> bool:
    """Is the registry's program here? On Debian it is `docker-registry`."""
    return _program() is not None


@contextmanager
def serving(folder: Path, htpasswd: str = "") -> Iterator[str]:
    """Serve one; gives its `host:port`, which Docker takes without TLS.

    Args:
        folder: Where it keeps its blobs and what it says; made where it is missing.
        htpasswd: Lines of who may, with bcrypt; nothing: everyone may.

    Raises:
        WorkspaceError: It is not installed, or does not start.
    """
    found = _program()
    if found is None:
        raise WorkspaceError(
            "No registry is installed; on Debian: apt-get install docker-registry."
        )
    folder.mkdir(parents=True, exist_ok=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        host, port = free.getsockname()
    config, said = folder / "config.yml", folder / "log"
    text = _CONFIG.format(root=folder / "blobs", address=f"{host}:{port}")
    if htpasswd:
        (folder / "htpasswd").write_text(htpasswd, encoding="ascii")
        text += _AUTH.format(file=folder / "htpasswd")
    config.write_text(text, encoding="utf-8")
    with (
        said.open("wb") as log,
        subprocess.Popen([found, "serve", str(config)], stdout=log, stderr=log) as process,
    ):
        try:
            _wait(host, port, process, said)
            yield f"{host}:{port}"
        finally:
            process.kill()


def _wait(host: str, port: int, process: subprocess.Popen[bytes], said: Path) -> None:
    until = time.monotonic() + _WITHIN_S
    while time.monotonic() < until and process.poll() is None:
        connection = http.client.HTTPConnection(host, port, timeout=1)
        try:
            connection.request("GET", "/v2/")
            connection.getresponse()
            return
        except OSError:
            time.sleep(0.05)
        finally:
            connection.close()
    raise WorkspaceError(
        f"docker-registry does not start: {said.read_text(errors='replace')[-500:]}"
    )


def _program() -> str | None:
    return shutil.which("docker-registry")
