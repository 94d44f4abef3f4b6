"""Only the partitions that have to be made again.

Kedro's `IncrementalDataset` knows "newer than the last name"; it does not see a drop that was
corrected. This one compares contents.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kedro.io import DatasetError
from kedro_datasets.partitions import PartitionedDataset

LEDGER = ".highroad-made.json"


class ChangedPartitionsDataset(PartitionedDataset):
    """Load the partitions whose content, or whose recipe, changed since they were last made.

    A partition is due when its made counterpart is missing, when its bytes differ from those
    it was made from, or when the source of a recipe module differs. What it was made from is
    written into a ledger beside the made partitions when the node that declares
    `confirms=` has saved its outputs, so a run that is killed makes them again.

    Args:
        path: The folder of the source partitions.
        dataset: The dataset of one source partition.
        made_path: The folder of what is made, one partition from each.
        made_suffix: The file suffix there.
        recipe: Modules, by name, whose source takes part in the comparison.
        **options: Everything else `PartitionedDataset` takes.
    """

    def __init__(
        self,
        *,
        path: str,
        dataset: dict[str, Any] | str,
        made_path: str,
        made_suffix: str = ".parquet",
        recipe: list[str] | None = None,
        **options: Any,
    ):
        super().__init__(path=path, dataset=dataset, **options)
        self._made_path = made_path.rstrip("/")
        self._made_suffix = made_suffix
        self._recipe = list(recipe or [])
        self._loaded: dict[str, str] = {}

    def load(self) -> dict[str, Callable[[], Any]]:
        self._invalidate_caches()
        if not self._list_partitions():
            raise DatasetError(f"No partitions found in '{self._path}'")
        made = self._read_ledger()
        recipe = self._recipe_hash()
        due: dict[str, Callable[[], Any]] = {}
        self._loaded = {}
        for path in self._list_partitions():
            partition = self._path_to_partition(path)
            fingerprint = f"{recipe}:{self._content_hash(path)}"
            if made.get(partition) != fingerprint or not self._is_made(partition):
                self._loaded[partition] = fingerprint
                options = {**self._dataset_config, self._filepath_arg: self._join_protocol(path)}
                due[partition] = self._dataset_type(**options).load
        return due

    def save(self, data: dict[str, Any]) -> None:
        raise DatasetError(
            f"'{self._path}' is read through {type(self).__name__}; save through LandingZoneDataset."
        )

    def confirm(self) -> None:
        """Record what the loaded partitions were made from; Kedro calls it after the saves."""
        if self._loaded:
            ledger = {**self._read_ledger(), **self._loaded}
            with self._filesystem.open(self._ledger, "w") as file:
                json.dump(ledger, file, indent=1, sort_keys=True)
            self._loaded = {}

    @property
    def _ledger(self) -> str:
        return f"{self._made_path}/{LEDGER}"

    def _read_ledger(self) -> dict[str, str]:
        if not self._filesystem.exists(self._ledger):
            return {}
        try:
            content = json.loads(self._filesystem.cat_file(self._ledger))
            return {str(key): str(value) for key, value in content.items()}
        except (ValueError, AttributeError) as error:
            raise DatasetError(
                f"The ledger '{self._ledger}' is not the JSON object it should be; delete it and every "
                "partition is made again."
            ) from error

    def _is_made(self, partition: str) -> bool:
        return bool(self._filesystem.exists(f"{self._made_path}/{partition}{self._made_suffix}"))

    def _content_hash(self, path: str) -> str:
        digest = hashlib.sha256()
        with self._filesystem.open(path, "rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
        return digest.hexdigest()

    def _recipe_hash(self) -> str:
        digest = hashlib.sha256()
        for module in self._recipe:
            spec = importlib.util.find_spec(module)
            if spec is None or spec.origin is None:
                raise DatasetError(f"recipe: no module '{module}' to take part in the comparison.")
            digest.update(Path(spec.origin).read_bytes())
        return digest.hexdigest()[:16]

    def _describe(self) -> dict[str, Any]:
        return {**super()._describe(), "made_path": self._made_path, "recipe": self._recipe}
