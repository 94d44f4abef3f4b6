"""Sums over events agree with slow and obvious loops."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from delays.pipelines.features.history import (
    happened_before,
    last_before,
    mean_before,
    rate_before,
)

START = pd.Timestamp("2013-03-09", tz="UTC")
WINDOW = pd.Timedelta(hours=3)


def moments(minutes):
    return pd.Series(START + pd.to_timedelta(minutes, unit="min")).astype("datetime64[us, UTC]")


@pytest.fixture
def asked():
    random = np.random.default_rng(1)
    return pd.DataFrame(
        {
            "cutoff_at": moments(random.integers(0, 600, 80)),
            "place": pd.array(random.choice(["a", "b", "c"], 80), dtype="string"),
            "line": pd.array(random.choice(["x", "y"], 80), dtype="string"),
        }
    )


@pytest.fixture
def events():
    random = np.random.default_rng(2)
    minutes = pd.array(random.integers(-20, 90, 300), dtype="Int16")
    minutes[::9] = pd.NA
    place = pd.array(random.choice(["a", "b"], 300), dtype="string")
    place[::11] = pd.NA
    return pd.DataFrame(
        {
            "at": moments(random.integers(0, 600, 300)),
            "place": place,
            "line": pd.array(random.choice(["x", "y"], 300), dtype="string"),
            "minutes": minutes,
        }
    )


@pytest.mark.parametrize("by", [["place"], ["place", "line"]])
@pytest.mark.parametrize("window", [None, WINDOW])
def test_counts_and_sums_agree_with_a_loop(asked, events, by, window):
    number, total = happened_before(
        asked, events, by=by, moment="at", value="minutes", window=window
    )
    for row, cutoff in enumerate(asked["cutoff_at"]):
        seen = events[events["minutes"].notna() & (events["at"] <= cutoff)]
        if window is not None:
            seen = seen[seen["at"] > cutoff - window]
        for name in by:
            seen = seen[(seen[name] == asked[name][row]).fillna(False)]
        assert number[row] == len(seen)
        assert total[row] == seen["minutes"].sum()


def test_an_event_at_the_cutoff_counts_and_one_at_the_far_end_does_not():
    asked = pd.DataFrame({"cutoff_at": moments([180]), "place": ["a"]})
    events = pd.DataFrame({"at": moments([0, 1, 180, 181]), "place": "a", "minutes": [1, 2, 4, 8]})
    how = {"by": ["place"], "moment": "at", "value": "minutes", "window": WINDOW}
    number, total = happened_before(asked, events, **how)
    assert (number[0], total[0]) == (2, 6)
    assert mean_before(asked, events, **how)[0] == 3
    rate = rate_before(asked, events, weight=2.0, overall=np.array([0.5]), **how)
    assert rate[0] == (6 + 2 * 0.5) / (2 + 2)


def test_without_events_the_mean_is_unknown_and_the_rate_is_the_belief():
    asked = pd.DataFrame({"cutoff_at": moments([180]), "place": ["nowhere"]})
    events = pd.DataFrame({"at": moments([0]), "place": "a", "minutes": [1]})
    how = {"by": ["place"], "moment": "at", "value": "minutes", "window": WINDOW}
    assert np.isnan(mean_before(asked, events, **how)[0])
    assert rate_before(asked, events, weight=9.0, overall=np.array([0.3]), **how)[0] == 0.3


def test_the_last_event_is_the_last_one_and_not_too_old(asked, events):
    found = last_before(asked, events, by="place", moment="at", tolerance=WINDOW)
    assert found["cutoff_at"].tolist() == asked["cutoff_at"].tolist()
    for row, cutoff in enumerate(asked["cutoff_at"]):
        same = (events["place"] == asked["place"][row]).fillna(False)
        seen = events[same & (events["at"] <= cutoff) & (events["at"] >= cutoff - WINDOW)]
        expected = seen["at"].max() if len(seen) else pd.NaT
        assert found["at"][row] is expected or found["at"][row] == expected
