"""Numbers at the ends of their types: exact figures or none, and a true sentence."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from highroad.products.drift import Limits, Profile, Thresholds, compare, profile_of
from highroad.products.drift.page import render

LAX = Thresholds(Limits(rows=1))
MOST = np.finfo(np.float64).max
doubles = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([MOST, -MOST, 1e308, -1e308, 5e-324, 0.0, 1.0, math.nextafter(1, 2)]),
)
longs = st.one_of(
    st.integers(-(1 << 63), (1 << 63) - 1),
    st.sampled_from([-(1 << 63), (1 << 63) - 1, 1 << 53, (1 << 53) + 1, 0, 1, -1]),
    st.integers((1 << 60), (1 << 60) + 9),
)
unsigned = st.one_of(st.integers(0, (1 << 64) - 1), st.sampled_from([(1 << 64) - 1, 0, 1 << 63]))
columns = st.sampled_from(
    [(doubles, pa.float64()), (longs, pa.int64()), (unsigned, pa.uint64())]
).flatmap(
    lambda kind: st.tuples(
        st.lists(kind[0], min_size=1, max_size=12),
        st.lists(kind[0], min_size=1, max_size=12),
        st.just(kind[1]),
    )
)


def table(values, kind=None) -> pa.Table:
    return pa.table({"x": pa.array(values, kind or pa.float64())})


def exact_distances(a, b) -> tuple[Fraction, Fraction]:
    """Kolmogorov–Smirnov and Wasserstein-1 of two samples, in fractions."""
    a, b = ([Fraction(each) for each in side] for side in (a, b))
    ends = sorted({*a, *b})
    apart = [
        Fraction(sum(each <= end for each in a), len(a))
        - Fraction(sum(each <= end for each in b), len(b))
        for end in ends
    ]
    steps = zip(apart, pairwise(ends), strict=False)
    return max(map(abs, apart)), sum((abs(d) * (y - x) for d, (x, y) in steps), Fraction(0))


def exact_std(values) -> float:
    values = [Fraction(each) for each in values]
    mean = sum(values) / len(values)
    variance = sum((each - mean) ** 2 for each in values) / len(values)
    return float(Fraction(math.isqrt(int(variance * 4**1200))) / 2**1200)


@settings(deadline=None)
@given(columns)
def test_measures_of_two_tables_are_those_of_exact_arithmetic(drawn):
    a, b, kind = drawn
    found = compare(table(a, kind), table(b, kind), LAX).columns[0]
    ks, w1 = exact_distances(a, b)
    assert found.measures["ks"] == pytest.approx(float(ks), abs=1e-12)
    measured = found.measures["wasserstein"]
    if measured is None:  # no double is so large, but for rounding
        assert w1 > Fraction(MOST) * (1 - Fraction(1, 10**9))
    else:
        assert abs(Fraction(measured) - w1) <= w1 / 10**9 + Fraction(1, 10**12)
    std = exact_std(b)
    if std:
        scaled, nearly = w1 / Fraction(std), Fraction(MOST) * (1 - Fraction(1, 10**6))
        if scaled > nearly:  # infinite, but for rounding
            assert Fraction(min(found.measures["wasserstein_scaled"], MOST)) > nearly
        else:
            assert found.measures["wasserstein_scaled"] == pytest.approx(float(scaled), rel=1e-6)
    elif w1:
        assert found.measures["wasserstein_scaled"] == math.inf
    assert "nan" not in str(found.facts()).lower().replace("'nan': 0", "").replace(
        "'bin': 'nan'", ""
    )
    render(compare(table(a, kind), table(b, kind), LAX))


@settings(deadline=None)
@given(columns, st.integers(0, 24))
def test_means_and_deviations_are_those_of_exact_arithmetic_in_any_pieces(drawn, cut):
    values, others, kind = drawn
    whole = table(values + others, kind)
    pieces = pa.concat_tables([whole.slice(0, cut), whole.slice(cut)])
    for data in (whole, pieces):
        found = profile_of(data).columns["x"]
        exact = [Fraction(each) for each in values + others]
        mean, std = sum(exact) / len(exact), exact_std(values + others)
        near = Fraction(std) / 10**9 + abs(mean) / 10**15 + Fraction(5e-324)
        assert abs(Fraction(found.mean) - mean) <= near
        assert found.std == pytest.approx(std, rel=1e-7)
        assert (found.cells.lowest, found.cells.highest) == (min(exact), max(exact))


@settings(deadline=None)
@given(columns)
def test_from_a_profile_the_exact_measures_are_within_what_is_stated(drawn):
    a, b, kind = drawn
    profile = Profile.from_json(profile_of(table(b, kind)).to_json())
    found = compare(table(a, kind), profile, LAX).columns[0]
    ks, w1 = exact_distances(a, b)
    low, spare = found.measures["ks"], found.within["ks"]
    assert low - 1e-12 <= ks <= low + spare + 1e-12
    if found.measures["wasserstein"] is not None and found.within["wasserstein"] < math.inf:
        low, spare = found.measures["wasserstein"], found.within["wasserstein"]
        span = max(Fraction(each) for each in a + b) - min(Fraction(each) for each in a + b)
        slack = w1 / 10**6 + span / 10**14 + Fraction(5e-324)
        assert Fraction(low) - slack <= w1 <= Fraction(low) + Fraction(spare) + slack
    psi = compare(table(a, kind), table(b, kind), LAX).columns[0].measures["psi"]
    assert found.measures["psi"] == pytest.approx(psi, abs=1e-12)


@settings(deadline=None)
@given(st.lists(longs, min_size=1, max_size=20), st.lists(doubles, min_size=1, max_size=20))
def test_whole_numbers_and_fractions_are_compared_exactly(whole, fractions):
    ks, w1 = exact_distances(fractions, whole)
    found = compare(table(fractions), table(whole, pa.int64()), LAX).columns[0].measures
    assert found["ks"] == pytest.approx(float(ks), abs=1e-12)
    if w1 < Fraction(MOST):
        assert found["wasserstein"] == pytest.approx(float(w1), rel=1e-9)
    stored = compare(table(fractions), profile_of(table(whole, pa.int64())), LAX).columns[0]
    low, spare = stored.measures["ks"], stored.within["ks"]
    assert low - 1e-12 <= ks <= low + spare + 1e-12


def test_neighbours_beyond_two_to_the_53_are_told_apart():
    one, other = [1 << 53] * 200, [(1 << 53) + 1] * 200
    reference, sample = (table(each, pa.int64()) for each in (one, other))
    for against in (reference, profile_of(reference)):
        found = compare(sample, against).columns[0]
        assert found.verdict == "fail" and found.measures["ks"] == 1
        assert found.measures["wasserstein"] == 1
        assert "always 9,007,199,254,740,992; the mean is 9,007,199,254,740,993 now" in found.says
    assert compare(reference, reference).columns[0].verdict == "pass"


def test_a_column_that_turns_from_minus_infinity_to_infinity_says_so():
    reference, sample = table([-math.inf] * 200), table([math.inf] * 200)
    for against in (reference, profile_of(reference)):
        found = compare(sample, against).columns[0]
        assert found.verdict == "fail" and found.measures["ks"] == 1
        assert found.measures["wasserstein"] == math.inf
        assert "100 % of rows are infinity, 0 % before" in found.says
        assert "0 % of rows are minus infinity, 100 % before" in found.says
        assert "as before" not in found.says.replace("no finite values, as before", "")


@pytest.mark.parametrize(
    ("value", "words"), [(math.inf, "infinity"), (-math.inf, "minus infinity"), (math.nan, "NaN")]
)
def test_new_infinities_are_named(value, words):
    usual = np.random.default_rng(0).normal(size=10_000)
    found = compare(table([*usual[100:], *[value] * 100]), profile_of(table(usual))).columns[0]
    assert f"1 % of rows are {words}, 0 % before" in found.says
    if math.isinf(value):
        assert found.verdict == "fail" and found.measures["wasserstein"] == math.inf
        assert found.measures["ks"] >= 0.009


def test_both_ends_of_the_doubles_have_a_mean_and_a_deviation():
    column = profile_of(table([-1e308, 1e308] * 100)).columns["x"]
    assert column.mean == 0 and column.std == pytest.approx(1e308, rel=1e-12)
    found = compare(table([-1e308] * 200), table([-1e308, 1e308] * 100)).columns[0]
    assert found.measures["wasserstein"] == pytest.approx(1e308)
    assert found.measures["wasserstein_scaled"] == pytest.approx(1)
    assert "lower" in found.says
    far = compare(table([MOST] * 200), table([-MOST] * 199 + [0.0])).columns[0]
    assert far.measures["wasserstein"] is None and far.verdict == "fail"
    assert 10 < far.measures["wasserstein_scaled"] < math.inf
    assert "<svg" not in render(compare(table([MOST] * 200), table([-MOST] * 200)))
