"""The portal: archives and the metadata document of a warm server, sizes of pages, and its start.

Bounds are figures of Spring Initializr 0.22, measured on a machine like this one, or what was promised instead.
"""

from __future__ import annotations

import http.client
import os
import signal
import statistics
import subprocess
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from measure import BIN, CLEAN, ROOT, Figure, find

ZIP = "/starter.zip?name=arrivals&kind=model"
FILES = 14
HTML = {"Accept": "text/html", "User-Agent": "Mozilla/5.0"}


def figures(folder: Path, smoke: bool) -> list[Figure]:
    """Each a figure against what it may be."""
    requests = 5 if smoke else 300
    env = {**os.environ, **CLEAN, "HIGHROAD_STORE": str(folder / "store")}
    (folder / "store").mkdir()
    with _portal(env) as (server, port):
        connection = http.client.HTTPConnection("127.0.0.1", port)
        _get(connection, "/")
        began = time.perf_counter()
        _get(connection, ZIP)
        first_ms = 1000 * (time.perf_counter() - began)
        for path in ("/", "/launch"):
            _get(connection, path)
        archive_ms, archive_cpu_ms = _timed(connection, server.pid, ZIP, requests)
        _, document_cpu_ms = _timed(connection, server.pid, "/metadata/client", requests)
        document = _get(connection, "/metadata/client")
        launcher = _get(connection, "/launch")
        home = _get(connection, "/")
        script = _get(connection, "/static/htmx.min.js")
        memory_mib = _memory_mib(server.pid)
        connection.close()
    return [
        _held("portal: first archive, after the first page", first_ms, 50, "ms"),
        _held("portal: archive, p50 at one client", archive_ms, 4, "ms"),
        _held("portal: archive, CPU a file of 14", archive_cpu_ms / FILES, 0.15, "ms"),
        _held("portal: metadata, compressed", _compressed_kb(document), 40, "kB"),
        _held("portal: metadata, CPU", document_cpu_ms, 0.5, "ms"),
        _held("portal: launcher's page", len(launcher) / 1000, 12, "kB"),
        _held("portal: launcher's scripts", len(script) / 1000, 40, "kB"),
        _held("portal: first page", len(home) / 1000, 50, "kB"),
        _held("portal: memory after that", memory_mib, 250, "MiB"),
        _held("`nox -s portal` to the first page, warm", _start_s(env), 3, "s"),
    ]


def _held(what: str, ours: float, bound: float, unit: str) -> Figure:
    return Figure(what, ours / bound, 1.0, ours, bound, unit)


@contextmanager
def _portal(env: dict[str, str]) -> Iterator[tuple[subprocess.Popen[str], int]]:
    words = [str(BIN / "highroad"), "portal", "--port", "0"]
    with subprocess.Popen(words, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield server, int(server.stdout.readline().split("/")[2].rpartition(":")[2])
        finally:
            server.terminate()


def _get(connection: http.client.HTTPConnection, path: str) -> bytes:
    connection.request("GET", path, headers=HTML)
    answer = connection.getresponse()
    content = answer.read()
    if answer.status != 200:
        raise SystemExit(f"{path}: {answer.status}: {content[-500:]!r}")
    return content


def _timed(
    connection: http.client.HTTPConnection, pid: int, path: str, requests: int
) -> tuple[float, float]:
    """Of one request: the median of the wall's milliseconds, and the server's CPU in milliseconds."""
    walls, before = [], _cpu_s(pid)
    for _ in range(requests):
        began = time.perf_counter()
        _get(connection, path)
        walls.append(1000 * (time.perf_counter() - began))
    return statistics.median(walls), 1000 * (_cpu_s(pid) - before) / requests


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _memory_mib(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024**2


def _compressed_kb(content: bytes) -> float:
    return len(zlib.compress(content)) / 1000


def _start_s(env: dict[str, str]) -> float:
    """From the command to the first page, the second time."""
    took = 0.0
    for _ in range(2):
        began = time.perf_counter()
        words = [find("nox"), "-s", "portal", "--", "--port", "0"]
        with subprocess.Popen(
            words,
            cwd=ROOT,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        ) as nox:
            assert nox.stdout is not None
            line = next(line for line in nox.stdout if line.startswith("http://"))
            connection = http.client.HTTPConnection(line.split("/")[2])
            _get(connection, "/")
            took = time.perf_counter() - began
            connection.close()
            os.killpg(nox.pid, signal.SIGTERM)
    return took
