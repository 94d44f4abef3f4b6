"""Hold a table against a reference, column by column, by effect size."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from highroad.errors import ContractError
from highroad.products.drift import measures
from highroad.products.drift.profile import (
    CategoryProfile,
    Floats,
    NumberProfile,
    Profile,
    binned,
    categories_of,
    is_number,
    numbers_of,
    profile_of,
)

if TYPE_CHECKING:
    from highroad.products.contract import Contract

STABLE, DRIFTED, UNKNOWN = "stable", "drifted", "unknown"
PROPERTY = "highroad.drift"


@dataclass(frozen=True)
class Limits:
    """What each measure may be; None leaves it to look at.

    Attributes:
        psi: Population stability index, null bin included; 0.2 is usually called a large change.
        js: Jensen–Shannon distance, base 2, 0 to 1.
        ks: Kolmogorov–Smirnov statistic, 0 to 1.
        wasserstein: In standard deviations of the reference.
    """

    psi: float | None = 0.2
    js: float | None = None
    ks: float | None = None
    wasserstein: float | None = None


@dataclass(frozen=True)
class ColumnDrift:
    """How one column moved; measures that its kind does not have are None.

    Attributes:
        column: The column.
        verdict: `stable`, `drifted` or `unknown`.
        psi: Over the reference's bins or categories, with a bin for null and one for NaN.
        js: Jensen–Shannon distance over the same.
        ks: Kolmogorov–Smirnov statistic.
        wasserstein: In the column's unit; seconds for times.
        wasserstein_std: The same in standard deviations of the reference.
        ks_p: Asymptotic, for information only: with many rows everything is significant.
        nulls: Share of nulls in the reference and in the sample.
        labels: The bins or categories, for drawing.
        reference: Their shares in the reference.
        sample: Their shares in the sample.
        reason: Why it drifted or is unknown.
    """

    column: str
    verdict: str
    psi: float | None = None
    js: float | None = None
    ks: float | None = None
    wasserstein: float | None = None
    wasserstein_std: float | None = None
    ks_p: float | None = None
    nulls: tuple[float, float] = (0.0, 0.0)
    labels: tuple[str, ...] = ()
    reference: tuple[float, ...] = ()
    sample: tuple[float, ...] = ()
    reason: str = ""


@dataclass(frozen=True)
class Drift:
    """All columns of one comparison, the worst first.

    Attributes:
        name: What the sample is called.
        about: What the reference is.
        rows: Rows of the reference and of the sample.
        columns: One result per column of either side.
    """

    name: str
    about: str
    rows: tuple[int, int]
    columns: tuple[ColumnDrift, ...]

    @property
    def verdict(self) -> str:
        """`drifted` where a column is; else `unknown` where one is; else `stable`."""
        found = {each.verdict for each in self.columns}
        return next((each for each in (DRIFTED, UNKNOWN) if each in found), STABLE)

    def facts(self) -> dict[str, Any]:
        """As plain values, with the conventions that the measures follow."""
        return {
            "sample": self.name,
            "reference": self.about,
            "rows": list(self.rows),
            "verdict": self.verdict,
            "epsilon": measures.EPSILON,
            "js_base": measures.JS_BASE,
            "columns": [
                {key: measures.plain(value) for key, value in asdict(each).items()}
                for each in self.columns
            ],
        }

    def table(self) -> str:
        """As text, a line a column."""
        width = max((len(each.column) for each in self.columns), default=6)
        lines = [f"{self.name} against {self.about}: {self.verdict}, {self.rows[1]:,} rows"]
        for each in self.columns:
            told = [
                f"{name} {value:.3f}"
                for name, value in (
                    ("PSI", each.psi),
                    ("JS", each.js),
                    ("KS", each.ks),
                    ("W/σ", each.wasserstein_std),
                )
                if value is not None
            ]
            note = f"  {each.reason}" if each.reason else ""
            lines.append(
                f"  {each.verdict:<7}  {each.column.ljust(width)}  {'  '.join(told)}{note}"
            )
        return "\n".join(lines)


def limits_of(contract: Contract) -> dict[str, Limits]:
    """The limits of each column: the custom property `highroad.drift` of the column, of the table.

    Raises:
        ContractError: It has a key that is no measure.
    """
    table = contract.table

    def said(properties: Any) -> dict[str, Any]:
        return next(
            (dict(each.value) for each in properties or [] if each.property == PROPERTY), {}
        )

    found = {}
    for column in table.properties or []:
        values = {**said(table.customProperties), **said(column.customProperties)}
        known = {field.name for field in fields(Limits)}
        if strange := set(values) - known:
            raise ContractError(
                f"{contract.where('schema')}: {PROPERTY} of '{column.name}': no measure "
                f"{', '.join(sorted(strange))}; expected {', '.join(sorted(known))}."
            )
        found[str(column.physicalName or column.name)] = Limits(**values)
    return found


def compare(
    sample: Any,
    reference: Any,
    limits: Mapping[str, Limits] | None = None,
    *,
    name: str = "sample",
    leave_out: frozenset[str] = frozenset(),
) -> Drift:
    """How far a table moved from a reference.

    Args:
        sample: A pandas, Polars or Arrow table.
        reference: A `Profile`, or a table. Against a profile KS and Wasserstein come from its
            201 quantiles, which tell each within half a percent of the distribution; against a
            table they are exact.
        limits: By column; None means `Limits()` for each.
        name: What to call the sample.
        leave_out: Columns not to compare, such as the partition.

    Returns:
        A result for every column of either side, the worst first. A column that is missing or of
        another kind has drifted; one without values on a side is unknown, which is no pass.
    """
    from highroad.products.tables import as_arrow

    rows = as_arrow(sample)
    whole = None if isinstance(reference, Profile) else as_arrow(reference)
    profile = reference if whole is None else profile_of(whole, "the reference")
    found = []
    for column in [
        *profile.columns,
        *(each for each in rows.column_names if each not in profile.columns),
    ]:
        if column in leave_out:
            continue
        limit = (limits or {}).get(column, Limits())
        kept = profile.columns.get(column)
        if kept is None:
            if whole is None or column not in whole.column_names:
                found.append(ColumnDrift(column, UNKNOWN, reason="not in the reference"))
        elif column not in rows.column_names:
            found.append(ColumnDrift(column, DRIFTED, reason="not in the sample"))
        elif isinstance(kept, NumberProfile) != is_number(rows.column(column).type):
            found.append(ColumnDrift(column, DRIFTED, reason=f"is {rows.column(column).type} now"))
        elif isinstance(kept, NumberProfile):
            exact = numbers_of(whole.column(column))[0] if whole is not None else None
            found.append(_numbers(column, rows.column(column), kept, profile.rows, limit, exact))
        else:
            found.append(_categories(column, rows.column(column), kept, profile.rows, limit))
    found.sort(key=lambda each: (each.verdict == STABLE, -(each.psi or 0.0), each.column))
    return Drift(name, profile.about, (profile.rows, len(rows)), tuple(found))


def _numbers(
    name: str, column: Any, kept: NumberProfile, rows: int, limit: Limits, exact: Floats | None
) -> ColumnDrift:
    values, nulls, nans = numbers_of(column)
    before = np.array([*kept.counts, kept.nulls, kept.nans])
    after = np.array([*binned(values, kept.edges), nulls, nans])
    labels = _bin_labels(kept)
    if not rows or not len(column) or not len(kept.quantiles) or not len(values):
        side = "the reference" if not rows or not len(kept.quantiles) else "the sample"
        return _judged(
            name, before, after, labels, (kept.nulls, nulls), limit, unknown=f"{side} has no values"
        )
    ours, theirs = (
        np.sort(exact) if exact is not None else np.array(kept.quantiles),
        np.sort(values),
    )
    distance = measures.wasserstein(ours, theirs) if exact is not None else _between(ours, theirs)
    ks = measures.kolmogorov_smirnov(ours, theirs)
    scaled = distance / kept.std if kept.std else (0.0 if not distance else float("inf"))
    more: dict[str, Any] = {
        "ks": ks,
        "wasserstein": distance,
        "wasserstein_std": scaled,
        "ks_p": measures.ks_p_value(ks, rows - kept.nulls - kept.nans, len(values)),
    }
    return _judged(name, before, after, labels, (kept.nulls, nulls), limit, **more)


def _between(quantiles: Floats, ordered: Floats) -> float:
    """Wasserstein from quantiles: the mean distance of the two samples' quantile functions."""
    steps = np.linspace(0, len(ordered) - 1, len(quantiles)).round().astype(int)
    apart = np.abs(quantiles - ordered[steps])
    usual = np.isfinite(apart) | (quantiles != ordered[steps])
    return float(np.trapezoid(np.where(usual, apart, 0.0), dx=1 / (len(quantiles) - 1)))


