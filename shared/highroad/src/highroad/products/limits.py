"""What a measured value must be, and durations as contracts write them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any, NamedTuple

OPERATORS = {
    "mustBe": "=",
    "mustNotBe": "≠",
    "mustBeGreaterThan": ">",
    "mustBeGreaterOrEqualTo": "≥",
    "mustBeLessThan": "<",
    "mustBeLessOrEqualTo": "≤",
    "mustBeBetween": "between",
    "mustNotBeBetween": "not between",
}
PERCENT = "percent"
_UNITS_S = {
    "s": 1, "sec": 1, "second": 1, "seconds": 1,
    "m": 60, "min": 60, "minute": 60, "minutes": 60,
    "h": 3600, "hr": 3600, "hour": 3600, "hours": 3600,
    "d": 86_400, "day": 86_400, "days": 86_400,
    "w": 604_800, "week": 604_800, "weeks": 604_800,
    "mo": 2_678_400, "month": 2_678_400, "months": 2_678_400,
    "y": 31_622_400, "yr": 31_622_400, "year": 31_622_400, "years": 31_622_400,
}  # fmt: skip


class Limit(NamedTuple):
    """One of the standard's operators with its value; between includes both ends."""

    operator: str
    value: Any
    unit: str | None = None

    def holds(self, observed: Any, rows: int) -> bool:
        """Does the observed value keep the limit?

        A null or a NaN is no value and keeps no limit, except that null keeps `mustBe: null`.

        Args:
            observed: A count, or whatever an SQL query gave.
            rows: Rows of the table, for a limit in percent; an empty table has 0 percent.

        Raises:
            TypeError: The two cannot be compared.
        """
        if is_no_value(observed):
            return observed is None and self == Limit("mustBe", None)
        if self.unit == PERCENT:
            observed = 100 * observed / rows if rows else 0
        if isinstance(observed, Decimal):
            # SQL's 0.1 is a decimal, YAML's is a float, and they are not equal.
            observed = int(observed) if observed == int(observed) else float(observed)
        if self.value is None and self.operator in ("mustBe", "mustNotBe"):
            return self.operator == "mustNotBe"
        bounds = self.value if self.operator.endswith("Between") else [self.value]
        if any(map(is_no_value, bounds)):
            raise TypeError(f"{self.operator} has no value to compare with")
        if self.operator in ("mustBeBetween", "mustNotBeBetween"):
            low, high = bounds
            return bool(low <= observed <= high) == (self.operator == "mustBeBetween")
        return bool(
            {
                "mustBe": lambda: observed == self.value,
                "mustNotBe": lambda: observed != self.value,
                "mustBeGreaterThan": lambda: observed > self.value,
                "mustBeGreaterOrEqualTo": lambda: observed >= self.value,
                "mustBeLessThan": lambda: observed < self.value,
                "mustBeLessOrEqualTo": lambda: observed <= self.value,
            }[self.operator]()
        )

    def __str__(self) -> str:
        value = " and ".join(map(str, self.value)) if isinstance(self.value, list) else self.value
        return f"{OPERATORS[self.operator]} {value}{' %' if self.unit == PERCENT else ''}"


def is_no_value(value: Any) -> bool:
    """Is this null or NaN?"""
    return value is None or (isinstance(value, float) and math.isnan(value))


NONE_ALLOWED = Limit("mustBe", 0)


def limit_of(entry: Mapping[str, Any]) -> Limit | None:
    """The limit of a quality entry; None where it has no operator, or more than one."""
    found = [Limit(name, entry[name], entry.get("unit")) for name in OPERATORS if name in entry]
    return found[0] if len(found) == 1 else None


def duration_of(value: Any, unit: str | None) -> timedelta | None:
    """A promise such as value 26, unit h; a month counts 31 days and a year 366.

    Returns:
        None where the value is no number or the unit is unknown.
    """
    seconds = _UNITS_S.get(str(unit).lower())
    try:
        return timedelta(seconds=float(value) * seconds) if seconds is not None else None
    except (TypeError, ValueError, OverflowError):
        return None
