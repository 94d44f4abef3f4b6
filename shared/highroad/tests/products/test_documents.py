"""The reader: whatever a file holds, it is read without loss, or one message says where and why not."""

from __future__ import annotations

import copy
from datetime import UTC, date, datetime
from functools import reduce
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from highroad.config.yaml_limits import MOST_NODES
from highroad.errors import ContractError
from highroad.products.checks import check
from highroad.products.contract import read_contract
from highroad.products.documents import parse_document, write_document
from highroad.products.rules import rules_of

START = "kind: DataContract\napiVersion: v3.2.0\nid: a.b\nversion: 1.0.0\nstatus: active\n"
BOMB = "a0: &a0 [1,1,1,1,1,1,1,1,1,1]\n" + "".join(
    f"a{i}: &a{i} [{','.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 9)
)

BAD: dict[str, tuple[str, str]] = {
    "empty": ("", ":1: expected a mapping with keys such as `kind` and `schema`"),
    "a list": ("\n- 1\n", ":2: expected a mapping"),
    "no YAML": (START + "schema: [", ":6: not valid YAML"),
    "a tab": (START + "\tname: x", ":6: not valid YAML"),
    "a control character": (START + "name: \x07", ":6: not valid YAML: control characters"),
    "two documents": ("kind: DataContract\n---\nkind: DataContract\n", ":2: not valid YAML"),
    "no such alias": (START + "name: *x", ":6: not valid YAML: found undefined alias"),
    "an object of Python's": (START + "name: !!python/object:os.x {}", ":6: not valid YAML: could not"),
    "a circle": (START + "tags: &a [*a]\n", ":6: an alias refers to what it is part of"),
    "a bomb": (BOMB, f"more than {MOST_NODES:,} values"),
    "a tower": ("a: " + "[" * 50_000, ":1: nested deeper than 100 levels"),
    "a tower of items": ("a:\n" + "- " * 150 + "b", "nested deeper than 100"),
    "a tower of keys": ("? " * 150 + "b", "nested deeper than 100"),
    "a tower of items below their key": (
        "".join(f"{' ' * n}a:\n{' ' * n}-\n" for n in range(60)), "nested deeper than 100"
    ),
    "a tower of blocks": ("".join(f"{' ' * n}a:\n" for n in range(300)), "nested deeper than 100"),
    "a key twice": (START + "version: 2.0.0\n", ":6: the key 'version' stands at line 4 already"),
    "a key twice deep inside": (START + "team: {name: x,\n name: y}", ":7: the key 'name' stands at line 6"),
    "a list as key": (START + "? [a]\n: b\n", ":6: a key is a list or a mapping; expected a text"),
    "no number": (START + "name: !!int x", ":6: 'x' is no int"),
    "a number too long": (START + f"name: {'9' * 5000}", ":6: '99999999999999999999' is no int"),
    "another kind": (START.replace("DataContract", "DataProduct"), ":1: kind is 'DataProduct'; expected 'DataContract'"),
    "no kind": ("id: x\n", ":1: kind is None; expected 'DataContract'"),
    "a number as version": (START.replace("1.0.0", "1.0"), ":4: 'version': Input should be a valid string; found 1.0. Put it in quotes."),
    "a name that is no text": (START + "schema:\n- name: on\n", ":7: 'schema.0.name': Input should be a valid string; found True. Put it in quotes."),
    "a mapping for a list": (START + "schema: {name: x}", ":6: 'schema': Input should be a valid list"),
    "a text for a list": (START + "schema:\n- name: x\n  properties: 3\n", ":8: 'schema.0.properties'"),
    "a text for a truth": (START + "schema:\n- name: x\n  properties:\n  - {name: a,\n     required: perhaps}\n", ":10: 'schema.0.properties.0.required': Input should be a valid boolean"),
    "one end of two": (START + "schema:\n- name: x\n  quality:\n  - metric: rowCount\n    mustBeBetween: [1]\n", ":10: 'schema.0.quality.0.mustBeBetween': List should have at least 2 items"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_read_is_named_with_its_line(tmp_path, name):
    text, said = BAD[name]
    path = tmp_path / "a.b.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ContractError) as error:
        read_contract(path)
    assert str(error.value).startswith(f"{path}:") and said in str(error.value)
    assert str(error.value).isprintable()


def test_every_wrong_type_is_told_at_once(tmp_path):
    path = tmp_path / "a.b.yaml"
    path.write_text(START.replace("1.0.0", "1") + "schema: 3\nservers: x\n", encoding="utf-8")
    with pytest.raises(ContractError) as error:
        read_contract(path)
    assert [line.split(":")[1] for line in str(error.value).splitlines()] == ["4", "7", "6"] or (
        sorted(line.split(":")[1] for line in str(error.value).splitlines()) == ["4", "6", "7"]
    )


def test_bytes_that_are_no_text_and_files_that_are_none(tmp_path):
    path = tmp_path / "c.yaml"
    path.write_bytes(b"kind: DataContract\nname: \xff\xfe")
    with pytest.raises(ContractError, match=r"c\.yaml:2: not UTF-8 text: byte 0xff; save it as"):
        read_contract(path)
    path.write_text(START, encoding="utf-16")
    with pytest.raises(ContractError, match=r"c\.yaml:1: not UTF-8 text"):
        read_contract(path)
    with pytest.raises(ContractError, match=r"none\.yaml: cannot be read: No such file"):
        read_contract(tmp_path / "none.yaml")


def test_what_some_editors_put_before_a_text_is_no_part_of_it(tmp_path):
    path = tmp_path / "a.b.yaml"
    path.write_text(START, encoding="utf-8-sig")
    assert read_contract(path).version == "1.0.0"


def test_merge_keys_are_no_repetition_and_dates_stay_text():
    found = parse_document("a: &a {x: 1, y: 2}\nb: {<<: *a, x: 3}\nc: 2013-01-01\n", "f")
    assert found == {"a": {"x": 1, "y": 2}, "b": {"x": 3, "y": 2}, "c": "2013-01-01"}


plain = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(allow_nan=False),
        st.text(max_size=8),
        st.sampled_from(["2013-01-01", "NO", "1:30", "0x1", "1e3", "null", "~", "<<", "=", "v: x"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)
KNOWN: dict[str, Any] = {
    **yaml.safe_load(START), "team": {"name": "x"}, "slaProperties": [{"property": "latency"}],
    "schema": [{"name": "b", "properties": [{"name": "c", "enum": [{"value": 1}]}]}],
}  # fmt: skip


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path to every mapping within."""
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    found = [path] if isinstance(value, dict) else []
    for key, each in inner if isinstance(value, (dict, list)) else ():
        if isinstance(each, (dict, list)):
            found += _places(each, (*path, key))
    return found


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None
)
@given(
    st.lists(
        st.tuples(st.sampled_from(_places(KNOWN)[1:]), st.text(min_size=1, max_size=8), plain),
        max_size=4,
    )
)
def test_keys_that_nobody_knows_survive_reading_and_writing(tmp_path: Path, additions):
    document = copy.deepcopy(KNOWN)
    for path, key, value in additions:
        inside = document
        for part in path:
            inside = inside[part]
        name = f"x-{key}"
        inside[name] = value
    strange = {
        (*map(str, at), f"x-{key}")
        for at, key, _ in additions
        if reduce(lambda inside, part: inside[part], at, document)[f"x-{key}"] is not None
    }
    path = tmp_path / "a.b.yaml"
    path.write_text(write_document(document), encoding="utf-8", newline="\n")
    contract = read_contract(path)
    assert contract.document == document
    assert {tuple(keys) for keys, _ in contract.unknown_keys()} == strange
    path.write_text(write_document(contract.document), encoding="utf-8", newline="\n")
    again = read_contract(path)
    assert again.document == document and again.fingerprint == contract.fingerprint


@given(st.dictionaries(st.text(min_size=1, max_size=8), plain, max_size=5))
def test_any_document_is_read_as_it_is_written(document):
    assert parse_document(write_document(document), "x") == document


@given(st.text(max_size=60))
def test_any_text_is_a_mapping_or_one_message(text):
    try:
        assert isinstance(parse_document(text, "f"), dict)
    except ContractError as error:
        assert str(error).startswith("f:")


EVERYTHING = """
slaDefaultElement: elsewhere.at
slaProperties:
- {property: latency, value: 4, unit: d}
- {property: retention, value: 3, unit: y, element: b.at}
- {property: endOfLife, value: "2032-05-12T09:30:10-08:00"}
- {property: timeOfAvailability, value: 09:00-08:00, element: b.at}
team: [{username: ann, role: owner, comment: a key of old}]
schema:
- name: none_yet
  physicalType: topic
- name: b
  relationships: [{type: foreignKey, from: [b.id], to: [elsewhere.id]}]
  properties:
  - {name: id, logicalType: integer, physicalType: serial, primaryKey: true, primaryKeyPosition: -1}
  - {name: at, logicalType: date, logicalTypeOptions: {format: yyyy-MM-dd, minimum: "2020-01-01"}}
  - {name: list, logicalType: array, items: {logicalType: string}, logicalTypeOptions: {maxItems: 3}}
  - {name: map, logicalType: map, physicalType: "MAP<STRING, INT>", map: {key: {logicalType: string}}}
  - {name: rec, logicalType: object, physicalType: json, properties: [{name: x, logicalType: integer}]}
  - name: text
    logicalType: string
    physicalType: varchar[15]
    quality:
    - {type: custom, engine: soda, implementation: {type: duplicate_percent}}
    - {rule: between, customProperties: [{property: min}]}
    - {metric: invalidValues, mustBeLessThan: 1, unit: percent, arguments: {validValues: ["", null, x]}}
    - {metric: invalidValues, mustBeLessThan: 1, unit: percent}
  quality:
  - {type: sql, query: "SELECT count(*) FROM ${OTHER} WHERE at > ${WHEN}", mustBe: 0}
  - {type: text, description: All is well}
"""


def test_every_rule_of_a_document_of_everything_is_answered_with_a_reason(tmp_path):
    path = tmp_path / "a.b.yaml"
    path.write_text(START + EVERYTHING, encoding="utf-8")
    contract = read_contract(path)
    rows = pa.table(
        {
            "id": pa.array([1]), "at": pa.array([date(2021, 1, 1)]), "list": pa.array([["x"]]),
            "map": pa.array([[("a", 1)]], pa.map_(pa.string(), pa.int64())),
            "rec": pa.array([{"x": 1}]), "text": pa.array(["x"]),
        }
    )  # fmt: skip
    for table, data in zip(contract.tables, (rows.select([]), rows), strict=True):
        report = check(data, contract, table=table, now=datetime(2021, 1, 2, tzinfo=UTC))
        assert [each.rule for each in report.results] == rules_of(contract, table)
        assert all(each.reason for each in report.results if each.verdict not in ("pass", "fail"))
        told = {each.rule.id: each for each in report.results}
        assert told["service.latency"].reason == "'elsewhere.at' is of no table here"
        assert told["service.endOfLife"].verdict == "pass"
    assert told["service.retention"].verdict == "pass"
    assert told["rows.sql"].verdict == "error"
    not_checked = {each.rule.id for each in report.results if each.verdict == "not-checked"}
    assert not_checked == {
        "relationships.0", "id.physicalType", "at.format", "list.items", "list.maxItems",
        "map.physicalType", "map.map", "rec.physicalType", "rec.properties", "text.physicalType",
        "text.custom", "text.between", "text.invalidValues#2", "rows.text", "service.latency",
        "service.timeOfAvailability", "unknown.team.0.comment",
    }  # fmt: skip
