"""Only the partitions that have to be made again.

Kedro's `IncrementalDataset` knows "newer than the last name"; it does not see a drop that was
corrected. This one compares contents.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from kedro.io import DatasetError

from highroad.datasets.manifest import Manifest, Promise, rows_in
from highroad.datasets.options import ExtendedPartitionedDataset
from highroad.products.store import Table


class ChangedPartitionsDataset(ExtendedPartitionedDataset):
    """Load the partitions whose content, or whose recipe, changed since they were last made.

    A partition is due when its made counterpart is missing, when its bytes differ from those
    it was made from, or when what its making depends on differs: the source of a recipe module,
    a value of `also`, a file of `also_files`. What it was made from is written into the ledger
    when the node that declares `confirms=` has saved its outputs, so a run that is killed makes
    them again.

    Args:
        path: The folder of the source partitions.
        dataset: The dataset of one source partition.
        product_path: The location of the data product that is made, one partition from each.
        ledger: The file that says what partitions were made from; not among what is made,
            which belongs to its consumers.
        recipe: Modules, by name, whose source takes part in the comparison.
        also: Named values that take part, such as `{time_zones: ${globals:time_zones}}`.
        also_files: Files whose content takes part.
        manifest: The name of a file in the folder that says what each partition holds, see
            `highroad.datasets.manifest`; one that disagrees is refused when it is loaded.
            Where there is no such file, partitions are taken as they are.
        **options: Everything else `PartitionedDataset` takes.
    """

    def __init__(
        self,
        *,
        path: str,
        dataset: dict[str, Any] | str,
        product_path: str,
        ledger: str,
        recipe: list[str] | None = None,
        also: dict[str, Any] | None = None,
        also_files: list[str] | None = None,
        manifest: str | None = None,
        **options: Any,
    ):
        super().__init__(path=path, dataset=dataset, **options)
        self._product = Table(product_path)
        self._ledger = ledger
        self._recipe = list(recipe or [])
        self._also = dict(also or {})
        self._also_files = list(also_files or [])
        self._manifest_name = manifest
        self._loaded: dict[str, str] = {}
        self._contents: dict[str, str] = {}
        self.loaded_rows = 0

    def load(self) -> dict[str, Callable[[], Any]]:
        self._invalidate_caches()
        if not self._list_partitions():
            raise DatasetError(f"No partitions found in '{self._path}'")
        made, recipe, promises = self._read_ledger(), self._recipe_hash(), self._promises()
        there = self._published()
        due: dict[str, Callable[[], Any]] = {}
        self._loaded, self._contents, self.loaded_rows = {}, {}, 0
        for path in self._list_partitions():
            partition, content = self._path_to_partition(path), self._content_hash(path)
            self._contents[partition] = content
            promise = promises.pop(partition, Promise(None, None))
            fingerprint = f"{recipe}:{content}"
            if promise.sha256 is None and promise.rows is not None:
                fingerprint += f":{promise.rows}"
            broken = promise.sha256 not in (None, content)
            if broken or made.get(partition) != fingerprint or not there & {partition, ""}:
                self._loaded[partition] = fingerprint
                due[partition] = partial(self._load_one, path, partition, promise, content)
        for partition in promises.keys() - made.keys():
            due[partition] = partial(self._refuse_absent, partition)
        return dict(sorted(due.items()))

    def save(self, data: dict[str, Any]) -> None:
        raise DatasetError(
            f"'{self._path}' is read through {type(self).__name__}; save through LandingZoneDataset."
        )

    def confirm(self) -> None:
        """Record what the loaded partitions were made from; Kedro calls it after the saves."""
        if self._loaded:
            ledger = {**self._read_ledger(), **self._loaded}
            if self._protocol == "file":
                Path(self._ledger).parent.mkdir(parents=True, exist_ok=True)
            text = json.dumps(ledger, indent=1, sort_keys=True) + "\n"
            self._filesystem.pipe_file(self._ledger, text.encode())
            self._loaded = {}

    def data_version(self) -> tuple[str, str]:
        """SHA-256 over the contents of all partitions, also of those that were not due."""
        text = json.dumps(self._contents, sort_keys=True)
        return "sha256", hashlib.sha256(text.encode()).hexdigest()

    @property
    def _manifest(self) -> Manifest:
        return Manifest(
            self._filesystem, f"{self._normalized_path.rstrip('/')}/{self._manifest_name}"
        )

    def _promises(self) -> dict[str, Promise]:
        return self._manifest.read() if self._manifest_name else {}

    def _load_one(self, path: str, partition: str, promise: Promise, content: str) -> Any:
        options = {**self._dataset_config, self._filepath_arg: self._join_protocol(path)}
        try:
            loaded = self._dataset_type(**options).load()
        except DatasetError:
            # A file that is not what was promised is that first, whatever it cannot be read for.
            self._manifest.refuse(partition, promise._replace(rows=None), Promise(None, content))
            raise
        rows = rows_in(loaded)
        self._manifest.refuse(partition, promise, Promise(rows, content))
        self.loaded_rows += rows or 0
        return loaded

    def _refuse_absent(self, partition: str) -> Any:
        raise DatasetError(
            f"drop '{partition}' is not in '{self._path}'; {self._manifest.path} promises it. "
            "Ask the source to deliver it, or delete its entry there."
        )

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

    def _published(self) -> set[str]:
        """The partitions the product has undamaged; "" stands for one that is published in one piece."""
        if not self._product.exists():
            return set()
        damaged = {each.partition for each in self._product.damage()}
        return set(self._product.facts().content or {}) - damaged

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
        if self._also:
            digest.update(json.dumps(self._also, sort_keys=True, default=str).encode())
        for path in self._also_files:
            if not self._filesystem.exists(path):
                raise DatasetError(
                    f"also_files: no file '{path}' to take part in the comparison; deliver it first."
                )
            digest.update(self._content_hash(path).encode())
        return digest.hexdigest()[:16]

    def _describe(self) -> dict[str, Any]:
        return {
            **super()._describe(),
            "product_path": self._product.uri,
            "ledger": self._ledger,
            "recipe": self._recipe,
            "also": sorted(self._also),
            "also_files": self._also_files,
            "manifest": self._manifest_name,
        }
