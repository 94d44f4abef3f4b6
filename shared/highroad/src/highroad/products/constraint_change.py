"""Whether a rule that changed asks more of data than before, less, or neither of the two."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, time
from decimal import Decimal, InvalidOperation
from math import inf
from typing import Any

from highroad.products.limits import Limit
from highroad.products.rule import OTHER, STRICTER, WEAKER, Arguments, Rule

_Interval = tuple[float, bool, float, bool]
"""Low end, whether it is left out, high end, whether it is left out."""


def direction(old: Rule, new: Rule) -> str:
    """`STRICTER`, `WEAKER` or `OTHER`; empty where both ask the same.

    Stricter means that data which keeps the new rule kept the old one too.
    """
    if old.kind != new.kind or old.columns != new.columns:
        return OTHER
    found = {
        _of_arguments(old, new),
        _of_limits(old, new),
        "" if old.severity == new.severity else STRICTER if new.severity == "error" else WEAKER,
    } - {""}
    if len(found) > 1:
        return OTHER
    return found.pop() if found else ""


def plain(value: Any) -> str:
    """A value as text that is the same for the same value and differs between 1 and '1'."""
    return json.dumps(value, sort_keys=True, default=str)


def ordered(one: Any, two: Any) -> int:
    """-1, 0 or 1 as the first is less than, equal to or greater than the second.

    Args:
        one: A number, also as text, or an ISO date, time or both; a time without a zone is UTC.
        two: Another.

    Raises:
        TypeError: They cannot be compared.
    """
    first, second = _comparable(one), _comparable(two)
    return int(first > second) - int(first < second)


def _comparable(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise TypeError(f"{value!r} has no order; expected a number, a date or a time")
    try:
        return Decimal(str(value))
    except InvalidOperation:
        pass
    for read in (datetime.fromisoformat, time.fromisoformat):
        try:
            found: datetime | time = read(str(value))
        except ValueError:
            continue
        return found if found.tzinfo else found.replace(tzinfo=UTC)
    raise TypeError(f"{value!r} has no order; expected a number, a date or a time")


def fewer_are_stricter(old: Arguments, new: Arguments) -> str:
    """The change of `values`, where fewer of them allow less."""
    before, after = ({*map(plain, each["values"])} for each in (old, new))
    if before == after:
        return ""
    return STRICTER if after < before else WEAKER if after > before else OTHER


def more_is_stricter(old: Arguments, new: Arguments) -> str:
    """The change of `value`, where more of it allows less."""
    return ("", STRICTER, WEAKER)[ordered(new["value"], old["value"])]


def _of_arguments(old: Rule, new: Rule) -> str:
    if plain(old.arguments) == plain(new.arguments):
        return ""
    try:
        change = old.kind.change(old.arguments, new.arguments)
    except (TypeError, ValueError, ArithmeticError):
        return OTHER
    # Where many rows must break a rule, a stricter argument makes a weaker rule.
    return change if not change or all(map(_is_upper, (old, new))) else OTHER


def _of_limits(old: Rule, new: Rule) -> str:
    if old.limit == new.limit:
        return ""
    units = {each.limit.unit if each.limit.unit != "rows" else None for each in (old, new)}
    if len(units) > 1:
        return OTHER
    try:
        before, after = _allowed(old), _allowed(new)
    except TypeError:
        return OTHER
    narrower, wider = _within(after, before), _within(before, after)
    if narrower and wider:
        return ""
    return STRICTER if narrower else WEAKER if wider else OTHER


def _is_upper(rule: Rule) -> bool:
    """Does the rule's limit allow everything from nothing up to some number?"""
    try:
        found = _allowed(rule)
    except TypeError:
        return False
    return len(found) == 1 and found[0][:2] == (0, False)


def _allowed(rule: Rule) -> list[_Interval]:
    """The numbers that a limit allows; counts begin at 0.

    Raises:
        TypeError: The limit is about something else than numbers.
    """
    found = list(_intervals(rule.limit))
    if not rule.kind.is_count:
        return found
    return [
        (0, False, high, no_high) if low < 0 else (low, no_low, high, no_high)
        for low, no_low, high, no_high in found
        if high > 0 or (high == 0 and not no_high)
    ]


def _intervals(limit: Limit) -> Iterator[_Interval]:
    ends = limit.value if isinstance(limit.value, list) else [limit.value]
    if not all(isinstance(each, (int, float)) for each in ends):
        raise TypeError(f"{limit} is about no number")
    low, high = ends[0], ends[-1]
    if limit.operator in ("mustBe", "mustBeBetween"):
        yield low, False, high, False
    elif limit.operator in ("mustNotBe", "mustNotBeBetween"):
        yield -inf, True, low, True
        yield high, True, inf, True
    elif limit.operator in ("mustBeGreaterThan", "mustBeGreaterOrEqualTo"):
        yield low, limit.operator == "mustBeGreaterThan", inf, True
    else:
        yield -inf, True, high, limit.operator == "mustBeLessThan"


def _within(inner: list[_Interval], outer: list[_Interval]) -> bool:
    """Does each inner interval lie in one of the outer ones, which never touch each other?"""

    def holds(one: _Interval, other: _Interval) -> bool:
        low, no_low, high, no_high = one
        least, no_least, most, no_most = other
        return (low, no_low) >= (least, no_least) and (high, not no_high) <= (most, not no_most)

    return all(any(holds(each, other) for other in outer) for each in inner)
