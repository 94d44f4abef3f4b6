"""Files of installed distributions."""

from __future__ import annotations

from pathlib import Path

import kedro
import pytest
from kedro.io import DatasetError

from highroad.datasets import PackagedDataset
from highroad.testing import DatasetContract

TEXT = {"type": "text.TextDataset"}


class TestPackagedDataset(DatasetContract):
    read_only = True

    @pytest.fixture
    def dataset(self):
        return PackagedDataset(distribution="kedro", file="kedro/py.typed", dataset=TEXT)

    @pytest.fixture
    def sample(self):
        return (Path(kedro.__file__).parent / "py.typed").read_text()


def test_a_missing_distribution_and_file_are_named():
    with pytest.raises(DatasetError, match="'nope' is not installed"):
        PackagedDataset(distribution="nope", file="x", dataset=TEXT).load()
    with pytest.raises(DatasetError, match="'kedro' has no file 'x'"):
        PackagedDataset(distribution="kedro", file="x", dataset=TEXT).load()


def test_it_is_read_only():
    with pytest.raises(DatasetError, match="read-only"):
        PackagedDataset(distribution="kedro", file="kedro/py.typed", dataset=TEXT).save("x")
