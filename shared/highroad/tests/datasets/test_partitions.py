"""Landing zones and what is due again."""

from __future__ import annotations

import hashlib
import json
import os
from secrets import token_hex

import pandas as pd
import pytest
from conftest import write
from kedro.io import DatasetError

from highroad.datasets import ChangedPartitionsDataset, LandingZoneDataset
from highroad.products.commits import Facts
from highroad.products.store import Table
from highroad.products.tables import gather
from highroad.testing import DatasetContract, ReadOnlyDatasetContract

CSV = {"type": "pandas.CSVDataset", "save_args": {"index": False}}


@pytest.fixture
def zone(tmp_path):
    return LandingZoneDataset(
        path=f"{tmp_path}/zone", dataset=CSV, filename_suffix=".csv", manifest="manifest.json"
    )


@pytest.fixture
def changed(tmp_path):
    return lambda path=f"{tmp_path}/zone", **more: ChangedPartitionsDataset(
        path=path,
        dataset=CSV,
        filename_suffix=".csv",
        product_path=f"{tmp_path}/made",
        **{"ledger": f"{tmp_path}/own/ledger.json", "manifest": "manifest.json", **more},
    )


@pytest.fixture
def made(tmp_path):
    return Made(f"{tmp_path}/made")


class Made(Table):
    """The data product that is made from the drops, partitioned by `part`."""

    def save(self, parts):
        rows = gather(parts, ["part"])
        self.publish(rows, ["part"], Facts(verdict="pass", run=token_hex(4)), self.latest())


def drops(**values):
    return {name: pd.DataFrame({"a": [value]}) for name, value in values.items()}


def columns(partitions):
    return {name: load().to_dict("list") for name, load in partitions.items()}


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
        return columns(data)

    def saved(self, sample):
        return drops(m1=1)


class TestChangedPartitionsDataset(ReadOnlyDatasetContract):
    @pytest.fixture
    def dataset(self, zone, changed):
        zone.save(drops(m1=1))
        return changed()

    @pytest.fixture
    def absent(self, changed):
        return changed(path="/nowhere")

    @pytest.fixture
    def sample(self):
        return {"m1": {"a": [1]}}

    def loaded(self, data):
        return columns(data)


def test_an_equal_delivery_touches_no_file(zone, tmp_path):
    zone.save(drops(m1=1, m2=2))
    for name in ("m1", "m2"):
        os.utime(tmp_path / "zone" / f"{name}.csv", (0, 0))
    zone.save({**drops(m1=1), "m2": lambda: pd.DataFrame({"a": [3]})})
    assert (tmp_path / "zone" / "m1.csv").stat().st_mtime == 0
    assert (tmp_path / "zone" / "m2.csv").stat().st_mtime > 0


def test_it_remembers_how_many_rows_it_wrote(zone):
    assert zone.written_rows is None
    zone.save(drops(m1=1, m2=2))
    assert zone.written_rows == 2
    zone.save({**drops(m1=1), "m2": lambda: pd.DataFrame({"a": [3, 4, 5]})})
    assert zone.written_rows == 3
    zone.save({**drops(m1=1)})
    assert zone.written_rows == 0


def test_overwriting_a_landing_zone_is_refused(zone, tmp_path):
    with pytest.raises(DatasetError, match=r"overwrite: true .* would delete .*; expected false"):
        LandingZoneDataset(path=f"{tmp_path}/zone", dataset=CSV, overwrite=True)
    zone.save(drops(m1=1))
    zone.save(drops(m2=2))
    assert sorted(zone.load()) == ["m1", "m2"]


@pytest.mark.parametrize("suffix", ["", ".json"])
def test_a_manifest_that_would_be_a_drop_is_refused(tmp_path, suffix):
    with pytest.raises(DatasetError, match=r"manifest: 'm.json' would be taken for a drop"):
        LandingZoneDataset(
            path=f"{tmp_path}/zone", dataset=CSV, filename_suffix=suffix, manifest="m.json"
        )


def test_the_manifest_says_rows_and_content_of_every_drop(zone, tmp_path):
    zone.save(drops(m1=1, m2=2))
    path = tmp_path / "zone" / "manifest.json"
    first = json.loads(path.read_text())
    content = (tmp_path / "zone" / "m1.csv").read_bytes()
    assert first["m1"] == {"rows": 1, "sha256": hashlib.sha256(content).hexdigest()}
    os.utime(path, (0, 0))
    zone.save(drops(m1=1))
    assert path.stat().st_mtime == 0

    def broken():
        raise KeyError("source")

    with pytest.raises(DatasetError, match="source"):
        zone.save({**drops(m1=5), "m2": broken})
    second = json.loads(path.read_text())
    assert second["m1"] != first["m1"] and second["m2"] == first["m2"]


