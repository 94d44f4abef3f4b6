"""What a source says of its drops, in a file beside them: how many rows, which bytes.

A drop that is cut exactly between two lines is a sound file. Only who wrote it knows that rows
are missing, so many source systems deliver a manifest too:
`{"2013-01": {"rows": 27004, "sha256": "3f2a…"}}`. Either key may be left out.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from kedro.io import DatasetError

WAY_OUT = "Ask the source to deliver it again; where the file is right, correct or delete its entry there."


class Promise(NamedTuple):
    """What one drop should be; None where the source does not say."""

    rows: int | None
    sha256: str | None

    def as_json(self) -> dict[str, int | str]:
        """The entry of the file."""
        return {key: value for key, value in self._asdict().items() if value is not None}


class Manifest:
    """The manifest of one folder of drops.

    Args:
        files: The fsspec file system.
        path: The file's path on it.
    """

    def __init__(self, files: Any, path: str):
        self.path = path
        self._files = files

    def read(self) -> dict[str, Promise]:
        """What is promised, by drop; nothing where there is no manifest.

        Raises:
            DatasetError: It is no manifest; says what was expected.
        """
        if not self._files.exists(self.path):
            return {}
        try:
            content = json.loads(self._files.cat_file(self.path))
            return {drop: _promise(entry) for drop, entry in content.items()}
        except (ValueError, AttributeError, TypeError) as error:
            raise DatasetError(
                f"{self.path}: {error}; expected a JSON object such as "
                '{"2013-01": {"rows": 27004, "sha256": "…"}}. '
                "Correct it, or delete it to take the drops as they are."
            ) from error

    def add(self, promises: Mapping[str, Promise]) -> None:
        """Write down what drops are, keeping what is said of others; equal content stays as it is."""
        known = self.read()
        if promises and {**known, **promises} != known:
            said = {drop: each.as_json() for drop, each in {**known, **promises}.items()}
            text = json.dumps(said, indent=1, sort_keys=True) + "\n"
            self._files.pipe_file(self.path, text.encode())

    def refuse(self, drop: str, promise: Promise, found: Promise) -> None:
        """Compare a drop with what was promised.

        Raises:
            DatasetError: They differ; names the drop, the manifest, what was promised and found.
        """
        pairs = zip(promise, found, strict=True)
        if any(wanted is not None and wanted != has for wanted, has in pairs):
            raise DatasetError(
                f"drop '{drop}' has {_shown(found)}; expected {_shown(promise)}, as "
                f"{self.path} says. It was cut, changed or not delivered whole. {WAY_OUT}"
            )


def rows_in(content: Any) -> int | None:
    """How many rows a table has; None for what is no table."""
    return int(content.shape[0]) if hasattr(content, "shape") else None


def sha256(content: bytes) -> str:
    """The digest that manifests have, as hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def _promise(entry: Mapping[str, Any]) -> Promise:
    rows, digest = entry.get("rows"), entry.get("sha256")
    if not (rows is None or type(rows) is int) or not (digest is None or isinstance(digest, str)):
        raise ValueError(f"found {entry!r}")
    return Promise(rows, digest)


def _shown(promise: Promise) -> str:
    rows = [] if promise.rows is None else [f"{promise.rows:,} rows"]
    return ", ".join(rows + ([f"sha256 {promise.sha256[:12]}…"] if promise.sha256 else []))
