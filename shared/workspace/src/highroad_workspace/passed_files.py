"""Files that passed a check before, by content: a linter without a cache reads only what changed."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class PassedFiles:
    """The files that a check passed, kept between runs.

    Args:
        record: The JSON file that keeps them; made where it is missing, ignored where it cannot be read.
        root: The folder that names are relative to.
        depends_on: Files that decide what the check looks for; when one changes, nothing has passed.

    Example:
        passed = PassedFiles(Path(".nox/lint/passed.json"), Path(), ["pyproject.toml"])
        if names := passed.others(["noxfile.py"]):
            session.run("codespell", *names)
        passed.add(names)
    """

    def __init__(self, record: Path, root: Path, depends_on: Sequence[str] = ()) -> None:
        self._record = record
        self._root = root
        self._settings = "".join(self._hash(name) for name in depends_on)
        self._hashes: dict[str, str] = {}
        try:
            kept = json.loads(record.read_text(encoding="utf-8"))
            if kept["settings"] == self._settings:
                self._hashes = dict(kept["files"])
        except (OSError, ValueError, KeyError, TypeError):
            pass  # nothing is known to have passed

    def others(self, names: Sequence[str]) -> list[str]:
        """The names whose content did not pass before, in their order."""
        return [name for name in names if self._hashes.get(name) != self._hash(name)]

    def add(self, names: Sequence[str]) -> None:
        """Record that these files passed as they are now."""
        self._hashes |= {name: self._hash(name) for name in names}
        self._record.parent.mkdir(parents=True, exist_ok=True)
        kept = {"settings": self._settings, "files": self._hashes}
        self._record.write_text(json.dumps(kept, indent=0, sort_keys=True), encoding="utf-8")

    def _hash(self, name: str) -> str:
        return hashlib.sha256((self._root / name).read_bytes()).hexdigest()