def test_a_drop_that_disagrees_with_the_manifest_is_refused(zone, changed, made, tmp_path):
    zone.save({"m1": pd.DataFrame({"a": [1, 2, 3]}), **drops(m2=2)})
    assert make(changed(), made) == ["m1", "m2"]
    path = tmp_path / "zone" / "m1.csv"
    whole = path.read_text()
    path.write_text(whole[: whole.rindex("3")])
    due = changed().load()
    assert sorted(due) == ["m1"]
    with pytest.raises(
        DatasetError,
        match=r"drop 'm1' has 2 rows, sha256 \w{12}…; expected 3 rows, sha256 \w{12}…, as .*zone/manifest\.json says\. "
        r"It was cut, changed or not delivered whole\. Ask the source",
    ):
        due["m1"]()
    path.write_text(whole)
    assert make(changed(), made) == []


def test_a_manifest_corrected_later_is_heeded(zone, changed, made, tmp_path):
    """The drop is the same, and what was made of it was wrong all along."""
    zone.save(drops(m1=1))
    assert make(changed(), made) == ["m1"]
    path = tmp_path / "zone" / "manifest.json"
    for entry in ({"rows": 2}, {"sha256": "0" * 64}):
        path.write_text(json.dumps({"m1": entry}))
        with pytest.raises(DatasetError, match=r"drop 'm1' has 1 rows, .*manifest\.json says"):
            make(changed(), made)
    path.write_text(json.dumps({"m1": {"rows": 1}}))
    assert make(changed(), made) == ["m1"]
    assert make(changed(), made) == []


def test_a_drop_that_cannot_be_read_is_first_one_that_is_not_what_was_promised(
    zone, changed, tmp_path
):
    zone.save(drops(m1=1))
    (tmp_path / "zone" / "m1.csv").write_text("")
    with pytest.raises(DatasetError, match=r"has sha256 .*; expected sha256 .*manifest\.json"):
        changed().load()["m1"]()
    with pytest.raises(DatasetError, match="No columns to parse"):
        changed(manifest=None).load()["m1"]()


def test_a_promised_drop_that_is_not_there_is_refused(zone, changed, made, tmp_path):
    zone.save(drops(m1=1, m2=2))
    (tmp_path / "zone" / "m1.csv").unlink()
    with pytest.raises(DatasetError, match=r"drop 'm1' is not in .*manifest\.json promises it"):
        make(changed(), made)
    zone.save(drops(m1=1))
    assert make(changed(), made) == ["m1", "m2"]
    (tmp_path / "zone" / "m1.csv").unlink()  # made already: archived, not missing
    assert make(changed(), made) == []


@pytest.mark.parametrize("text", ["[", "[1]", '{"m1": 3}', '{"m1": {"rows": "many"}}'])
def test_a_manifest_that_is_none_is_named(zone, changed, tmp_path, text):
    zone.save(drops(m1=1))
    (tmp_path / "zone" / "manifest.json").write_text(text)
    with pytest.raises(DatasetError, match=r"manifest\.json: .*expected a JSON object such as"):
        changed().load()


def test_without_a_manifest_drops_are_taken_as_they_are(zone, changed, made, tmp_path):
    zone.save(drops(m1=1))
    (tmp_path / "zone" / "manifest.json").unlink()
    (tmp_path / "zone" / "m1.csv").write_text("a\n2\n")
    assert make(changed(), made) == ["m1"]


def test_what_making_depends_on_beside_the_drops_makes_everything_due(
    zone, changed, made, tmp_path
):
    zone.save(drops(m1=1))
    airports = write(tmp_path / "airports.csv", "SJU,America/Puerto_Rico")

    def with_zone(zone_name):
        return changed(also={"zones": {"SJU": zone_name}}, also_files=[str(airports)])

    assert make(with_zone("America/Puerto_Rico"), made) == ["m1"]
    assert make(with_zone("America/Puerto_Rico"), made) == []
    assert make(with_zone("America/New_York"), made) == ["m1"]
    airports.write_text("SJU,America/New_York")
    assert make(with_zone("America/New_York"), made) == ["m1"]
    assert make(with_zone("America/New_York"), made) == []
    airports.unlink()
    with pytest.raises(DatasetError, match=r"also_files: no file '.*airports\.csv'"):
        with_zone("America/New_York").load()


def test_the_ledger_is_kept_out_of_what_is_made(zone, changed, made, tmp_path):
    zone.save(drops(m1=1))
    make(changed(), made)
    names = {path.name for path in (tmp_path / "made").iterdir()}
    assert names == {"_delta_log", "part-m1"}
    assert sorted(json.loads((tmp_path / "own" / "ledger.json").read_text())) == ["m1"]


def test_only_what_changed_is_due(zone, changed, made, tmp_path):
    zone.save(drops(m1=1, m2=2))
    assert make(changed(), made) == ["m1", "m2"]
    assert make(changed(), made) == []
    zone.save(drops(m2=3, m3=4))
    assert make(changed(), made) == ["m2", "m3"]
    made.open().delete("part = 'm1'")  # by hand: nobody can tell any more what is there
    assert make(changed(), made) == ["m1", "m2", "m3"]


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
    write(tmp_path / "own" / "ledger.json", "[")
    with pytest.raises(DatasetError, match="delete it and every partition is made again"):
        changed().load()
    with pytest.raises(DatasetError, match="save through LandingZoneDataset"):
        changed().save({})
