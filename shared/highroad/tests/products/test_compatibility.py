"""What a change is to readers and to writers, and the version it asks for."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from highroad.products.compatibility import (
    ADDITIVE,
    BREAKING,
    DOCUMENTATION,
    MEANINGS,
    bump_for,
    compare,
    removal_fault,
    version_fault,
)
from highroad.products.contract import Contract, read_contract
from highroad.products.rules import kinds, rules_of

START: dict[str, Any] = {
    "kind": "DataContract", "apiVersion": "v3.2.0", "id": "shop.orders", "version": "1.2.0",
    "status": "active", "team": {"name": "sales"}, "description": {"purpose": "Orders"},
    "slaProperties": [{"property": "latency", "value": 2, "unit": "d", "element": "orders.at"},
                      {"property": "retention", "value": 2, "unit": "y", "element": "orders.at"}],
    "servers": [{"server": name, "type": "local", "environment": name, "path": "x", "format": "delta"} for name in ("base", "prod")],
    "schema": [{"name": "orders", "properties": [
        {"name": "id", "logicalType": "integer", "physicalType": "int64", "required": True, "unique": True},
        {"name": "state", "logicalType": "string", "enum": [{"value": "new"}, {"value": "paid"}],
         "logicalTypeOptions": {"pattern": "[a-z]+", "maxLength": 9}},
        {"name": "price", "logicalType": "number", "logicalTypeOptions": {"minimum": 0, "maximum": 99}},
        {"name": "month", "logicalType": "string", "partitioned": True},
        {"name": "at", "logicalType": "timestamp"},
        {"name": "nest", "logicalType": "object", "properties": [{"name": "a", "logicalType": "string"}]},
    ], "quality": [{"name": "size", "metric": "rowCount", "mustBeBetween": [1, 10]}]}],
}  # fmt: skip


def contract(folder: Path, document: dict[str, Any], name: str = "new") -> Contract:
    path = folder / f"{name}.yaml"
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    return read_contract(path, "shop.orders")


def table(document: dict[str, Any]) -> dict[str, Any]:
    return document["schema"][0]


def column(document: dict[str, Any], name: str) -> dict[str, Any]:
    return next(each for each in table(document)["properties"] if each["name"] == name)


def drop(document: dict[str, Any], name: str) -> None:
    table(document)["properties"].remove(column(document, name))


CHANGES: dict[str, tuple[Any, str, str]] = {
    "a column goes": (lambda d: drop(d, "price"), BREAKING, ADDITIVE),
    "a column comes": (lambda d: table(d)["properties"].append({"name": "more"}), ADDITIVE, BREAKING),
    "a type changes": (lambda d: column(d, "id").update(physicalType="int32"), BREAKING, BREAKING),
    "null is allowed": (lambda d: column(d, "id").pop("required"), BREAKING, ADDITIVE),
    "null is refused": (lambda d: column(d, "price").update(required=True), ADDITIVE, BREAKING),
    "unique goes": (lambda d: column(d, "id").pop("unique"), BREAKING, ADDITIVE),
    "one more value": (lambda d: column(d, "state")["enum"].append({"value": "sent"}), BREAKING, ADDITIVE),
    "one value less": (lambda d: column(d, "state")["enum"].pop(), ADDITIVE, BREAKING),
    "another pattern": (lambda d: column(d, "state")["logicalTypeOptions"].update(pattern="[a-y]+"), BREAKING, BREAKING),
    "longer texts": (lambda d: column(d, "state")["logicalTypeOptions"].update(maxLength=20), BREAKING, ADDITIVE),
    "a lower minimum": (lambda d: column(d, "price")["logicalTypeOptions"].update(minimum=-1), BREAKING, ADDITIVE),
    "a lower maximum": (lambda d: column(d, "price")["logicalTypeOptions"].update(maximum=50), ADDITIVE, BREAKING),
    "a later promise": (lambda d: d["slaProperties"][0].update(value=3), BREAKING, ADDITIVE),
    "an earlier promise": (lambda d: d["slaProperties"][0].update(value=1), ADDITIVE, BREAKING),
    "wider counts": (lambda d: table(d)["quality"][0].update(mustBeBetween=[0, 20]), BREAKING, ADDITIVE),
    "narrower counts": (lambda d: table(d)["quality"][0].update(mustBeBetween=[2, 9]), ADDITIVE, BREAKING),
    "only a warning": (lambda d: table(d)["quality"][0].update(severity="warning"), BREAKING, ADDITIVE),
    "another rule": (lambda d: table(d)["quality"].append({"type": "sql", "name": "s", "query": "SELECT 0 FROM {object}", "mustBe": 0}), ADDITIVE, BREAKING),
    "another partition": (lambda d: column(d, "month").update(partitioned=False), BREAKING, BREAKING),
    "another owner": (lambda d: d["team"].update(name="stores"), DOCUMENTATION, DOCUMENTATION),
    "another text": (lambda d: d["description"].update(purpose="All orders"), DOCUMENTATION, DOCUMENTATION),
    "another name of a rule": (lambda d: table(d)["quality"][0].update(name="count"), DOCUMENTATION, DOCUMENTATION),
    "another text of a rule": (lambda d: table(d)["quality"][0].update(description="All"), DOCUMENTATION, DOCUMENTATION),
    "another text of a column": (lambda d: column(d, "id").update(description="Its id"), DOCUMENTATION, DOCUMENTATION),
    "another class of a column": (lambda d: column(d, "id").update(classification="restricted"), DOCUMENTATION, DOCUMENTATION),
    "another support channel": (lambda d: d.update(support=[{"channel": "x"}]), DOCUMENTATION, DOCUMENTATION),
    "an unknown key": (lambda d: d.update(supprt=[]), DOCUMENTATION, DOCUMENTATION),
    "a notice": (lambda d: d.update(status="deprecated"), DOCUMENTATION, DOCUMENTATION),
    "an end": (lambda d: d.update(status="retired"), BREAKING, ADDITIVE),
    "one more key column": (lambda d: column(d, "id").update(primaryKey=True), ADDITIVE, BREAKING),
    "older rows go": (lambda d: d["slaProperties"][1].update(value=1), BREAKING, BREAKING),
    "older rows stay": (lambda d: d["slaProperties"][1].update(value=3), ADDITIVE, BREAKING),
    "one more server": (lambda d: d["servers"].append({**d["servers"][0], "server": "staging", "environment": "staging"}), ADDITIVE, BREAKING),
    "one server less": (lambda d: d["servers"].pop(), BREAKING, ADDITIVE),
    "another place": (lambda d: d["servers"][0].update(path="y"), BREAKING, BREAKING),
    "another text of a server": (lambda d: d["servers"][0].update(description="Laptops"), DOCUMENTATION, DOCUMENTATION),
    "what is nested": (lambda d: column(d, "nest")["properties"][0].update(logicalType="date"), BREAKING, BREAKING),
    "prose": (lambda d: table(d)["quality"].append({"type": "text", "description": "nice"}), DOCUMENTATION, DOCUMENTATION),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
def test_each_change_is_told_to_readers_and_writers(tmp_path, name):
    change, reader, writer = CHANGES[name]
    changed = copy.deepcopy(START)
    change(changed)
    old, new = contract(tmp_path, START, "old"), contract(tmp_path, changed)
    found = compare(old, new)
    assert {(each.reader, each.writer) for each in found} == {(reader, writer)}, found
    assert len(found) == (2 if "key column" in name else 1)  # no row twice, and never null
    assert compare(old, old) == []
    fault = version_fault(old, new, found)
    expected = {BREAKING: "2.0.0", ADDITIVE: "1.3.0", DOCUMENTATION: "1.2.1"}[reader]
    assert fault is not None and f"Expected {expected} or higher" in fault
    changed["version"] = expected
    assert version_fault(old, contract(tmp_path, changed), found) is None


def test_a_product_that_goes_or_comes(tmp_path):
    here = contract(tmp_path, START)
    assert [each.reader for each in compare(here, None)] == [BREAKING]
    assert [each.reader for each in compare(None, here)] == [ADDITIVE]
    assert bump_for([]) == "none"


def test_below_one_a_minor_step_may_break(tmp_path):
    old = contract(tmp_path, START | {"version": "0.3.0"}, "old")
    changed = copy.deepcopy(START) | {"version": "0.3.1"}
    drop(changed, "price")
    new = contract(tmp_path, changed)
    assert "Expected 0.4.0 or higher" in str(version_fault(old, new, compare(old, new)))
    new = contract(tmp_path, changed | {"version": "0.4.0"})
    assert version_fault(old, new, compare(old, new)) is None


def test_every_kind_of_change_is_met_by_a_test(tmp_path):
    found = {"product goes", "product comes"}
    for change, *_ in CHANGES.values():
        changed = copy.deepcopy(START)
        change(changed)
        old, new = contract(tmp_path, START, "old"), contract(tmp_path, changed)
        found |= {each.kind for each in compare(old, new)}
    assert found == set(MEANINGS)


Pair = tuple[dict[str, Any], dict[str, Any]]


def options(**values: Any) -> dict[str, Any]:
    return {"logicalTypeOptions": values}


def quality(**entry: Any) -> dict[str, Any]:
    return {"quality": [{"name": "q", **entry}]}


def sla(name: str, value: Any, unit: str = "d") -> dict[str, Any]:
    return {"sla": {"property": name, "value": value, "unit": unit, "element": "t.c"}}


# kind: pairs of settings of a column, the second stricter than the first
STRICTER_PAIRS: dict[str, list[Pair]] = {
    "required": [({}, {"required": True}), (quality(metric="nullValues", mustBeLessThan=9), quality(metric="nullValues", mustBe=0))],
    "unique": [({}, {"unique": True}), (quality(metric="duplicateValues", mustBeLessOrEqualTo=9), quality(metric="duplicateValues", mustBeLessThan=9))],
    "enum": [({"enum": [{"value": 1}, {"value": 2}]}, {"enum": [{"value": 2}]}), (quality(metric="invalidValues", arguments={"validValues": [1]}, mustBeLessThan=5, unit="percent"), quality(metric="invalidValues", arguments={"validValues": [1]}, mustBeLessThan=4, unit="percent"))],
    "missing": [(quality(metric="missingValues", arguments={"missingValues": [None]}, mustBe=0), quality(metric="missingValues", arguments={"missingValues": [None, ""]}, mustBe=0))],
    "pattern": [({}, options(pattern="a+"))],
    "minimum": [(options(minimum=1), options(minimum=2)), (options(minimum=-10), options(minimum=-9.5)), (options(minimum="2013-01-01"), options(minimum="2013-01-01T00:00:01"))],
    "exclusiveMinimum": [(options(exclusiveMinimum="2013-01-01T06:00:00+02:00"), options(exclusiveMinimum="2013-01-01T05:00:00Z"))],
    "maximum": [(options(maximum=10), options(maximum=9))],
    "exclusiveMaximum": [(options(exclusiveMaximum="12:00"), options(exclusiveMaximum="11:59:59"))],
    "minLength": [(options(minLength=9), options(minLength=10))],
    "maxLength": [(options(maxLength=10), options(maxLength=9))],
    "multipleOf": [(options(multipleOf=0.1), options(multipleOf=0.5))],
    "logicalType": [({}, {"logicalType": "string"})],
    "physicalType": [({}, {"physicalType": "string"})],
    "timezone": [({"logicalType": "timestamp"}, {"logicalType": "timestamp", **options(timezone=True)})],
    "rowCount": [
        (quality(metric="rowCount", mustBeGreaterThan=0), quality(metric="rowCount", mustBeBetween=[1, 5])),
        (quality(metric="rowCount", mustNotBe=0), quality(metric="rowCount", mustBe=7)),
        (quality(metric="rowCount", mustNotBeBetween=[3, 4]), quality(metric="rowCount", mustNotBeBetween=[2, 5])),
    ],
    "sql": [(quality(query="SELECT 1", mustBeLessThan=5), quality(query="SELECT  1", mustBeLessThan=4))],
    "latency": [(sla("latency", 2), sla("latency", 47, "h"))],
    "frequency": [(sla("frequency", 1, "w"), sla("frequency", 6, "d"))],
    "retention": [(sla("retention", 1, "y"), sla("retention", 2, "y"))],
    "end": [(sla("endOfSupport", "2030-01-01"), sla("endOfSupport", "2031-01-01")), ({}, sla("endOfLife", "2030-01-01"))],
}  # fmt: skip
PAIRS = [(kind, *pair) for kind, pairs in STRICTER_PAIRS.items() for pair in pairs]


def small(folder: Path, settings: dict[str, Any], name: str) -> Contract:
    """A contract of one column, `c`, with these settings."""
    given = dict(settings)
    promises = [given.pop("sla")] if "sla" in given else []
    document = {
        **{key: START[key] for key in ("kind", "apiVersion", "id", "version", "status")},
        "slaProperties": promises,
        "schema": [{"name": "t", "properties": [{"name": "c", **given}]}],
    }
    return contract(folder, document, name)


@pytest.mark.parametrize(("kind", "loose", "strict"), PAIRS)
def test_each_kind_of_rule_is_stricter_one_way_and_weaker_the_other(tmp_path, kind, loose, strict):
    before, after = small(tmp_path, loose, "old"), small(tmp_path, strict, "new")
    assert kind in {rule.kind.name for rule in rules_of(after)}
    (found,) = compare(before, after)
    assert (found.kind, found.reader, found.writer) == ("stricter", ADDITIVE, BREAKING), found
    (found,) = compare(after, before)
    expected = "rows go sooner" if kind == "retention" else "weaker"
    assert found.kind == expected and found.reader == BREAKING, found


OTHERS: list[Pair] = [
    ({"enum": [{"value": 1}]}, {"enum": [{"value": "1"}]}),
    ({"enum": [{"value": 1}, {"value": 2}]}, {"enum": [{"value": 2}, {"value": 3}]}),
    (options(pattern="a+"), options(pattern="a*")),
    (options(multipleOf=4), options(multipleOf=6)),
    (options(minimum=1), options(minimum="many")),
    (options(format="uuid"), options(format="email")),
    (quality(query="SELECT 1", mustBe=0), quality(query="SELECT 2", mustBe=0)),
    (quality(query="SELECT ' '", mustBe=0), quality(query="SELECT '  '", mustBe=0)),
    (quality(query="SELECT 1", mustBe="a"), quality(query="SELECT 1", mustBe="b")),
    (quality(metric="nullValues", mustBeLessThan=5), quality(metric="nullValues", mustBeLessThan=1, unit="percent")),
    (quality(metric="rowCount", mustBeBetween=[1, 5]), quality(metric="rowCount", mustBeBetween=[2, 6])),
    # More rows than before may break it, and more values count as missing: neither contains the other.
    (quality(metric="missingValues", arguments={"missingValues": [1]}, mustBe=0), quality(metric="missingValues", arguments={"missingValues": [1, 2]}, mustBeLessThan=5)),
    # Where rows must break a rule, the stricter rule is the weaker promise.
    (quality(metric="invalidValues", arguments={"validValues": [1, 2]}, mustBeGreaterThan=0), quality(metric="invalidValues", arguments={"validValues": [1]}, mustBeGreaterThan=0)),
    (quality(metric="nullValues", mustBe=0), quality(metric="rowCount", mustBe=0)),
    ({"logicalType": "timestamp", **options(timezone=True)}, {"logicalType": "timestamp", **options(timezone=False)}),
    (sla("timeOfAvailability", "09:00"), sla("timeOfAvailability", "10:00")),
    ({"logicalType": "array", "items": {"logicalType": "string"}}, {"logicalType": "array", "items": {"logicalType": "date"}}),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), OTHERS)
def test_what_cannot_be_told_is_breaking_for_both(tmp_path, one, other):
    for before, after in ((one, other), (other, one)):
        (found,) = compare(small(tmp_path, before, "old"), small(tmp_path, after, "new"))
        assert (found.reader, found.writer) == (BREAKING, BREAKING), found


SAME: list[Pair] = [
    ({"enum": [{"value": 1}, {"value": 2}]}, {"enum": [{"value": 2}, {"value": 1}]}),
    ({"physicalType": "VARCHAR(20)"}, {"physicalType": "varchar(20)"}),
    (options(minimum=1), options(minimum=1.0)),
    (quality(query="SELECT 1 FROM {object}", mustBe=0), quality(query="SELECT 1\n  FROM {object}", mustBe=0)),
    (quality(metric="nullValues", mustBe=0), quality(metric="nullValues", mustBeBetween=[0, 0], unit="rows")),
    (sla("latency", 24, "h"), sla("latency", 1, "d")),
    (sla("endOfLife", "2030-01-01"), sla("endOfLife", "2030-01-01T00:00:00Z")),
    ({"quality": [{"metric": "rowCount", "mustBe": 1}, {"metric": "rowCount", "mustNotBe": 2}]}, {"quality": [{"metric": "rowCount", "mustNotBe": 2}, {"metric": "rowCount", "mustBe": 1}]}),
    (quality(metric="nullValues", mustBe=0), {"quality": [{"name": "r", "metric": "nullValues", "mustBe": 0}]}),
    ({"name": "c"}, {"name": "d", "physicalName": "c"}),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), SAME)
def test_another_way_to_say_the_same_is_documentation(tmp_path, one, other):
    (found,) = compare(small(tmp_path, one, "old"), small(tmp_path, other, "new"))
    assert (found.reader, found.writer) == (DOCUMENTATION, DOCUMENTATION), found


def test_every_kind_of_rule_there_is_has_its_direction_and_its_test(tmp_path):
    own = [each for each in kinds() if type(each).__module__.startswith("highroad.")]
    assert set(STRICTER_PAIRS) == {each.name for each in own if not each.is_told_by_columns}


def test_a_rule_that_is_not_checked_any_more_is_less_of_a_promise(tmp_path):
    before = small(tmp_path, quality(metric="rowCount", mustBe=1), "old")
    after = small(tmp_path, quality(metric="rowCount", mustBee=1), "new")
    assert "weaker" in {each.kind for each in compare(before, after)}
    assert bump_for(compare(before, after)) == "major"


def test_nested_columns_come_and_go_as_others_do(tmp_path):
    one, two = ([{"name": name} for name in names] for names in (("a",), ("a", "b")))
    before, after = (
        small(tmp_path, {"logicalType": "object", "properties": each}, str(len(each)))
        for each in (one, two)
    )
    assert [each.kind for each in compare(before, after)] == ["column comes"]
    assert [each.kind for each in compare(after, before)] == ["column goes"]


def test_a_key_that_loses_a_column_is_told(tmp_path):
    old, changed = copy.deepcopy(START), copy.deepcopy(START)
    for name in ("id", "state"):
        column(old, name)["primaryKey"] = True
    column(changed, "id")["primaryKey"] = True
    drop(changed, "state")
    found = compare(contract(tmp_path, old, "old"), contract(tmp_path, changed))
    assert {each.kind for each in found} == {"column goes", "other"}
    assert any("primary key (id, state)" in each.what for each in found)


UNDOING = [
    {"one more value", "one value less"}, {"a later promise", "an earlier promise"},
    {"wider counts", "narrower counts"}, {"older rows go", "older rows stay"},
    {"one more server", "one server less"}, {"an end", "a notice"},
    *({"a column goes", each} for each in ("null is refused", "a lower minimum", "a lower maximum")),
    *({"one more key column", each} for each in ("null is allowed", "unique goes")),
]  # fmt: skip
changes = st.lists(st.sampled_from(sorted(CHANGES)), min_size=1, max_size=5, unique=True)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None
)
@given(changes)
def test_no_change_hides_behind_another(tmp_path, names):
    assume(not any(pair <= {*names} for pair in UNDOING))
    changed = copy.deepcopy(START)
    for name in names:
        try:
            CHANGES[name][0](changed)
        except (StopIteration, KeyError):  # another change took away what this one is about
            assume(False)
    old, new = contract(tmp_path, START, "old"), contract(tmp_path, changed)
    found = compare(old, new)
    order = [DOCUMENTATION, ADDITIVE, BREAKING]
    for side, index in (("reader", 1), ("writer", 2)):
        worst = max((CHANGES[name][index] for name in names), key=order.index)
        assert max(order.index(getattr(each, side)) for each in found) >= order.index(worst)
    for each in found:
        assert (each.reader, each.writer, each.why) == MEANINGS[each.kind]


@pytest.mark.parametrize(
    ("status", "version", "told"),
    [("active", "1.2.0", True), ("deprecated", "1.2.0", False), ("active", "0.9.0", False)],
)
def test_a_product_goes_only_after_its_readers_were_told(tmp_path, status, version, told):
    old = contract(tmp_path, START | {"status": status, "version": version})
    assert bool(removal_fault(old)) == told


def test_a_version_never_goes_back(tmp_path):
    changed = copy.deepcopy(START) | {"version": "0.9.0"}
    changed["description"]["purpose"] = "All orders"
    old, new = contract(tmp_path, START, "old"), contract(tmp_path, changed)
    assert "Expected 1.2.1 or higher" in str(version_fault(old, new, compare(old, new)))
