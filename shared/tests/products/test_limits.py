"""What each operator makes of values that are no plain number, as the docs have it."""

from __future__ import annotations

import math
from pathlib import Path

import pyarrow as pa
import pytest

from highroad.products.checks import check
from highroad.products.limits import OPERATORS

from .contracts_by_hand import NOW, contract_of

DOCS = Path(__file__).parents[3] / "docs/pages/explanation/products.md"
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
