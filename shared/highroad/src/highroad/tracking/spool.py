"""What could not be delivered waits in files, one each, until it can."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

_SUFFIX = ".json"


class Spool:
    """A local folder of texts that wait; each is there whole or not at all.

    Args:
        folder: Made when something is first kept.
    """

    def __init__(self, folder: Path):
        self.folder = folder

    def keep(self, name: str, text: str) -> None:
        """Let a text wait, in place of an earlier one of this name.

        Raises:
            OSError: It cannot be written.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        partial = self.folder / f"{name}.{os.getpid()}.partial"
        try:
            partial.write_text(text, encoding="utf-8")
            partial.replace(self._path(name))
        except OSError:
            partial.unlink(missing_ok=True)
            raise

    def drop(self, name: str) -> None:
        """Take out what waits under this name, if anything does."""
        self._path(name).unlink(missing_ok=True)

    def waiting(self) -> list[Path]:
        """The files that wait, by their names."""
        try:
            return sorted(path for path in self.folder.iterdir() if path.suffix == _SUFFIX)
        except OSError:
            return []

    def deliver(self, send: Callable[[str, str], bool]) -> int:
        """Give each text that waits, and its place, to `send`; what it takes is taken out.

        Returns:
            How many were taken. What `send` raises ends the delivery.
        """
        delivered = 0
        for path in self.waiting():
            try:
                text = path.read_text(encoding="utf-8")
            except FileNotFoundError:  # another process was quicker
                continue
            if send(text, str(path)):
                path.unlink(missing_ok=True)
                delivered += 1
        return delivered

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}{_SUFFIX}"
