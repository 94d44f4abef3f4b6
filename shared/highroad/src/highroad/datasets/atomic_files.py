"""Files are written whole or not at all.

Every dataset of kedro-datasets saves through fsspec, so one file system makes all of them
atomic: it writes beside the target under a hidden name and renames when the file is closed
without an error. A kill, a full disk or an exception leaves the old file as it was. A kill
leaves the hidden file too, which `sweep` removes. What is true of remote stores stands in
`whole_objects`.
"""

from __future__ import annotations

import io
import logging
import os
import re
import secrets
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any, cast

import fsspec
from fsspec.implementations.local import LocalFileOpener, LocalFileSystem

from highroad.datasets import whole_objects
from highroad.datasets.unfinished import Opening

logger = logging.getLogger(__name__)
SUFFIX = ".partial"
A_DAY_S = 86_400.0
_PARTIAL = re.compile(r"\..+\.[0-9a-f]{8}\.partial")
# Windows refuses to replace a file that somebody reads; readers are quick.
_PAUSES_S = (0.05, 0.1, 0.2, 0.4, 0.8) if sys.platform == "win32" else ()


def install() -> None:
    """Make this the `file` protocol of the process, and remote uploads whole.

    Calling it again changes nothing.
    """
    for protocol in ("file", "local"):
        fsspec.register_implementation(protocol, AtomicLocalFileSystem, clobber=True)
    whole_objects.install()


def sweep(folder: str | Path, older_than_s: float = A_DAY_S) -> list[Path]:
    """Remove what killed writers left in a folder and below it.

    Args:
        folder: A local folder; of a URL, or where there is none, nothing is removed.
        older_than_s: How long ago a file was last written to, in seconds; one that a living
            writer is at is younger than that.

    Returns:
        The files that were removed.
    """
    if "://" in str(folder):
        return []
    removed = []
    for path in Path(folder).rglob(f".*{SUFFIX}"):
        try:
            if _PARTIAL.fullmatch(path.name) and time.time() - path.stat().st_mtime > older_than_s:
                path.unlink()
                removed.append(path)
        except OSError:  # another sweep was quicker, or it is not ours to remove
            continue
    return removed


class AtomicLocalFileSystem(LocalFileSystem):
    """fsspec's local file system with atomic writes. Appending and updating stay in place."""

    def open(self, path: str, mode: str = "rb", **options: Any) -> Any:
        if "b" in mode or not ({"w", "x"} & set(mode)):
            return super().open(path, mode, **options)
        text = {
            key: options.pop(key) for key in ("encoding", "errors", "newline") if key in options
        }
        return _AtomicText(self.open(path, mode.replace("t", "") + "b", **options), **text)

    def _open(
        self, path: str, mode: str = "rb", block_size: int | None = None, **options: Any
    ) -> Any:
        if mode not in ("wb", "xb") or not options.get("autocommit", True):
            return super()._open(path, mode, block_size, **options)
        path = self._strip_protocol(path)
        if self.auto_mkdir:
            self.makedirs(self._parent(path), exist_ok=True)
        if mode == "xb" and os.path.exists(path):
            raise FileExistsError(path)
        return _AtomicFile(path, "wb", fs=self, **options)


class _AtomicFile(LocalFileOpener):
    """A binary file that appears under its name when it is closed without an error."""

    def __init__(self, path: str, mode: str, **options: Any):
        self.target = os.path.realpath(path)
        self._opening = Opening()
        self._failure: BaseException | None = None
        folder, name = os.path.split(self.target)
        super().__init__(
            os.path.join(folder, f".{name}.{secrets.token_hex(4)}{SUFFIX}"), mode, **options
        )

    def write(self, *data: Any) -> Any:
        try:
            return super().write(*data)
        except BaseException as error:
            self._failure = error
            raise

    def close(self) -> None:
        if self.f.closed:
            return
        if failure := self._failure or self._opening.failure():
            logger.warning("%s is not written: %s was raised.", self.target, type(failure).__name__)
            self.abandon()
            return
        try:
            self.f.close()
            _replace(self.path, self.target)
        except BaseException:
            os.unlink(self.path)
            raise

    def abandon(self) -> None:
        """Close and forget what was written; the target stays as it was."""
        if not self.f.closed:
            try:
                self.f.close()
            except OSError:  # a full disk, say: what is thrown away need not be flushed
                pass
            finally:
                os.unlink(self.path)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            self.close()
        else:
            self.abandon()

    def __del__(self) -> None:
        """A file that nobody closed was not finished: forget it, where IOBase would close it."""
        if getattr(self, "f", None) is not None:
            self.abandon()


class _AtomicText(io.TextIOWrapper):
    """The text face of an atomic file; `with` must know of an error before the bytes are flushed."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            self.close()
        else:
            cast(_AtomicFile, self.buffer).abandon()

    def __del__(self) -> None:
        cast(_AtomicFile, self.buffer).abandon()


def _replace(written: str, target: str) -> None:
    for pause_s in _PAUSES_S:
        try:
            os.replace(written, target)
            return
        except PermissionError:
            time.sleep(pause_s)
    os.replace(written, target)
