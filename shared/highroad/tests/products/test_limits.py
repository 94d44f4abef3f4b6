"""What each operator makes of values that are no plain number, as the docs have it."""

from __future__ import annotations

import math
from pathlib import Path

import pyarrow as pa
import pytest

from highroad.products.checks import check
from highroad.products.limits import OPERATORS

from .contracts_by_hand import NOW, contract_of

DOCS = Path(__file__).parents[4] / "docs/pages/explanation/products.md"
QUERIES = {
    "null": "SELECT NULL::DOUBLE",
    "NaN": "SELECT 'nan'::DOUBLE",
    "∞": "SELECT 'inf'::DOUBLE",
    "−∞": "SELECT '-inf'::DOUBLE",
    "empty table, `avg`": "SELECT avg(v) FROM {object}",
    "empty table, `count`": "SELECT count(*) FROM {object}",
    "no row": "SELECT v FROM {object} LIMIT 1",
}
CASES = {
    **{f"`{name}: 5`": {name: 5} for name in OPERATORS if not name.endswith("Between")},
    **{f"`{name}: [1, 5]`": {name: [1, 5]} for name in OPERATORS if name.endswith("Between")},
    "`mustBe: null`": {"mustBe": None},
    "`mustNotBe: null`": {"mustNotBe": None},
}


def documented() -> dict[tuple[str, str], str]:
    """The verdicts of the docs' table, by limit and result."""
    lines = DOCS.read_text(encoding="utf-8").splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("| limit | null |"))
    table = []
    for line in lines[start:]:
        if not line.startswith("|"):
            break
        table.append([cell.strip() for cell in line.strip("|").split("|")])
    return {
        (row[0], name): verdict
        for row in table[2:]
        for name, verdict in zip(table[0][1:], row[1:], strict=True)
    }


@pytest.mark.parametrize("case", CASES)
def test_each_limit_gives_the_verdict_that_the_docs_have(tmp_path, case):
    quality = [
        {"name": name, "type": "sql", "query": query, **CASES[case]}
        for name, query in QUERIES.items()
    ]
    contract = contract_of(tmp_path, [{"name": "v"}], quality)
    report = check(pa.table({"v": pa.array([], pa.float64())}), contract, now=NOW)
    found = {
        (case, name): result.verdict
        for name, result in zip(QUERIES, report.results[-len(QUERIES) :], strict=True)
    }
    assert found == {key: verdict for key, verdict in documented().items() if key[0] == case}


@pytest.mark.parametrize("limit", [*CASES.values(), {"mustBeLessThan": 5, "unit": "percent"}])
def test_no_value_passes_no_limit_that_asks_for_one(tmp_path, limit):
    quality = [{"name": "r", "type": "sql", "query": "SELECT max(v) FROM {object}", **limit}]
    contract = contract_of(tmp_path, [{"name": "v"}], quality)
    for value in (None, math.nan):
        table = pa.table({"v": pa.array([value], pa.float64())})
        asks_for_null = value is None and limit == {"mustBe": None}
        assert check(table, contract, now=NOW).passed == asks_for_null


@pytest.mark.parametrize(
    ("logical", "format", "stored", "good", "bad"),
    [
        ("integer", "i8", pa.int32(), [-128, 127, None], 128),
        ("integer", "u8", pa.int32(), [0, 255], -1),
        ("integer", "i64", pa.uint64(), [0, 2**63 - 1], 2**63),
        ("number", "f32", pa.float64(), [1e38, -1e38], 1e39),
    ],
)
def test_formats_of_numbers_are_the_ranges_that_the_standard_gives(
    tmp_path, logical, format, stored, good, bad
):
    column = {"name": "v", "logicalType": logical, "logicalTypeOptions": {"format": format}}
    contract = contract_of(tmp_path, [column])
    assert check(pa.table({"v": pa.array(good, stored)}), contract, now=NOW).passed
    assert not check(pa.table({"v": pa.array([*good, bad], stored)}), contract, now=NOW).passed


def test_a_description_is_no_part_of_what_data_is_checked_against(tmp_path):
    said = [{"name": "v", "description": "one", "required": True}]
    reworded = [{"name": "v", "description": "two", "required": True}]
    other = [{"name": "v", "description": "one", "required": False}]
    first = contract_of(tmp_path, said).fingerprint
    assert first == contract_of(tmp_path, reworded).fingerprint
    assert first != contract_of(tmp_path, other).fingerprint
