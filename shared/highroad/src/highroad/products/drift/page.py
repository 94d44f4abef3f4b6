"""Drift as self-contained HTML pages."""

from __future__ import annotations

from html import escape

from highroad.pages import page
from highroad.products.drift.partitions import PartitionDrift
from highroad.products.drift.report import (
    FAIL,
    HOW,
    NOT_CHECKED,
    PASS,
    UNKNOWN,
    WARN,
    ColumnDrift,
    Drift,
    number,
)
from highroad.products.drift.svg import picture

_WORDS = {
    FAIL: "drifted",
    WARN: "drifted (warning)",
    UNKNOWN: "unknown",
    PASS: "within limits",
    NOT_CHECKED: "not judged",
}
_MEASURES = {
    "psi": ("PSI", "psi"),
    "js": ("Jensen–Shannon", "js"),
    "ks": ("Kolmogorov–Smirnov", "ks"),
    "wasserstein_scaled": ("Wasserstein / std", "wasserstein"),
    "nulls": ("change of empty rows", "nulls"),
}
"""Each measure's title and the limit it is held against."""


def render(found: Drift | PartitionDrift) -> str:
    """The page of one comparison: the worst column first, a sentence, a picture and its numbers.

    Of partitions: a table of columns by partitions, then a picture of each.
    """
    if isinstance(found, PartitionDrift):
        return _of_partitions(found)
    sub = f"{found.rows:,} rows against {found.provenance}, {found.reference_rows:,} rows"
    parts = [
        f"<p class='headline {found.verdict}'>{escape(found.headline)}</p>",
        _key("reference", "sample"),
        *map(_section, found.columns),
        _how(found),
    ]
    return page(f"Drift of {found.sample}", parts, sub)


def _of_partitions(found: PartitionDrift) -> str:
    first = next(iter(found.partitions.values()), None)
    parts = [
        f"<p class='headline {found.verdict}'>{escape(found.headline)}</p>",
        _heat(found),
        _key(found.reference, "each partition"),
        *(_multiples(found, column) for column in found.columns),
        _how(first) if first else "",
    ]
    title = f"Drift of {found.name or 'partitions'} by partition"
    return page(title, parts, f"Every partition against {found.reference}")


def _key(reference: str, sample: str) -> str:
    return (
        f"<p class='key note'><span><i class=reference></i>{escape(reference)}</span>"
        f"<span><i class=sample></i>{escape(sample)}</span>"
        "height: share of rows; the outermost steps hold what lies beyond</p>"
    )


def _section(found: ColumnDrift) -> str:
    notes = f"<p class=note>{escape('; '.join(found.notes))}</p>" if found.notes else ""
    text = (
        f"<h2>{escape(found.column)}<span class='verdict {found.verdict}'>"
        f"{_WORDS[found.verdict]}</span></h2><p>{escape(found.says)}</p>{notes}"
    )
    return (
        f"<section class=column><div>{text}{_measures(found)}{_sides(found)}</div>"
        f"<div>{picture(found.drawing, f'{found.column}: reference and sample')}</div></section>"
    )


def _measures(found: ColumnDrift) -> str:
    rows = []
    for name, (title, limit) in _MEASURES.items():
        value = found.measures.get(name)
        if value is None:
            continue
        allowed = getattr(found.limits, limit)
        over = " class=over" if limit in found.exceeded else ""
        within = found.within.get(name, 0.0)
        more = f" <span class=note>(to {number(value + within)})</span>" if within >= 0.0005 else ""
        rows.append(
            f"<tr><td>{title}<td{over}>{number(value)}{more}"
            f"<td>{'' if allowed is None else f'{allowed:g}'}"
        )
    return f"<table><tr><th>measure<th>found<th>limit{''.join(rows)}</table>" if rows else ""


def _sides(found: ColumnDrift) -> str:
    """The facts of both sides, folded away."""
    if not (found.reference and found.sample):
        return ""
    rows = "".join(
        f"<tr><td>{escape(name)}<td>{escape(_fact(value))}<td>{escape(_fact(found.sample.get(name)))}"
        for name, value in found.reference.items()
    )
    chances = "".join(
        f"<p class=note>p-value, {name.replace('_', '-')}: {value:.3g} (information only)</p>"
        for name, value in found.p_values.items()
        if value is not None
    )
    return (
        f"<details><summary>numbers</summary><table><tr><th><th>reference<th>sample{rows}</table>"
        f"{chances}</details>"
    )


def _fact(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.4g}" if abs(value) < 10_000 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) else str("" if value is None else value)


def _heat(found: PartitionDrift) -> str:
    head = "".join(f"<th>{escape(name)}" for name in found.partitions)
    rows = []
    for column in found.columns:
        cells = []
        for drift in found.partitions.values():
            each = drift.get(column)
            if each is None:
                cells.append("<td>")
                continue
            # Full colour where a limit is reached; what is half way to it is a quarter as strong.
            depth = min(1.0, each.ratio) ** 2 * 45
            verdict = each.verdict if each.exceeded else ""
            shown = number(each.measures.get("psi"), 2) or "–"
            cells.append(
                f"<td title='{escape(each.says, quote=True)}' class='{verdict}' data-depth style='--depth:{depth:.0f}'>"
                f"{'<b>' if each.exceeded else ''}{shown}"
            )
        rows.append(f"<tr><td>{escape(column)}{''.join(cells)}")
    return (
        f"<div class='heat scroll'><table><tr><th>PSI{head}{''.join(rows)}</table></div>"
        "<p class=note>Bold: a measure of the column, not always PSI, is above its limit.</p>"
    )


def _multiples(found: PartitionDrift, column: str) -> str:
    there = {name: each for name, drift in found.partitions.items() if (each := drift.get(column))}
    worst = min(there, key=lambda name: there[name].badness)
    figures = "".join(
        f"<figure class={each.verdict}>{picture(each.drawing, f'{column} in {name}', small=True)}"
        f"<figcaption title='{escape(each.says, quote=True)}'>{escape(name)}: "
        f"{_WORDS[each.verdict]}</figcaption></figure>"
        for name, each in there.items()
    )
    return (
        f"<h2>{escape(column)}</h2><p class=note>Farthest in {escape(worst)}. "
        f"{escape(there[worst].says)}</p><div class=multiples>{figures}</div>"
    )


def _how(found: Drift) -> str:
    lines = "".join(
        f"<tr><td>{escape(name.replace('_', ' '))}<td>{escape(str(value))}"
        for name, value in HOW.items()
    )
    left_out = f"<p>Left out: {escape(', '.join(found.left_out))}</p>" if found.left_out else ""
    return (
        f"<details><summary>How this was measured</summary><p>Reference: {escape(found.mode)}.</p>"
        f"{left_out}<table>{lines}</table></details>"
    )
