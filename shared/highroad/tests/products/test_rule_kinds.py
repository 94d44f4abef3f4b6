"""Kinds of rules: each says all of itself, and one from outside the library is like its own."""

from __future__ import annotations

import inspect
import re
from datetime import UTC, date, datetime
from importlib.metadata import entry_points

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from highroad.errors import ConfigError, ContractError
from highroad.products.checks import ERROR, FAIL, PASS, check
from highroad.products.compatibility import compare
from highroad.products.contract_lint import table_faults
from highroad.products.rules import kinds, rules_of
from highroad.products.rules.reading import GROUP

from .contracts_by_hand import contract_of

NOW = datetime(2026, 6, 1, tzinfo=UTC)
ADDED = '''
from highroad.products.rules import RowKind, RuleKind
from highroad.products.rules.sql import quoted

class NotBefore(RowKind):
    """A time is not before another one of the same row."""

    name = "notBefore"
    reads = ("engine.shop.not-before",)

    def read(self, declared):
        yield declared.rule(self, columns=(*declared.columns, declared.value["column"]),
                            slack_d=declared.value.get("slack_d", 0))

    def sentence(self, rule):
        return f"is not before {rule.columns[1]}"

    def condition(self, rule, column, kind):
        return f"{column} + to_days({rule.arguments['slack_d']}) < {quoted(rule.columns[1])}"

    def change(self, old, new):
        return "stricter" if new["slack_d"] < old["slack_d"] else "weaker"

    def lint(self, rule, column, rules):
        if rule.arguments["slack_d"] < 0:
            yield ("implementation", "slack_d"), "expected no days or more"

class Spread(RuleKind):
    """The values of a column are so far apart, measured over the whole table."""

    name = "spread"
    reads = ("metric.spread",)
    shows_limit = True

    def sentence(self, rule):
        return "the spread"

    def read(self, declared):
        yield declared.rule(self)

    def sql(self, rule, source):
        return f"(SELECT max({quoted(rule.columns[0])}) - min({quoted(rule.columns[0])}) FROM {source.name})"

class BreaksReading(NotBefore):
    name = "breaksReading"

    def read(self, declared):
        raise KeyError("column")

class BreaksAsked(NotBefore):
    name = "breaksAsked"

    def condition(self, rule, column, kind):
        raise RuntimeError("boom")

class Incomplete(RuleKind):
    name = "incomplete"

class Nameless(RuleKind):
    def read(self, declared):
        yield from ()

    def sentence(self, rule):
        return ""
'''
FOR = {"type": "custom", "engine": "shop.not-before"}
COLUMNS = [
    {"name": "ordered", "logicalType": "date"},
    {
        "name": "shipped",
        "logicalType": "date",
        "quality": [{**FOR, "name": "order", "implementation": {"column": "ordered"}}],
    },
    {"name": "x", "quality": [{"metric": "spread", "name": "spread", "mustBeLessThan": 5}]},
]
TABLE = pa.table(
    {
        "ordered": [date(2026, 1, 3), date(2026, 1, 4), None],
        "shipped": [date(2026, 1, 5), date(2026, 1, 2), date(2026, 1, 1)],
        "x": [1, 2, 9],
    }
)


@pytest.fixture
def add(install):
    def add(**points: str) -> None:
        install(GROUP, points, ADDED)
        kinds.cache_clear()

    yield add
    kinds.cache_clear()


def slack(days: int):
    wanted = yaml.safe_load(yaml.safe_dump(COLUMNS))
    wanted[1]["quality"][0]["implementation"]["slack_d"] = days
    return wanted


@pytest.mark.parametrize("form", ["arrow", "polars", "lazy", "parquet"])
def test_a_kind_from_outside_is_read_and_checked(tmp_path, add, form):
    add(a="added:NotBefore", b="added:Spread")
    contract = contract_of(tmp_path, COLUMNS)
    data = {
        "arrow": lambda: TABLE,
        "polars": lambda: pl.from_arrow(TABLE),
        "lazy": lambda: pl.from_arrow(TABLE).lazy(),
        "parquet": lambda: str(tmp_path / "t.parquet"),
    }
    pq.write_table(TABLE, tmp_path / "t.parquet")
    results = {each.rule.id: each for each in check(data[form](), contract, now=NOW).results}
    order, spread = results["shipped.order"], results["x.spread"]
    assert (order.verdict, order.failed_rows, order.rule.says) == (FAIL, 1, "is not before ordered")
    assert [dict(row) for row in order.sample] == [
        {"shipped": date(2026, 1, 2), "ordered": date(2026, 1, 4)}
    ]
    assert (spread.verdict, spread.observed) == (FAIL, 8)
    assert all(each.verdict == PASS for name, each in results.items() if name.endswith("present"))


