"""Kedro datasets that kedro-datasets lacks, one per module, imported when first asked for."""

from typing import TYPE_CHECKING, Any

import lazy_loader as lazy

if TYPE_CHECKING:
    from highroad.datasets.changed_partitions_dataset import ChangedPartitionsDataset
    from highroad.datasets.data_product_dataset import DataProductDataset
    from highroad.datasets.landing_zone_dataset import LandingZoneDataset
    from highroad.datasets.model_dataset import ModelDataset

__all__ = [
    "ChangedPartitionsDataset",
    "DataProductDataset",
    "LandingZoneDataset",
    "ModelDataset",
]

_attach: tuple[Any, Any, Any] = lazy.attach(
    __name__,
    submod_attrs={
        "changed_partitions_dataset": ["ChangedPartitionsDataset"],
        "data_product_dataset": ["DataProductDataset"],
        "landing_zone_dataset": ["LandingZoneDataset"],
        "model_dataset": ["ModelDataset"],
    },
)
__getattr__, __dir__, _ = _attach
