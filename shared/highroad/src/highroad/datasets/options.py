"""Datasets that pass `**options` on to the class they extend."""

from __future__ import annotations

from typing import Any

from kedro_datasets.partitions import PartitionedDataset


class ExtendedPartitionedDataset(PartitionedDataset):
    """A `PartitionedDataset` whose subclasses take `**options` for it.

    Kedro keeps what a dataset was made with as one argument called `options`; a catalog written
    out again (`kedro catalog`, `DataCatalog.to_config`) would have that key, which no
    constructor takes, with the credentials in it.
    """

    def _init_config(self) -> dict[str, Any]:
        config: dict[str, Any] = super()._init_config()
        config.update(config.pop("options", {}))
        config.pop("metadata", None)
        return config
