"""Contracts made of a few columns, for tests."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from highroad.products.contract import Contract, read_contract

NOW = datetime(2013, 3, 1, tzinfo=UTC)


def contract_of(
    folder: Path, columns: list[dict[str, Any]], quality: Any = (), sla: Any = (), **more: Any
) -> Contract:
    """The contract of `t.x`, with one table of these columns."""
    document = {
        "kind": "DataContract",
        "apiVersion": "v3.2.0",
        "id": "t.x",
        "version": "1.0.0",
        "status": "active",
        "slaProperties": list(sla),
        "schema": [{"name": "x", "properties": columns, "quality": list(quality)}],
        **more,
    }
    path = folder / f"c{len(list(folder.iterdir()))}.yaml"
    path.write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")
    return read_contract(path, "t.x")


def result(report: Any, rule: str) -> Any:
    """The one result of a rule."""
    (found,) = [each for each in report.results if each.rule.id == rule]
    return found
