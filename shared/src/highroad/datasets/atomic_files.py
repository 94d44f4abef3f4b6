"""Local files are written whole or not at all.

Every dataset of kedro-datasets saves through fsspec, so one file system makes all of them
atomic: it writes beside the target under a hidden name and renames when the file is closed
without an error. A kill, a full disk or an exception leaves the old file as it was. Object
stores do this by themselves: an upload is visible when it is complete.
"""

from __future__ import annotations

import io
import os
import secrets
from types import TracebackType
from typing import Any, cast

import fsspec
from fsspec.implementations.local import LocalFileOpener, LocalFileSystem

SUFFIX = ".partial"


def install() -> None:
    """Make this the `file` protocol of the process. Calling it again changes nothing."""
    for protocol in ("file", "local"):
        fsspec.register_implementation(protocol, AtomicLocalFileSystem, clobber=True)


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
        folder, name = os.path.split(self.target)
        super().__init__(
            os.path.join(folder, f".{name}.{secrets.token_hex(4)}{SUFFIX}"), mode, **options
        )

    def close(self) -> None:
        if self.f.closed:
            return
        try:
            self.f.close()
        except BaseException:
            os.unlink(self.path)
            raise
        os.replace(self.path, self.target)

    def abandon(self) -> None:
        """Close and forget what was written; the target stays as it was."""
        if not self.f.closed:
            try:
                self.f.close()
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
