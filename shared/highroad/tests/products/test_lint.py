"""Faults of contracts that show without data: all at once, with file and line."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pyarrow as pa
import pytest
from conftest import write

from highroad.config.platform import load_platform
from highroad.products.checks import duckdb_scan, empty_scan, sandbox
from highroad.products.checks.empty_scan import EmptyScan
from highroad.products.lint import lint_contracts, out_of_range
from highroad.products.rules import Rule, kinds
from highroad_workspace.projects import Project

GOOD = """\
kind: DataContract
apiVersion: v3.2.0
id: shop.orders
version: 1.2.0
status: active
team: {name: sales}
servers: [{server: base, type: local, environment: base, path: products/shop.orders}]
schema:
  - name: orders
    properties:
      - {name: id, logicalType: integer, physicalType: int64}
      - {name: state, logicalType: string, logicalTypeOptions: {pattern: "[a-z]+"}}
    quality:
      - {type: sql, name: few, query: "SELECT count(*) FROM {object} WHERE id < 0", mustBe: 0}
"""
SHOP = Project(
    "shop", "/x/projects/shop", ">=3.11", True, "d", "sales", "model", publishes=("shop.orders",)
)


@pytest.fixture
def faults(platform):
    def find(text: str = GOOD, shop: Project = SHOP) -> list[str]:
        load_platform.cache_clear()
        write(platform / "contracts" / "shop.orders.yaml", text)
        return lint_contracts(platform, load_platform(platform), [shop], date(2026, 1, 1))

    return find


def test_a_sound_contract_has_none(faults):
    assert faults() == []


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("id: shop.orders", "id: shop.order", 3, "expected 'shop.orders', the file's name"),
        ("version: 1.2.0", "version: '1.2'", 4, "is no semantic version"),
        ("name: sales", "name: stores", 6, "[tool.highroad] of shop says 'sales'"),
        ("environment: base", "environment: basse", 7, "is not in platform.yml; known: base, prod"),
        ("products/shop.orders", "products/orders", 7, "the product lies at 'products/shop.orders'"),
        ("logicalType: integer", "logicalType: intger", 11, "Did you mean 'integer'?"),
        ("name: id, ", "name: id, requird: true, ", 11, "Did you mean 'required'?"),
        ("[a-z]+", "[a-z", 12, "'[a-z' is no pattern"),
        ("[a-z]+", "(?=a)b", 12, "'(?=a)b' is no pattern"),
        ("name: state", "name: id", 12, "the column 'id' stands 2 times"),
        ("apiVersion: v3.2.0", "apiVersion: v2.2.2", 2, "expected one of the standard's, such as v3.2.0"),
        ("status: active", "status: activ", 5, "Did you mean 'active'?"),
        ("physicalType: int64", "physicalType: varchar", 11, "'id' is integer, and no varchar is one"),
        ("physicalType: int64", "logicalTypeOptions: {minLength: 3}", 11, "expected string"),
        ("physicalType: int64", "logicalTypeOptions: {minimum: few}", 11, "'id.minimum' is 'few'; expected a number"),
        ("physicalType: int64", "logicalTypeOptions: {multipleOf: 0}", 11, "expected a number above 0"),
        ("logicalTypeOptions: {pattern: \"[a-z]+\"}", "logicalTypeOptions: {maxLength: -1}", 12, "expected a number of characters"),
        ("integer, physicalType: int64", "date, logicalTypeOptions: {minimum: 2013}", 11, "expected an ISO date or time in quotes"),
        ("physicalType: int64", "logicalTypeOptions: {minimum: 3, maximum: 2}", 11, "no value keeps both minimum 3 and maximum 2"),
        ("physicalType: int64", "logicalTypeOptions: {minimum: 3, exclusiveMaximum: 3}", 11, "no value keeps both"),
        ("physicalType: int64", "enum: [{value: NO}]", 11, "'id' is integer, and its value False is none"),
        ("logicalTypeOptions: {pattern: \"[a-z]+\"}", "enum: [{value: NO}]", 12, "Put it in quotes"),
        ("physicalType: int64", "quality: [{metric: duplicateValues, arguments: {properties: [idd]}, mustBe: 0}]", 11, "which is no column. Did you mean 'id'?"),
        ("physicalType: int64", "quality: [{name: a, type: text}, {name: a, type: text}]", 11, "'id' has 2 rules called 'a'"),
        ("physicalType: int64", "quality: [{metric: nullValues, mustBeBetween: [5, 1]}]", 11, "expected the lesser first, 1 and 5"),
        ("physicalType: int64", "relationships: [{to: orders.staat}]", 11, "no such column. Did you mean 'state'?"),
        ("physicalType: int64", "relationships: [{to: order.id}]", 11, "the table 'order', which is not in shop.orders. Did you mean 'orders'?"),
        ("physicalType: int64", "relationships: [{to: shop.order.yaml#orders.id}]", 11, "'shop.order', which has no contract. Did you mean 'shop.orders'?"),
        ("physicalType: int64", "relationships: [{to: orders.id}]", 11, "leads back to where it starts: shop.orders#orders.id → shop.orders#orders.id"),
        ("physicalType: int64", "relationships: [{to: [orders.id, orders.state]}]", 11, "goes from 1 to 2 columns"),
        ("physicalType: int64", "transformSourceObjects: [shop.orders.staet]", 11, "'shop.orders.staet', which is no column of a product"),
        ("physicalType: int64", "transformSourceObjects: [shop.orders.staet]", 11, "Did you mean 'shop.orders.state'?"),
        ("physicalType: int64", "transformSourceObjects: [orders]", 11, "expected <project>.<product>.<column>"),
        ("schema:", "customProperties: [{property: highroad.waivers, value: {rule: x}}]\nschema:", 8, "expected a list of {rule, reason, expires}"),
        ("    properties:\n", "    properties: []\n    items:\n", 9, "the table has no columns"),
        ("schema:", "slaProperties: [{property: latency, value: 1, unit: d, element: order.at}]\nschema:", 8, "'service.latency' is not checked: 'order.at' is of no table here"),
        ("schema:", "schema:\n  - name: other", 9, "the table 'other' is not of 'shop.orders' and is never checked"),
        ("physicalType: int64", "physicalType: uint8", 11, "'id' is uint8, which is stored as int16"),
        ("integer, physicalType: int64", "time", 11, "'id' is time, which the store cannot keep"),
        ("integer, physicalType: int64", "timestamp, physicalType: 'timestamp[ns]'", 11, "stored as timestamp[us]"),
        ("integer, physicalType: int64", "timestamp, physicalType: 'timestamp[us, tz=Europe/Berlin]'", 11, "stored as timestamp[us, tz=UTC]"),
        ("integer, physicalType: int64", "number, physicalType: float16", 11, "stored as float"),
        ("integer, physicalType: int64", "number, physicalType: 'decimal(40,2)'", 11, "the store cannot keep"),
        ("WHERE id", "WHERE idd", 14, "the query failed"),
        ("SELECT count(*) FROM {object} WHERE id < 0", "DROP TABLE data", 14, "expected one SELECT"),
        ("mustBe: 0", "expected: 0", 14, "expected one operator such as mustBe"),
    ],
)  # fmt: skip
def test_a_fault_is_named_with_its_line(faults, old, new, line, said):
    found = faults(GOOD.replace(old, new, 1))
    assert any(f"shop.orders.yaml:{line}:" in each and said in each for each in found), found


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("environment: base, ", ""),
        ("FROM {object} WHERE id", "FROM orders WHERE id"),
        ("FROM {object} WHERE id", "FROM Orders WHERE id"),
        ("physicalType: int64", "logicalTypeOptions: {format: i64}"),
        ("physicalType: int64", "logicalTypeOptions: {format: u128}"),
        ("integer, physicalType: int64", "number, logicalTypeOptions: {format: f32}"),
        ("integer, physicalType: int64", "number, physicalType: 'decimal(10,2)'"),
    ],
)
def test_what_the_standard_allows_is_no_fault(faults, old, new):
    assert old in GOOD
    assert faults(GOOD.replace(old, new, 1)) == []


def test_a_column_may_say_where_it_comes_from(faults):
    declared = "physicalType: int64, transformSourceObjects: [shop.orders.state], transformLogic: x"
    assert faults(GOOD.replace("physicalType: int64", declared)) == []


def test_products_and_contracts_belong_together(faults):
    (fault,) = faults(shop=SHOP._replace(publishes=("shop.orders", "shop.sales")))
    assert "publishes 'shop.sales', which has no contract" in fault
    (fault,) = faults(shop=SHOP._replace(publishes=()))
    assert "no project publishes 'shop.orders'" in fault


WAIVERS = "customProperties:\n- property: highroad.waivers\n  value:\n  - {rule: rows.nice, reason: %s, expires: %s}\n"
PROSE = "      - {type: text, name: nice, description: Nice}\n"


@pytest.mark.parametrize(
    ("reason", "expires", "said"),
    [
        ("why not", "2026-06-01", None),
        ("why not", "2025-06-01", "expired on 2025-06-01"),
        ("why not", "soon", "expected an ISO date"),
        ("''", "2026-06-01", "gives no reason"),
        ("null", "2026-06-01", "gives no reason"),
        ("why not", "null", "expected an ISO date"),
    ],
)
def test_what_is_not_checked_needs_a_waiver_that_holds(faults, reason, expires, said):
    found = faults(GOOD + PROSE + WAIVERS % (reason, expires))
    assert not found if said is None else [each for each in found if said in each] == found != []


def test_a_waiver_is_of_a_rule_that_nothing_can_check(faults):
    (unwaived,) = faults(GOOD + PROSE)
    assert ":15: 'rows.nice' is not checked: prose, for people" in unwaived
    (needless,) = faults(GOOD + (WAIVERS % ("why", "2026-06-01")).replace("rows.nice", "rows.few"))
    assert ":18: the waiver of 'rows.few' is of a rule that is checked" in needless
    (stray,) = faults(GOOD + (WAIVERS % ("why", "2026-06-01")).replace("rows.nice", "rows.feww"))
    assert "is of no rule. Did you mean 'rows.few'?" in stray


def test_a_version_out_of_a_consumers_range_is_a_fault(faults, platform):
    faults()
    reader = SHOP._replace(name="reader", ranges={"shop.orders": ">=2"})
    (fault,) = out_of_range(reader, platform)
    assert "accepts 'shop.orders' >=2, and its contract is 1.2.0" in fault
    assert out_of_range(reader._replace(ranges={"shop.orders": ">=1,<2"}), platform) == []
    path = write(
        platform.parent / "projects" / "reader" / "pyproject.toml",
        '[tool.highroad]\nkind = "model"\n[tool.highroad.consumes]\n"shop.orders" = "==1.1.*"\n',
    )
    reader = reader._replace(path=str(path.parent), ranges={"shop.orders": "==1.1.*"})
    (fault,) = out_of_range(reader, platform)
    assert fault.startswith("projects/reader/pyproject.toml:4: accepts 'shop.orders' ==1.1.*")


@pytest.mark.parametrize("line", ["", "version: soon\n"])
def test_a_version_that_cannot_be_judged_is_not_in_range(faults, platform, line):
    faults(GOOD.replace("version: 1.2.0\n", line))
    (fault,) = out_of_range(SHOP._replace(ranges={"shop.orders": ">=1"}), platform)
    assert "expected one such as 1.4.0" in fault


def test_an_unreadable_contract_hides_no_other_fault(faults, platform):
    write(platform / "contracts" / "shop.sales.yaml", "kind: [")
    found = faults(GOOD.replace("name: sales", "name: stores"))
    assert len(found) == 2
    assert any("shop.sales.yaml:1: not valid YAML" in each for each in found)
    ranges = {"shop.sales": ">=1", "shop.none": ">=1", "shop.orders": ">=2"}
    assert len(out_of_range(SHOP._replace(ranges=ranges), platform)) == 1


TARGET = """\
kind: DataContract
apiVersion: v3.2.0
id: shop.buyers
version: 1.0.0
status: active
team: {name: sales}
schema:
  - name: buyers
    properties:
      - {name: id, logicalType: integer%s}
