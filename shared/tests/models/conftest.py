"""Fitted models, a model dataset in a temporary store, and a registry of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from kedro.io import Version
from sklearn.linear_model import LogisticRegression

from conftest import PLATFORM, write
from highroad.config.platform import load_platform
from highroad.datasets import ModelDataset
from highroad.models.registry import ModelVersion, Registry

ROWS = 200


@pytest.fixture(scope="session")
def frame() -> pd.DataFrame:
    random = np.random.default_rng(0)
    return pd.DataFrame({"size": random.normal(0, 1, ROWS), "weight": random.random(ROWS) * 9 + 1})


@pytest.fixture(scope="session")
def target(frame: pd.DataFrame) -> pd.Series:
    return frame["size"] + frame["weight"] / 10 > 0.5


@pytest.fixture(scope="session")
def fitted(frame: pd.DataFrame, target: pd.Series) -> LogisticRegression:
    return LogisticRegression().fit(frame, target)


@pytest.fixture
def bundle(frame, target, fitted) -> dict:
    return {
        "model": fitted,
        "training_data": frame,
        "test_data": frame,
        "test_target": target,
        "metrics": {"test": {"auc": 0.9, "rows": ROWS}},
        "threshold": 0.25,
    }


@pytest.fixture
def settings(platform: Path) -> Callable[[str], None]:
    """Say more in platform.yml."""

    def say(text: str) -> None:
        write(platform / "platform.yml", PLATFORM + text)
        load_platform.cache_clear()

    load_platform.cache_clear()
    return say


@pytest.fixture
def dataset(platform: Path, settings) -> Callable[..., ModelDataset]:
    def make(stamp: str = "2026-01-01T00.00.00.000Z", **options) -> ModelDataset:
        return ModelDataset(
            filepath=str(platform.parent / "store" / "demo" / "06_models" / "classifier"),
            project="demo",
            platform_conf=str(platform),
            version=Version(None, stamp),
            **options,
        )

    return make


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(f"sqlite:///{tmp_path}/models.db")


@pytest.fixture
def saved(dataset, bundle) -> Callable[..., ModelVersion]:
    """Save a model as a run would, ready to be registered."""

    def save(number: int, **changes) -> ModelVersion:
        stamp = f"2026-01-{number:02d}T00.00.00.000Z"
        one = dataset(stamp)
        one.save(bundle | {"threshold": number / 100} | changes)
        return ModelVersion(
            one.name,
            0,
            one._filepath.as_posix(),
            stamp,
            one.manifest.digest,
            f"{number:032x}",
            "c" * 40,
            one.manifest.saved_at,
            {"test.auc": 0.9},
        )

    return save
