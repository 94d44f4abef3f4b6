"""One run as a self-contained HTML page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from highroad.pages import page


def render(summary: Mapping[str, Any]) -> str:
    """The page of a summary as `RunSummaryHook` writes it; no scripts, nothing loaded."""
    sub = (
        f"environment {summary['environment']}, began {summary['began_at']}, {summary['seconds']:.1f} s, "
        f"{_rows(summary, 'read')} rows read, {_rows(summary, 'written')} written"
    )
    parts = [
        f'<p class="error">{escape(summary["error"])}</p>' if summary["error"] else "",
        f"<p>The project's own report: <code>{escape(summary['report'])}</code></p>"
        if summary["report"]
        else "",
        _nodes(summary["nodes"]),
        _metrics(summary["metrics"]),
        _outputs(summary["outputs"]),
    ]
    return page(f"{summary['project']}: run {summary['status']}", parts, sub)


def _rows(summary: Mapping[str, Any], what: str) -> str:
    known = f"{summary[f'rows_{what}']:,}"
    return f"at least {known}" if summary["unknown_rows"][what] else known


def _nodes(nodes: Iterable[Mapping[str, Any]]) -> str:
    nodes = list(nodes)
    longest = (
        max((node["node_s"] + node["load_s"] + node["save_s"] for node in nodes), default=0) or 1
    )
    rows = (
        f"<tr><td>{escape(node['name'])}"
        + "".join(f'<td class="n">{node[key]:.2f}' for key in ("load_s", "node_s", "save_s"))
        + f'<td class="bar"><svg aria-hidden="true"><rect height="12" rx="2" width="'
        f'{100 * (node["node_s"] + node["load_s"] + node["save_s"]) / longest:.1f}%"/></svg>'
        for node in nodes
    )
    return _section("Nodes", ("node", "load s", "run s", "save s", ""), rows)


def _metrics(metrics: Mapping[str, Any]) -> str:
    rows = (
        f'<tr><td>{escape(dataset)}<td>{escape(name)}<td class="n">{escape(_number(value))}'
        for dataset, values in metrics.items()
        for name, value in _flat(values)
    )
    return _section("Metrics", ("dataset", "metric", "value"), rows)


def _outputs(outputs: Mapping[str, str]) -> str:
    rows = (
        f"<tr><td>{escape(name)}<td><code>{escape(place)}</code>" for name, place in outputs.items()
    )
    return _section("Outputs", ("dataset", "where"), rows)


def _section(title: str, head: Iterable[str], rows: Iterable[str]) -> str:
    body = "".join(rows)
    names = "".join(
        f"<th{' class=n' if name.endswith(' s') or name == 'value' else ''}>{name}" for name in head
    )
    table = f'<div class="scroll"><table><thead><tr>{names}<tbody>{body}</table></div>'
    return f"<section><h2>{title}</h2>{table}</section>" if body else ""


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
