"""Profiles are small, versioned, and read back as they were."""

from __future__ import annotations

import json
from dataclasses import asdict
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from highroad.errors import DataError
from highroad.products.drift import (
    Profile,
    Provenance,
    compare,
    profile_of,
    profiling,
    read_profile,
)
from highroad.products.drift.cells import Cells
from highroad.products.drift.numbers import numbers_of
from highroad.products.drift.workload import six_columns

anything = st.lists(st.one_of(st.none(), st.floats(width=64)), max_size=200)


@settings(deadline=None)
@given(anything, anything)
def test_a_profile_read_back_compares_alike(reference, sample):
    rows = pa.table({"x": pa.array(sample, pa.float64())})
    profile = profile_of(pa.table({"x": pa.array(reference, pa.float64())}))
    again = Profile.from_json(profile.to_json(), "x.json")
    assert again.to_json() == profile.to_json()
    a, b = (compare(rows, each).columns[0] for each in (profile, again))
    assert a.bins == b.bins and a.verdict == b.verdict
    for name in ("psi", "js", "ks", "nulls"):
        one, other = a.measures[name], b.measures[name]
        assert one is other or one == pytest.approx(other, rel=1e-9)


def test_a_profile_is_small_and_says_where_it_is_from(tmp_path):
    about = Provenance("shop.orders", "7", "2013-01", "1.2.0", "abc", "2013-02-01T00:00:00Z")
    profile = profile_of(six_columns(100_000), about)
    assert len(profile.to_json()) < 40_000
    (tmp_path / "p.json").write_text(profile.to_json())
    assert read_profile(tmp_path / "p.json").provenance == about
    assert json.loads(profile.to_json())["provenance"] == asdict(about)
    assert str(about) == "shop.orders version 7 2013-01"


@settings(deadline=None)
@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=300))
def test_counts_mean_std_and_extremes_are_numpys(values):
    found = profile_of(pa.table({"x": values})).columns["x"]
    array = np.array(values)
    assert found.mean == pytest.approx(array.mean(), rel=1e-9, abs=1e-6)
    assert found.std == pytest.approx(array.std(), rel=1e-6, abs=1e-3)
    assert (found.cells.lowest, found.cells.highest) == (array.min(), array.max())
    assert found.cells.finite == len(values)
    for share in (0.1, 0.5, 0.9):
        assert found.quantile(share) == np.quantile(array, share, method="inverted_cdf")


@settings(deadline=None)
@given(
    st.lists(st.floats(allow_nan=True), max_size=200),
    st.lists(st.integers(0, 200), max_size=5),
)
def test_cells_of_pieces_add_up(values, cuts):
    knots = np.array([-1.5, 0.0, np.nextafter(0, 1), 3.0])
    whole, parts = Cells(knots), Cells(knots)
    whole.add(numbers_of(pa.array(values, pa.float64())))
    places = [0, *sorted(cuts), len(values)]
    for start, end in pairwise(places):
        parts.add(numbers_of(pa.array(values[start:end], pa.float64())))
    assert (whole.counts == parts.counts).all() and whole.rows == parts.rows == len(values)
    assert whole.counts[1] == values.count(-1.5)


def test_knots_of_a_part_of_the_rows_still_count_all_of_them(tmp_path, monkeypatch):
    table = six_columns(20_000)
    pq.write_table(table, tmp_path / "x.parquet", row_group_size=1000)
    whole = profile_of(table)
    monkeypatch.setattr(profiling, "SAMPLE", 4000)
    part = profile_of(tmp_path / "x.parquet")
    for name in ("normal", "heavy"):
        a, b = whole.columns[name], part.columns[name]
        assert a.rows == b.rows and a.mean == pytest.approx(b.mean)
        assert (a.cells.lowest, a.cells.highest) == (b.cells.lowest, b.cells.highest)
        assert b.quantile(0.5) == pytest.approx(a.quantile(0.5), abs=0.1)
    sample = six_columns(5000, 1, shift=0.2)
    exact = compare(sample, table).get("normal").measures["ks"]
    found = compare(sample, part).get("normal")
    assert found.measures["ks"] <= exact <= found.measures["ks"] + found.within["ks"]


def test_bin_edges_are_the_deciles_each_once():
    edges = profile_of(pa.table({"x": np.arange(1, 101)})).columns["x"].edges
    assert edges.tolist() == [10, 20, 30, 40, 50, 60, 70, 80, 90]
    edges = profile_of(pa.table({"x": [0.0] * 80 + [1.0] * 20})).columns["x"].edges
    assert edges.tolist() == [np.nextafter(0, -1), 0, 1]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "not JSON"),
        ("[]", "no reference profile"),
        ('{"a": 1}', "no reference profile"),
        ('{"highroad_profile": 99}', "format 99, this version reads 2"),
        ('{"highroad_profile": 2, "rows": 1, "columns": {"x": {"kind": "odd"}}}', "'x' is broken"),
        ('{"highroad_profile": 2, "columns": {}}', "broken profile"),
        ('{"highroad_profile": 2, "rows": 1, "provenance": {"by": 1}}', "broken profile"),
    ],
)
def test_what_is_no_profile_is_refused_with_its_file(text, words):
    with pytest.raises(DataError, match=words) as caught:
        Profile.from_json(text, "p.json")
    assert "p.json" in str(caught.value)


def test_a_profile_that_contradicts_itself_is_refused():
    facts = profile_of(six_columns(100)).facts()
    facts["columns"]["normal"]["at"][0] += 1
    with pytest.raises(DataError, match="'normal' is broken: its counts do not add up"):
        Profile.from_json(json.dumps(facts), "p.json")
