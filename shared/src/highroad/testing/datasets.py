"""What every dataset must do, as a suite to inherit: subclass it and supply the fixtures."""

from __future__ import annotations

from typing import Any

import pytest
from kedro.io import AbstractDataset, DatasetError


class DatasetContract:
    """Round trip, existence, a missing source and a description without secrets.

    A subclass supplies `dataset` (one that has nothing saved yet) and `sample`; where saved and
    loaded data differ in form it overrides `loaded`. Read-only datasets set `read_only`.
    """

    read_only = False

    @pytest.fixture
    def dataset(self) -> AbstractDataset[Any, Any]:
        raise NotImplementedError("supply a `dataset` fixture")

    @pytest.fixture
    def sample(self) -> Any:
        raise NotImplementedError("supply a `sample` fixture")

    def loaded(self, data: Any) -> Any:
        """What a load returns, in the form of `sample`."""
        return data

    def test_round_trip(self, dataset: AbstractDataset[Any, Any], sample: Any) -> None:
        if not self.read_only:
            dataset.save(sample)
        assert self.loaded(dataset.load()) == sample

    def test_exists_only_once_saved(self, dataset: AbstractDataset[Any, Any], sample: Any) -> None:
        if self.read_only:
            assert dataset.exists()
            return
        assert not dataset.exists()
        dataset.save(sample)
        assert dataset.exists()

    def test_loading_nothing_is_a_dataset_error(self, dataset: AbstractDataset[Any, Any]) -> None:
        if not self.read_only:
            with pytest.raises(DatasetError):
                dataset.load()

    def test_the_description_shows_no_credentials(self, dataset: AbstractDataset[Any, Any]) -> None:
        assert "credentials" not in dataset._describe()
