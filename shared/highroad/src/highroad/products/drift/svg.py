"""Two distributions over each other as inline SVG."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from highroad.products.drift.report import Drawing

_WIDTH, _HEIGHT, _FOOT = 400, 150, 16
_SMALL = (160, 60, 0)
_LABEL, _BAR = 110, 15


def picture(drawing: Drawing, title: str, *, small: bool = False) -> str:
    """The reference as an area or wide bars, the sample as a line or narrow bars on top."""
    if not drawing.reference:
        return "<p class=note>Nothing to draw.</p>"
    if small or drawing.edges or len(drawing.labels) > 14:
        return _steps(drawing, title, small)
    return _bars(drawing, title)


def _steps(drawing: Drawing, title: str, small: bool) -> str:
    width, height, foot = _SMALL if small else (_WIDTH, _HEIGHT, _FOOT)
    top = max(*drawing.reference, *drawing.sample) or 1.0
    count, floor = len(drawing.reference), height - foot
    gap = 0.2 if drawing.labels else 0.0

    def outline(shares: Sequence[float]) -> str:
        points = [f"M0 {floor}"]
        for place, share in enumerate(shares):
            left, right = ((place + end) * width / count for end in (gap, 1 - gap))
            y = floor - share / top * (floor - 6)
            foot_ = f"L{left:.1f} {floor}" if gap else ""
            points.append(f"{foot_}L{left:.1f} {y:.1f}L{right:.1f} {y:.1f}")
            points.append(f"L{right:.1f} {floor}" if gap else "")
        return "".join([*points, f"L{width} {floor}"])

    ticks = "" if small else _ticks(drawing, width, height)
    return _framed(
        f"<path class=ref d='{outline(drawing.reference)}Z'/>"
        f"<path class=smp d='{outline(drawing.sample)}'/>"
        f"<line class=axis x1=0 x2={width} y1={floor} y2={floor} />{ticks}",
        width,
        height,
        title,
    )


def _ticks(drawing: Drawing, width: int, height: int) -> str:
    if drawing.edges:
        low, high = drawing.edges[0], drawing.edges[-1]
        marks = [
            (share, f"{low + share * (high - low):.4g}") for share in (0.0, 0.25, 0.5, 0.75, 1.0)
        ]
    else:
        count = len(drawing.labels)
        every = max(1, count // 8)
        marks = [
            ((place + 0.5) / count, label)
            for place, label in enumerate(drawing.labels)
            if place % every == 0
        ]
    return "".join(
        f"<text x={share * width:.0f} y={height - 3} text-anchor="
        f"{'start' if share == 0 else 'end' if share == 1 else 'middle'}>{escape(text)}</text>"
        for share, text in marks
    )


def _bars(drawing: Drawing, title: str) -> str:
    top = max(*drawing.reference, *drawing.sample) or 1.0
    height = len(drawing.labels) * (_BAR + 4) + 4
    room = _WIDTH - _LABEL - 40
    rows = []
    for place, (label, a, b) in enumerate(
        zip(drawing.labels, drawing.reference, drawing.sample, strict=True)
    ):
        y = place * (_BAR + 4) + 4
        name = label if len(label) <= 18 else f"{label[:17]}…"
        rows.append(
            f"<g><title>{escape(label)}: {100 * a:.2f} % before, {100 * b:.2f} % now</title>"
            f"<text x={_LABEL - 6} y={y + 11} text-anchor=end>{escape(name)}</text>"
            f"<rect class=ref x={_LABEL} y={y} width={a / top * room:.1f} height={_BAR} />"
            f"<rect class=filled x={_LABEL} y={y + 4} width={b / top * room:.1f} height={_BAR - 8} />"
            f"<text x={_LABEL + max(a, b) / top * room + 4:.1f} y={y + 11}>{100 * b:.1f} %</text></g>"
        )
    return _framed("".join(rows), _WIDTH, height, title)


def _framed(inner: str, width: int, height: int, title: str) -> str:
    name = escape(title, quote=True)
    return f'<svg viewBox="0 0 {width} {height}" role=img aria-label="{name}">{inner}</svg>'
