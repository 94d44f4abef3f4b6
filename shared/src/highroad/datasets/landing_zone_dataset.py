"""A landing zone: drops that a source system delivers, rewritten only when they differ."""

from __future__ import annotations

from typing import Any

from kedro_datasets.partitions import PartitionedDataset


class LandingZoneDataset(PartitionedDataset):
    """A `PartitionedDataset` that leaves a drop alone when its content would be the same.

    A delivery that is repeated then changes no file, so nothing downstream is due again. All
    arguments are those of `PartitionedDataset`.
    """

    def save(self, data: dict[str, Any]) -> None:
        for partition, content in sorted(data.items()):
            if callable(content) and self._save_lazily:
                content = content()
            if not self._is_same(partition, content):
                super().save({partition: content})

    def _is_same(self, partition: str, content: Any) -> bool:
        path = self._partition_to_path(partition)
        if not self._filesystem.exists(path):
            return False
        return bool(self._filesystem.cat_file(path) == self._rendered(content))

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
