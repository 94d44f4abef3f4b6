"""Drift as self-contained HTML pages: no scripts, nothing loaded, light and dark."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from pathlib import Path

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
_STYLE = """
:root { color-scheme: light dark; --line: #8885; --reference: #8a94a6; --sample: #1f6feb;
  --fail: #c0392b; --warn: #b7791f; --unknown: #7b4fb5; --pass: #2e7d4f; --not-checked: #777 }
@media (prefers-color-scheme: dark) { :root { --reference: #8b96a8; --sample: #6aa6ff;
  --fail: #ff7b6b; --warn: #e8b04a; --unknown: #c09bf0; --pass: #63c68c; --not-checked: #999 } }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 66rem; margin: 2rem auto; padding: 0 1rem }
h1 { margin-bottom: 0 } .sub { opacity: .75; margin-top: .2rem } .headline { font-size: 1.25rem; margin: 1rem 0 }
section { border-top: 1px solid var(--line); padding: .9rem 0; display: grid; gap: 0 1.5rem;
  grid-template-columns: minmax(0, 1fr) 26rem; align-items: start }
section h2 { font-size: 1.05rem; margin: 0; overflow-wrap: anywhere } section p { margin: .2rem 0 }
@media (max-width: 52rem) { section { grid-template-columns: minmax(0, 1fr) } }
.verdict { font-size: .8rem; font-weight: 600; border: 1px solid; border-radius: 1rem; padding: 0 .55rem; margin-left: .4rem; white-space: nowrap }
.fail { color: var(--fail) } .warn { color: var(--warn) } .unknown { color: var(--unknown) }
.pass { color: var(--pass) } .not-checked { color: var(--not-checked) }
.note { opacity: .75; font-size: .88rem }
table { border-collapse: collapse; margin: .5rem 0; font-size: .85rem }
th, td { text-align: right; padding: .12rem .6rem; border-bottom: 1px solid var(--line); font-variant-numeric: tabular-nums }
th { font-weight: 500; opacity: .8 } th:first-child, td:first-child { text-align: left; padding-left: 0 }
td.over { color: var(--fail); font-weight: 600 } details { font-size: .85rem; opacity: .9 }
svg { width: 100%; height: auto; display: block } svg text { fill: currentColor; font: 10px system-ui, sans-serif }
.ref { fill: var(--reference); fill-opacity: .45 } .smp { fill: none; stroke: var(--sample); stroke-width: 1.8 }
.bar { fill: var(--sample) } .axis { stroke: var(--line) }
.key i { display: inline-block; width: 1.1rem; height: .7rem; margin: 0 .3rem 0 .9rem }
.heat { overflow-x: auto } .heat td { text-align: center; min-width: 3rem } .heat td:first-child { text-align: left }
.multiples { display: grid; grid-template-columns: repeat(auto-fill, minmax(9.5rem, 1fr)); gap: .6rem; margin: .4rem 0 1.4rem }
.multiples figure { margin: 0; border-top: 3px solid; padding-top: .2rem } .multiples figcaption { font-size: .78rem; color: CanvasText }
"""


def render(found: Drift) -> str:
    """The page of one comparison: the worst column first, a sentence, a picture and its numbers."""
    title = f"Drift of {found.sample}"
    parts = [
        f"<h1>{escape(title)}</h1>",
        f"<p class=sub>{found.rows:,} rows against {escape(str(found.provenance))}, "
        f"{found.reference_rows:,} rows</p>",
        f"<p class='headline {found.verdict}'>{escape(found.headline)}</p>",
        _key("reference", "sample"),
        *map(_section, found.columns),
        _how(found),
    ]
    return _page(title, parts)


def render_partitions(found: PartitionDrift) -> str:
    """The page of all partitions: a table of columns by partitions, then a picture of each."""
    title = f"Drift of {found.name or 'partitions'} by partition"
    first = next(iter(found.partitions.values()), None)
    parts = [
        f"<h1>{escape(title)}</h1>",
        f"<p class=sub>Every partition against {escape(found.reference)}</p>",
        f"<p class='headline {found.verdict}'>{escape(found.headline)}</p>",
        _heat(found),
        _key(found.reference, "each partition"),
        *(_multiples(found, column) for column in found.columns),
        _how(first) if first else "",
    ]
    return _page(title, parts)


def write_page(found: Drift | PartitionDrift, path: Path) -> None:
    """Write the page of either."""
    page = render(found) if isinstance(found, Drift) else render_partitions(found)
    path.write_text(page, encoding="utf-8")


def _page(title: str, parts: Iterable[str]) -> str:
    body = "\n".join(part for part in parts if part)
    return (
        f"<!doctype html>\n<html lang=en><meta charset=utf-8><title>{escape(title)}</title>"
        f'<meta name=viewport content="width=device-width"><style>{_STYLE}</style>\n{body}\n</html>\n'
    )


def _key(reference: str, sample: str) -> str:
    return (
        "<p class='key note'><i style='background:var(--reference);opacity:.6;margin-left:0'></i>"
        f"{escape(reference)}<i style='background:var(--sample);height:.2rem;margin-bottom:.25rem'></i>"
        f"{escape(sample)} (height: share of rows; the outermost steps hold what lies beyond)</p>"
    )


def _section(found: ColumnDrift) -> str:
    notes = f"<p class=note>{escape('; '.join(found.notes))}</p>" if found.notes else ""
    text = (
        f"<h2>{escape(found.column)}<span class='verdict {found.verdict}'>"
        f"{_WORDS[found.verdict]}</span></h2><p>{escape(found.says)}</p>{notes}"
    )
    return (
        f"<section><div>{text}{_measures(found)}{_sides(found)}</div>"
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
            colour = each.verdict if each.exceeded else "reference"
            shown = number(each.measures.get("psi"), 2) or "–"
            cells.append(
                f"<td title='{escape(each.says, quote=True)}' style='background:color-mix(in srgb, "
                f"var(--{colour}) {depth:.0f}%, transparent)'>{'<b>' if each.exceeded else ''}{shown}"
            )
        rows.append(f"<tr><td>{escape(column)}{''.join(cells)}")
    return (
        f"<div class=heat><table><tr><th>PSI{head}{''.join(rows)}</table></div>"
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
        f"<tr><td>{escape(name.replace('_', ' '))}<td style='text-align:left'>{escape(str(value))}"
        for name, value in HOW.items()
    )
    left_out = f"<p>Left out: {escape(', '.join(found.left_out))}</p>" if found.left_out else ""
    return (
        f"<details><summary>How this was measured</summary><p>Reference: {escape(found.mode)}.</p>"
        f"{left_out}<table>{lines}</table></details>"
    )
