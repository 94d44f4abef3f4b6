"""A landing zone: drops that a source system delivers, rewritten only when they differ."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from kedro.io import DatasetError

from highroad.datasets.manifest import Manifest, Promise, rows_in, sha256
from highroad.datasets.options import ExtendedPartitionedDataset


class LandingZoneDataset(ExtendedPartitionedDataset):
    """A `PartitionedDataset` that leaves a drop alone when its content would be the same.

    A delivery that is repeated then changes no file, so nothing downstream is due again.

    Args:
        path: The folder of the drops.
        dataset: The dataset of one drop; it writes a single file.
        manifest: The name of a file in the folder that says what each drop holds, so that a
            reader knows a whole one; None writes none.
        **options: Everything else `PartitionedDataset` takes, except `overwrite`.

    Attributes:
        written_rows: How many rows the last save wrote, those of drops left alone not counted;
            None before a save, and where a drop is no table.

    Raises:
        DatasetError: `overwrite` is asked for, or the manifest's name is that of a drop.
    """

    def __init__(
        self,
        *,
        path: str,
        dataset: dict[str, Any] | str,
        manifest: str | None = None,
        **options: Any,
    ):
        if options.get("overwrite"):
            raise DatasetError(
                f"overwrite: true on the landing zone '{path}' would delete the drops that stay the "
                "same; expected false. Take it out, and delete drops by hand where they must go."
            )
        super().__init__(path=path, dataset=dataset, **options)
        if manifest and manifest.endswith(self._filename_suffix):
            raise DatasetError(
                f"manifest: '{manifest}' would be taken for a drop of '{path}', whose filename_suffix "
                f"is '{self._filename_suffix}'; expected another ending, such as manifest.json."
            )
        self._manifest_name = manifest
        self._saved: dict[str, str] = {}
        self.written_rows: int | None = None

    def save(self, data: dict[str, Any]) -> None:
        promises: dict[str, Promise] = {}
        self._saved = {}
        written: list[int | None] = []
        try:
            for partition, content in sorted(data.items()):
                if callable(content) and self._save_lazily:
                    content = content()
                rendered = self._rendered(content)
                if not self._is_same(partition, rendered):
                    self._write(partition, rendered)
                    written.append(rows_in(content))
                self._saved[partition] = sha256(rendered)
                promises[partition] = Promise(rows_in(content), self._saved[partition])
        finally:  # what was written before a failure is promised too
            if self._manifest_name:
                self._manifest.add(promises)
            self._invalidate_caches()
            known = [rows for rows in written if rows is not None]
            self.written_rows = sum(known) if len(known) == len(written) else None

    def data_version(self) -> tuple[str, str]:
        """SHA-256 over the contents of all drops that were delivered last."""
        return "sha256", sha256(json.dumps(self._saved, sort_keys=True).encode())

    @property
    def _manifest(self) -> Manifest:
        return Manifest(
            self._filesystem, f"{self._normalized_path.rstrip('/')}/{self._manifest_name}"
        )

    def _is_same(self, partition: str, rendered: bytes) -> bool:
        path = self._partition_to_path(partition)
        if not self._filesystem.exists(path):
            return False
        return bool(self._filesystem.cat_file(path) == rendered)

    def _write(self, partition: str, rendered: bytes) -> None:
        path = self._partition_to_path(partition)
        if self._protocol == "file":
            Path(path).parent.mkdir(parents=True, exist_ok=True)
        self._filesystem.pipe_file(path, rendered)

    def _rendered(self, content: Any) -> bytes:
        """The bytes the inner dataset would write, had by saving to fsspec's memory."""
        import fsspec

        memory = fsspec.filesystem("memory")
        path = f"/highroad-landing/{id(self)}/drop{self._filename_suffix}"
        options = {
            key: value for key, value in self._dataset_config.items() if key != "credentials"
        }
        self._dataset_type(**{**options, self._filepath_arg: f"memory://{path}"}).save(content)
        try:
            return bytes(memory.cat_file(path))
        finally:
            memory.rm(path)

    def _describe(self) -> dict[str, Any]:
        return {**super()._describe(), "manifest": self._manifest_name}
