"""The standard's own documents: each is read, and nothing that it asks for is dropped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from highroad.products.contract import read_contract
from highroad.products.rules import rules_of

DOCUMENTS = sorted((Path(__file__).parent / "standard").glob("*.yaml"))
CONSTRAINTS = (
    "logicalType", "physicalType", "required", "unique", "enum", "relationships", "items", "map",
    "properties", "primaryKey",
)  # fmt: skip


def asked(document: Any, position: int) -> Iterator[tuple[Any, ...]]:
    """Where a table of a document asks for something of its data."""
    table = document["schema"][position]
    at = ("schema", position)
    for index, _ in enumerate(table.get("quality") or []):
        yield (*at, "quality", index)
    for index, _ in enumerate(table.get("relationships") or []):
        yield (*at, "relationships", index)
    for number, column in enumerate(table.get("properties") or []):
        here = (*at, "properties", number)
        yield from ((*here, key) for key in CONSTRAINTS if column.get(key))
        yield from (
            (*here, "logicalTypeOptions", key) for key in column.get("logicalTypeOptions") or {}
        )
        yield from (
            (*here, "quality", index) for index, _ in enumerate(column.get("quality") or [])
        )


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name.partition(".")[0])
def test_each_document_is_read_and_each_thing_it_asks_for_is_a_rule_or_has_a_reason(path):
    contract = read_contract(path, "standard.example")
    for position, table in enumerate(contract.tables):
        rules = rules_of(contract, table)
        assert max(Counter(rule.id for rule in rules).values(), default=1) == 1
        assert all(rule.is_checked or rule.reason for rule in rules)
        places = {rule.at for rule in rules}
        for place in asked(contract.document, position):
            if place[-1] == "primaryKey":  # one rule for all columns of a key
                assert any(rule.id == "rows.primaryKey" for rule in rules)
            elif place[-1] == "relationships":
                assert any(at[: len(place)] == place for at in places), place
            else:
                assert place in places, place
        promises = {at[1] for at in places if at[:1] == ("slaProperties",)}
        assert promises == {*range(len(contract.model.slaProperties or []))}


def test_all_documents_are_there():
    assert len(DOCUMENTS) == 18
