"""Models that a run saved go to the registry when it has finished."""

from __future__ import annotations

import logging
import os
import threading
from contextlib import suppress

from highroad.tracking.record import Record

logger = logging.getLogger("highroad.run")


class ModelRegistration:
    """Bring the models of a run to the registry; where there are none, MLflow is not imported.

    Args:
        url: The registry.
    """

    def __init__(self, url: str):
        self._url = url
        self._owner = os.getpid()
        self._preparing: threading.Thread | None = None

    def prepare(self) -> None:
        """A model was saved: import what will be needed beside the nodes that are still to run."""
        if self._preparing is None and self._owner == os.getpid():  # no child of a run registers
            self._preparing = threading.Thread(target=_import, args=(self._url,), daemon=True)
            self._preparing.start()

    def register(self, record: Record) -> None:
        """Register the models of a run that finished; what goes wrong is a warning."""
        if not any(use.model for use in record.outputs):
            return
        if self._preparing is not None:  # two threads that import the same can meet half of it
            self._preparing.join()
        try:
            from highroad.models.registering import register
            from highroad.models.registry import Registry

            for version in register(record, Registry(self._url)):
                logger.info(
                    "%s is registered: %s",
                    version,
                    ", ".join(version.aliases) or "a newer one is the candidate",
                )
        except Exception as problem:
            logger.warning(
                "A model of this run is not registered: %s `highroad models register %s` does it later.",
                problem,
                record.id,
            )


def _import(url: str) -> None:
    from highroad.models.mlflow_client import import_mlflow

    with suppress(Exception):  # whoever registers meets it again, and says so
        import_mlflow(embedded=url.startswith("sqlite:"))
