"""A registry of images of its own, on this machine, for as long as a test takes."""

from __future__ import annotations

import http.client
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from highroad.errors import WorkspaceError
from highroad.testing.cleanup import at_end
from highroad.testing.ports import free_port
from highroad.waiting import wait_for

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
_WITHIN_S = 60


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
    host, port = "127.0.0.1", free_port()
    config, said = folder / "config.yml", folder / "log"
    text = _CONFIG.format(root=folder / "blobs", address=f"{host}:{port}")
    if htpasswd:
        (folder / "htpasswd").write_text(htpasswd, encoding="ascii")
        text += _AUTH.format(file=folder / "htpasswd")
    config.write_text(text, encoding="utf-8")
    with (
        said.open("wb") as log,
        subprocess.Popen([found, "serve", str(config)], stdout=log, stderr=log) as process,
        at_end('kill -KILL "$1"', str(process.pid)),
    ):
        try:
            _wait(host, port, process, said)
            yield f"{host}:{port}"
        finally:
            process.kill()


def _wait(host: str, port: int, process: subprocess.Popen[bytes], said: Path) -> None:
    became = f"did not answer within {_WITHIN_S} s"
    with suppress(TimeoutError):
        wait_for(lambda: process.poll() is not None or _answers(host, port), _WITHIN_S)
        if process.returncode is None:
            return
        became = f"ended with {process.returncode}"
    raise WorkspaceError(
        f"docker-registry at {host}:{port} {became}: {said.read_text(errors='replace')[-500:]}"
    )


def _answers(host: str, port: int) -> bool:
    connection = http.client.HTTPConnection(host, port, timeout=10)
    try:
        connection.request("GET", "/v2/")
        connection.getresponse()
    except OSError:
        return False
    finally:
        connection.close()
    return True


def _program() -> str | None:
    return shutil.which("docker-registry")
