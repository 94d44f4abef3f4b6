"""Against scipy exactly; from a profile within what the result states; and the laws that hold."""

from __future__ import annotations

import math
import warnings
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.spatial import distance

from highroad.products.drift import Limits, Thresholds, compare, measures, profile_of
from highroad.products.drift.workload import six_columns

LAX = Thresholds(Limits(rows=1))
finite = st.floats(-1e9, 1e9, allow_subnormal=False)
few = st.sampled_from([-1.0, 0.0, 0.0, 1.0, 2.5])
numbers = st.lists(st.one_of(finite, few), min_size=1, max_size=300)
with_ends = st.lists(
    st.one_of(few, finite, st.sampled_from([math.inf, -math.inf])), min_size=1, max_size=60
)
cells = st.lists(st.integers(0, 500), min_size=2, max_size=30)


def table(values) -> pa.Table:
    return pa.table({"x": pa.array(list(values), pa.float64())})


def scipys_ks(a, b) -> float:
    """The statistic; scipy warns where it has trouble with the p-value, which is not asked for."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return stats.ks_2samp(a, b).statistic


def measured(sample, reference):
    return compare(sample, reference, LAX).columns[0]


@settings(deadline=None)
@given(numbers, numbers)
def test_ks_and_wasserstein_of_two_tables_are_scipys(a, b):
    found = measured(table(a), table(b)).measures
    assert found["ks"] == pytest.approx(scipys_ks(a, b), abs=1e-9)
    expected = stats.wasserstein_distance(a, b)
    assert found["wasserstein"] == pytest.approx(expected, rel=1e-9, abs=1e-9)


@settings(deadline=None)
@given(with_ends, with_ends)
def test_infinities_count_in_ks_and_make_wasserstein_infinite_unless_shared(a, b):
    found = measured(table(a), table(b)).measures
    assert found["ks"] == pytest.approx(scipys_ks(a, b), abs=1e-9)
    ends = [[values.count(end) / len(values) for end in (-math.inf, math.inf)] for values in (a, b)]
    if ends[0] != ends[1]:
        assert found["wasserstein"] == math.inf
    else:
        assert math.isfinite(found["wasserstein"])


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ([5.0], [5.0]),
        ([5.0], [7.0]),
        ([0.0] * 1000, [0.0] * 999 + [1.0]),
        (np.arange(1000) % 3, np.arange(777) % 5),
        (np.zeros(50), np.linspace(-1, 1, 51)),
        (np.random.default_rng(1).standard_cauchy(5000), np.random.default_rng(2).normal(size=999)),
        (1e15 + np.arange(100.0), 1e15 + np.arange(50.0)),
    ],
)
def test_ties_constants_single_values_and_heavy_tails_are_scipys(a, b):
    found = measured(table(a), table(b)).measures
    assert found["ks"] == pytest.approx(scipys_ks(a, b), abs=1e-12)
    assert found["wasserstein"] == pytest.approx(stats.wasserstein_distance(a, b), rel=1e-9)


@settings(deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 4000), st.integers(1, 4000), st.integers(0, 4))
def test_from_a_profile_the_exact_measure_is_within_what_is_stated(seed, n, m, form):
    chance = np.random.default_rng(seed)
    forms = [
        lambda size: chance.normal(size=size),
        lambda size: chance.standard_cauchy(size),
        lambda size: np.rint(chance.lognormal(1, 2, size)),
        lambda size: np.where(chance.random(size) < 0.5, 0.0, chance.exponential(size=size)),
        lambda size: chance.uniform(-1, 1, size) ** 9,
    ]
    a, b = forms[form](n), forms[(form + seed) % 5](m) * chance.uniform(0.5, 2)
    found = measured(table(a), profile_of(table(b)))
    for name, exact in (
        ("ks", scipys_ks(a, b)),
        ("wasserstein", stats.wasserstein_distance(a, b)),
    ):
        stated, within = found.measures[name], found.within[name]
        slack = 1e-9 * (1 + abs(exact))
        assert stated - slack <= exact <= stated + within + slack, name
    assert found.within["ks"] <= 1 / 200 + 1 / m


def test_from_a_profile_smooth_columns_agree_to_three_digits():
    sample, reference = six_columns(50_000, 1, shift=0.3), six_columns(50_000, 2)
    exact = compare(sample, reference)
    stored = compare(sample, profile_of(reference))
    for name in ("normal", "heavy", "whole", "zeros"):
        a, b = stored.get(name).measures, exact.get(name).measures
        assert a["ks"] == pytest.approx(b["ks"], abs=1e-3)
        assert a["wasserstein_scaled"] == pytest.approx(b["wasserstein_scaled"], abs=1e-3)
        assert a["psi"] == pytest.approx(b["psi"], abs=1e-12)


@settings(deadline=None)
@given(numbers, st.randoms())
def test_identical_and_shuffled_samples_give_nothing(values, chance):
    shuffled = chance.sample(values, len(values))
    for reference in (table(values), profile_of(table(values))):
        found = measured(table(shuffled), reference).measures
        assert found["psi"] == found["js"] == found["ks"] == found["nulls"] == 0
        assert found["wasserstein"] == pytest.approx(0, abs=1e-9 * max(map(abs, values)) + 1e-12)


@settings(deadline=None)
@given(cells, cells)
def test_psi_and_js_are_symmetric_and_js_is_scipys(a, b):
    size = min(len(a), len(b))
    one, other = np.array(a[:size], np.int64), np.array(b[:size], np.int64)
    assume(one.sum() and other.sum())
    assert measures.psi(one, other) == pytest.approx(measures.psi(other, one))
    assert measures.psi(one, other) >= 0
    js = measures.jensen_shannon(one, other)
    assert js == pytest.approx(measures.jensen_shannon(other, one))
    assert js == pytest.approx(distance.jensenshannon(one, other, base=2), abs=1e-6)


@settings(deadline=None)
@given(numbers, numbers)
def test_ks_and_wasserstein_are_symmetric(a, b):
    one, other = measured(table(a), table(b)).measures, measured(table(b), table(a)).measures
    assert one["ks"] == pytest.approx(other["ks"])
    assert one["wasserstein"] == pytest.approx(other["wasserstein"], rel=1e-9, abs=1e-9)


@settings(deadline=None)
@given(st.integers(0, 1000), st.lists(st.floats(0, 5), min_size=2, max_size=5))
def test_a_larger_shift_is_a_larger_distance(seed, shifts):
    values = np.random.default_rng(seed).normal(size=500)
    profile = profile_of(table(values))
    found = [measured(table(values + shift), profile).measures for shift in sorted(shifts)]
    for name in ("ks", "wasserstein"):
        assert all(a[name] <= b[name] + 1e-9 for a, b in pairwise(found)), name
    for shift, each in zip(sorted(shifts), found, strict=True):
        assert each["wasserstein"] == pytest.approx(shift, abs=1e-9)


@settings(deadline=None)
@given(cells, cells)
def test_chi_square_is_scipys(a, b):
    size = min(len(a), len(b))
    one, other = np.array(a[:size], np.int64), np.array(b[:size], np.int64)
    there = (one + other) > 0
    assume(one.sum() and other.sum() and there.sum() > 1)
    expected = stats.chi2_contingency(np.array([one[there], other[there]]), correction=False)
    assert measures.chi_square_p_value(one, other) == pytest.approx(expected.pvalue, abs=1e-9)


@settings(deadline=None)
@given(st.floats(0, 1), st.integers(1, 10_000), st.integers(1, 10_000))
def test_the_ks_p_value_is_kolmogorovs(statistic, n, m):
    expected = stats.kstwobign.sf(statistic * math.sqrt(n * m / (n + m)))
    assert measures.ks_p_value(statistic, n, m) == pytest.approx(expected, abs=1e-9)


def test_psi_states_what_chance_alone_would_give():
    chance = np.random.default_rng(3)
    found = [
        measured(table(chance.normal(size=400)), table(chance.normal(size=400))).measures
        for _ in range(60)
    ]
    mean = sum(each["psi"] for each in found) / 60
    assert mean == pytest.approx(found[0]["psi_by_chance"], rel=0.25)
