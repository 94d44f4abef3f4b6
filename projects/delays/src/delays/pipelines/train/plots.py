"""The report's plots, each as SVG text: the same bytes for the same numbers."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from delays.pipelines.train.costs import LEVELS, Floats

BLUE, RED, GREY, PALE, INK = "#1f5fbf", "#c2452d", "#8a929e", "#cfdcf2", "#26303d"
FEWEST = 30
"""Flights that an hour or an airline needs to be shown."""

_STYLE: Any = {
    "svg.hashsalt": "delays",
    "svg.fonttype": "path",
    "font.size": 10,
    "font.family": ["DejaVu Sans"],
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": GREY,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "grid.color": "#e6e9ee",
    "xtick.color": INK,
    "ytick.color": INK,
    "legend.frameon": False,
}


def draw(plot: Callable[..., None], *data: Any, size: tuple[float, float] = (7.2, 3.6)) -> str:
    """One plot as an `<svg>` element, without the date and the version that drew it."""
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=size, layout="constrained")
        plot(figure.add_subplot(), *data)
        stream = io.StringIO()
        figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None})
    text = stream.getvalue()
    # A page holds several: keep the ids of one apart from those of another.
    name = plot.__name__.replace("_", "-")
    text = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{name}-", text[text.index("<svg") :])
    return re.sub(r"<metadata>.*?</metadata>\s*", "", text, flags=re.DOTALL)


def calibration(axes: Axes, late: Floats, probability: Floats) -> None:
    """Late share of 15 groups of equally many flights, over their mean probability."""
    edges = np.unique(np.quantile(probability, np.linspace(0, 1, 16)))
    group = np.clip(np.searchsorted(edges, probability, side="right") - 1, 0, len(edges) - 2)
    number = np.maximum(np.bincount(group), 1)
    predicted = np.bincount(group, probability) / number
    observed = np.bincount(group, late) / number
    end = float(max(predicted.max(), observed.max(), 0.1)) * 1.05
    axes.plot([0, end], [0, end], color=GREY, linestyle="--", label="as predicted")
    axes.plot(predicted, observed, "o-", color=BLUE, label="the model")
    _percent(axes, "xy")
    axes.set(xlabel="predicted probability of arriving late (%)", ylabel="arrived late (%)")
    axes.legend(loc="upper left")


def cost_by_level(
    axes: Axes, curve: Floats, threshold: float, never_usd: float, always_usd: float
) -> None:
    """Cost of each level of warning, with the level in use and the two simple habits."""
    axes.plot(LEVELS, curve, color=BLUE, label="warn from this probability on")
    axes.axhline(never_usd, color=GREY, linestyle="--", label="never warn")
    axes.axhline(always_usd, color=GREY, linestyle=":", label="always warn")
    axes.axvline(threshold, color=RED, label=f"in use: {threshold:.0%}")
    _percent(axes, "x")
    axes.set(xlabel="warn from this probability on (%)", ylabel="cost (USD per flight)")
    axes.set(xlim=(0, 1), ylim=(0, None))
    axes.legend(loc="lower right")


def by_hour(axes: Axes, late: Floats, probability: Floats, hour: Floats) -> None:
    """Late share, observed and predicted, by New York hour of the scheduled departure."""
    table = _means(late, probability, hour.astype(int))
    table = table[table["flights"] >= FEWEST]
    axes.bar(table.index, table["late"], color=PALE, label="observed")
    axes.plot(table.index, table["predicted"], "o-", color=BLUE, label="predicted")
    _percent(axes, "y")
    axes.grid(visible=False, axis="x")
    axes.set(xlabel="scheduled departure (hour of the day, New York)", ylabel="arrive late (%)")
    axes.set_xticks(range(int(table.index.min()), int(table.index.max()) + 1))
    axes.legend(loc="upper left")


def by_carrier(
    axes: Axes, late: Floats, probability: Floats, carrier: np.ndarray[Any, Any]
) -> None:
    """Late share, observed and predicted, by airline; the most punctual on top."""
    table = _means(late, probability, carrier)
    table = table[table["flights"] >= FEWEST].sort_values("late", ascending=False, kind="stable")
    rows = np.arange(len(table))
    axes.hlines(rows, table["late"], table["predicted"], color=GREY, linewidth=1)
    axes.plot(table["late"], rows, "s", color=RED, label="observed")
    axes.plot(table["predicted"], rows, "o", color=BLUE, label="predicted")
    names = [f"{name} ({number:,})" for name, number in table["flights"].items()]
    axes.set_yticks(rows, names)
    _percent(axes, "x")
    axes.set(xlabel="arrive late (%)", ylabel="airline (flights)", xlim=(0, None))
    axes.legend(loc="best")


def importance(axes: Axes, weights: pd.DataFrame) -> None:
    """AUC lost by shuffling each group, with the spread of the repeats."""
    table = weights.iloc[::-1]
    axes.barh(table["group"], table["auc_lost"], xerr=table["spread"], color=BLUE, ecolor=INK)
    axes.grid(visible=False, axis="y")
    axes.set(xlabel="AUC lost when its values trade places between flights (no unit)")


def _means(late: Floats, probability: Floats, group: Any) -> pd.DataFrame:
    rows = pd.DataFrame({"late": late, "predicted": probability, "group": group})
    found = rows.groupby("group")
    return found.mean().assign(flights=found.size())


def _percent(axes: Axes, which: str) -> None:
    for name in which:
        getattr(axes, f"{name}axis").set_major_formatter(PercentFormatter(1, decimals=0))
