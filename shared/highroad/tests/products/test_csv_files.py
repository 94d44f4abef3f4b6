"""CSV files have the types of their contract."""

from __future__ import annotations

from decimal import Decimal

import pyarrow as pa

from highroad.products.checks import PASS, check
from highroad.products.csv_files import read_csv

from .contracts_by_hand import NOW, contract_of, result

COLUMNS = [
    {"name": "price", "logicalType": "number", "physicalType": "decimal(20,2)"},
    {"name": "n", "logicalType": "integer", "physicalType": "int32"},
    {"name": "at", "logicalType": "timestamp", "physicalType": "timestamp[us, tz=UTC]"},
    {"name": "code", "logicalType": "string"},
]
TYPES = [pa.decimal128(20, 2), pa.int32(), pa.timestamp("us", tz="UTC"), pa.string()]


def test_decimals_are_read_as_they_are_written(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("price,n,at,code\n123456789012345678.91,1,2013-01-01T00:00:00Z,007\n,,,\n")
    table = read_csv(path, contract_of(tmp_path, COLUMNS))
    assert table.schema.types == TYPES
    assert table["price"].to_pylist() == [Decimal("123456789012345678.91"), None]
    assert table["code"].to_pylist() == ["007", None]


def test_a_file_without_rows_has_the_types_of_its_contract(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("price,n,at,code\n")
    contract = contract_of(tmp_path, COLUMNS)
    table = read_csv(path, contract)
    assert (table.schema.types, len(table)) == (TYPES, 0)
    assert check(table, contract, now=NOW).passed


def test_a_value_that_is_no_such_decimal_is_told_by_its_rule(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("price,n,at,code\n0.125,1,,\n")
    contract = contract_of(tmp_path, COLUMNS)
    table = read_csv(path, contract)
    assert table["price"].to_pylist() == ["0.125"]
    assert result(check(table, contract, now=NOW), "price.physicalType").verdict != PASS
