"""The report a manager looks at: what the model is worth, how honest it is, when flights are late."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from delays.pipelines.train.nodes import Model, TrainOptions, cost_of, is_late, probabilities

_STYLE = "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}table{border-collapse:collapse}td,th{padding:.3rem .8rem;border-bottom:1px solid #ccc;text-align:right}td:first-child,th:first-child{text-align:left}img{max-width:100%}.big{font-size:1.25rem}"


def draw_report(
    model: Model, parts: dict[str, pd.DataFrame], metrics: dict[str, Any], options: dict[str, Any]
) -> str:
    """A self-contained HTML page on the test part; the same bytes for the same numbers."""
    chosen = TrainOptions(**options)
    part = parts["test"]
    late = is_late(part, chosen)
    probability = probabilities(model["model"], part)
    test = metrics["test"]
    cost = test["cost_usd_per_flight"]
    saved = min(cost["never_warn"], cost["always_warn"]) - cost["model"]
    rows = "".join(
        f"<tr><td>{title}<td>{test[key]['auc']:.3f}<td>{test[key]['brier']:.4f}<td>{test[key]['log_loss']:.4f}"
        for key, title in (
            ("model", "Model"),
            ("baseline", "Carrier, airport and hour"),
            ("base_rate", "Base rate"),
        )
    )
    figures = "".join(
        f"<h2>{title}</h2><p>{text}</p><img alt='{title}' src='data:image/png;base64,{_png(draw, late, probability, part, chosen)}'>"
        for title, text, draw in (
            (
                "Are the probabilities honest?",
                "Of flights given 30 %, 30 % should be late: points on the line.",
                _calibration,
            ),
            (
                "What does a warning level cost?",
                "The line marks the level in use, from the stated costs.",
                _costs,
            ),
            (
                "When are flights late?",
                "Share of late flights by scheduled hour in New York.",
                _hours,
            ),
        )
    )
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>Late arrivals</title><style>{_STYLE}</style>"
        f"<h1>Late arrivals, two hours ahead</h1><p class=big>In November and December {test['late_share']:.0%} of "
        f"{test['flights']:,} flights arrived {chosen.late_from_min} or more minutes late. Warning passengers from a "
        f"probability of {chosen.threshold:.0%} costs {cost['model']:.2f} USD a flight, {saved:.2f} USD less than the better "
        f"of warning never ({cost['never_warn']:.2f}) and always ({cost['always_warn']:.2f}).</p>"
        f"<table><tr><th>method<th>AUC<th>Brier score<th>log loss{rows}</table>{figures}</html>\n"
    )


def _png(draw: Any, *data: Any) -> str:
    figure = Figure(figsize=(8, 3.6), layout="constrained")
    axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    draw(axes, *data)
    FigureCanvasAgg(figure)
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=110, metadata={"Software": None})
    return base64.b64encode(stream.getvalue()).decode()


def _calibration(axes: Any, late: Any, probability: Any, *_: Any) -> None:
    edges = np.unique(np.quantile(probability, np.linspace(0, 1, 16)))
    group = np.clip(np.searchsorted(edges, probability, side="right") - 1, 0, len(edges) - 2)
    number = np.bincount(group)
    axes.plot([0, 0.8], [0, 0.8], color="0.7")
    axes.plot(
        np.bincount(group, probability) / number,
        np.bincount(group, late) / number,
        "o-",
        color="#2f6fdb",
    )
    axes.set(xlabel="predicted probability", ylabel="share late")


def _costs(axes: Any, late: Any, probability: Any, _: Any, options: TrainOptions) -> None:
    levels = np.linspace(0.02, 0.8, 79)
    axes.plot(
        levels, [cost_of(late, probability >= level, options) for level in levels], color="#2f6fdb"
    )
    axes.axvline(options.threshold, color="#c0392b")
    axes.set(xlabel="warn from this probability", ylabel="USD a flight", ylim=(0, None))


def _hours(axes: Any, late: Any, probability: Any, part: pd.DataFrame, _: Any) -> None:
    hour = part["local_hour"].to_numpy().astype(int)
    shown = np.array([each for each in range(24) if (hour == each).sum() >= 30])
    axes.bar(
        shown, [late[hour == each].mean() for each in shown], color="#c9d8f5", label="observed"
    )
    axes.plot(
        shown,
        [probability[hour == each].mean() for each in shown],
        "o-",
        color="#2f6fdb",
        label="predicted",
    )
    axes.set(xlabel="scheduled hour of departure, New York", ylabel="share late")
    axes.legend(frameon=False)
