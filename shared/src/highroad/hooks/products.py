"""Data products in a run: versions held from the start, contracts and ages checked before any node."""

from __future__ import annotations

import multiprocessing
import os
from typing import Any

from kedro.framework.hooks import hook_impl

from highroad.config.loader import PlatformConfigLoader
from highroad.errors import ConfigError

PRODUCTION = "prod"


class ProductsHook:
    """Settle on a version of every product that a run reads.

    Whatever breaks a contract or is older than promised stops the run before its first node.
    """

    @hook_impl
    def after_context_created(self, context: Any) -> None:
        loader = context.config_loader
        environment = loader.platform_env if isinstance(loader, PlatformConfigLoader) else ""
        off = os.environ.get("KEDRO_DATASET_VALIDATION", "").strip().lower() in (
            "0",
            "false",
            "off",
        )
        if off and environment == PRODUCTION:
            raise ConfigError(
                "KEDRO_DATASET_VALIDATION switches contracts off, which production does not allow; "
                "unset it, or run in another environment."
            )

    @hook_impl
    def before_pipeline_run(self, pipeline: Any, catalog: Any) -> None:
        names = sorted(name for name in pipeline.datasets() if "." in name)
        if not names:
            return
        from highroad.datasets.data_product_dataset import DataProductDataset

        _leave_forks()
        products = {name: catalog.get(name) for name in names}
        inputs, held = pipeline.inputs(), dict[str, int]()
        for name, dataset in products.items():
            if not isinstance(dataset, DataProductDataset):
                continue
            dataset.refresh()
            if name in inputs:
                held[dataset.product] = dataset.hold(held.get(dataset.product))
                dataset.require_fresh()


def _leave_forks() -> None:
    """Let `ParallelRunner` start its processes afresh: a table that is open cannot be forked.

    The store's client runs threads of its own, which a fork does not copy. What the user chose
    by KEDRO_MP_CONTEXT stays.
    """
    chosen = multiprocessing.get_start_method(allow_none=True)
    if (chosen or multiprocessing.get_all_start_methods()[0]) == "fork":
        os.environ.setdefault("KEDRO_MP_CONTEXT", "forkserver")


hook = ProductsHook()
