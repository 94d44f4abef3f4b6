"""Kinds of rules of the organisation; contracts name them by their engine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from highroad.products.rules import Declared, RowKind, Rule
from highroad.products.rules.sql import quoted

if TYPE_CHECKING:
    import pyarrow as pa


class Later(RowKind):
    """A time is later than another one of the same row; where either is null, the row passes.

    Example:
        ```yaml
        properties:
          - {name: ordered_at, logicalType: timestamp}
          - name: shipped_at
            logicalType: timestamp
            quality: [{type: custom, engine: platform.later, implementation: ordered_at}]
        ```
    """

    name = "later"
    reads = ("engine.platform.later",)
    suits = ("date", "timestamp")

    def read(self, declared: Declared) -> Iterator[Rule]:
        yield declared.rule(self, columns=(*declared.columns, str(declared.value)))

    def sentence(self, rule: Rule) -> str:
        return f"is later than {rule.columns[1]}"

    def condition(self, rule: Rule, column: str, kind: pa.DataType) -> str:
        return f"epoch_us({column}) <= epoch_us({quoted(rule.columns[1])})"