def test_a_kind_from_outside_is_described_compared_and_linted(tmp_path, add):
    add(a="added:NotBefore", b="added:Spread")
    columns = slack(1)
    del columns[1]["quality"][0]["name"]
    old = contract_of(tmp_path, columns)
    (rule,) = (each for each in rules_of(old) if each.kind.name == "notBefore")
    assert rule.says == "is not before ordered"
    new = contract_of(tmp_path, slack(0))
    old = contract_of(tmp_path, slack(1))
    assert [each.kind for each in compare(old, new)] == ["stricter"]
    assert [each.kind for each in compare(new, old)] == ["weaker"]
    assert [*table_faults(old, rules_of(old))] == []
    bad = contract_of(tmp_path, slack(-1))
    (fault,) = table_faults(bad, rules_of(bad))
    assert re.search(r"\.yaml:\d+: expected no days or more", fault)


def test_without_the_kind_the_rule_is_not_checked(tmp_path):
    contract = contract_of(tmp_path, COLUMNS)
    rules = {each.id: each for each in rules_of(contract)}
    assert rules["shipped.order"].reason == "written for the engine 'shop.not-before'"
    assert rules["x.spread"].reason == "no metric 'spread'"


def test_a_kind_that_raises_is_one_message(tmp_path, add):
    add(a="added:BreaksReading")
    with pytest.raises(
        ContractError, match=r"yaml:\d+: a kind of rule failed .* KeyError: 'column'"
    ):
        rules_of(contract_of(tmp_path, COLUMNS))


@pytest.mark.parametrize("data", [TABLE, pl.from_arrow(TABLE)], ids=["arrow", "polars"])
def test_a_kind_that_raises_when_asked_is_an_error_of_its_rule_alone(tmp_path, add, data):
    add(a="added:BreaksAsked", b="added:Spread")
    contract = contract_of(tmp_path, COLUMNS)
    results = {each.rule.id: each for each in check(data, contract, now=NOW).results}
    assert (results["shipped.order"].verdict, results["shipped.order"].reason) == (ERROR, "boom")
    assert results["x.spread"].observed == 8
    assert any(
        "'shipped.order': boom" in each for each in table_faults(contract, rules_of(contract))
    )


@pytest.mark.parametrize(
    ("points", "says"),
    [
        ({"a": "nowhere:Kind"}, "Entry point 'a' of highroad.rules, nowhere:Kind of the package added, cannot be imported"),
        ({"a": "added:quoted"}, "is no class that inherits RuleKind"),
        ({"a": "added:Nameless"}, "cannot be made: AttributeError"),
        ({"a": "added:Incomplete"}, "cannot be made: TypeError"),
        ({"a": "added:NotBefore", "b": "added:NotBefore"}, "is named 'notBefore', as added:NotBefore is"),
    ],
)  # fmt: skip
def test_an_entry_point_that_is_no_kind_is_one_message(tmp_path, add, points, says):
    add(**points)
    with pytest.raises(ConfigError, match=re.escape(says)):
        rules_of(contract_of(tmp_path, COLUMNS))


OWN = [each for each in kinds() if type(each).__module__.startswith("highroad.")]


@pytest.mark.parametrize("kind", OWN, ids=[each.name for each in OWN])
def test_each_kind_of_the_library_shows_what_it_reads(tmp_path, kind):
    text = inspect.getdoc(type(kind)) or ""
    example = yaml.safe_load(text.partition("```yaml\n")[2].partition("```")[0])
    columns = example.get("properties", [{"name": "day"}, {"name": "shop"}, {"name": "at"}])
    quality, promises = example.get("quality", []), example.get("slaProperties", [])
    promises = [
        {**each, "element": each.get("element", "").replace("orders", "x")} for each in promises
    ]
    contract = contract_of(tmp_path, columns, quality, promises)
    own = [each for each in rules_of(contract) if each.kind.name == kind.name]
    assert (
        own
        and all(each.kind.sentence(each) for each in own)
        and text.partition("\n")[0].endswith(".")
    )
    assert [*table_faults(contract, rules_of(contract))] == []


def test_an_entry_point_of_the_library_is_called_as_its_kind():
    points = [
        each for each in entry_points(group=GROUP) if each.dist and each.dist.name == "highroad"
    ]
    assert {each.name: each.load().name for each in points} == {
        each.name: each.name for each in OWN
    }
