"""Every answered request, appended to a spool; each hour of it becomes Parquet in a process of its own.

What a killed process had answered within the last `FLUSH_S` seconds may be missing; one that is stopped loses
nothing.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import msgspec
from filelock import FileLock, Timeout

FLUSH_S = 1.0
MOST_BYTES = 256 * 1024
"""How much waits to be written, at most."""
MOST_SPOOLED = 128 * 1024**2
"""How large a spool becomes before the next one begins."""
SPOOL, LOCK = ".spool", ".lock"


class Header(msgspec.Struct, frozen=True):
    """What is true of every line of a spool.

    Attributes:
        facts: Of the release: `project`, `release`, `environment`, `image`, `commit`.
        model: `<project>.<name>`.
        version: Its number in the registry.
        run: Which made it.
        columns: Name and type of each input column.
    """

    facts: dict[str, str]
    model: str
    version: int
    run: str
    columns: list[tuple[str, str]]


class PredictionLog:
    """The log of one process.

    Args:
        place: The folder or URL of the log.
        header: What is true of every answer.
    """

    def __init__(self, place: str, header: Header):
        self._place, self._header = place, msgspec.json.encode(header) + b"\n"
        self._folder = spool_folder(place)
        self._folder.mkdir(parents=True, exist_ok=True)
        self._waiting: list[bytes] = []
        self._size = 0
        self._file: BinaryIO | None = None
        self._lock: FileLock | None = None
        self._hour = 0
        self.written = self.lost = 0
        self._compacting: subprocess.Popen[bytes] | None = None
        if any(self._folder.glob(f"*{SPOOL}")):  # of a process that was killed
            self._compact()

    def add(self, body: bytes, answer: bytes, rows: int) -> None:
        """Log a request and its answer, both JSON."""
        line = b'{"at":%d,"rows":%d,"request":%b,"answer":%b}\n' % (
            time.time_ns() // 1_000_000,
            rows,
            body.replace(b"\n", b" ").replace(b"\r", b" "),
            answer,
        )
        self._waiting.append(line)
        self._size += len(line)
        if self._size > MOST_BYTES:
            self.flush()

    def flush(self) -> None:
        """Write what waits. What cannot be written is counted as lost, for the service goes on."""
        waiting, self._waiting, self._size = self._waiting, [], 0
        hour = int(time.time() // 3600)
        try:
            if self._file is not None and (hour != self._hour or self._file.tell() > MOST_SPOOLED):
                self._close()
                if self._compacting is None or self._compacting.poll() is not None:
                    self._compact()  # it takes every closed spool; a running one leaves this to the next
            if waiting:
                self._open(hour).write(b"".join(waiting))
                self.written += len(waiting)
        except OSError as error:
            if not self.lost:
                print(f"{self._folder}: predictions are not logged: {error}", file=sys.stderr)
            self.lost += len(waiting)
            with suppress(OSError):
                self._close()

    def close(self) -> None:
        """Flush, and bring the log into Parquet."""
        self.flush()
        self._close()
        if self._compacting is not None:
            self._compacting.wait()
        if any(self._folder.glob(f"*{SPOOL}")):
            self._compact().wait()

    def _open(self, hour: int) -> BinaryIO:
        if self._file is None:
            stem = f"{time.time_ns():x}-{id(self):x}"
            self._lock = FileLock(self._folder / f"{stem}{LOCK}")
            self._lock.acquire(blocking=False)
            self._hour = hour
            self._file = (self._folder / f"{stem}{SPOOL}").open("ab", buffering=0)
            self._file.write(self._header)
        return self._file

    def _close(self) -> None:
        file, lock, self._file, self._lock = self._file, self._lock, None, None
        if file is not None:
            file.close()
        if lock is not None:
            lock.release()

    def _compact(self) -> subprocess.Popen[bytes]:
        words = [sys.executable, "-m", "highroad.serving.compaction", self._place]
        self._compacting = subprocess.Popen(words)
        return self._compacting


def spool_folder(place: str) -> Path:
    """Where the spools of a log are: beside it, or on this machine where it is remote."""
    if "://" not in place:
        return Path(place)
    name = place.replace("://", "-").replace("/", "-")
    return Path(tempfile.gettempdir(), "highroad-predictions", name)


def is_written(spool: Path) -> bool:
    """Whether a process still writes a spool."""
    lock = FileLock(spool.with_suffix(LOCK))
    try:
        lock.acquire(blocking=False)
    except Timeout:
        return True
    lock.release()
    return False
