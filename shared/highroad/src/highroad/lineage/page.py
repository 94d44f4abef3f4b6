"""A graph as one self-contained HTML page: no scripts, nothing loaded, light and dark."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

from highroad.lineage.graph import FILE, MODEL, PRODUCT, RUN, Edge, Graph, Node
from highroad.lineage.layout import HEIGHT, WIDTH, Layout, Point, lay_out
from highroad.pages import page
from highroad.secrets.redaction import redact

_KINDS = {
    RUN: "run of a project",
    PRODUCT: "data product",
    MODEL: "model",
    FILE: "file or other data",
}
_MARGIN, _FITS = 12, (25, 31)
"""Around the drawing; characters of a node's title and of its other lines."""


def render(graph: Graph, title: str, sub: str = "") -> str:
    """The page of a graph: the drawing, then each node's facts, to which it leads."""
    return page(redact(title), parts(graph, title), redact(sub))


def parts(graph: Graph, title: str) -> list[str]:
    """The same as the parts of a page, as HTML."""
    places = {node.id: f"n{index}" for index, node in enumerate(graph.nodes)}
    laid = lay_out(
        [node.id for node in graph.nodes], [(each.source, each.target) for each in graph.edges]
    )
    title = redact(title)
    svg = _svg(graph, laid, places, title)
    drawing = (
        f'<div class="drawing" tabindex="0" role="region" aria-label="The drawing">{svg}</div>'
    )
    return [_key(), drawing, "<h2>Facts</h2>", *_facts(graph, places)]


def _key() -> str:
    kinds = "".join(
        f"<span class={kind}><i></i>{escape(says)}</span>" for kind, says in _KINDS.items()
    )
    return (
        f"<p class=key>{kinds}<span class=failed><i></i>failed or lost run</span>"
        "<span><i class=old></i>an older version was read</span></p>"
    )


def _svg(graph: Graph, laid: Layout, places: Mapping[str, str], title: str) -> str:
    width, height = laid.width + 2 * _MARGIN, laid.height + 2 * _MARGIN
    names = {node.id: node.title for node in graph.nodes}
    edges = "".join(
        _edge(each, laid.lines[each.source, each.target], names) for each in graph.edges
    )
    nodes = "".join(_node(each, laid.places[each.id], places[each.id]) for each in graph.nodes)
    return (
        f'<svg width={width:.0f} height={height:.0f} viewBox="{-_MARGIN} {-_MARGIN} {width:.0f} {height:.0f}" '
        f'role=group aria-label="{escape(title)}"><defs><marker id=head viewBox="0 0 8 8" refX=7 refY=4 '
        'markerWidth=7 markerHeight=7 orient=auto><path d="M0 0L8 4L0 8z"/></marker></defs>'
        f"{edges}{nodes}</svg>"
    )


def _edge(edge: Edge, points: Sequence[Point], names: Mapping[str, str]) -> str:
    says = f"{names[edge.source]} → {names[edge.target]}"
    more = f": {edge.says}{', an older version' if edge.is_old else ''}" if edge.says else ""
    (x, y), *rest = points
    line = [f"M{x:.0f} {y:.0f}"]
    for nx, ny in rest:
        half = (x + nx) / 2
        line.append(f"C{half:.0f} {y:.0f} {half:.0f} {ny:.0f} {nx:.0f} {ny:.0f}")
        x, y = nx, ny
    old = " class=old" if edge.is_old else ""
    return f'<path{old} d="{"".join(line)}" marker-end="url(#head)"><title>{escape(says + more)}</title></path>'


def _node(node: Node, place: Point, name: str) -> str:
    x, y = place
    title, lines = _FITS
    texts = [
        f'<text class=title x="{x + 14:.0f}" y="{y + 20:.0f}">{escape(_cut(node.title, title))}</text>'
    ]
    for index, says in enumerate(node.says[:2]):
        texts.append(
            f'<text class=says x="{x + 14:.0f}" y="{y + 37 + 16 * index:.0f}">{escape(_cut(says, lines))}</text>'
        )
    about = f"{node.title}: {', '.join((_KINDS[node.kind], *node.says))}"
    return (
        f'<a href="#{name}" class="{_classes(node)}" aria-label="{escape(about)}"><title>{escape(about)}</title>'
        f'<rect x="{x:.0f}" y="{y:.0f}" width={WIDTH} height={HEIGHT} rx="7"/>'
        f'<rect class=edge x="{x:.0f}" y="{y + 8:.0f}" width=5 height={HEIGHT - 16} />{"".join(texts)}</a>'
    )


def _facts(graph: Graph, places: Mapping[str, str]) -> Iterator[str]:
    names = {node.id: node.title for node in graph.nodes}
    for node in graph.nodes:
        ways = [
            (word, [getattr(each, far) for each in graph.edges if getattr(each, near) == node.id])
            for word, near, far in (("from", "target", "source"), ("to", "source", "target"))
        ]
        links = "".join(
            f"<p>{word}: {', '.join(f'<a href=#{places[each]}>{escape(names[each])}</a>' for each in ids)}</p>"
            for word, ids in ways
            if ids
        )
        rows = "".join(
            f"<tr><th scope=row>{escape(key)}<td>{escape(value)}"
            for key, value in _flat(node.facts)
        )
        yield (
            f'<section id={places[node.id]} class="facts {_classes(node)}"><h3>{escape(node.title)}</h3>'
            f"<p>{escape(', '.join((_KINDS[node.kind], *node.says)))}</p>{links}<table>{rows}</table></section>"
        )


def _flat(facts: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, value in facts.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key} ")
        elif value not in (None, "", [], ()):
            text = ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
            yield f"{prefix}{key}", text


def _classes(node: Node) -> str:
    status = node.facts.get("status")
    return f"{node.kind} {status}" if status in ("failed", "lost") else node.kind


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
