"""Every engine counts as a slow look at the rows does."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa

START = datetime(2013, 1, 1, tzinfo=UTC)
MOMENTS = [START + timedelta(hours=hours) for hours in (-1, 0, 1, 24)]
WRITTEN = ["2013-01-01", "2013-01-01T00:00:00", "2013-01-01T00:00:00Z", "2013-01-01T01:00:00+01:00",
           "2013-01-02T00:00:00.000001Z", "2012-12-31T23:30:00-00:30"]  # fmt: skip
FLOATS = [0.0, -0.0, 0.5, 2.0, -3.25, 0.1, math.nan, math.inf, -math.inf, 1e30]
TEXTS = [
    "",
    "a",
    "b",
    "ab",
    "A",
    "US",
    "US\n",
    "é",
    "'",
    '"',
    "\\",
    "1",
    "١",
    "N/A",
    "a b",
    "\U0001f600",
]
DATES = [date(2012, 12, 31), date(2013, 1, 1), date(2013, 1, 2)]
TIMES = [time(0), time(12), time(12, 0, 0, 1), time(23, 59, 59, 999999)]
PLAIN_TIMES = ["12:00:00", "00:00:00", "12:00:00.000001"]


def whole(kind: pa.DataType) -> list[int]:
    bits, signed = kind.bit_width, pa.types.is_signed_integer(kind)
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
    return [low, high, high - 1, 0, 1, 2, 10]


# type: (values of a column, values in a contract)
INTEGERS = [getattr(pa, f"{sign}int{bits}")() for sign in ("", "u") for bits in (8, 16, 32, 64)]
TYPES: dict[pa.DataType, tuple[list[Any], list[Any]]] = {
    **{kind: (whole(kind), [-1, 0, 1, 2.0, 1.5, 1000, 2**63, "1"]) for kind in INTEGERS},
    pa.float32(): (FLOATS, [0, 0.1, 2, -3.25, 1e300, -1.5, "2"]),
    pa.float64(): (FLOATS, [0, 0.1, 2, -3.25, 1e300, math.inf, -1.5, True]),
    pa.decimal128(5, 2): ([Decimal("9.50"), Decimal("0.10"), Decimal("-1.00")], [9.5, 0.1, 0, -1, 9]),
    pa.bool_(): ([True, False], [True, False, 1]),
    pa.string(): (TEXTS, [*TEXTS, 1, True]),
    pa.large_string(): (TEXTS, TEXTS),
    pa.dictionary(pa.int8(), pa.string()): (TEXTS, TEXTS),
    pa.date32(): (DATES, ["2013-01-01", "2012-12-31", "2014-01-01"]),
    **{pa.timestamp(unit, tz="UTC"): (MOMENTS, WRITTEN) for unit in ("s", "ms", "us", "ns")},
    **{pa.timestamp(unit): ([each.replace(tzinfo=None) for each in MOMENTS], WRITTEN)
       for unit in ("s", "ms", "us", "ns")},
    pa.timestamp("us", tz="America/New_York"): (MOMENTS, WRITTEN),
    pa.time64("us"): (TIMES, PLAIN_TIMES),
    pa.time64("ns"): (TIMES, PLAIN_TIMES),
}  # fmt: skip
