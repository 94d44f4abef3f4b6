"""What every dataset must do, as suites to inherit: subclass one and supply the fixtures."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
from kedro.io import AbstractDataset, DataCatalog, DatasetError

SECRET = "s3cret-4f1d"  # pragma: allowlist secret
Dataset = AbstractDataset[Any, Any]


class ReadOnlyDatasetContract:
    """What is there loads, what is not is an error, nothing is saved, and no secret is shown.

    A subclass supplies `dataset` (one that can be loaded), `absent` (one whose source is not
    there) and `sample`; where loaded data differ in form from the sample it overrides `loaded`.
    """

    @pytest.fixture
    def dataset(self) -> Dataset:
        raise NotImplementedError("supply a `dataset` fixture")

    @pytest.fixture
    def absent(self) -> Dataset:
        raise NotImplementedError("supply an `absent` fixture: a dataset whose source is not there")

    @pytest.fixture
    def sample(self) -> Any:
        raise NotImplementedError("supply a `sample` fixture")

    @pytest.fixture
    def with_credentials(self, dataset: Dataset) -> Dataset:
        """The dataset made anew with `SECRET` in its credentials.

        Override it where credentials are given in another way, as to a dataset within.
        """
        arguments = dict(getattr(dataset, "_init_args", {}))
        kinds = {each.name: each.kind for each in _parameters(dataset)}
        more = next((name for name in kinds if kinds[name] is inspect.Parameter.VAR_KEYWORD), None)
        if more is None and "credentials" not in kinds:
            pytest.skip(f"{type(dataset).__name__} takes no credentials")
        arguments.update(arguments.pop(more, {}) if more else {})
        return type(dataset)(**{**arguments, "credentials": {"key": SECRET}})

    def loaded(self, data: Any) -> Any:
        """What a load returns, in the form of `sample`."""
        return data

    def test_it_loads_what_is_there(self, dataset: Dataset, sample: Any) -> None:
        assert dataset.exists()
        assert self.loaded(dataset.load()) == sample

    def test_loading_nothing_is_a_dataset_error(self, absent: Dataset) -> None:
        assert not absent.exists()
        with pytest.raises(DatasetError):
            absent.load()

    def test_saving_is_a_dataset_error(self, dataset: Dataset, sample: Any) -> None:
        with pytest.raises(DatasetError):
            dataset.save(sample)

    def test_a_catalog_that_holds_it_can_be_written_and_read_again(
        self, with_credentials: Dataset
    ) -> None:
        catalog, credentials, *_ = DataCatalog({"it": with_credentials}).to_config()
        assert SECRET not in str(catalog) and SECRET in str(credentials)
        again = DataCatalog.from_config(catalog, credentials)["it"]
        assert again._describe() == with_credentials._describe()

    def test_no_credential_is_shown(self, with_credentials: Dataset) -> None:
        for shown in (with_credentials._describe(), str(with_credentials), repr(with_credentials)):
            assert SECRET not in str(shown)


class DatasetContract(ReadOnlyDatasetContract):
    """Round trip, existence, a missing source and no secret shown.

    A subclass supplies `dataset` (one that has nothing saved yet) and `sample`; where saved
    data differ in form from the sample it overrides `saved`, where loaded data do, `loaded`.
    """

    @pytest.fixture
    def absent(self, dataset: Dataset) -> Dataset:
        return dataset

    def saved(self, sample: Any) -> Any:
        """What is saved, of which a load returns the sample."""
        return sample

    def test_it_loads_what_is_there(self, dataset: Dataset, sample: Any) -> None:
        assert not dataset.exists()
        dataset.save(self.saved(sample))
        super().test_it_loads_what_is_there(dataset, sample)

    def test_saving_is_a_dataset_error(self, dataset: Dataset, sample: Any) -> None:
        """Of None, which is what a node returns by mistake."""
        with pytest.raises(DatasetError):
            dataset.save(None)


def _parameters(dataset: Dataset) -> list[inspect.Parameter]:
    return list(inspect.signature(type(dataset)).parameters.values())
