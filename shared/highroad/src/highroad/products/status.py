"""Every product in a line: version, rows, age against promise, last check, owner, consumers."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from highroad.config.platform import Platform
from highroad.errors import ContractError, DataError
from highroad.products.clock import now
from highroad.products.commit_log import newest_version
from highroad.products.commits import Version
from highroad.products.contract import read_contract, read_head
from highroad.products.freshness import (
    Freshness,
    FreshnessPromise,
    files_of,
    judge_freshness,
    promise_of,
    words,
)
from highroad.products.store import Table
from highroad.products.text_table import aligned
from highroad.products.visible import VisibleProducts
from highroad_workspace.projects import Project

_AT_ONCE = 8
"""Tables that are opened at a time."""


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
    root: Path,
    platform: Platform,
    projects: Sequence[Project],
    products: VisibleProducts,
    env: str = "base",
    only: str | None = None,
) -> list[Status]:
    """The status of every product that may be seen, by name.

    Each contract is read once, and of a product that is not published only its version and owner.

    Args:
        root: The repository.
        platform: Its settings.
        projects: Its projects.
        products: The products that whoever asks may see.
        env: The environment whose store is looked at.
        only: This product alone.
    """
    conf = root / "platform-conf"
    store, moment = platform.store_root(env, root), now(conf)
    consumers: dict[str, list[str]] = {}
    for project in projects:
        for product in project.consumes:
            consumers.setdefault(product, []).append(project.name)
    chosen = {only: products[only]} if only is not None else products
    files, folder, names = _folders(store)

    def status(product: str) -> Status:
        readers = consumers.get(product, [])
        try:
            if names is not None and product not in names:
                return _unpublished(product, *read_head(chosen[product]), readers)
            newest = newest_version(files, f"{folder}/{product}") if names is not None else None
            return _status(
                product,
                chosen[product],
                Table(f"{store}/products/{product}"),
                newest,
                readers,
                moment,
            )
        except ContractError as error:
            return _unpublished(product, "", "", readers, str(error))

    there = [product for product in chosen if names is None or product in names]
    # To open a table waits for a disk or a store; what is not published waits for nothing.
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        published = dict(zip(there, pool.map(status, there), strict=True))
    return [published.get(product) or status(product) for product in chosen]


def _folders(store: str) -> tuple[Any, str, set[str] | None]:
    """Where a store has its products: file system, folder, and the names in it by one listing.

    The names are None where the store cannot be listed.
    """
    from fsspec.core import url_to_fs

    try:
        files, path = url_to_fs(f"{store}/products")
        found = files.ls(path, detail=False)
        return files, path, {str(each).rstrip("/").rpartition("/")[2] for each in found}
    except FileNotFoundError:
        return None, "", set()
    except (ImportError, OSError):  # each table is asked for, and says what is wrong
        return None, "", None


def table_of(product: str, platform: Platform, root: Path, env: str = "base") -> Table:
    """The table of a product in an environment's store."""
    return Table(f"{platform.store_root(env, root)}/products/{product}")


def render(found: Sequence[Status]) -> str:
    """The statuses as aligned text."""
    head = "product contract version rows age promised freshness check owner consumers"
    rows = [tuple(head.split())]
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
    lines = aligned(rows)
    return "\n".join([lines[0], "-" * max(map(len, lines)), *lines[1:]])


def _unpublished(
    product: str, version: str, owner: str, consumers: Sequence[str], problem: str = "not published"
) -> Status:
    return Status(product, version, None, None, "", None, owner, consumers, problem)


def _status(
    product: str,
    path: Path,
    table: Table,
    newest: tuple[Version, list[Mapping[str, Any]]] | None,
    consumers: Sequence[str],
    moment: datetime,
) -> Status:
    latest, files = newest or (None, [])
    about = latest.facts.contract if latest else {}
    if latest and about.get("digest") == hashlib.sha256(path.read_bytes()).hexdigest():
        version, owner = str(about["version"]), str(about["owner"])
        promise, is_same = FreshnessPromise(**about["promise"]), True
    else:
        contract = read_contract(path)
        version, owner = contract.version, contract.owner
        try:
            if latest is None:
                if not table.exists():
                    return _unpublished(product, version, owner, consumers)
                latest = table.about()
                files = files_of(table, latest)
        except DataError as error:
            return _unpublished(product, version, owner, consumers, str(error))
        promise = promise_of(contract)
        is_same = latest.facts.fingerprint == contract.fingerprint
    age = judge_freshness(promise, latest, files, moment)
    rows = sum(each["num_records"] or 0 for each in files)
    verdict = latest.facts.verdict
    verdict = verdict if is_same or verdict != "pass" else "another contract"
    return Status(product, version, latest.number, rows, verdict, age, owner, consumers)
