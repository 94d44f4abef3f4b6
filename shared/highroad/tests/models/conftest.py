"""Fitted models, a model dataset in a temporary store, and a registry of its own."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import PLATFORM, write
from kedro.io import Version
from products.conftest import ORDERS, orders
from sklearn.linear_model import LogisticRegression

from highroad.config.platform import Models, load_platform
from highroad.datasets import DataProductDataset, ModelDataset
from highroad.models.gates import Judge
from highroad.models.mlflow_client import client_of
from highroad.models.registry import ModelVersion, Registry
from highroad.models.sources import Sources
from highroad.tracking.record import DatasetUse

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
            **{"onnx": False} | options,
        )

    return make


@pytest.fixture(scope="session")
def empty_registry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """MLflow's file without a model: its migrations take seconds, a copy takes none."""
    file = tmp_path_factory.mktemp("registry") / "models.db"
    client_of(f"sqlite:///{file}")
    return file


@pytest.fixture
def registry(tmp_path: Path, empty_registry: Path) -> Registry:
    shutil.copy(empty_registry, tmp_path)
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


@pytest.fixture
def judge(platform, monkeypatch):
    write(platform / "contracts" / "shop.orders.yaml", ORDERS)
    monkeypatch.setenv("HIGHROAD_CLOCK", "2013-03-01T12:00:00Z")
    now = dt.datetime(2013, 3, 1, 12, tzinfo=dt.UTC)
    return Judge("roc_auc", 0.0, Models(oldest_data_days=45), platform, now)


@pytest.fixture
def sources(judge, platform):
    """Of a run that read one product, a day and a half ago."""
    product = DataProductDataset(
        product="shop.orders",
        store=str(platform.parent / "store"),
        platform_conf=str(platform),
        project="shop",
    )
    product.save(orders("2013-02", 1).assign(month="2013-02"))
    use = DatasetUse(
        "shop.orders@pandas", product._filepath, "delta", "0", 2, contract={"verdict": "pass"}
    )
    return Sources((use,), ())
