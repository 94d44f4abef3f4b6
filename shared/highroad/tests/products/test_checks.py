"""Planted faults: each kind of rule, over each kind of table; all caught, none falsely."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from highroad.errors import DataError
from highroad.products.checks import FAIL, NOT_CHECKED, PASS, check, duckdb_scan
from highroad.products.rules import rules_of

from .contracts_by_hand import NOW, contract_of
from .tables_of_every_kind import KINDS, numpy_frame, of_every_kind

UTC_US = pa.timestamp("us", tz="UTC")


def verdict(report: Any, rule: str) -> tuple[str, Any]:
    (found,) = [each for each in report.results if each.rule.id == rule]
    return found.verdict, found.failed_rows


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# name: (rule, options of the column, Arrow type, values that keep it, a value that breaks it)
PLANTED: dict[str, tuple[str, dict[str, Any], pa.DataType, list[Any], Any]] = {
    "null": ("required", {"required": True}, pa.int64(), [1, 2, 3], None),
    "enum of text": ("enum", {"enum": [{"value": "a"}, {"value": "b'c"}]}, pa.string(), ["a", "b'c", None], "A"),
    "enum of numbers": ("enum", {"enum": [{"value": 1}, {"value": 2}]}, pa.int16(), [1, 2, None], 3),
    "pattern": ("pattern", {"logicalTypeOptions": {"pattern": "[A-Z]{2}"}}, pa.string(), ["US", "CA", None], "USA"),
    "pattern and a newline": ("pattern", {"logicalTypeOptions": {"pattern": "[A-Z]{2}"}}, pa.string(), ["US", "CA"], "US\n"),
    "pattern of either": ("pattern", {"logicalTypeOptions": {"pattern": "a|bc"}}, pa.string(), ["a", "bc"], "ac"),
    "pattern beyond ascii": ("pattern", {"logicalTypeOptions": {"pattern": "[äöü]+"}}, pa.string(), ["ä", "öü"], "o"),
    "minimum": ("minimum", {"logicalTypeOptions": {"minimum": 0}}, pa.int32(), [0, 5, None], -1),
    "maximum": ("maximum", {"logicalTypeOptions": {"maximum": 5}}, pa.int8(), [5, -5, None], 6),
    "minimum of unsigned": ("minimum", {"logicalTypeOptions": {"minimum": 10}}, pa.uint64(), [10, 2**63 + 1], 9),
    "exclusive minimum": ("exclusiveMinimum", {"logicalTypeOptions": {"exclusiveMinimum": 0}}, pa.float64(), [0.1, math.inf], 0.0),
    "exclusive maximum": ("exclusiveMaximum", {"logicalTypeOptions": {"exclusiveMaximum": 1}}, pa.float32(), [0.5, -math.inf], 1.0),
    "infinity": ("maximum", {"logicalTypeOptions": {"maximum": 1e300}}, pa.float64(), [1.0, 1e300], math.inf),
    "decimal": ("maximum", {"logicalTypeOptions": {"maximum": 9.5}}, pa.decimal128(5, 2), [Decimal("9.50")], Decimal("9.51")),
    "date": ("minimum", {"logicalTypeOptions": {"minimum": "2013-01-01"}}, pa.date32(), [date(2013, 1, 1)], date(2012, 12, 31)),
    "time stamp": ("maximum", {"logicalTypeOptions": {"maximum": "2013-01-01T00:00:00Z"}}, UTC_US, [moment("2013-01-01")], moment("2013-01-01T00:00:01")),
    "bound without a zone": ("minimum", {"logicalTypeOptions": {"minimum": "2013-01-01T00:00:00"}}, UTC_US, [moment("2013-01-01")], moment("2012-12-31T23:59:59")),
    "naive time stamp": ("minimum", {"logicalTypeOptions": {"minimum": "2013-01-01T00:00:00"}}, pa.timestamp("us"), [datetime(2013, 1, 1)], datetime(2012, 1, 1)),
    "time of day": ("maximum", {"logicalTypeOptions": {"maximum": "12:00:00"}}, pa.time64("us"), [time(12)], time(12, 0, 1)),
    "short text": ("minLength", {"logicalTypeOptions": {"minLength": 2}}, pa.string(), ["ab", "äö", None], ""),
    "long text": ("maxLength", {"logicalTypeOptions": {"maxLength": 2}}, pa.string(), ["", "äö"], "abc"),
    "multiple": ("multipleOf", {"logicalTypeOptions": {"multipleOf": 5}}, pa.int64(), [0, -5, 10, None], 7),
    "multiple of a fraction": ("multipleOf", {"logicalTypeOptions": {"multipleOf": 0.1}}, pa.float64(), [0.3, 0.7], 0.25),
    "unique": ("unique", {"unique": True}, pa.int64(), [1, 2, None, None], 2),
    "unique text": ("unique", {"unique": True}, pa.string(), ["a", "b", "A"], "a"),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_fault_is_caught_and_nothing_else(tmp_path, name, kind):
    rule, options, stored, good, bad = PLANTED[name]
    if kind == "pandas nullable" and pa.types.is_time(stored):
        pytest.skip("pandas keeps times of day as objects of several types")
    contract = contract_of(tmp_path, [{"name": 'a "b', **options}])
    values = [*good, *good[:1]] if rule != "unique" else good
    for rows, expected in ((values, (PASS, 0)), ([*values, bad], (FAIL, 1))):
        table = pa.table({'a "b': pa.array(rows, stored)})
        report = check(KINDS[kind](table, tmp_path), contract, now=NOW)
        assert verdict(report, f'a "b.{rule}') == expected, report.table(True)
    (broken,) = report.faults
    assert len(broken.sample) >= 1


@pytest.mark.parametrize("kind", [each for each in KINDS if each != "pandas nullable"])
def test_nan_lies_in_no_range_and_is_not_null(tmp_path, kind):
    column = {"name": "v", "required": True, "logicalTypeOptions": {"minimum": 0, "maximum": 9}}
    table = pa.table({"v": pa.array([1.0, math.nan, 2.0, math.nan])})
    report = check(KINDS[kind](table, tmp_path), contract_of(tmp_path, [column]), now=NOW)
    assert verdict(report, "v.minimum") == verdict(report, "v.maximum") == (FAIL, 2)
    assert verdict(report, "v.required") == (PASS, 0)


@pytest.mark.parametrize("make", [KINDS["pandas nullable"], numpy_frame])
def test_nan_of_a_pandas_frame_is_null(tmp_path, make):
    column = {"name": "v", "required": True, "quality": [{"metric": "nullValues", "mustBe": 0}]}
    frame = make(pa.table({"v": pa.array([1.0, math.nan, 2.0])}), tmp_path)
    report = check(frame, contract_of(tmp_path, [column]), now=NOW)
    assert verdict(report, "v.required") == verdict(report, "v.nullValues") == (FAIL, 1)


LOGICAL = {
    "string": [pa.string(), pa.large_string()],
    "integer": [pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint32()],
    "number": [pa.int64(), pa.float32(), pa.float64(), pa.decimal128(5, 2)],
    "boolean": [pa.bool_()],
    "date": [pa.date32()],
    "timestamp": [UTC_US, pa.timestamp("us")],
    "array": [pa.list_(pa.int64())],
    "object": [pa.struct([("a", pa.int64())])],
}


@pytest.mark.parametrize("logical", LOGICAL)
def test_each_stored_type_is_of_its_logical_types_only(tmp_path, logical):
    contract = contract_of(tmp_path, [{"name": "v", "logicalType": logical}])
    every = {kind for kinds in LOGICAL.values() for kind in kinds}
    for stored in every:
        table = pa.table({"v": pa.array([None], stored)})
        fits = stored in LOGICAL[logical] or (
            logical == "number" and (pa.types.is_integer(stored) or pa.types.is_floating(stored))
        )
        assert (verdict(check(table, contract, now=NOW), "v.logicalType")[0] == PASS) == fits


def test_whole_numbers_stored_as_double_are_no_integers(tmp_path):
    contract = contract_of(tmp_path, [{"name": "v", "logicalType": "integer"}])
    double, nullable = pd.DataFrame({"v": [1, None]}), pd.DataFrame({"v": [1, None]}, dtype="Int64")
    assert verdict(check(double, contract, now=NOW), "v.logicalType")[0] == FAIL
    assert verdict(check(nullable, contract, now=NOW), "v.logicalType")[0] == PASS


@pytest.mark.parametrize(
    ("physical", "stored", "fits"),
    [
        ("BIGINT", pa.int64(), True), ("int64", pa.int32(), False), ("varchar(20)", pa.string(), True),
        ("text", pa.int8(), False), ("double precision", pa.float64(), True), ("float32", pa.float64(), False),
        ("numeric(9,2)", pa.decimal128(9, 2), True), ("numeric(9,2)", pa.decimal128(9, 3), False),
        ("timestamp[us, tz=UTC]", UTC_US, True), ("timestamp[us, tz=UTC]", pa.timestamp("us"), False),
        ("timestamp[ms, tz=UTC]", UTC_US, False), ("timestamptz", UTC_US, True),
        ("timestamp_ntz", UTC_US, False), ("string", pa.dictionary(pa.int8(), pa.string()), True),
    ],
)  # fmt: skip
def test_physical_types_are_those_as_stored(tmp_path, physical, stored, fits):
    contract = contract_of(tmp_path, [{"name": "v", "physicalType": physical}])
    table = pa.table({"v": pa.array([None], stored)})
    assert verdict(check(table, contract, now=NOW), "v.physicalType")[0] == (PASS if fits else FAIL)


def test_a_type_of_another_system_is_not_checked(tmp_path):
    contract = contract_of(tmp_path, [{"name": "v", "physicalType": "VARIANT"}])
    (found,) = [
        each
        for each in check(pa.table({"v": ["a"]}), contract, now=NOW).results
        if each.verdict == NOT_CHECKED
    ]
    assert found.reason == "a type of another system"


def test_missing_and_extra_columns_are_faults_and_their_rules_err(tmp_path):
    contract = contract_of(tmp_path, [{"name": "a", "required": True, "unique": True}])
    report = check(pa.table({"b": [1]}), contract, now=NOW)
    assert [(each.rule.id, each.verdict) for each in report.results] == [
        ("columns.undeclared", "fail"),
        ("a.present", "fail"),
        ("a.required", "error"),
        ("a.unique", "error"),
    ]


def test_mixed_values_of_a_pandas_column_are_of_no_type(tmp_path):
    contract = contract_of(tmp_path, [{"name": "v", "logicalType": "string"}])
    report = check(pd.DataFrame({"v": ["a", 1]}), contract, now=NOW)
    assert verdict(report, "v.logicalType")[0] == FAIL


def test_a_rule_that_cannot_be_asked_is_an_error_with_its_reason(tmp_path):
    column = {"name": "v", "logicalTypeOptions": {"pattern": "a", "minimum": 0}}
    report = check(pa.table({"v": ["a"]}), contract_of(tmp_path, [column]), now=NOW)
    assert verdict(report, "v.pattern")[0] == PASS
    (found,) = [each for each in report.results if each.rule.id == "v.minimum"]
    assert (
        found.verdict == "error" and "cannot be asked of a column stored as string" in found.reason
    )


def test_limits_in_rows_and_percent_and_warnings(tmp_path):
    quality = [
        {"name": "few", "metric": "nullValues", "mustBeLessThan": 50, "unit": "percent"},
        {"name": "none", "metric": "nullValues", "mustBe": 0, "severity": "warning"},
        {"name": "na", "metric": "missingValues", "mustBeLessOrEqualTo": 1,
         "arguments": {"missingValues": [None, "N/A"]}},
        {"name": "valid", "metric": "invalidValues", "mustBe": 0,
         "arguments": {"validValues": ["a", "N/A"]}},
    ]  # fmt: skip
    contract = contract_of(
        tmp_path,
        [{"name": "v", "quality": quality}],
        [{"name": "rows", "metric": "rowCount", "mustBeBetween": [1, 3]},
         {"name": "once", "metric": "duplicateValues", "mustBe": 0, "arguments": {"properties": ["v"]}}],
    )  # fmt: skip
    for kind, data in of_every_kind(pa.table({"v": ["a", None, "N/A"]}), tmp_path):
        report = check(data, contract, now=NOW)
        found = {each.rule.id: each.verdict for each in report.results}
        assert found["v.few"] == "pass" and found["v.none"] == "fail", kind
        assert found["v.na"] == "fail" and found["v.valid"] == "pass", kind
        assert found["rows.rows"] == "pass" and found["rows.once"] == "pass", kind
        assert [each.rule.id for each in report.faults] == ["v.na"], kind


def test_promises_of_time_count_from_the_clock(tmp_path):
    sla = [
        {"property": "latency", "value": 2, "unit": "d", "element": "x.at"},
        {"property": "retention", "value": 30, "unit": "d", "element": "x.at"},
        {"property": "frequency", "value": 1, "unit": "d", "element": "x.at"},
        {"property": "endOfLife", "value": "2013-06-01"},
        {"property": "availability", "value": 99.9},
    ]
    contract = contract_of(tmp_path, [{"name": "at"}], sla=sla)
    days = [moment("2013-02-27") + timedelta(hours=18 * step) for step in range(3)]
    for kind, data in of_every_kind(pa.table({"at": pa.array(days, UTC_US)}), tmp_path):
        soon = {each.rule.id: each.verdict for each in check(data, contract, now=NOW).results}
        assert {
            soon[f"service.{name}"] for name in ("latency", "retention", "frequency", "endOfLife")
        } == {"pass"}, kind
        assert soon["service.availability"] == "not-checked"
        late = check(data, contract, now=datetime(2013, 7, 1, tzinfo=UTC))
        found = {each.rule.id: each.verdict for each in late.results}
        assert (
            found["service.latency"]
            == found["service.retention"]
            == found["service.endOfLife"]
            == "fail"
        ), kind
    gap = pa.table({"at": pa.array([days[0], days[0] + timedelta(days=2)], UTC_US)})
    for kind, data in of_every_kind(gap, tmp_path):
        assert verdict(check(data, contract, now=NOW), "service.frequency")[0] == FAIL, kind


def test_an_empty_table_breaks_no_row_rule(tmp_path):
    column = {"name": "v", "required": True, "unique": True, "logicalTypeOptions": {"minimum": 0}}
    contract = contract_of(tmp_path, [column], [{"metric": "rowCount", "mustBeGreaterThan": 0}])
    for kind, data in of_every_kind(pa.table({"v": pa.array([], pa.int64())}), tmp_path):
        report = check(data, contract, now=NOW)
        assert [each.rule.id for each in report.faults] == ["rows.rowCount"], kind
        assert report.rows == 0


def test_a_composite_key_and_its_nulls(tmp_path):
    columns = [
        {"name": "b", "primaryKey": True, "primaryKeyPosition": 2},
        {"name": "a", "primaryKey": True, "primaryKeyPosition": 1},
    ]
    contract = contract_of(tmp_path, columns)
    table = pa.table({"a": [1, 1, 1, None, None], "b": ["x", "y", "x", "x", "x"]})
    for kind, data in of_every_kind(table, tmp_path):
        report = check(data, contract, now=NOW)
        assert verdict(report, "rows.primaryKey") == (FAIL, 1), kind
        assert verdict(report, "rows.primaryKeyNull") == (FAIL, 2), kind


def test_personal_data_is_masked_wherever_it_is_shown(tmp_path):
    column = {"name": "mail", "tags": ["PII"], "logicalTypeOptions": {"pattern": "[a-z]+"}}
    report = check(pa.table({"mail": ["Zoe@x.org"]}), contract_of(tmp_path, [column]), now=NOW)
    shown = report.to_json() + report.table(True)
    assert report.faults and "Zoe" not in shown and "***" in shown


def test_a_broken_file_and_a_strange_table_are_named(tmp_path):
    contract = contract_of(tmp_path, [{"name": "v"}])
    path = tmp_path / "cut.parquet"
    path.write_bytes(b"PAR1 and then nothing")
    with pytest.raises(DataError, match=r"cut\.parquet: cannot be read as Parquet"):
        check(path, contract)
    with pytest.raises(DataError, match=r"A builtins\.int cannot be checked"):
        check(7, contract)


def test_every_declared_rule_has_exactly_one_result_in_order(tmp_path):
    columns = [
        {"name": name, "logicalType": "string", "requird": True, **options}
        for name, (_, options, *_) in PLANTED.items()
    ]
    contract = contract_of(tmp_path, columns, [{"type": "text", "description": "nice"}, {"type": "custom", "engine": "soda", "implementation": "x"}])  # fmt: skip
    table = pa.table(
        {
            name: pa.array(good, stored)
            for name, (_, _, stored, good, _) in PLANTED.items()
            if len(good) == 3
        }
    )
    for data in (table, table.to_pandas()):
        report = check(data, contract, now=NOW)
        rules = rules_of(contract)
        assert [each.rule.id for each in report.results] == [rule.id for rule in rules]
        assert len({rule.id for rule in rules}) == len(rules)
        assert sum(map(report.count, ("pass", "fail", "error", "not-checked"))) == len(rules)
        assert all(
            each.reason for each in report.results if each.verdict in ("error", "not-checked")
        )


@pytest.mark.parametrize("kind", ["arrow", "parquet"])
def test_a_query_sees_few_rules_and_only_the_columns_that_they_need(tmp_path, monkeypatch, kind):
    sizes = []
    fused = duckdb_scan.DuckDBScan._fused

    def counted(scan, rules):
        sizes.append(len(rules))
        found = fused(scan, rules)
        seen = scan._connection.table_function("duckdb_views").filter("view_name = 'checked_part'")
        assert [row for row in seen.project("column_count").fetchall() if row[0] > 64] == []
        return found

    monkeypatch.setattr(duckdb_scan.DuckDBScan, "_fused", counted)
    names = [f"c{index}" for index in range(90)]
    columns = [{"name": name, "required": True, "unique": True} for name in names]
    table = pa.table({name: [1, 1, None] for name in names})
    report = check(KINDS[kind](table, tmp_path), contract_of(tmp_path, columns), now=NOW)
    assert max(sizes) <= duckdb_scan.RULES_PER_QUERY and sum(sizes) >= 90
    for name in names:
        assert verdict(report, f"{name}.required") == verdict(report, f"{name}.unique") == (FAIL, 1)
