"""Files of installed distributions."""

from __future__ import annotations

from pathlib import Path

import kedro
import pytest
from kedro.io import DatasetError

from highroad.testing import ReadOnlyDatasetContract
from highroad.testing.datasets import SECRET
from platform_extensions.datasets import PackagedDataset

TEXT = {"type": "text.TextDataset"}


class TestPackagedDataset(ReadOnlyDatasetContract):
    @pytest.fixture
    def dataset(self):
        return PackagedDataset(distribution="kedro", file="kedro/py.typed", dataset=TEXT)

    @pytest.fixture
    def absent(self):
        return PackagedDataset(distribution="kedro", file="kedro/nothing", dataset=TEXT)

    @pytest.fixture
    def sample(self):
        return (Path(kedro.__file__).parent / "py.typed").read_text()

    @pytest.fixture
    def with_credentials(self):
        inner = {**TEXT, "credentials": {"key": SECRET}}
        return PackagedDataset(distribution="kedro", file="kedro/py.typed", dataset=inner)


def test_a_missing_distribution_and_file_are_named():
    with pytest.raises(DatasetError, match="'nope' is not installed"):
        PackagedDataset(distribution="nope", file="x", dataset=TEXT).load()
    with pytest.raises(DatasetError, match="'kedro' has no file 'x'"):
        PackagedDataset(distribution="kedro", file="x", dataset=TEXT).load()


def test_it_is_read_only():
    with pytest.raises(DatasetError, match="read-only"):
        PackagedDataset(distribution="kedro", file="kedro/py.typed", dataset=TEXT).save("x")
