"""What a comparison found: one result a column, the worst first; as JSON, as text."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from highroad.products.drift.measures import EPSILON, JS_BASE, plain
from highroad.products.drift.profile import Profile, Provenance
from highroad.products.drift.thresholds import Limits
from highroad.products.text_table import aligned

PASS, WARN, FAIL, UNKNOWN, NOT_CHECKED = "pass", "warn", "fail", "unknown", "not-checked"
VERDICTS = (FAIL, UNKNOWN, WARN, PASS, NOT_CHECKED)
"""From worst to best. `warn` exceeds a limit whose severity is warning."""
EXACT, PROFILE = "both tables", "stored profile"
HOW = {
    "bins": "edges are the reference's deciles, upper edge included, first and last bin open; "
    "NaN, each infinity and null are bins of their own",
    "categories": "the commonest have a bin each; new, lost, more and less frequent ones are taken "
    "together, less what chance alone makes of rare ones, which is (other) on both sides",
    "epsilon": EPSILON,
    "epsilon_is": "the least share of a bin in PSI",
    "js": f"distance, logarithms to base {JS_BASE}",
    "wasserstein": "in the column's unit; scaled by the reference's standard deviation",
    "times": "by hour of the day, UTC; by weekday where no value has a time of day",
    "p_values": "information only; no verdict rests on them",
}


@dataclass(frozen=True)
class Drawing:
    """Shares of reference and sample to draw over each other.

    Attributes:
        labels: Of bars; empty for numbers.
        edges: Of equal steps on the number line; empty for bars. Values beyond the first or last
            are counted in the first or last step.
        reference, sample: Shares of all rows, in the same order.
    """

    labels: Sequence[str] = ()
    edges: Sequence[float] = ()
    reference: Sequence[float] = ()
    sample: Sequence[float] = ()


@dataclass(frozen=True)
class ColumnDrift:
    """How far one column has moved.

    Attributes:
        column: Its name.
        kind: `number`, `category`, `time` or `other`.
        verdict: One of `VERDICTS`.
        says: The finding in a plain sentence.
        limits: What its measures may be.
        measures: By name; None where a measure does not apply.
        within: How much larger than stated the exact measure may be; only from stored profiles.
        p_values: Of the Kolmogorov–Smirnov and the chi-square test.
        exceeded: The measures above their limits, worst first.
        worst: The measure nearest to or farthest beyond its limit.
        ratio: That measure over its limit.
        reference, sample: Facts of both columns: type, rows, nulls, mean and the like.
        bins: The counts that PSI and Jensen–Shannon were taken of.
        drawing: What to draw.
        notes: What else there is to know, such as another type or new categories.
        undecided: The measures of which a profile alone cannot tell whether they keep their limits.
    """

    column: str
    kind: str
    verdict: str
    says: str
    limits: Limits
    measures: Mapping[str, float | None] = field(default_factory=dict)
    within: Mapping[str, float] = field(default_factory=dict)
    p_values: Mapping[str, float | None] = field(default_factory=dict)
    exceeded: Sequence[str] = ()
    worst: str = ""
    ratio: float = 0.0
    reference: Mapping[str, Any] = field(default_factory=dict)
    sample: Mapping[str, Any] = field(default_factory=dict)
    bins: Sequence[Mapping[str, Any]] = ()
    drawing: Drawing = field(default_factory=Drawing)
    notes: Sequence[str] = ()
    undecided: Sequence[str] = ()

    def facts(self) -> dict[str, Any]:
        """As plain values, ready for JSON."""
        found = {**asdict(self), "limits": self.limits.facts()}
        return dict(_plain(found))

    @property
    def badness(self) -> tuple[int, float, str]:
        """What columns are ordered by, ascending from the worst."""
        return VERDICTS.index(self.verdict), -self.ratio, self.column


@dataclass(frozen=True)
class Drift:
    """How far a table has moved from a reference.

    Attributes:
        sample: What was compared, in words.
        provenance: Of the reference.
        mode: `EXACT`, or `PROFILE` where the reference was a stored profile.
        rows, reference_rows: Of both.
        columns: The worst first.
        left_out: Columns that were not to be compared.
        profile: Of the reference.
    """

    sample: str
    provenance: Provenance
    mode: str
    rows: int
    reference_rows: int
    columns: Sequence[ColumnDrift]
    left_out: Sequence[str] = ()
    profile: Profile | None = field(default=None, repr=False, compare=False)

    @property
    def verdict(self) -> str:
        """The worst of the columns'; unknown where none was compared."""
        judged = {each.verdict for each in self.columns} - {NOT_CHECKED}
        return next((each for each in VERDICTS if each in judged), UNKNOWN)

    @property
    def faults(self) -> list[ColumnDrift]:
        """The columns that block: drifted with severity error, or without a verdict."""
        return [each for each in self.columns if each.verdict in (FAIL, UNKNOWN)]

    @property
    def reasons(self) -> list[str]:
        """What blocks, in words."""
        return [f"{each.column}: {each.says}" for each in self.faults] or (
            [self.headline] if self.verdict == UNKNOWN else []
        )

    def count(self, verdict: str) -> int:
        """How many columns have this verdict."""
        return sum(each.verdict == verdict for each in self.columns)

    def get(self, name: str) -> ColumnDrift | None:
        """The result of a column; None where neither side has it."""
        return next((each for each in self.columns if each.column == name), None)

    @property
    def headline(self) -> str:
        """The whole in a sentence."""
        judged = len(self.columns) - self.count(NOT_CHECKED)
        if not judged or self.verdict == UNKNOWN:
            reason = next((each.says for each in self.columns if each.verdict == UNKNOWN), "")
            return f"Unknown: {reason or 'no column was compared.'}"
        moved = self.count(FAIL) + self.count(WARN)
        unknown = f"; {self.count(UNKNOWN)} unknown" if self.count(UNKNOWN) else ""
        if not moved:
            return f"None of {judged} columns has drifted{unknown}."
        return f"{moved} of {judged} columns {'has' if moved == 1 else 'have'} drifted{unknown}."

    def facts(self) -> dict[str, Any]:
        """As plain values, ready for JSON."""
        return {
            "sample": self.sample,
            "reference": asdict(self.provenance),
            "mode": self.mode,
            "rows": self.rows,
            "reference_rows": self.reference_rows,
            "verdict": self.verdict,
            "headline": self.headline,
            "verdicts": {verdict: self.count(verdict) for verdict in VERDICTS},
            "left_out": list(self.left_out),
            "how": HOW,
            "columns": [each.facts() for each in self.columns],
        }

    def to_json(self) -> str:
        """`facts` as indented JSON."""
        return json.dumps(self.facts(), indent=2, ensure_ascii=False, allow_nan=False)

    def table(self) -> str:
        """As text: a line a column, its measures and what they say."""
        head = ("column", "verdict", "psi", "js", "ks", "w1/std", "nulls", "")
        rows = [(each.column, each.verdict, *_figures(each), each.says) for each in self.columns]
        lines = aligned([head, *rows], right=range(2, len(head) - 1))
        title = (
            f"{self.sample} ({self.rows:,} rows) against {self.provenance} "
            f"({self.reference_rows:,} rows, {self.mode})"
        )
        return "\n".join([title, self.headline, *lines])


def number(value: float | None, digits: int = 3) -> str:
    """A measure as people read it; empty where there is none."""
    if value is None:
        return ""
    return "∞" if math.isinf(value) else f"{value:.{digits}f}"


def _figures(found: ColumnDrift) -> list[str]:
    measures = found.measures
    names = ("psi", "js", "ks", "wasserstein_scaled", "nulls")
    return [number(measures.get(name)) for name in names]


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    return plain(value)
