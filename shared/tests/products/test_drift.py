"""Drift by effect size: exact against scipy, honest about what it cannot tell."""

from __future__ import annotations

import json
import math
import warnings
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest
import scipy.stats
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import write
from highroad.cli.commands import cli
from highroad.errors import ContractError, DataError
from highroad.products.contract import read_contract
from highroad.products.drift import Limits, Profile, compare, limits_of, profile_of
from highroad.products.drift.measures import jensen_shannon, psi
from highroad.products.drift.page import render

from .conftest import ORDERS, orders

values = st.lists(
    st.one_of(st.integers(-50, 50).map(float), st.floats(-1e6, 1e6), st.sampled_from([0.0, -0.0, 7.0])),
    min_size=1,
    max_size=60,
)  # fmt: skip


def column(report, name="v"):
    (found,) = [each for each in report.columns if each.column == name]
    return found


def table(numbers, kind=None) -> pa.Table:
    return pa.table({"v": pa.array(numbers, kind)})


@settings(deadline=None)
@given(values, values)
def test_ks_and_wasserstein_are_scipys(one, other):
    found = column(compare(table(other, pa.float64()), table(one, pa.float64())))
    with np.errstate(all="ignore"), warnings.catch_warnings(action="ignore"):
        expected = scipy.stats.ks_2samp(one, other, method="asymp").statistic
    assert found.ks == pytest.approx(expected, abs=1e-9)
    expected = scipy.stats.wasserstein_distance(one, other)
    assert found.wasserstein == pytest.approx(expected, rel=1e-6, abs=1e-9)


@settings(deadline=None)
@given(values, st.randoms())
def test_the_same_rows_in_any_order_have_not_moved(numbers, chance):
    mixed = list(numbers)
    chance.shuffle(mixed)
    for reference in (table(numbers, pa.float64()), profile_of(table(numbers, pa.float64()))):
        found = column(compare(table(mixed, pa.float64()), reference))
        assert found.psi == found.js == pytest.approx(0)
        assert found.verdict == "stable"


counts = st.lists(st.integers(0, 1000), min_size=3, max_size=3).filter(any).map(np.array)


@given(counts, counts)
def test_psi_and_js_are_symmetric_and_js_is_scipys(one, other):
    assert psi(one, other) == pytest.approx(psi(other, one)) and psi(one, other) >= 0
    expected = scipy.spatial.distance.jensenshannon(one, other, base=2)
    assert jensen_shannon(one, other) == pytest.approx(np.nan_to_num(expected), abs=1e-6)


def test_a_profile_tells_nearly_what_the_table_tells():
    random = np.random.default_rng(0)
    reference, sample = random.gamma(2, 10, 50_000), random.gamma(2.4, 10, 50_000)
    exact = column(compare(table(sample), table(reference)))
    from_profile = column(compare(table(sample), profile_of(table(reference))))
    assert from_profile.ks == pytest.approx(exact.ks, abs=0.01)
    assert from_profile.wasserstein == pytest.approx(exact.wasserstein, rel=0.05)
    assert (from_profile.psi, from_profile.js) == (exact.psi, exact.js)


def test_a_farther_shift_is_a_larger_drift():
    start = np.random.default_rng(1).normal(0, 1, 5_000)
    found = [column(compare(table(start + shift), table(start))) for shift in (0, 0.2, 0.5, 1.0)]
    for measure in ("psi", "js", "ks", "wasserstein"):
        told = [getattr(each, measure) for each in found]
        assert told == sorted(told) and told[0] < told[-1]
    assert found[2].wasserstein == pytest.approx(0.5)
    assert found[2].wasserstein_std == pytest.approx(0.5, rel=0.02)


def test_nulls_and_nan_have_bins_of_their_own():
    start = table([1.0, 2.0, 3.0, 4.0] * 25)
    holed = pa.table({"v": pa.array([1.0, None, 3.0, None] * 25)})
    found = column(compare(holed, start))
    assert found.verdict == "drifted" and found.nulls == (0.0, 0.5) and "psi" in found.reason
    nan = column(compare(table([1.0, math.nan, 3.0, math.nan] * 25), start))
    assert nan.verdict == "drifted" and nan.nulls == (0.0, 0.0)
    assert nan.sample[-1] == 0.5 and nan.labels[-1] == "NaN"


def test_categories_that_vanish_and_appear():
    start = pa.table({"v": ["a"] * 50 + ["b"] * 50})
    found = column(compare(pa.table({"v": ["a"] * 50 + ["c"] * 50}), start))
    assert found.verdict == "drifted" and found.labels == ("a", "b", "other", "null")
    assert found.sample == (0.5, 0.0, 0.5, 0.0)
    assert column(compare(pa.table({"v": ["b", "a"] * 7}), start)).psi == pytest.approx(0)


