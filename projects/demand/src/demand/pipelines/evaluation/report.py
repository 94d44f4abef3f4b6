"""A page for the planner at the airport."""

from __future__ import annotations

from typing import Any

import polars as pl

from demand.series import NEW_YORK

_STYLE = "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}table{border-collapse:collapse}td,th{padding:.3rem .8rem;border-bottom:1px solid #ccc;text-align:right}td:first-child,th:first-child{text-align:left}svg{width:100%;height:auto}text{font:11px system-ui,sans-serif;fill:#555}"
_WIDTH, _HEIGHT, _LEFT, _BOTTOM = 900, 190, 34, 22


def draw_report(forecasts: pl.DataFrame, metrics: dict[str, Any]) -> str:
    """A self-contained HTML page with the last week of every airport; the same bytes each time."""
    test = metrics["test"]
    better = 1 - test["mae"] / test["seasonal_naive_mae"]
    rows = "".join(
        f"<tr><td>{airport}<td>{each['mae']:.2f}<td>{each['seasonal_naive_mae']:.2f}<td>{each['mase']:.3f}<td>{each['seasonal_naive_mase']:.3f}"
        for airport, each in metrics["airports"].items()
    )
    charts = "".join(
        f"<h2>{airport}, the last seven days</h2>{_chart(rows.sort('hour').tail(168))}"
        for (airport,), rows in forecasts.sort("origin", "hour").group_by(
            "origin", maintain_order=True
        )
    )
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>Departures a day ahead</title><style>{_STYLE}</style>"
        f"<h1>Departures a day ahead</h1><p>Over {test['hours']:,} airport hours the forecast misses by {test['mae']:.2f} "
        f"departures on average, {better:.0%} less than taking the same hour of the week before.</p>"
        f"<table><tr><th>airport<th>MAE<th>a week before<th>MASE<th>a week before{rows}</table>"
        f"<p>Blue: forecast, a day ahead. Grey: scheduled departures an hour. Days are New York's.</p>{charts}</html>\n"
    )


def _chart(rows: pl.DataFrame) -> str:
    top = max(float(rows["departures"].max() or 0), float(rows["forecast"].max() or 0), 1.0)  # type: ignore[arg-type]
    step = (_WIDTH - _LEFT) / max(rows.height - 1, 1)

    def line(column: str, colour: str, width: float) -> str:
        points = " ".join(
            f"{_LEFT + index * step:.1f},{(_HEIGHT - _BOTTOM) * (1 - value / top) + 4:.1f}"
            for index, value in enumerate(rows[column])
        )
        return f"<polyline points='{points}' fill='none' stroke='{colour}' stroke-width='{width}'/>"

    local = rows["hour"].dt.convert_time_zone(NEW_YORK)
    days = "".join(
        f"<text x='{_LEFT + index * step:.1f}' y='{_HEIGHT - 4}'>{moment:%a %d %b}</text>"
        for index, moment in enumerate(local)
        if moment.hour == 0
    )
    axis = f"<text x='0' y='14'>{top:.0f}</text><text x='0' y='{_HEIGHT - _BOTTOM + 4}'>0</text>"
    return (
        f"<svg viewBox='0 0 {_WIDTH} {_HEIGHT}' role='img' aria-label='departures an hour'>"
        f"{line('departures', '#aaa', 1.4)}{line('forecast', '#2f6fdb', 1.6)}{days}{axis}</svg>"
    )
