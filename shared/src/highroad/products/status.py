"""Every product in a line: version, rows, age against promise, last check, owner, consumers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from highroad.config.platform import Platform
from highroad.errors import DataError
from highroad.products.clock import now
from highroad.products.contract import Contract, contract_of, find_contracts
from highroad.products.freshness import Freshness, freshness_of, words
from highroad.products.store import Table
from highroad.workspace.projects import Project


@dataclass(frozen=True)
class Status:
    """What is known of a product without reading its data.

    Attributes:
        product: Its name.
        contract: Its contract's version.
        version: The latest version; None where none was published.
        rows: Rows of it.
        verdict: What its check said when it was published: `pass`, `unchecked`, or `another
            contract` where the contract changed since.
        freshness: Its age against the promise; None where nothing was published.
        owner: The team that answers for it.
        consumers: Projects that read it.
        problem: Why nothing more is known.
    """

    product: str
    contract: str
    version: int | None
    rows: int | None
    verdict: str
    freshness: Freshness | None
    owner: str
    consumers: Sequence[str]
    problem: str = ""

    def facts(self) -> dict[str, Any]:
        """As plain values, ready for JSON."""
        age = self.freshness
        return {
            "product": self.product,
            "contract": self.contract,
            "version": self.version,
            "rows": self.rows,
            "verdict": self.verdict,
            "freshness": age.verdict if age else None,
            "age_s": age.age.total_seconds() if age and age.age is not None else None,
            "promised_s": age.promised.total_seconds() if age and age.promised else None,
            "evidence": age.evidence if age else None,
            "newest": age.newest.isoformat() if age and age.newest else None,
            "owner": self.owner,
            "consumers": list(self.consumers),
            "problem": self.problem,
        }


def statuses(
    root: Path, platform: Platform, projects: Sequence[Project], env: str = "base"
) -> list[Status]:
    """The status of every product that has a contract, by name.

    Args:
        root: The repository.
        platform: Its settings.
        projects: Its projects.
        env: The environment whose store is looked at.
    """
    conf = root / "platform-conf"
    store, moment = platform.store_root(env, root), now(conf)
    return [
        _status(contract_of(product, conf), store, projects, moment)
        for product in find_contracts(conf)
    ]


def table_of(product: str, platform: Platform, root: Path, env: str = "base") -> Table:
    """The table of a product in an environment's store."""
    return Table(f"{platform.store_root(env, root)}/products/{product}")


def render(found: Sequence[Status]) -> str:
    """The statuses as aligned text."""
    rows = [
        (
            "product",
            "contract",
            "version",
            "rows",
            "age",
            "promised",
            "freshness",
            "check",
            "owner",
            "consumers",
        )
    ]
    for each in found:
        age = each.freshness
        rows.append(
            (
                each.product,
                each.contract,
                "none" if each.version is None else str(each.version),
                "" if each.rows is None else f"{each.rows:,}",
                words(age.age) if age and age.age is not None else "",
                words(age.promised) if age and age.promised else "",
                age.verdict if age else each.problem,
                each.verdict,
                each.owner,
                ", ".join(each.consumers),
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    return "\n".join([lines[0], "-" * max(map(len, lines)), *lines[1:]])


def _status(
    contract: Contract, store: str, projects: Sequence[Project], moment: datetime
) -> Status:
    product = contract.product
    consumers = [each.name for each in projects if product in each.consumes]
    table = Table(f"{store}/products/{product}")

    def status(
        version: int | None, rows: int | None, verdict: str, age: Freshness | None, problem: str
    ) -> Status:
        return Status(
            product,
            contract.version,
            version,
            rows,
            verdict,
            age,
            contract.owner,
            consumers,
            problem,
        )

    try:
        if not table.exists():
            return status(None, None, "", None, "not published")
        latest = table.about()
        age = freshness_of(table, contract, latest, moment)
    except DataError as error:
        return status(None, None, "", None, str(error))
    same = latest.facts.fingerprint == contract.fingerprint
    verdict = latest.facts.verdict if same or latest.facts.verdict != "pass" else "another contract"
    return status(latest.number, table.rows(latest.number), verdict, age, "")
