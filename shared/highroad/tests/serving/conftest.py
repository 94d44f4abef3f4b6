"""A model of two classes in a folder of its own, ready to be served."""

from __future__ import annotations

import json
from pathlib import Path

import fsspec
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder

from highroad.models import folder
from highroad.models.onnx.export import export
from highroad.models.signature import signature_of
from highroad.serving.assignment import Assignment, settings_of

RANDOM = np.random.default_rng(0)
FRAME = pd.DataFrame(
    {
        "word": RANDOM.choice(["red", "green", "blue"], 300),
        "size": RANDOM.normal(0, 1, 300).round(3),
        "count": RANDOM.integers(0, 9, 300),
        "weight": np.where(RANDOM.random(300) < 0.1, np.nan, RANDOM.random(300)),
    }
)
TARGET = (FRAME["size"] + (FRAME["word"] == "red")) > 0.5


def write_model(place: Path, model, frame: pd.DataFrame, **beside) -> str:
    """Write what a service reads of a version; returns the manifest's digest."""
    table = pa.Table.from_pandas(frame, preserve_index=False)
    signature = signature_of(model, table)
    made = export(model, signature, [table], beside=beside)
    files = {
        folder.ONNX: made.onnx,
        folder.SERVING: made.serving,
        folder.SIGNATURE: json.dumps(signature.to_dict()).encode(),
        folder.METRICS: b"{}",
    }
    about = {"name": "demo.classifier", "kind": "skops", "is_bare": False}
    return folder.write(fsspec.filesystem("file"), str(place), files, about).digest


@pytest.fixture(scope="session")
def model():
    encode = make_column_transformer(
        (
            OrdinalEncoder(
                handle_unknown="use_encoded_value",
                unknown_value=np.nan,
                encoded_missing_value=np.nan,
            ),
            ["word"],
        ),
        remainder="passthrough",
    )
    trees = HistGradientBoostingClassifier(max_iter=10, categorical_features=[0])
    return make_pipeline(encode, trees).fit(FRAME, TARGET)


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory, model) -> tuple[Path, str]:
    """The model's folder, and the digest of its manifest."""
    place = tmp_path_factory.mktemp("served")
    return place, write_model(place, model, FRAME, threshold=0.3)


@pytest.fixture
def assignment(served, tmp_path):
    """What a service of the model is told; keywords are settings."""
    place, digest = served

    def make(**settings) -> Assignment:
        chosen = settings_of({"port": 8080, "model": "classifier"} | settings)
        return Assignment(
            "demo", chosen, "demo.classifier", 3, str(place), digest, "a" * 32, "c" * 40,
            "2026-01-01T00:00:00+00:00", str(tmp_path / "log"),
        )  # fmt: skip

    return make


def row(**changes) -> dict:
    """A row that keeps the contract, with changes; `...` leaves a column out."""
    found = {"word": "red", "size": 0.25, "count": 3, "weight": 0.5} | changes
    return {key: value for key, value in found.items() if value is not ...}
