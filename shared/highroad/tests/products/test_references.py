"""A product, a version and a partition, told apart in one word."""

from __future__ import annotations

import pytest

from highroad.products.references import parse_reference


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("flights.departures", ("flights.departures", None, "")),
        ("flights.departures@3", ("flights.departures", 3, "")),
        ("flights.departures@3/2013-01", ("flights.departures", 3, "2013-01")),
        ("flights.departures/a/b.c", ("flights.departures", None, "a/b.c")),
        ("2013-01", None),
        ("2013-01/x", None),
        ("flights.departures@", None),
    ],
)
def test_references_to_products(text, expected):
    assert parse_reference(text) == expected
