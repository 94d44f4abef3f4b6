"""Tables that are not as they should be, and what a report may tell of persons."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from highroad.errors import DataError
from highroad.products.checks import ERROR, FAIL, PASS, check
from highroad.products.checks.report import WIDTH

from .contracts_by_hand import NOW, contract_of, result
from .tables_of_every_kind import KINDS

MAIL = {"name": "mail", "tags": ["contains-PII"], "logicalType": "string"}


@pytest.mark.parametrize("kind", [each for each in KINDS if each != "duckdb"])  # it renames them
def test_two_columns_of_one_name_are_refused(tmp_path, kind):
    table = pa.table([pa.array([1]), pa.array([2])], names=["v", "V"])
    with pytest.raises(DataError, match="two columns are called 'v' and 'V'"):
        check(KINDS[kind](table, tmp_path), contract_of(tmp_path, [{"name": "v"}]))


def test_files_that_do_not_agree_are_told_and_the_rest_is_checked(tmp_path):
    paths = [str(tmp_path / name) for name in ("a.parquet", "b.parquet")]
    pq.write_table(pa.table({"id": [1, 2], "v": [1, 2]}), paths[0])
    pq.write_table(pa.table({"id": [2, 3], "v": ["x", "y"], "w": [1, 1]}), paths[1])
    columns = [
        {"name": "id", "unique": True},
        {"name": "v", "logicalTypeOptions": {"minimum": 0}},
        {"name": "w", "required": True},
    ]
    report = check(paths, contract_of(tmp_path, columns), now=NOW)
    assert (result(report, "id.unique").verdict, result(report, "id.unique").failed_rows) == (
        FAIL,
        1,
    )
    assert result(report, "v.minimum").verdict == ERROR
    assert "int64 in" in result(report, "v.minimum").reason
    assert result(report, "w.required").verdict == ERROR
    assert "a.parquet has no such column" in result(report, "w.required").reason
    assert report.rows == 4


def test_file_names_with_signs_of_globs_are_files(tmp_path):
    path = tmp_path / "m[1]*'?.parquet"
    pq.write_table(pa.table({"v": [1, 1]}), path)
    report = check(path, contract_of(tmp_path, [{"name": "v", "unique": True}]), now=NOW)
    assert result(report, "v.unique").failed_rows == 1


@pytest.mark.parametrize(
    "values", [[1, "a"], [date(2013, 1, 1), datetime(2013, 1, 1, 5)], [object(), None]]
)
def test_mixed_values_pass_no_rule(tmp_path, values):
    columns = [{"name": "v", "logicalType": "string", "enum": [{"value": "a"}]}, {"name": "n"}]
    frame = pd.DataFrame({"v": pd.Series(values, dtype=object), "n": [1, 2]})
    report = check(frame, contract_of(tmp_path, columns), now=NOW)
    assert result(report, "v.logicalType").verdict == FAIL
    assert result(report, "v.enum").verdict == ERROR
    assert result(report, "n.present").verdict == PASS


def test_what_can_be_read_only_once_is_read_once(tmp_path):
    table = pa.table({"v": [1, 1, None]})
    contract = contract_of(
        tmp_path,
        [{"name": "v", "unique": True, "required": True}],
        [{"type": "sql", "query": "SELECT count(*) FROM {object}", "mustBe": 3}],
    )
    for data in (
        table.to_reader(),
        ds.dataset(table).scanner(),
        table.to_batches()[0],
        duckdb.from_arrow(table),
    ):
        report = check(data, contract, now=NOW)
        assert [each.rule.id for each in report.faults] == ["v.required", "v.unique"]
        assert all(each.failed_rows == 1 and each.sample for each in report.faults)


def test_polars_objects_and_a_lost_file_are_named(tmp_path):
    contract = contract_of(tmp_path, [{"name": "v", "logicalType": "integer", "required": True}])
    report = check(pl.DataFrame({"v": pl.Series([object()], dtype=pl.Object)}), contract, now=NOW)
    assert result(report, "v.logicalType").verdict == FAIL
    with pytest.raises(DataError, match="Polars cannot read the table"):
        check(pl.scan_parquet(tmp_path / "no.parquet"), contract)
    with pytest.raises(DataError, match="no such file"):
        check(tmp_path / "no.parquet", contract)


@pytest.mark.parametrize("kind", ["arrow", "polars", "parquet"])
def test_half_floats_and_wide_decimals_are_checked(tmp_path, kind):
    table = pa.table({"h": pa.array([1.5, 2.5], pa.float16())})
    if kind != "parquet":
        columns = [{"name": "h", "logicalTypeOptions": {"maximum": 2}}]
        report = check(KINDS[kind](table, tmp_path), contract_of(tmp_path, columns), now=NOW)
        assert result(report, "h.maximum").failed_rows == 1
    if kind != "polars":
        wide = pa.table({"d": pa.array([Decimal(1), Decimal(3)], pa.decimal256(60, 2))})
        columns = [{"name": "d", "logicalTypeOptions": {"maximum": 2}}]
        report = check(KINDS[kind](wide, tmp_path), contract_of(tmp_path, columns), now=NOW)
        assert result(report, "d.maximum").failed_rows == 1


@pytest.mark.parametrize(
    ("column", "options", "said"),
    [
        (pa.array(["a"]), {"minLength": "two"}, "no number of characters"),
        (pa.array([1]), {"multipleOf": 0}, "no number other than 0"),
        (pa.array([1]), {"minimum": "low"}, "'low' is no number"),
        (pa.array([date(2013, 1, 1)]), {"minimum": "soon"}, "no day; expected an ISO date"),
        (pa.array(["a"]), {"pattern": "("}, ""),
    ],
)
@pytest.mark.parametrize("kind", ["arrow", "polars", "parquet"])
def test_a_rules_value_that_fits_no_column_is_an_error(tmp_path, kind, column, options, said):
    contract = contract_of(tmp_path, [{"name": "v", "logicalTypeOptions": options}])
    report = check(KINDS[kind](pa.table({"v": column}), tmp_path), contract, now=NOW)
    found = result(report, f"v.{next(iter(options))}")
    assert found.verdict == ERROR and said in found.reason and found.reason


@pytest.mark.parametrize(
    ("query", "is_shown"),
    [
        ("SELECT count(*) FROM {object} WHERE mail = 'zoe'", True),
        ("SELECT max(mail) FROM {object}", False),
        ("SELECT max(COLUMNS(*)) FROM (SELECT mail FROM {object})", False),
        ("SELECT max(t.x) FROM (SELECT * FROM {object}) t(x)", False),
    ],
)
def test_an_sql_rule_tells_no_person(tmp_path, query, is_shown):
    contract = contract_of(tmp_path, [MAIL], [{"type": "sql", "query": query, "mustBe": "nobody"}])
    report = check(pa.table({"mail": ["zoe@example.org"]}), contract, now=NOW)
    shown = report.to_json() + report.table(True)
    assert "zoe@" not in shown and ("***" in shown) is not is_shown


@pytest.mark.parametrize("kind", ["arrow", "polars", "parquet"])
def test_an_engines_error_tells_no_person(tmp_path, kind):
    contract = contract_of(
        tmp_path,
        [MAIL],
        [{"type": "sql", "query": "SELECT max(mail::INTEGER) FROM {object}", "mustBe": 1}],
    )
    table = pa.table({"mail": ["zoe@example.org"]})
    report = check(KINDS[kind](table, tmp_path), contract, now=NOW)
    shown = report.to_json() + report.table(True)
    assert "zoe@" not in shown and "its words are left out" in shown


def test_a_nested_personal_field_masks_its_column(tmp_path):
    column = {
        "name": "who",
        "required": True,
        "properties": [{"name": "mail", "classification": "Restricted"}],
    }
    key = {"name": "id", "unique": True}
    who = pa.array([{"mail": "zoe@example.org"}, None, {"mail": "kim@example.org"}])
    table = pa.table({"who": who, "id": [1, 1, 2]})
    report = check(table, contract_of(tmp_path, [column, key]), now=NOW)
    assert len(report.faults) == 2 and "example.org" not in report.to_json()


def test_a_report_keeps_to_a_terminals_width(tmp_path):
    long = "words " * 80
    columns = [{"name": "c" * 60, "required": True, "description": long}]
    quality = [{"type": "text", "description": long}]
    contract = contract_of(tmp_path, columns, quality)
    report = check(pa.table({"c" * 60: [None]}), contract, now=NOW)
    lines = report.table(True).splitlines()
    assert max(map(len, lines)) <= WIDTH and len(lines) < 20
