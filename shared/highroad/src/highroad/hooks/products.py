"""Data products in a run: versions held from the start, contracts and ages checked before any node."""

from __future__ import annotations

import inspect
import logging
import multiprocessing
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedro.framework.hooks import hook_impl
from kedro.io import MemoryDataset, SharedMemoryDataset

from highroad.config.entries import stem
from highroad.config.loader import PlatformConfigLoader
from highroad.errors import AccessError, CatalogError, ContractError, DataError, HighroadError
from highroad.hooks.run_summary import project_name
from highroad.products.enforcement import require_switchable
from highroad.runs import RunTask, current_task

if TYPE_CHECKING:
    from highroad.datasets.data_product_dataset import DataProductDataset
    from highroad.datasets.product_boundary import Boundary
    from highroad.tracking.pins import Pins

logger = logging.getLogger("highroad.products")
_IN_MEMORY = (MemoryDataset, SharedMemoryDataset)
"""Kedro's own; a subclass of them may hold anything."""


class ProductsHook:
    """Settle on a version of every product that a run reads.

    Whatever breaks a contract, is older than promised or goes past a product's gate stops the run before its first
    node. Where a
    scheduler runs the pipeline as several tasks, all of them read the version that the first of them settled
    on, or the one that a task before wrote.
    """

    def __init__(self) -> None:
        self._pins: Pins | None = None
        self._boundary: Boundary | None = None

    @hook_impl
    def after_context_created(self, context: Any) -> None:
        loader = context.config_loader
        self._pins = self._boundary = None
        if not isinstance(loader, PlatformConfigLoader):
            return
        if (task := current_task()) is not None:
            self._pins = pins_of(task, loader)
        require_switchable(loader.platform, loader.platform_env)
        from highroad.datasets.product_boundary import Boundary

        folders = (Path(context.project_path), Path.cwd())
        self._boundary = Boundary(loader, project_name(context), folders)

    @hook_impl
    def before_pipeline_run(self, pipeline: Any, catalog: Any) -> None:
        datasets = {
            name: catalog.get(name)
            for name in sorted(pipeline.datasets())
            if name in catalog and not name.startswith(("params:", "parameters"))
        }
        kept = {name: each for name, each in datasets.items() if type(each) not in _IN_MEMORY}
        if not kept:
            return
        from highroad.datasets.product_boundary import is_product

        if self._boundary is not None:
            breaches = [
                breach.what
                for name, dataset in kept.items()
                for breach in self._boundary.breaches(name, dataset)
            ]
            if breaches:
                raise CatalogError("\n".join(breaches))
        products = {name: each for name, each in kept.items() if is_product(each)}
        if products:
            _leave_forks()
        inputs, held = pipeline.inputs(), dict[str, int]()
        made = self._made() if products else {}
        for dataset in products.values():
            dataset.refresh()
        _require_allowed([each for name, each in products.items() if name in inputs])
        for name, dataset in products.items():
            if name not in inputs:
                dataset.require_contract()
                continue
            product = dataset.product
            version = held.get(product, made.get(product))
            held[product] = dataset.hold(version) if version is not None else self._settle(dataset)
            if product not in made:
                dataset.require_fresh()

    @hook_impl
    def after_node_run(self, node: Any, catalog: Any, outputs: dict[str, Any]) -> None:
        """Let a product know the last piece of what a node yields.

        Kedro saves each piece by itself, after this hook, and says of none that it is the last. The data
        stays what it is: each piece goes to the dataset together with that knowledge.
        """
        if not inspect.isgeneratorfunction(node.func):
            return
        from highroad.datasets.data_product_dataset import DataProductDataset
        from highroad.products.publishing import PieceStream

        for name, pieces in outputs.items():
            if isinstance(catalog.get(name), DataProductDataset):
                outputs[name] = iter(PieceStream(pieces))

    def _made(self) -> dict[str, int]:
        """Of products that earlier tasks of the run wrote, the version."""
        if self._pins is None:
            return {}
        try:
            wrote = self._pins.written("delta")
        except DataError as problem:
            logger.warning("What earlier tasks of this run wrote is not known: %s", problem)
            return {}
        return {stem(name): int(version) for name, version in wrote.items()}

    def _settle(self, dataset: DataProductDataset) -> int:
        """Hold the version that all tasks of the run read; without tasks, the latest."""
        latest = dataset.hold()
        if self._pins is None:
            return latest
        try:
            settled = int(self._pins.settle(dataset.product, str(latest)))
        except DataError as problem:
            logger.warning("Another task of this run may read another version: %s", problem)
            return latest
        if settled == latest:
            return latest
        dataset.refresh()
        return dataset.hold(settled)


def _require_allowed(inputs: Sequence[DataProductDataset]) -> None:
    """Refuse a run that may not read all of its inputs, with every one of them.

    Raises:
        HighroadError: The first refusal's family; its text has all of them.
    """
    refusals: list[HighroadError] = []
    for dataset in inputs:
        try:
            dataset.require_allowed()
        except (AccessError, ContractError) as refusal:
            refusals.append(refusal)
    if refusals:
        raise type(refusals[0])("\n".join(dict.fromkeys(map(str, refusals))))


def pins_of(task: RunTask, loader: PlatformConfigLoader) -> Pins:
    """What the tasks of a run settled on, in the record store of its environment."""
    from highroad.tracking.database import database_of
    from highroad.tracking.pins import Pins

    home = loader.platform_conf.parent
    url = loader.platform.records_url(loader.platform_env, home)
    return Pins(database_of(url, home), task.run)


def _leave_forks() -> None:
    """Let `ParallelRunner` start its processes afresh: a table that is open cannot be forked.

    The store's client runs threads of its own, which a fork does not copy. What the user chose
    by KEDRO_MP_CONTEXT stays.
    """
    chosen = multiprocessing.get_start_method(allow_none=True)
    if (chosen or multiprocessing.get_all_start_methods()[0]) == "fork":
        os.environ.setdefault("KEDRO_MP_CONTEXT", "forkserver")


hook = ProductsHook()
