"""The guard: columns known later are refused by name."""

from __future__ import annotations

import pandas as pd
import pytest

from delays.pipelines.features.known import AHEAD, KNOWN_FROM, happened, known_ahead

DEPARTURES = "flights.departures"
LATER = [name for name, when in KNOWN_FROM[DEPARTURES].items() if when != AHEAD]


@pytest.mark.parametrize("column", LATER)
def test_a_column_known_later_is_refused(column):
    rows = pd.DataFrame(columns=list(KNOWN_FROM[DEPARTURES]))
    with pytest.raises(ValueError, match=rf"may not use {column} \("):
        known_ahead(rows, DEPARTURES, ["carrier", column])


def test_all_refused_columns_are_named_at_once():
    with pytest.raises(ValueError, match=r"arr_delay_min \(arrived_at\), cancelled \(never\) of"):
        known_ahead(pd.DataFrame(), DEPARTURES, ["arr_delay_min", "carrier", "cancelled"])


def test_a_column_nobody_declared_is_refused():
    with pytest.raises(ValueError, match=r"gate \(not declared\)"):
        known_ahead(pd.DataFrame({"gate": ["B7"]}), DEPARTURES, ["gate"])


def test_a_departure_does_not_tell_of_the_arrival():
    with pytest.raises(ValueError, match=r"arr_delay_min \(arrived_at\)"):
        happened(pd.DataFrame(), DEPARTURES, "departed_at", ["arr_delay_min"])
    with pytest.raises(ValueError, match="may not use cancelled"):
        happened(pd.DataFrame(), DEPARTURES, "arrived_at", ["cancelled"])


def test_events_come_in_their_order_and_only_those_that_happened():
    moments = pd.to_datetime(["2013-01-02", None, "2013-01-01"], utc=True).as_unit("us")
    rows = pd.DataFrame({"origin": ["a", "b", "c"], "observed_at": moments, "temp_f": 1.0})
    found = happened(rows, "flights.weather", "observed_at", ["origin", "temp_f"])
    assert found["origin"].tolist() == ["c", "a"]
