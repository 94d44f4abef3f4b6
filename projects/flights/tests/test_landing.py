"""Landing: monthly drops, in the source's order."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from flights.pipelines.landing.nodes import deliver_airports, deliver_by_month, deliver_fleet

SOURCE = pd.DataFrame(
    {"year": "2013", "month": ["10", "2", "10", "10", "2"], "row": ["a", "b", "c", "d", "e"]}
)


def rows_of(drops: dict[str, pd.DataFrame]) -> dict[str, str]:
    return {month: "".join(rows["row"]) for month, rows in drops.items()}


def test_a_drop_a_month_in_the_sources_order() -> None:
    drops = deliver_by_month(SOURCE, {})
    assert rows_of(drops) == {"2013-02": "be", "2013-10": "acd"}
    assert drops["2013-10"].index.tolist() == [0, 1, 2]


def test_a_sample_keeps_every_nth_row() -> None:
    assert rows_of(deliver_by_month(SOURCE, {"keep_every": 2})) == {"2013-02": "b", "2013-10": "ad"}


def test_the_register_and_the_airports_land_whole() -> None:
    assert deliver_fleet(SOURCE)["fleet"] is SOURCE
    assert deliver_airports(SOURCE)["airports"] is SOURCE


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"keep_every": 0}, "landing.keep_every: expected a whole number >= 1, found 0."),
        ({"keep_every": 1.5}, "landing.keep_every: expected a whole number >= 1, found 1.5."),
        ({"keep_every": True}, "landing.keep_every: expected a whole number >= 1, found True."),
        ({"keep_every": "all"}, "landing.keep_every: expected a whole number >= 1, found 'all'."),
        ({"share": 0.5}, "landing.share: no such option; expected keep_every."),
    ],
)
def test_a_bad_option_is_named(options: dict[str, object], says: str) -> None:
    with pytest.raises(ValueError, match=re.escape(says)):
        deliver_by_month(SOURCE, options)


def test_a_source_without_months_is_refused() -> None:
    with pytest.raises(
        ValueError, match=r"source: missing column\(s\) month, by which drops are cut"
    ):
        deliver_by_month(SOURCE.drop(columns="month"), {})
