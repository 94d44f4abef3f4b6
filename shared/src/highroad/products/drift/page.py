"""Comparisons as one self-contained HTML page: what moved, in words, numbers and pictures."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from highroad.products.drift.comparing import DRIFTED, STABLE, ColumnDrift, Drift

_STYLE = """
:root{color-scheme:light dark;--line:#8884;--ref:#8a929e;--now:#1f5fbf;--bad:#c2452d}
body{font:15px/1.5 system-ui,sans-serif;max-width:64rem;margin:2rem auto;padding:0 1rem}
h1{margin-bottom:.2rem}.sub{opacity:.75;margin-top:0}table{border-collapse:collapse;margin:1rem 0}
td,th{padding:.3rem .6rem;border-bottom:1px solid var(--line);text-align:right;font-variant-numeric:tabular-nums}
td:first-child,th:first-child{text-align:left}td.drifted{color:var(--bad);font-weight:600}
.grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(19rem,1fr));gap:1rem}
figure{margin:0;border:1px solid var(--line);border-radius:8px;padding:.7rem .9rem}
figcaption b{display:block}figcaption span{opacity:.75;font-size:.9rem}svg{width:100%;height:auto;display:block;margin-top:.4rem}
.key i{display:inline-block;width:.8rem;height:.8rem;border-radius:2px;margin:0 .3rem 0 1rem}
"""
_WIDTH, _HEIGHT, _FOOT = 300, 90, 14


def render(comparisons: Sequence[Drift]) -> str:
    """The page of one comparison, or of several against one reference; nothing is loaded."""
    first = comparisons[0]
    drifted = sorted(
        {each.column for one in comparisons for each in one.columns if each.verdict == DRIFTED}
    )
    head = (
        f"{len(drifted)} of {len(first.columns)} columns drifted: {', '.join(drifted)}."
        if drifted
        else "No column drifted."
    )
    worst = max(
        comparisons, key=lambda one: max((each.psi or 0 for each in one.columns), default=0)
    )
    parts = [
        f"<h1>{escape(first.about)} and what came after</h1>"
        if len(comparisons) > 1
        else f"<h1>{escape(first.name)} against {escape(first.about)}</h1>",
        f"<p class=sub>{escape(head)} PSI counts how much the shares of deciles and categories "
        "changed, null and NaN apart; above 0.2 is usually called a large change.</p>",
        _months(comparisons) if len(comparisons) > 1 else "",
        f"<h2>{escape(worst.name)}, the farthest</h2>" if len(comparisons) > 1 else "",
        f"<p class=key><i style='background:var(--ref)'></i>{escape(worst.about)}"
        f"<i style='background:var(--now)'></i>{escape(worst.name)}</p>",
        "<div class=grid>" + "".join(map(_figure, worst.columns)) + "</div>",
        _numbers(worst),
    ]
    return (
        "<!doctype html>\n<html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        f"<title>Drift</title><style>{_STYLE}</style>\n"
        + "\n".join(filter(None, parts))
        + "\n</html>\n"
    )


def _months(comparisons: Sequence[Drift]) -> str:
    """PSI by column and sample."""
    found = {one.name: {each.column: each for each in one.columns} for one in comparisons}
    columns = [each.column for each in comparisons[0].columns]
    columns.sort(key=lambda name: -max(_psi(of.get(name)) for of in found.values()))
    head = "".join(f"<th>{escape(name)}" for name in found)
    rows = "".join(
        f"<tr><td>{escape(column)}"
        + "".join(
            f"<td class={each.verdict}>{_psi(each):.2f}" if (each := of.get(column)) else "<td>"
            for of in found.values()
        )
        for column in columns
    )
    return (
        f"<h2>PSI</h2><div style='overflow-x:auto'><table><tr><th>column{head}{rows}</table></div>"
    )


def _psi(each: ColumnDrift | None) -> float:
    return each.psi or 0.0 if each is not None else 0.0


def _figure(each: ColumnDrift) -> str:
    said = each.reason or ("as before" if each.verdict == STABLE else each.verdict)
    return (
        f"<figure><figcaption><b>{escape(each.column)}</b><span>{escape(said)}</span></figcaption>"
        f"{_bars(each)}</figure>"
    )


def _bars(each: ColumnDrift) -> str:
    """Shares of the reference and of the sample side by side; empty last bins are left out."""
    pairs = list(zip(each.labels, each.reference, each.sample, strict=True))
    while pairs and pairs[-1][1] == pairs[-1][2] == 0:
        pairs.pop()
    pairs = pairs[:24]
    if not pairs:
        return ""
    top = max(max(one, other) for _, one, other in pairs) or 1.0
    step = _WIDTH / len(pairs)
    bars = []
    for index, (label, one, other) in enumerate(pairs):
        for shift, share, colour in ((0.08, one, "--ref"), (0.5, other, "--now")):
            height = share / top * (_HEIGHT - _FOOT)
            bars.append(
                f"<rect x='{(index + shift) * step:.1f}' y='{_HEIGHT - _FOOT - height:.1f}' "
                f"width='{0.4 * step:.1f}' height='{height:.1f}' fill='var({colour})'>"
                f"<title>{escape(label)}: {share:.1%}</title></rect>"
            )
    ends = (
        f"<text x='0' y='{_HEIGHT - 2}' font-size='9' fill='currentColor'>{escape(pairs[0][0])}</text>"
        f"<text x='{_WIDTH}' y='{_HEIGHT - 2}' font-size='9' text-anchor='end' fill='currentColor'>{escape(pairs[-1][0])}</text>"
    )
    name = escape(each.column)
    return f"<svg viewBox='0 0 {_WIDTH} {_HEIGHT}' role='img' aria-label='shares of {name}'>{''.join(bars)}{ends}</svg>"


def _numbers(one: Drift) -> str:
    def cell(value: float | None, form: str = ".3f") -> str:
        return "<td>" if value is None else f"<td>{value:{form}}"

    rows = "".join(
        f"<tr><td>{escape(each.column)}<td class={each.verdict}>{each.verdict}{cell(each.psi)}{cell(each.js)}"
        f"{cell(each.ks)}{cell(each.wasserstein, ',.4g')}{cell(each.wasserstein_std)}"
        f"<td>{each.nulls[0]:.1%} → {each.nulls[1]:.1%}"
        for each in one.columns
    )
    return (
        "<h2>Numbers</h2><div style='overflow-x:auto'><table><tr><th>column<th>verdict<th>PSI<th>JS<th>KS"
        f"<th>Wasserstein<th>in σ<th>null{rows}</table></div>"
    )
