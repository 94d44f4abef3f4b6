"""Every partition of a product against one of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from highroad.errors import DataError
from highroad.products.drift.comparing import compare
from highroad.products.drift.measures import plain
from highroad.products.drift.profile import Profile, Provenance
from highroad.products.drift.profiling import profile_of
from highroad.products.drift.report import FAIL, UNKNOWN, VERDICTS, Drift, number
from highroad.products.drift.sources import table_of
from highroad.products.drift.thresholds import Thresholds
from highroad.products.text_table import aligned
from highroad_workspace.metadata import meant


@dataclass(frozen=True)
class PartitionDrift:
    """The drift of every partition against one reference.

    Attributes:
        name: The product or table.
        reference: The partition that the others are held against.
        partitions: By the partition's name, in order.
        profile: Of the reference.
    """

    name: str
    reference: str
    partitions: Mapping[str, Drift]
    profile: Profile | None = field(default=None, repr=False, compare=False)

    @property
    def columns(self) -> list[str]:
        """Every column, the one that moved most in any partition first."""
        worst: dict[str, tuple[int, float, str]] = {}
        for drift in self.partitions.values():
            for each in drift.columns:
                worst[each.column] = min(worst.get(each.column, each.badness), each.badness)
        return sorted(worst, key=lambda column: worst[column])

    @property
    def verdict(self) -> str:
        """The worst of the partitions'; unknown where there is none."""
        found = {each.verdict for each in self.partitions.values()}
        return next((each for each in VERDICTS if each in found), UNKNOWN)

    @property
    def reasons(self) -> list[str]:
        """What blocks: partition, column and what happened to it."""
        return [
            f"{partition}: {reason}"
            for partition, drift in self.partitions.items()
            for reason in drift.reasons
        ]

    @property
    def headline(self) -> str:
        """The whole in a sentence."""
        drifted = [name for name, each in self.partitions.items() if each.verdict == FAIL]
        most = max(self.partitions, key=lambda name: self.partitions[name].count(FAIL), default="")
        where = f", most columns in {most}" if drifted else ""
        return (
            f"{len(drifted)} of {len(self.partitions)} partitions have drifted from "
            f"{self.reference}{where}."
        )

    def measured(self, measure: str = "psi") -> dict[str, dict[str, float | None]]:
        """A measure of every column (rows) in every partition (columns)."""
        return {
            column: {
                partition: each.measures.get(measure) if (each := drift.get(column)) else None
                for partition, drift in self.partitions.items()
            }
            for column in self.columns
        }

    def facts(self) -> dict[str, Any]:
        """As plain values, ready for JSON."""
        return {
            "name": self.name,
            "reference": self.reference,
            "verdict": self.verdict,
            "headline": self.headline,
            "psi": {
                column: {key: plain(value) for key, value in row.items()}
                for column, row in self.measured("psi").items()
            },
            "partitions": {name: drift.facts() for name, drift in self.partitions.items()},
        }

    def to_json(self) -> str:
        """`facts` as indented JSON."""
        return json.dumps(self.facts(), indent=2, ensure_ascii=False, allow_nan=False)

    def table(self, measure: str = "psi") -> str:
        """A measure as text, a line a column; `*` marks what exceeds a limit."""
        rows: list[Sequence[str]] = [(measure, *self.partitions)]
        for column, row in self.measured(measure).items():
            marks = [
                "*" if (each := drift.get(column)) and each.exceeded else " "
                for drift in self.partitions.values()
            ]
            figures = [number(value, 2) or "-" for value in row.values()]
            rows.append((column, *(a + b for a, b in zip(figures, marks, strict=True))))
        lines = aligned(rows, right=range(1, len(rows[0])))
        return "\n".join([f"{self.name}: {self.headline}", *lines])


def compare_partitions(
    data: Any,
    column: str,
    reference: str,
    thresholds: Thresholds | None = None,
    *,
    name: str = "",
    only: Collection[str] = (),
    leave_out: Collection[str] = (),
    profile: Profile | None = None,
    rows: Callable[[], Any] | None = None,
) -> PartitionDrift:
    """Every partition against one of them, whose profile is made once.

    Args:
        data: As `table_of` takes it.
        column: What it is partitioned by.
        reference: The partition to hold the others against.
        thresholds: The limits; None means the defaults.
        name: What to call the table.
        only: The partitions to compare; empty means all others.
        leave_out: Columns not to compare; the partition's never is.
        profile: Of the reference, where one was stored.
        rows: Gives the table that this profile is of, see `compare`.

    Raises:
        DataError: There is no such column or partition.
    """
    source = table_of(data)
    if column not in source.schema.names:
        raise DataError(
            f"{name or 'The table'}: no column '{column}' to partition by."
            f"{meant(column, source.schema.names)}"
        )
    parts = source.partitions(column)
    for wanted in (reference, *only):
        if wanted not in parts:
            raise DataError(
                f"{name or 'The table'}: no partition '{wanted}' of {column}.{meant(wanted, [*parts])} "
                f"Partitions: {', '.join(parts) or 'none'}."
            )
    thresholds = thresholds or Thresholds()
    left_out = tuple(dict.fromkeys([column, *leave_out]))
    if profile is None:
        profile = profile_of(
            parts[reference],
            Provenance(product=name, partition=reference),
            leave_out=left_out,
            personal=thresholds.personal,
        )
        rows = partial(parts.__getitem__, reference)
    found = {
        part: compare(
            source,
            profile,
            thresholds,
            name=f"{name} {part}".strip(),
            leave_out=left_out,
            rows=rows,
        )
        for part, source in parts.items()
        if part != reference and (not only or part in only)
    }
    return PartitionDrift(name, reference, found, profile)
