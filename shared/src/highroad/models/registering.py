"""Bring the models of a run to the registry."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from highroad.models import folder
from highroad.models.registry import ModelVersion, Registry
from highroad.tracking.comparing import flat
from highroad.tracking.record import DatasetUse, Record


def models_of(record: Record) -> list[DatasetUse]:
    """The models that a run saved."""
    return [use for use in record.outputs if use.model]


def register(record: Record, registry: Registry) -> Iterator[ModelVersion]:
    """Register each model that a run saved; one that is registered already stays as it is.

    Raises:
        DataError: The registry cannot be reached, or a model's files are gone.
    """
    given = {key: value for key, value in flat(record.parameters).items() if value is not None}
    for use in models_of(record):
        yield registry.register(_version_of(use, record), given)


def file_system(place: str) -> tuple[Any, str]:
    """What a place lies on, and its path there."""
    from fsspec.core import url_to_fs

    fs, path = url_to_fs(place)
    return fs, str(path)


def _version_of(use: DatasetUse, record: Record) -> ModelVersion:
    about = use.model or {}
    unregistered = ModelVersion(
        about["name"], 0, str(use.place), str(use.version), about["digest"], record.id, record.commit, ""
    )  # fmt: skip
    fs, path = file_system(unregistered.folder)
    manifest = folder.read_manifest(fs, path)
    measured = flat(json.loads(folder.read(fs, path, manifest, folder.METRICS)))
    numbers = {
        key: float(value)
        for key, value in measured.items()
        if isinstance(value, (int, float)) and not isinstance(value, bool)
    }
    return replace(unregistered, saved_at=manifest.saved_at, metrics=numbers)
