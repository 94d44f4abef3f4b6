"""Landing zones and what is due again."""

from __future__ import annotations

import os

import pandas as pd
import pytest
from kedro.io import DatasetError
from kedro_datasets.partitions import PartitionedDataset

from highroad.datasets import ChangedPartitionsDataset, LandingZoneDataset
from highroad.testing import DatasetContract

CSV = {"type": "pandas.CSVDataset", "save_args": {"index": False}}


@pytest.fixture
def zone(tmp_path):
    return LandingZoneDataset(path=f"{tmp_path}/zone", dataset=CSV, filename_suffix=".csv")


@pytest.fixture
def changed(tmp_path):
    return lambda **more: ChangedPartitionsDataset(
        path=f"{tmp_path}/zone",
        dataset=CSV,
        filename_suffix=".csv",
        made_path=f"{tmp_path}/made",
        made_suffix=".csv",
        **more,
    )


@pytest.fixture
def made(tmp_path):
    return PartitionedDataset(path=f"{tmp_path}/made", dataset=CSV, filename_suffix=".csv")


def drops(**values):
    return {name: pd.DataFrame({"a": [value]}) for name, value in values.items()}


def make(changed, made):
    """One run of a node that copies what is due; returns which partitions were."""
    due = {name: load() for name, load in changed.load().items()}
    if due:
        made.save(due)
    changed.confirm()
    return sorted(due)


class TestLandingZoneDataset(DatasetContract):
    @pytest.fixture
    def dataset(self, zone):
        return zone

    @pytest.fixture
    def sample(self):
        return {"m1": {"a": [1]}}

    def loaded(self, data):
        return {name: load() for name, load in data.items()}

    def test_round_trip(self, dataset, sample):
        dataset.save(drops(m1=1))
        assert dataset.load()["m1"]().to_dict("list") == sample["m1"]

    def test_exists_only_once_saved(self, dataset):
        assert not dataset.exists()
        dataset.save(drops(m1=1))
        assert dataset.exists()


def test_an_equal_delivery_touches_no_file(zone, tmp_path):
    zone.save(drops(m1=1, m2=2))
    for name in ("m1", "m2"):
        os.utime(tmp_path / "zone" / f"{name}.csv", (0, 0))
    zone.save({**drops(m1=1), "m2": lambda: pd.DataFrame({"a": [3]})})
    assert (tmp_path / "zone" / "m1.csv").stat().st_mtime == 0
    assert (tmp_path / "zone" / "m2.csv").stat().st_mtime > 0


def test_only_what_changed_is_due(zone, changed, made, tmp_path):
    zone.save(drops(m1=1, m2=2))
    assert make(changed(), made) == ["m1", "m2"]
    assert make(changed(), made) == []
    zone.save(drops(m2=3, m3=4))
    assert make(changed(), made) == ["m2", "m3"]
    (tmp_path / "made" / "m1.csv").unlink()
    assert make(changed(), made) == ["m1"]


def test_without_a_confirmation_it_stays_due(zone, changed, made):
    zone.save(drops(m1=1))
    made.save({name: load() for name, load in changed().load().items()})
    assert make(changed(), made) == ["m1"]


def test_a_changed_recipe_makes_everything_due(zone, changed, made, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "recipe_module.py").write_text("A = 1\n")
    zone.save(drops(m1=1))
    assert make(changed(recipe=["recipe_module"]), made) == ["m1"]
    assert make(changed(recipe=["recipe_module"]), made) == []
    (tmp_path / "recipe_module.py").write_text("A = 2\n")
    assert make(changed(recipe=["recipe_module"]), made) == ["m1"]


def test_errors_say_the_way_out(zone, changed, tmp_path):
    with pytest.raises(DatasetError, match="No partitions found"):
        changed().load()
    zone.save(drops(m1=1))
    with pytest.raises(DatasetError, match="no module 'nowhere'"):
        changed(recipe=["nowhere"]).load()
    (tmp_path / "made").mkdir()
    (tmp_path / "made" / ".highroad-made.json").write_text("[")
    with pytest.raises(DatasetError, match="delete it and every partition is made again"):
        changed().load()
    with pytest.raises(DatasetError, match="save through LandingZoneDataset"):
        changed().save({})
