"""The slow tests of `test_checks_oracle`."""

from __future__ import annotations

import math
import operator
import tempfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from products.contracts_by_hand import NOW, contract_of
from products.oracle import failed_rows, surplus
from products.tables_of_every_kind import KINDS, numpy_frame
from products.test_checks_oracle import TEXTS, TYPES, whole

from highroad.products.checks import FAIL, PASS, check

PATTERNS = [
    "[A-Z]{2}",
    "a|b",
    "^a$",
    r"\d",
    r"\w+",
    r"[\w\s]*",
    ".",
    "a.b|.{3}",
    "[^a]*",
    "(?i)us",
    r"[\]a[&&b]",
]


BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")


OPERATORS = {
    "mustBe": operator.eq, "mustNotBe": operator.ne, "mustBeGreaterThan": operator.gt,
    "mustBeGreaterOrEqualTo": operator.ge, "mustBeLessThan": operator.lt,
    "mustBeLessOrEqualTo": operator.le,
}  # fmt: skip


@st.composite
def columns(draw: st.DrawFn) -> tuple[pa.DataType, dict[str, Any], dict[str, Any]]:
    """A column: its type, its entry in a contract, and its rules with their values."""
    kind = draw(st.sampled_from([*TYPES]))
    values = TYPES[kind][1]
    is_text = values is TEXTS or "US" in values
    is_number = (
        not is_text and isinstance(values[0], (int, float)) and not isinstance(values[0], bool)
    )
    rules: dict[str, Any] = {}
    if draw(st.booleans()):
        rules["required"] = rules["unique"] = True
    fitting = [each for each in values if type(each) is type(values[0])]
    if pa.types.is_integer(kind):  # an enum none of whose values a column can hold is an error
        fitting = [each for each in fitting if min(whole(kind)) <= each <= max(whole(kind))]
    if draw(st.booleans()):
        rules["enum"] = [draw(st.sampled_from(fitting)), *draw(st.lists(st.sampled_from(values)))]
    options: dict[str, Any] = {}
    if is_text:
        options["pattern"] = draw(st.sampled_from(PATTERNS))
        options |= {"minLength": draw(st.integers(0, 2)), "maxLength": draw(st.integers(0, 2))}
    elif not isinstance(fitting[0], bool):
        bounds = [
            each for each in values if isinstance(each, str) != is_number and each is not True
        ]
        options = {name: draw(st.sampled_from(bounds)) for name in BOUNDS}
        if is_number:
            options["multipleOf"] = draw(st.sampled_from([1, 2, 1000, 0.5, 2.0]))
    missing = draw(st.lists(st.sampled_from([None, *values]), max_size=3))
    rules |= options | {"missing": missing}
    entry = {
        "required": "required" in rules,
        "unique": "unique" in rules,
        "logicalTypeOptions": options,
        "quality": [{"name": "missing", "metric": "missingValues", "mustBe": 0,
                     "arguments": {"missingValues": missing}}],
    }  # fmt: skip
    if "enum" in rules:
        entry["enum"] = [{"value": each} for each in rules["enum"]]
    return kind, entry, rules


def holds(limit: dict[str, Any], count: int, rows: int) -> bool:
    ((name, value),) = [(key, each) for key, each in limit.items() if key != "unit"]
    found = (100 * count / rows if rows else 0) if "unit" in limit else count
    return OPERATORS[name](found, value)


@st.composite
def cases(draw: st.DrawFn) -> tuple[pa.Table, list[dict[str, Any]], list[Any], dict[str, Any]]:
    """A table, the columns and the keys' limit of its contract, and each column's rules."""
    drawn = draw(st.lists(columns(), min_size=1, max_size=3))
    count = draw(st.integers(0, 9))
    names = [f'c"{index} é' for index in range(len(drawn))]
    arrays = [
        pa.array(
            draw(st.lists(st.one_of(st.none(), st.sampled_from(TYPES[kind][0])),
                          min_size=count, max_size=count)),
            kind,
        )
        for kind, _, _ in drawn
    ]  # fmt: skip
    limit = {draw(st.sampled_from([*OPERATORS])): draw(st.integers(0, 3))}
    if draw(st.booleans()):
        limit = {key: value * 30 for key, value in limit.items()} | {"unit": "percent"}
    entries = [{"name": name, **entry} for name, (_, entry, _) in zip(names, drawn, strict=True)]
    rules = {name: rules for name, (_, _, rules) in zip(names, drawn, strict=True)}
    return pa.table(arrays, names=names), entries, [limit], rules


def expected(table: pa.Table, rules: dict[str, Any]) -> dict[str, int]:
    rows = table.to_pylist()
    return {
        f"{column}.{rule}": failed_rows(rows, column, table.schema.field(column).type, rule, value)
        for column, given in rules.items()
        for rule, value in given.items()
    }


@pytest.mark.filterwarnings("ignore:Possible set:FutureWarning")  # Python's, of `&&` in brackets
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(cases())
def test_every_engine_counts_as_a_slow_look_does(case):
    table, entries, (limit,), rules = case
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        keys = [*rules]
        quality = [
            {"name": "key", "metric": "duplicateValues", **limit, "arguments": {"properties": keys}}
        ]
        contract = contract_of(folder, entries, quality)
        has_time_of_day = any(map(pa.types.is_time, table.schema.types))
        for kind, make in {**KINDS, "pandas numpy": numpy_frame}.items():
            if "pandas" in kind and has_time_of_day:
                continue  # pandas has no times of day
            source = as_held(kind, table)
            shown = expected(source, rules)
            report = check(make(table, folder), contract, now=NOW)
            found = {each.rule.id: each.failed_rows for each in report.results}
            told = report.table(True)
            wrong = {key: (found[key], shown[key]) for key in shown if found[key] != shown[key]}
            assert not wrong, (kind, told)
            count = surplus([tuple(row.values()) for row in source.to_pylist()])
            (key,) = [each for each in report.results if each.rule.id == "rows.key"]
            assert key.failed_rows == count, (kind, told)
            assert key.verdict == (PASS if holds(limit, count, len(table)) else FAIL), (kind, told)
            for each in report.results:
                if each.failed_rows and each.verdict == FAIL:
                    assert 1 <= len(each.sample) <= 5, (kind, each)


def as_held(kind: str, table: pa.Table) -> pa.Table:
    """What a frame of some kind holds of a table: in pandas' own types NaN is null, and in numpy's a
    whole number beside a null is a double."""
    if kind not in ("pandas nullable", "pandas numpy"):
        return table
    columns = []
    for column in table.columns:
        values = [
            None if isinstance(each, float) and math.isnan(each) else each
            for each in column.to_pylist()
        ]
        is_whole = pa.types.is_integer(column.type) and None in values
        columns.append(
            pa.array([None if each is None else float(each) for each in values], pa.float64())
            if "numpy" in kind and is_whole
            else pa.array(values, column.type)
        )
    return pa.table(columns, names=table.column_names)
