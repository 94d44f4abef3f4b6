"""Every column gets a result; what cannot be compared says so and is no pass."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time, timedelta

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from conftest import write

from highroad.errors import ContractError, DataError
from highroad.products.contract import read_contract
from highroad.products.drift import (
    Limits,
    Thresholds,
    compare,
    compare_partitions,
    counting,
    profile_of,
    thresholds_of,
)
from highroad.products.drift.page import render
from highroad.products.drift.sources import table_of
from highroad.products.drift.workload import six_columns

from .conftest import ORDERS


def one(sample, reference, **limits):
    """The result of the only column; each side an Arrow array or values."""
    sides = [
        pa.table({"x": each if isinstance(each, pa.Array) else pa.array(each)})
        for each in (sample, reference)
    ]
    return compare(*sides, Thresholds(Limits(**limits))).columns[0]


def test_an_empty_sample_is_unknown_and_never_passes():
    reference = six_columns(1000)
    for against in (reference, profile_of(reference)):
        found = compare(reference.slice(0, 0), against)
        assert found.verdict == "unknown" and found.rows == 0
        assert {each.verdict for each in found.columns} == {"unknown"}
        assert all("has no rows" in each.says for each in found.columns)
        assert "no rows" in found.headline
    assert compare(reference, reference.slice(0, 0)).verdict == "unknown"
    assert compare(pa.table({}), pa.table({})).verdict == "unknown"


def test_too_few_rows_are_unknown():
    found = one([1.0] * 99, [1.0] * 500)
    assert found.verdict == "unknown" and "99 rows, fewer than 100" in found.says
    assert found.measures["psi"] == 0


def test_missing_other_kind_and_new_columns_are_reported():
    reference = pa.table({"gone": [1.0] * 200, "turned": [1.0] * 200, "kept": [1.0] * 200})
    sample = pa.table({"turned": ["1"] * 200, "kept": [1.0] * 200, "new": [1] * 200})
    found = compare(sample, reference)
    assert found.verdict == "fail"
    assert found.get("gone").verdict == "fail" and "missing" in found.get("gone").says
    assert "string now, it was double" in found.get("turned").says
    assert found.get("new").verdict == "not-checked"
    assert found.get("kept").verdict == "pass"


def test_the_same_kind_of_another_type_is_compared_and_noted():
    found = one(pa.array([1, 2] * 100, pa.int32()), pa.array([1, 2] * 100, pa.int64()))
    assert found.verdict == "pass" and "stored as int32, int64 before" in found.notes


def test_nulls_have_a_bin_and_a_limit_of_their_own():
    found = one([1.0] * 180 + [None] * 20, [1.0] * 200)
    assert found.measures["nulls"] == pytest.approx(0.1)
    assert found.exceeded[0] == "psi" or "nulls" in found.exceeded
    assert found.bins[-1] == {"bin": "(null)", "reference": 0, "sample": 20}
    assert (
        "10 % of rows are empty"
        in one([1.0] * 180 + [None] * 20, [1.0] * 200, psi=None, js=None).says
    )


def test_a_column_that_has_nothing_but_nulls_is_compared():
    found = one(pa.nulls(200), [1.0] * 200)
    assert found.verdict == "fail" and found.measures["ks"] is None
    same = one(pa.nulls(200, pa.float64()), pa.nulls(200, pa.float64()))
    assert same.verdict == "pass" and same.measures["psi"] == 0
    assert one(pa.nulls(200), ["a"] * 200).verdict == "fail"
    assert one(pa.nulls(200), pa.array([date(2013, 1, 1)] * 200)).verdict == "fail"


def test_nan_and_infinities_are_counted_apart():
    nan, inf = float("nan"), float("inf")
    found = one([1.0] * 150 + [nan] * 40 + [inf] * 10, [1.0] * 200)
    bins = {each["bin"]: each["sample"] for each in found.bins}
    assert (bins["NaN"], bins["inf"], bins["(null)"]) == (40, 10, 0)
    assert found.measures["wasserstein"] == inf and found.verdict == "fail"
    assert found.measures["nulls"] == 0
    assert (
        json.loads(json.dumps(found.facts(), allow_nan=False))["measures"]["wasserstein"] == "inf"
    )


@pytest.mark.parametrize("moved", [-1.0, 1.0, -1e-300, float("-inf")])
def test_a_constant_that_moves_either_way_is_seen(moved):
    assert one([moved] * 200, [0.0] * 200).measures["psi"] > 5


def test_new_and_vanished_categories():
    reference = ["a"] * 100 + ["b"] * 100
    found = one(["a"] * 100 + ["c"] * 100, reference)
    assert found.verdict == "fail" and "values unknown before are in 50 % of rows: c" in found.says
    assert "values of 50 % of rows before are gone" in found.says
    assert list(found.notes) == ["1 new: c", "1 vanished: b"]
    assert {each["bin"]: each["sample"] for each in found.bins} == {
        "a": 100, "b": 0, "(new)": 100, "(null)": 0,
    }  # fmt: skip


def categories(prefix, count, rows=10):
    return pa.array([f"{prefix}{each}" for each in range(count)] * rows)


def test_only_the_commonest_categories_are_named():
    values = pa.concat_arrays([categories("c", 3000, 2), pa.array(["often"] * 50)])
    profile = profile_of(pa.table({"x": values}))
    kept = profile.columns["x"]
    assert len(kept.counts) == 1000 and next(iter(kept.counts)) == "often"
    assert kept.distinct == 3001 and kept.rows == 6050
    long = profile_of(pa.table({"x": [f"{each:0100}" for each in range(999)]}))
    assert len(long.to_json()) < 40_000


@pytest.mark.parametrize("count", [2, 150, 2000, 20_000])
@pytest.mark.parametrize("against", ["table", "profile and table"])
def test_replaced_categories_are_drift_however_many_there_are(count, against):
    reference = pa.table({"x": categories("old", count, max(10, 200 // count))})
    sample = pa.table({"x": categories("new", count, max(10, 200 // count))})
    if against == "table":
        found = compare(sample, reference).columns[0]
    else:
        found = compare(sample, profile_of(reference), rows=lambda: reference).columns[0]
    assert found.verdict == "fail" and found.measures["psi"] + found.within.get("psi", 0) > 10
    assert found.measures["js"] + found.within.get("js", 0) > 0.99
    assert "100 % of rows" in found.says
    half = pa.table({"x": pa.concat_arrays([reference["x"].chunk(0), sample["x"].chunk(0)])})
    found = compare(half, reference).columns[0]
    assert found.verdict == "fail" and "values unknown before are in 50 % of rows" in found.says
    lost = compare(reference, half).columns[0]
    assert lost.verdict == "fail" and "values of 50 % of rows before are gone" in lost.says
    assert compare(reference, reference).columns[0].measures["psi"] == 0


def test_what_a_profile_does_not_name_is_read_from_the_tables_or_unknown():
    chance = np.random.default_rng(0)
    names = np.array([f"c{each}" for each in range(5000)])
    reference, sample = (pa.table({"x": names[chance.integers(0, 5000, 50_000)]}) for _ in "ab")
    profile = profile_of(reference)
    found = compare(sample, profile).columns[0]
    assert found.verdict == "unknown" and {"psi", "js"} <= set(found.undecided)
    assert "the profile does not name" in found.says and found.says.count("Undecided") == 1
    exact = compare(sample, reference).columns[0]
    assert exact.verdict == "pass" and not exact.within.get("psi")
    assert found.measures["psi"] <= exact.measures["psi"] + 0.02
    assert exact.measures["psi"] <= found.measures["psi"] + found.within["psi"]
    assert compare(sample, profile, rows=lambda: reference).columns[0].facts() == exact.facts()


def test_rare_categories_do_not_drift_by_chance_and_concentrated_ones_do():
    chance = np.random.default_rng(1)
    names = np.array([f"c{each}" for each in range(20_000)])
    reference, same = (pa.table({"x": names[chance.integers(0, 20_000, 60_000)]}) for _ in "ab")
    found = compare(same, reference).columns[0]
    assert found.verdict == "pass" and found.measures["psi"] < 0.05
    few = chance.integers(0, 20_000, 60_000)
    few[::2] = 17_000 + few[::2] % 10
    assert compare(pa.table({"x": names[few]}), reference).columns[0].verdict == "fail"
    shifted = (chance.random(60_000) ** 2 * 20_000).astype(int)
    assert compare(pa.table({"x": names[shifted]}), reference).columns[0].verdict == "fail"


def test_values_that_hardly_repeat_tell_nothing_and_do_not_pass():
    one, other = categories("a", 1000, 1), categories("b", 1000, 1)
    found = compare(pa.table({"x": one}), pa.table({"x": other})).columns[0]
    assert found.verdict == "unknown" and "chance alone explains 100 %" in found.says
    assert compare(pa.table({"x": one}), pa.table({"x": one})).columns[0].verdict == "pass"


def test_more_categories_than_are_counted_are_no_pass(monkeypatch):
    monkeypatch.setattr(counting, "MOST_COUNTED", 50)
    monkeypatch.setattr(counting, "_CATEGORY_PIECES", 1)
    many = pa.table({"x": categories("c", 500)})
    kept = profile_of(many).columns["x"]
    assert not kept.counts and kept.other == 5000 and kept.rough and kept.distinct == 500
    assert compare(many, profile_of(many)).verdict == "unknown"
    assert compare(many, many).verdict == "pass"
    few = profile_of(pa.table({"x": categories("d", 10, 50)}))
    found = compare(many, few).columns[0]
    assert found.verdict == "fail" and "values unknown before are in 100 %" in found.says


def test_booleans_dictionaries_and_views_are_categories():
    plain = pa.array(["a", None, "b"] * 100)
    for array in (
        plain.dictionary_encode(),
        plain.cast(pa.large_string()),
        plain.cast(pa.string_view()),
    ):
        assert one(array, plain).measures["psi"] == 0
    found = one([True] * 150 + [False] * 50, [False] * 150 + [True] * 50)
    assert found.kind == "category" and found.exceeded


def test_times_are_compared_by_hour_and_dates_by_weekday():
    start = datetime(2013, 1, 7, tzinfo=UTC)
    hourly = [start + timedelta(hours=each) for each in range(24 * 14)]
    later = [each + timedelta(days=28) for each in hourly]
    kind = pa.timestamp("us", tz="UTC")
    assert one(pa.array(later, kind), pa.array(hourly, kind)).measures["psi"] == 0
    nights = [each for each in hourly if each.hour < 6] * 4
    found = one(pa.array(nights, kind), pa.array(hourly, kind))
    assert found.verdict == "fail" and "h UTC" in found.says
    days = [each.date() for each in hourly]
    assert one(pa.array([date(2013, 1, 7)] * 200), pa.array(days)).exceeded
    midnights = [datetime(each.year, each.month, each.day) for each in days]
    found = one(pa.array(midnights), pa.array(midnights))
    assert found.measures["psi"] == 0 and found.bins[0]["bin"] == "Mon"
    clock = [time(each % 24) for each in range(240)]
    assert one(pa.array(clock), pa.array(clock)).measures["psi"] == 0


def test_nested_columns_say_that_only_nulls_were_compared():
    found = one(pa.array([[1]] * 200), pa.array([[2]] * 200))
    assert found.verdict == "not-checked" and "Only nulls" in found.says
    assert (
        one(pa.array([None] * 200, pa.list_(pa.int64())), pa.array([[2]] * 200)).verdict == "fail"
    )


def test_every_kind_of_table_gives_the_same(tmp_path):
    reference, sample = six_columns(3000), six_columns(2000, 1, shift=0.5)
    for place, rows in (("2013-01", sample.slice(0, 900)), ("2013-02", sample.slice(900))):
        (tmp_path / "hive" / f"month={place}").mkdir(parents=True)
        pq.write_table(rows, tmp_path / "hive" / f"month={place}" / "x.parquet", row_group_size=100)
    pq.write_table(sample, tmp_path / "x.parquet", row_group_size=100)
    profile = profile_of(reference)
    expected = compare(sample, profile).facts()["columns"]
    for data in (
        pl.from_arrow(sample),
        pl.from_arrow(sample).lazy(),
        str(tmp_path / "x.parquet"),
        [tmp_path / "x.parquet"],
        tmp_path / "hive",
    ):
        found = compare(data, profile, leave_out=["month"])
        for each in expected:
            for name, value in each["measures"].items():
                assert found.get(each["column"]).measures[name] == pytest.approx(value, abs=1e-9)
    frame = pd.DataFrame({"x": [1.0, None] * 100})
    assert compare(frame, frame).columns[0].reference["nulls"] == 100


@pytest.mark.parametrize("data", [3, object(), "nowhere", []])
def test_what_is_no_table_says_so(data):
    with pytest.raises(DataError):
        table_of(data)


def test_unreadable_files_say_so(tmp_path):
    (tmp_path / "empty").mkdir()
    write(tmp_path / "x.parquet", "not Parquet")
    for place, words in (("empty", "without Parquet files"), ("x.parquet", "not readable")):
        with pytest.raises(DataError, match=words):
            table_of(tmp_path / place)


def contract(tmp_path, text):
    return read_contract(write(tmp_path / "shop.orders.yaml", text))


def limited(tmp_path, column="", document=""):
    text = ORDERS.replace(
        "logicalTypeOptions: {minimum: 0}", f"logicalTypeOptions: {{minimum: 0}}{column}"
    )
    return thresholds_of(contract(tmp_path, text + document))


def test_limits_come_from_the_contract_and_add_up(tmp_path):
    found = limited(
        tmp_path,
        ", customProperties: [{property: highroad.drift, value: {psi: 0.1, ks: null}}]",
        "customProperties: [{property: highroad.drift, value: {severity: warning, ks: 0.3}}]\n",
    )
    price, buyer = found.of("price"), found.of("buyer")
    assert (price.psi, price.ks, price.severity) == (0.1, None, "warning")
    assert (buyer.psi, buyer.ks, buyer.severity) == (0.2, 0.3, "warning")
    assert set(found.personal) == {"buyer"}


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("{pis: 0.1}", "no limit 'pis'. Did you mean 'psi'"),
        ("{psi: lots}", "psi is 'lots'; expected a number"),
        ("{psi: -1}", "expected a number from 0"),
        ("{severity: fatal}", "expected error or warning"),
        ("0.2", "expected a mapping"),
    ],
)
def test_a_wrong_limit_is_named_with_its_line(tmp_path, value, words):
    with pytest.raises(ContractError) as caught:
        limited(
            tmp_path, document=f"customProperties: [{{property: highroad.drift, value: {value}}}]\n"
        )
    assert words in str(caught.value) and "shop.orders.yaml:" in str(caught.value)


def test_warnings_and_columns_without_a_verdict_do_not_block():
    sample, reference = pa.table({"x": [9.0] * 200}), pa.table({"x": [1.0] * 200})
    warned = compare(sample, reference, Thresholds(Limits(severity="warning")))
    assert warned.verdict == "warn" and not warned.faults
    found = compare(sample, reference, Thresholds(Limits(judged=False))).columns[0]
    assert found.verdict == "not-checked" and found.measures["psi"] > 0


def test_personal_values_show_nowhere():
    names = pa.table({"buyer": ["ann", "bob"] * 100})
    profile = profile_of(names, personal=["buyer"])
    found = compare(names, profile)
    assert "ann" not in profile.to_json() + found.to_json() + render(found)
    assert found.columns[0].verdict == "not-checked"
    both = compare(names, names, Thresholds(personal=["buyer"]))
    assert "ann" not in both.to_json() + render(both)


@pytest.fixture
def months() -> pa.Table:
    parts = [six_columns(500, place, shift=place / 2) for place in range(3)]
    return pa.concat_tables(
        part.append_column("month", pa.array([f"2013-0{place + 1}"] * 500))
        for place, part in enumerate(parts)
    )


def test_every_partition_against_one(months):
    found = compare_partitions(months, "month", "2013-01", name="shop.orders")
    assert list(found.partitions) == ["2013-02", "2013-03"] and found.verdict == "fail"
    normal = found.measured("wasserstein")["normal"]
    assert normal["2013-02"] == pytest.approx(0.5, abs=0.1)
    assert normal["2013-03"] == pytest.approx(1, abs=0.1)
    assert "month" not in found.columns
    assert found.table().splitlines()[1].split() == ["psi", "2013-02", "2013-03"]
    assert json.loads(found.to_json())["partitions"]["2013-03"]["verdict"] == "fail"
    for column, reference, words in (
        ("mnth", "2013-01", "mean 'month'"),
        ("month", "2014", "2013-01"),
    ):
        with pytest.raises(DataError, match=words):
            compare_partitions(months, column, reference)


def test_partitions_in_folders_give_the_same(months, tmp_path):
    for name in ("2013-01", "2013-02", "2013-03"):
        (tmp_path / f"month={name}").mkdir()
        rows = months.filter(pc.equal(months["month"], name)).drop_columns("month")
        pq.write_table(rows, tmp_path / f"month={name}" / "x.parquet", row_group_size=77)
    for only in ((), ("2013-03",)):
        a, b = (
            compare_partitions(each, "month", "2013-01", only=only) for each in (months, tmp_path)
        )
        assert a.partitions.keys() == b.partitions.keys() and len(a.partitions) == 2 - len(only)
        for name, row in a.measured("wasserstein").items():
            assert b.measured("wasserstein")[name] == pytest.approx(row)


def test_pages_load_nothing_and_escape_everything(months):
    evil = "<script>alert(1)</script>"
    found = compare(
        pa.table({evil: [evil] * 150 + ["b"] * 50, "n": np.arange(200.0)}),
        pa.table({evil: [evil] * 200, "n": np.arange(200.0) * 2}),
        name=evil,
    )
    for page in (render(found), render(compare_partitions(months, "month", "2013-01"))):
        assert evil not in page and "<script" not in page and "http" not in page
        assert page.count("<svg") == page.count("</svg>") > 1
        for part in page.split("<svg")[1:]:
            svg = "<svg" + part.partition("</svg>")[0] + "</svg>"
            for name in ("ref", "smp", "filled", "axis", "img"):
                svg = svg.replace(f"={name} ", f"='{name}' ")
            assert "nan" not in svg and "inf" not in svg.replace("infl", "")
    first = render(found)
    assert first.index(found.columns[0].column[:2].replace("<s", "&lt;s")) < first.index(
        "How this was measured"
    )


def test_the_result_states_how_it_was_measured():
    facts = compare(six_columns(200), six_columns(200, 1)).facts()
    assert facts["how"]["epsilon"] == 1e-4 and "base 2" in facts["how"]["js"]
    assert facts["mode"] == "both tables"
    assert all(len(each["bins"]) > 2 for each in facts["columns"])