customProperties:
  - {property: highroad.waivers, value: [{rule: id.relationships.0, reason: r, expires: 2027-01-01}]}
"""


def test_relationships_between_products(faults, platform):
    there = "name: id, logicalType: integer, relationships: [{to: shop.buyers.yaml#buyers.id}], "
    text = GOOD.replace("name: id, logicalType: integer, ", there)
    text += WAIVERS.replace("rows.nice", "id.relationships.0") % ("why", "2027-01-01")
    both = SHOP._replace(publishes=("shop.orders", "shop.buyers"))
    (fault, _) = faults(text, both)  # the second: it is published and has no contract
    assert (
        "shop.orders.yaml:11: the relationship names 'shop.buyers', which has no contract" in fault
    )
    write(platform / "contracts" / "shop.buyers.yaml", TARGET % "")
    (fault,) = faults(text, both)
    assert "the waiver of 'id.relationships.0' is of no rule" in fault
    back = ", relationships: [{to: 'shop.orders.yaml#/schema/orders/properties/id'}]"
    write(platform / "contracts" / "shop.buyers.yaml", TARGET % back)
    (fault,) = faults(text, both)
    assert fault.endswith(
        "leads back to where it starts: shop.buyers#buyers.id → shop.orders#orders.id → "
        "shop.buyers#buyers.id."
    )


def test_all_contracts_share_one_duckdb_and_one_process(faults, platform, monkeypatch):
    opened, started = [], []
    connect, start = duckdb_scan.connect, sandbox._Worker.__init__
    monkeypatch.setattr(empty_scan, "connect", lambda: opened.append(1) or connect())
    monkeypatch.setattr(duckdb_scan, "connect", lambda: pytest.fail("a DuckDB of its own"))
    monkeypatch.setattr(sandbox._Worker, "__init__", lambda self: started.append(1) or start(self))
    empty_scan._database.cache_clear()
    names = [f"shop.orders_{number}" for number in range(4)]
    for name in names:
        write(platform / "contracts" / f"{name}.yaml", GOOD.replace("shop.orders", name))
    assert faults(shop=SHOP._replace(publishes=("shop.orders", *names))) == []
    assert opened == [1] and len(started) <= 1


def test_a_misspelt_product_is_named_as_it_is_in_both_places(faults):
    (unpublished, without) = faults(shop=SHOP._replace(publishes=("shop.order",)))
    assert "no project publishes 'shop.orders'; name it" in unpublished
    assert "publishes 'shop.order', which has no contract" in without


@pytest.mark.parametrize(
    "kind", [pa.string(), pa.int64(), pa.decimal128(3, 1), pa.float16(), pa.date32()], ids=str
)
def test_what_fails_on_a_table_without_rows_fails_in_a_lint(kind):
    given = [
        ("pattern", "[a-z"), ("pattern", "[a-z]"), ("minLength", 1), ("multipleOf", 3),
        ("minimum", 1), ("maximum", 1e308), ("exclusiveMinimum", "2026-01-01"),
    ]  # fmt: skip
    named = {each.name: each for each in kinds()}
    rules = [
        Rule(f"c.{each}.{value}", named[each], ("c",), "", {"value": value})
        for each, value in given
    ]
    rules += [
        Rule(f"c.{each}", named[each], ("c",), "") for each in ("required", "unique", "rowCount")
    ]
    schema = pa.schema([("c", kind)])
    for rule in rules:
        if rule.columns and rule.kind.decided(rule, schema, datetime.now(UTC)):
            continue
        _, ours = EmptyScan(schema).measure([rule])
        _, real = duckdb_scan.DuckDBScan(schema.empty_table()).measure([rule])
        assert str(ours[rule.id]) == str(real[rule.id]), rule.id
