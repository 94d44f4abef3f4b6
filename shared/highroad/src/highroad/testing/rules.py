"""The suite that the author of a kind of rule inherits."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar

import yaml

from highroad.products.checks import FAIL, PASS, check
from highroad.products.compatibility import compare
from highroad.products.contract import Contract, read_contract
from highroad.products.contract_lint import table_faults
from highroad.products.rules import RuleKind, kinds, rules_of

NOW = datetime(2026, 1, 1, tzinfo=UTC)


class RuleKindContract:
    """What holds for every kind of rule; inherit it, and give `kind`, `columns`, `good` and `bad`.

    `columns` are the contract's, one of which has a rule of the kind. `good` and `bad` are tables, lists of
    values by column, that keep and break it.
    """

    kind: RuleKind
    columns: ClassVar[list[dict[str, Any]]]
    good: ClassVar[dict[str, list[Any]]]
    bad: ClassVar[dict[str, list[Any]]]

    def _contract(self, folder: Path, version: str = "1.0.0") -> Contract:
        path = folder / f"shop.orders-{version}.yaml"
        schema = [{"name": "orders", "properties": self.columns}]
        document = {"kind": "DataContract", "apiVersion": "v3.2.0", "id": "shop.orders",
                    "version": version, "status": "active", "schema": schema}  # fmt: skip
        path.write_text(yaml.safe_dump(document), encoding="utf-8")
        return read_contract(path, "shop.orders")

    def test_it_is_registered_and_read(self, tmp_path: Path) -> None:
        assert type(self.kind) in {type(each) for each in kinds()}
        rules = [
            each for each in rules_of(self._contract(tmp_path)) if each.kind.name == self.kind.name
        ]
        assert rules and all(each.says and each.kind.sentence(each) for each in rules)

    def test_a_contract_with_it_is_sound_and_stays_itself(self, tmp_path: Path) -> None:
        contract = self._contract(tmp_path)
        assert list(table_faults(contract, rules_of(contract))) == []
        assert [each.kind for each in compare(contract, self._contract(tmp_path, "2.0.0"))] == []

    def test_good_rows_keep_it_and_bad_ones_break_it_in_any_form(self, tmp_path: Path) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        contract = self._contract(tmp_path)
        for values, verdict in ((self.good, PASS), (self.bad, FAIL)):
            table, path = pa.table(values), tmp_path / "orders.parquet"
            pq.write_table(table, path)
            forms = [table, str(path)]
            if find_spec("polars"):
                import polars as pl

                forms.append(pl.from_arrow(table))
            for data in forms:
                results = [
                    each
                    for each in check(data, contract, now=NOW).results
                    if each.rule.kind.name == self.kind.name
                ]
                assert {each.verdict for each in results} == {verdict}, results