def _categories(
    name: str, column: Any, kept: CategoryProfile, rows: int, limit: Limits
) -> ColumnDrift:
    counts, nulls = categories_of(column)
    named = list(kept.counts)
    rest = sum(count for category, count in counts.items() if category not in kept.counts)
    before = np.array([*kept.counts.values(), kept.other, kept.nulls])
    after = np.array([*(counts.get(category, 0) for category in named), rest, nulls])
    labels = (*named, "other", "null")
    if not rows or not len(column):
        side = "the reference" if not rows else "the sample"
        return _judged(
            name, before, after, labels, (kept.nulls, nulls), limit, unknown=f"{side} has no rows"
        )
    return _judged(name, before, after, labels, (kept.nulls, nulls), limit)


def _judged(
    name: str,
    before: Any,
    after: Any,
    labels: tuple[str, ...],
    nulls: tuple[int, int],
    limit: Limits,
    unknown: str = "",
    **more: float,
) -> ColumnDrift:
    shares = (measures.shares(before), measures.shares(after))
    total = (max(int(before.sum()), 1), max(int(after.sum()), 1))
    shown: dict[str, Any] = {
        "labels": labels,
        "reference": tuple(shares[0].tolist()),
        "sample": tuple(shares[1].tolist()),
        "nulls": (nulls[0] / total[0], nulls[1] / total[1]),
    }
    if unknown:
        return ColumnDrift(name, UNKNOWN, reason=unknown, **shown)
    told: dict[str, Any] = {
        "psi": measures.psi(before, after),
        "js": measures.jensen_shannon(before, after),
        **more,
    }
    asked = {"psi": "psi", "js": "js", "ks": "ks", "wasserstein": "wasserstein_std"}
    over = [
        f"{key} {told[measure]:.3f} > {getattr(limit, key):g}"
        for key, measure in asked.items()
        if getattr(limit, key) is not None
        and measure in told
        and told[measure] > getattr(limit, key)
    ]
    return ColumnDrift(name, DRIFTED if over else STABLE, reason=", ".join(over), **told, **shown)


def _bin_labels(kept: NumberProfile) -> tuple[str, ...]:
    if not kept.edges:
        return ("all", "null", "NaN")
    inner = [f"≤ {edge:g}" for edge in kept.edges[1:]]
    return ("below", *inner, f"> {kept.edges[-1]:g}", "null", "NaN")
