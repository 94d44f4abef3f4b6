"""A reference profile: what a table's columns were like, in kilobytes, as versioned JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from highroad.errors import DataError
from highroad.limits import parse_json
from highroad.products.drift.columns import KINDS, ColumnProfile

FORMAT = 2


@dataclass(frozen=True)
class Provenance:
    """Where a profile comes from, as far as whoever made it knows.

    Attributes:
        product: The data product.
        version: Its version in the store.
        partition: The partition, where it is of one.
        contract_version: Of the contract it was published under.
        fingerprint: Of that contract.
        made_at: When, ISO 8601 in UTC.
    """

    product: str = ""
    version: str = ""
    partition: str = ""
    contract_version: str = ""
    fingerprint: str = ""
    made_at: str = ""

    def __str__(self) -> str:
        version = f" version {self.version}" if self.version else ""
        return " ".join(filter(None, [f"{self.product}{version}", self.partition])) or "unnamed"


@dataclass(frozen=True)
class Profile:
    """What the columns of a table were like.

    Attributes:
        rows: Rows of the table.
        columns: By name, in the table's order.
        provenance: Where it comes from.
    """

    rows: int
    columns: Mapping[str, ColumnProfile]
    provenance: Provenance = field(default_factory=Provenance)

    def facts(self) -> dict[str, Any]:
        """As plain values, ready for JSON."""
        return {
            "highroad_profile": FORMAT,
            "provenance": asdict(self.provenance),
            "rows": self.rows,
            "columns": {name: column.facts() for name, column in self.columns.items()},
        }

    def of_version(self, version: str) -> Profile:
        """The same, said to be of a version; rows outlive the version they came with."""
        return replace(self, provenance=replace(self.provenance, version=version))

    def to_json(self) -> str:
        """`facts` as compact JSON."""
        return json.dumps(self.facts(), ensure_ascii=False, separators=(",", ":"), allow_nan=False)

    @classmethod
    def from_json(cls, text: str, where: str = "profile") -> Profile:
        """Read what `to_json` gave.

        Args:
            text: The JSON.
            where: The file, for messages.

        Raises:
            DataError: It is no profile, of another format, or contradicts itself; names the column.
        """
        return _read(text, where)


def _read(text: str, where: str) -> Profile:
    try:
        facts = parse_json(text)
    except ValueError as error:
        raise DataError(f"{where}: not JSON: {error}.") from error
    found = facts.get("highroad_profile") if isinstance(facts, dict) else None
    if found is None:
        raise DataError(
            f"{where}: no reference profile; expected the JSON that `highroad drift --profile` writes."
        )
    if found != FORMAT:
        raise DataError(
            f"{where}: a profile of format {found}, this version reads {FORMAT}; make it again."
        )
    columns: dict[str, ColumnProfile] = {}
    for name, column in dict(facts.get("columns") or {}).items():
        try:
            columns[name] = KINDS[column["kind"]].read(column)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            what = f"{error} is missing or unknown" if isinstance(error, KeyError) else str(error)
            raise DataError(
                f"{where}: the profile of column '{name}' is broken: {what}; make it again."
            ) from error
    try:
        return Profile(int(facts["rows"]), columns, Provenance(**facts.get("provenance") or {}))
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(f"{where}: a broken profile: {error}; make it again.") from error


def read_profile(path: Path) -> Profile:
    """The profile in a file.

    Raises:
        DataError: There is none, or it is broken.
    """
    try:
        return Profile.from_json(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: cannot be read: {error}.") from error
