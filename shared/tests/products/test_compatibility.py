"""What a change is to readers and to writers, and the version it asks for."""

from __future__ import annotations

import copy
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from highroad.cli.commands import cli
from highroad.products.compatibility import (
    ADDITIVE,
    BREAKING,
    DOCUMENTATION,
    bump_for,
    compare,
    version_fault,
)
from highroad.products.contract import Contract, read_contract
from highroad.products.rule import AGE_KINDS, KEY_KINDS, ROW_KINDS

START: dict[str, Any] = {
    "kind": "DataContract", "apiVersion": "v3.2.0", "id": "shop.orders", "version": "1.2.0",
    "status": "active", "team": {"name": "sales"}, "description": {"purpose": "Orders"},
    "slaProperties": [{"property": "latency", "value": 2, "unit": "d", "element": "orders.at"}],
    "schema": [{"name": "orders", "properties": [
        {"name": "id", "logicalType": "integer", "physicalType": "int64", "required": True, "unique": True},
        {"name": "state", "logicalType": "string", "enum": [{"value": "new"}, {"value": "paid"}],
         "logicalTypeOptions": {"pattern": "[a-z]+", "maxLength": 9}},
        {"name": "price", "logicalType": "number", "logicalTypeOptions": {"minimum": 0, "maximum": 99}},
        {"name": "month", "logicalType": "string", "partitioned": True},
        {"name": "at", "logicalType": "timestamp"},
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
    "prose": (lambda d: table(d)["quality"].append({"type": "text", "description": "nice"}), DOCUMENTATION, DOCUMENTATION),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
def test_each_change_is_told_once_to_readers_and_writers(tmp_path, name):
    change, reader, writer = CHANGES[name]
    changed = copy.deepcopy(START)
    change(changed)
    old, new = contract(tmp_path, START, "old"), contract(tmp_path, changed)
    (found,) = compare(old, new)
    assert (found.reader, found.writer) == (reader, writer), found
    assert compare(old, old) == []
    fault = version_fault(old, new, [found])
    expected = {BREAKING: "2.0.0", ADDITIVE: "1.3.0", DOCUMENTATION: "1.2.1"}[reader]
    assert fault is not None and f"Expected {expected} or higher" in fault
    changed["version"] = expected
    assert version_fault(old, contract(tmp_path, changed), [found]) is None


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


def test_every_kind_of_rule_has_a_direction(tmp_path):
    """A kind that nobody thought of would be `other`: breaking for both, never overlooked."""
    told = {"required", "enum", "pattern", "unique", "latency", "minimum", "maximum", "maxLength"}
    alike = {"exclusiveMinimum", "exclusiveMaximum", "minLength", "missing", "multipleOf",
             "retention", "frequency", "end"}  # fmt: skip
    assert told | alike == ROW_KINDS | KEY_KINDS | AGE_KINDS


def test_the_command_reads_the_old_contracts_from_git(platform, monkeypatch):
    root = platform.parent
    monkeypatch.chdir(root)
    path = platform / "contracts" / "shop.orders.yaml"
    path.parent.mkdir()
    path.write_text(yaml.safe_dump(START), encoding="utf-8")
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.com"]
    for words in (["init", "-q"], ["add", "-A"], [*identity, "commit", "-qm", "start"]):
        subprocess.run(["git", *words], cwd=root, check=True)
    run = CliRunner().invoke
    assert "no contract changed" in run(cli, ["contracts", "diff", "HEAD"]).output
    changed = copy.deepcopy(START)
    drop(changed, "price")
    path.write_text(yaml.safe_dump(changed), encoding="utf-8")
    told = run(cli, ["contracts", "diff", "HEAD"])
    assert told.exit_code == 9 and "the column 'price' goes" in told.output
    assert "says too little" in told.output and "Expected 2.0.0 or higher" in told.output
    path.write_text(yaml.safe_dump({**changed, "version": "2.0.0"}), encoding="utf-8")
    assert run(cli, ["contracts", "diff", "HEAD", "--json"]).exit_code == 0
    path.rename(path.with_name("shop.sales.yaml"))
    told = run(cli, ["contracts", "diff", "HEAD"]).output
    assert "the product goes" in told and "the product comes" in told
    assert run(cli, ["contracts", "diff", "nowhere"]).exit_code == 3
