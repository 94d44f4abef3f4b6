"""Columns that are declared are there, and no others are."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from highroad.products.contract import column_name
from highroad.products.rule import FAIL, MIXED, PASS, SCHEMA, Declared, Result, Rule, RuleKind

if TYPE_CHECKING:
    import pyarrow as pa


class _Columns(RuleKind):
    about = SCHEMA
    is_told_by_columns = True


class Present(_Columns):
    """A column that is declared is there.

    Example:
        ```yaml
        properties: [{name: status}]
        ```
    """

    name = "present"
    reads = ("column",)

    def read(self, declared: Declared) -> Iterator[Rule]:
        yield declared.rule(self)

    def sentence(self, rule: Rule) -> str:
        return "the column is there"

    def decided(self, rule: Rule, schema: pa.Schema, now: datetime) -> Result | None:
        (name,) = rule.columns
        if schema.get_field_index(name) < 0:
            return Result(rule, FAIL, reason=f"no column '{name}'")
        mixed = (schema.field(name).metadata or {}).get(MIXED)
        return Result(rule, FAIL, reason=mixed.decode()) if mixed else Result(rule, PASS)


class Undeclared(_Columns):
    """A table has no columns but the declared ones.

    Example:
        ```yaml
        properties: [{name: status}]
        ```
    """

    name = "undeclared"
    reads = ("table",)

    def read(self, declared: Declared) -> Iterator[Rule]:
        names = tuple(column_name(each) for each in declared.value.properties or [])
        if names:
            yield declared.rule(self, id="columns.undeclared", declared=names)

    def sentence(self, rule: Rule) -> str:
        return "no column but the declared ones"

    def decided(self, rule: Rule, schema: pa.Schema, now: datetime) -> Result | None:
        extra = [name for name in schema.names if name not in rule.arguments["declared"]]
        why = f"found {', '.join(extra)}; declare them in the contract or leave them out"
        return Result(rule, FAIL, len(extra), reason=why) if extra else Result(rule, PASS, 0)
