"""One run as a self-contained HTML page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --bar: #2f6fdb; --bad: #c0392b }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem }
h1 { margin-bottom: 0 } .sub { opacity: .7; margin-top: .2rem }
table { border-collapse: collapse; width: 100%; margin: .6rem 0 1.6rem }
th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid var(--line); vertical-align: top }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums }
.bar { background: var(--bar); height: .7rem; border-radius: 2px; min-width: 1px }
.failed { color: var(--bad); white-space: pre-wrap } code { font-size: .9em; overflow-wrap: anywhere }
"""


def render(summary: Mapping[str, Any]) -> str:
    """The page of a summary as `RunSummaryHook` writes it; no scripts, nothing loaded."""
    title = f"{summary['project']}: run {summary['status']}"
    parts = [
        f"<h1>{escape(title)}</h1>",
        f"<p class=sub>environment {escape(summary['environment'])}, began {escape(summary['began_at'])}, "
        f"{summary['seconds']:.1f} s, {_rows(summary, 'read')} rows read, {_rows(summary, 'written')} written</p>",
    ]
    if summary["error"]:
        parts.append(f"<p class=failed>{escape(summary['error'])}</p>")
    if summary["report"]:
        parts.append(f"<p>The project's own report: <code>{escape(summary['report'])}</code></p>")
    parts += [_nodes(summary["nodes"]), _metrics(summary["metrics"]), _outputs(summary["outputs"])]
    body = "\n".join(part for part in parts if part)
    return (
        f"<!doctype html>\n<html lang=en><meta charset=utf-8><title>{escape(title)}</title>"
        f'<meta name=viewport content="width=device-width"><style>{_STYLE}</style>\n{body}\n</html>\n'
    )


def _rows(summary: Mapping[str, Any], what: str) -> str:
    known = f"{summary[f'rows_{what}']:,}"
    return f"at least {known}" if summary["unknown_rows"][what] else known


def _nodes(nodes: Iterable[Mapping[str, Any]]) -> str:
    nodes = list(nodes)
    longest = (
        max((node["node_s"] + node["load_s"] + node["save_s"] for node in nodes), default=0) or 1
    )
    rows = "".join(
        f"<tr><td>{escape(node['name'])}<td class=n>{node['load_s']:.2f}<td class=n>{node['node_s']:.2f}"
        f"<td class=n>{node['save_s']:.2f}<td style='width:35%'><div class=bar style='width:"
        f"{100 * (node['node_s'] + node['load_s'] + node['save_s']) / longest:.1f}%'></div>"
        for node in nodes
    )
    return f"<h2>Nodes</h2><table><tr><th>node<th class=n>load s<th class=n>run s<th class=n>save s<th>{rows}</table>"


def _metrics(metrics: Mapping[str, Any]) -> str:
    rows = "".join(
        f"<tr><td>{escape(dataset)}<td>{escape(name)}<td class=n>{escape(_number(value))}"
        for dataset, values in metrics.items()
        for name, value in _flat(values)
    )
    return (
        f"<h2>Metrics</h2><table><tr><th>dataset<th>metric<th class=n>value{rows}</table>"
        if rows
        else ""
    )


def _outputs(outputs: Mapping[str, str]) -> str:
    rows = "".join(
        f"<tr><td>{escape(name)}<td><code>{escape(place)}</code>" for name, place in outputs.items()
    )
    return f"<h2>Outputs</h2><table><tr><th>dataset<th>where{rows}</table>" if rows else ""


def _flat(values: Any, prefix: str = "") -> Iterable[tuple[str, Any]]:
    if isinstance(values, Mapping):
        for key, value in values.items():
            yield from _flat(value, f"{prefix}.{key}" if prefix else str(key))
    elif isinstance(values, (int, float, str, bool)):
        yield prefix, values


def _number(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return str(value)
    return f"{value:,}" if isinstance(value, int) else f"{value:,.4f}"
