"""A service finds its newest registered model by itself, where nothing but an image's files is."""

from __future__ import annotations

import os
import subprocess
import sys

import msgspec
import pytest
from conftest import write
from kedro.io import Version
from serving.conftest import FRAME, TARGET
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB

from highroad.config.platform import load_platform
from highroad.datasets import ModelDataset
from highroad.errors import ConfigError, DataError
from highroad.models.registry import ModelVersion, Registry
from highroad.serving.assignment import Assignment
from highroad.serving.choosing import choose

NUMBERS = FRAME[["size", "count"]]
SERVES = {"port": 8080, "model": "classifier"}


@pytest.fixture
def registered(platform):
    """Save and register a version."""
    load_platform.cache_clear()
    registry = Registry(load_platform(platform).models_url("base", platform.parent))

    def register(day: int, fitted) -> ModelVersion:
        stamp = f"2026-01-{day:02d}T00.00.00.000Z"
        place = platform.parent / "store" / "demo" / "06_models" / "classifier"
        one = ModelDataset(
            filepath=str(place), project="demo", platform_conf=str(platform), version=Version(None, stamp)
        )  # fmt: skip
        one.save({"model": fitted, "test_data": NUMBERS, "test_target": TARGET})
        facts = one.model_facts()
        return registry.register(
            ModelVersion(one.name, 0, str(place), stamp, facts["digest"], "a" * 32, "c" * 40, facts["saved_at"]),
            {},
        )  # fmt: skip

    yield register
    load_platform.cache_clear()


def test_the_newest_is_chosen_where_only_an_images_files_are(registered, platform):
    home = platform.parent / "projects" / "demo"
    write(
        home / "pyproject.toml", "[tool.highroad]\nserves = {port = 8080, model = 'classifier'}\n"
    )
    words = [sys.executable, "-m", "highroad.serving.choosing", "demo", "local"]
    env = os.environ | {"HIGHROAD_PLATFORM_CONF": str(platform)}
    done = subprocess.run(words, cwd=home, env=env, capture_output=True, text=True)
    assert done.returncode == 8 and "no model 'demo.classifier'" in done.stderr
    for day in (1, 2):
        newest = registered(day, LogisticRegression().fit(NUMBERS, TARGET))
    done = subprocess.run(words, cwd=home, env=env, capture_output=True, text=True, check=True)
    told = msgspec.json.decode(done.stdout, type=Assignment)
    assert (told.model, told.version, told.folder) == ("demo.classifier", 2, newest.folder)
    assert told.log == f"{platform.parent}/store/demo/07_model_output/predictions/classifier"
    assert choose("demo", SERVES, platform.parent, "base", "1").version == 1


def test_what_cannot_be_served_says_why(registered, platform):
    with pytest.raises(ConfigError, match="demo serves no model; expected serves"):
        choose("demo", {"port": 8080}, platform.parent, "base")
    registered(1, GaussianNB().fit(NUMBERS, TARGET))
    with pytest.raises(DataError, match="cannot be served: no ONNX: it is a GaussianNB"):
        choose("demo", SERVES, platform.parent, "base")
