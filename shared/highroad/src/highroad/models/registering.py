"""Bring the models of a run to the registry."""

from __future__ import annotations

from collections.abc import Iterator

from highroad.models.registry import ModelVersion, Registry
from highroad.tracking.comparing import flat
from highroad.tracking.record import DatasetUse, Record


def models_of(record: Record) -> list[DatasetUse]:
    """The models that a run saved."""
    return [use for use in record.outputs if use.model]


def register(record: Record, registry: Registry) -> Iterator[ModelVersion]:
    """Register each model that a run saved; one that is registered already stays as it is.

    Raises:
        DataError: The registry cannot be reached.
    """
    given = {key: value for key, value in flat(record.parameters).items() if value is not None}
    for use in models_of(record):
        yield registry.register(_version_of(use, record), given)


def _version_of(use: DatasetUse, record: Record) -> ModelVersion:
    about = use.model or {}
    return ModelVersion(
        about["name"],
        0,
        str(use.place),
        str(use.version),
        about["digest"],
        record.id,
        record.commit,
        about["saved_at"],
        {
            key: float(value)
            for key, value in flat(about["metrics"]).items()
            if isinstance(value, (int, float)) and not isinstance(value, bool)
        },
    )