def test_without_values_nothing_is_known_and_that_is_no_pass():
    for one, other in (
        (table([], pa.float64()), table([1.0])),
        (table([1.0]), table([], pa.float64())),
    ):
        report = compare(other, one)
        assert report.verdict == "unknown" and "has no values" in column(report).reason


def test_columns_that_go_come_or_change_are_told():
    start = pa.table({"a": [1], "b": [1], "c": ["x"]})
    report = compare(pa.table({"a": ["one"], "c": ["x"], "d": [1]}), start)
    told = {each.column: (each.verdict, each.reason) for each in report.columns}
    assert told["a"] == ("drifted", "is string now") and told["b"] == (
        "drifted",
        "not in the sample",
    )
    assert told["d"] == ("unknown", "not in the reference") and told["c"][0] == "stable"


def test_constants_infinities_and_times():
    assert column(compare(table([5.0] * 9), table([5.0] * 4))).wasserstein == 0
    ends = table([-math.inf, 1.0, math.inf])
    assert column(compare(ends, ends)).wasserstein == 0
    days = [datetime(2013, 1, day, tzinfo=UTC) for day in range(1, 11)]
    later = pa.table({"v": pa.array([day + timedelta(hours=1) for day in days])})
    assert column(compare(later, pa.table({"v": pa.array(days)}))).wasserstein == pytest.approx(
        3600
    )


def test_a_profile_is_small_and_survives_json():
    random = np.random.default_rng(2)
    rows = pa.table({"n": random.normal(size=10_000), "c": random.choice(list("abc"), 10_000),
                     "i": [math.inf, math.nan, *range(9_998)]})  # fmt: skip
    profile = profile_of(rows, "January")
    text = profile.to_json()
    assert len(text) < 20_000 and Profile.from_json(text) == profile
    for bad in ("{}", "no", json.dumps({"format": 99})):
        with pytest.raises(DataError, match="no drift profile"):
            Profile.from_json(bad)


def test_limits_come_from_the_contract(tmp_path):
    path = write(tmp_path / "shop.orders.yaml", ORDERS.replace(
        "logicalTypeOptions: {minimum: 0}}",
        "logicalTypeOptions: {minimum: 0}, customProperties: [{property: highroad.drift, value: {psi: null, ks: 0.5}}]}"))  # fmt: skip
    limits = limits_of(read_contract(path))
    assert limits["price"] == Limits(psi=None, ks=0.5) and limits["id"] == Limits()
    write(path, path.read_text().replace("ks: 0.5", "kss: 0.5"))
    with pytest.raises(ContractError, match="no measure kss"):
        limits_of(read_contract(path))


def test_the_page_is_whole_by_itself():
    start = pa.table({"v<b>": list(range(100)), "c": ["<i>"] * 100})
    page = render(
        [compare(pa.table({"v<b>": list(range(50, 150)), "c": ["<i>"] * 100}), start, name="now")]
    )
    assert page.count("<svg") == 2 and "<b>v<b>" not in page and "&lt;i&gt;" in page
    assert "src=" not in page and "<script" not in page and "http" not in page


def test_the_command(product, platform, monkeypatch, tmp_path):
    frames = {
        "2013-01": orders("2013-01", 1, 50),
        "2013-02": orders("2013-02", 100, 50),
        "2013-03": orders("2013-03", 200, 50, price=9.0),
    }
    product().save(frames)
    write(
        platform.parent / "projects" / "shop" / "pyproject.toml",
        '[project]\nname = "shop"\n[tool.kedro]\npackage_name = "shop"\n',
    )
    monkeypatch.chdir(platform.parent)
    run, page = CliRunner().invoke, tmp_path / "drift.html"
    words = ["drift", "shop.orders", "--reference", "2013-01"]
    told = run(cli, [*words, "--json", "--html", str(page)])
    found = {each["sample"]: each for each in json.loads(told.output)}
    assert found.keys() == {"2013-02", "2013-03"} and page.read_text().startswith("<!doctype html>")
    price = {each["column"]: each["verdict"] for each in found["2013-03"]["columns"]}["price"]
    assert price == "drifted" and found["2013-03"]["epsilon"] == 1e-4
    assert run(cli, [*words, "--check"]).exit_code == 10
    told = run(cli, [*words[:-1], "2013-1"])
    assert told.exit_code == 8 and "Did you mean '2013-01'" in told.output
