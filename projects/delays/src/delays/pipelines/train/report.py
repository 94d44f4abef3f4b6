"""The report a manager looks at: what the model is worth, how honest it is, what drives it."""

from __future__ import annotations

from html import escape
from typing import Any

import pandas as pd

from delays.pipelines.features.options import FeatureOptions
from delays.pipelines.train import plots
from delays.pipelines.train.costs import cost_curve
from delays.pipelines.train.nodes import NEW_YORK, Parts
from delays.pipelines.train.options import CostOptions

_STYLE = """
:root{color:#26303d;background:#f4f6f9;font:16px/1.55 system-ui,-apple-system,"Segoe UI",sans-serif}
body{max-width:62rem;margin:0 auto;padding:2rem 1.25rem 4rem}
h1{font-size:1.9rem;line-height:1.2;margin:0 0 .25rem}h2{font-size:1.15rem;margin:0 0 .35rem}
.under{color:#5b6675;margin:0 0 1.5rem}.lead{font-size:1.15rem;max-width:48rem}
section{background:#fff;border:1px solid #dfe4eb;border-radius:10px;padding:1.25rem 1.5rem;margin:1rem 0}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(11rem,1fr));gap:1rem;margin:1.5rem 0}
.tiles div{background:#fff;border:1px solid #dfe4eb;border-radius:10px;padding:.9rem 1.1rem}
.tiles b{display:block;font-size:1.7rem;color:#1f5fbf}.tiles span{color:#5b6675;font-size:.9rem}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(26rem,1fr));gap:1rem}
.pair section{margin:0}table{border-collapse:collapse;width:100%}
td,th{padding:.45rem .6rem;border-bottom:1px solid #e6e9ee;text-align:right;font-variant-numeric:tabular-nums}
td:first-child,th:first-child{text-align:left}thead th{color:#5b6675;font-weight:600}
tr.ours{background:#eef4fd;font-weight:600}svg{width:100%;height:auto;display:block}
p.note,li{color:#5b6675;font-size:.93rem}p.note{margin:.2rem 0 .6rem}
@media(max-width:32rem){.pair{grid-template-columns:1fr}}
"""
_METHODS = {
    "model": "Model",
    "baseline": "Airline, airport and hour alone",
    "base_rate": "The same share for all",
}


def draw_report(
    parts: Parts,
    predictions: dict[str, pd.DataFrame],
    metrics: dict[str, Any],
    weights: pd.DataFrame,
    costs: dict[str, Any],
    features: dict[str, Any],
) -> str:
    """A self-contained HTML page on the test part; the same bytes for the same numbers.

    Args:
        parts: From `split_examples`.
        predictions: From `predict_parts`.
        metrics: From `evaluate_model`.
        weights: From `weigh_groups`.
        costs: `params:costs`.
        features: `params:features`.

    Returns:
        HTML with its plots as inline SVG; it refers to no other file.

    Raises:
        ValueError: A bad option.
    """
    price, horizon = CostOptions.of(costs), FeatureOptions.of(features)
    test, cost = metrics["test"], metrics["test"]["cost_usd_per_flight"]
    part, predicted = parts["test"], predictions["test"]
    late = predicted["late"].to_numpy(bool)
    probability = predicted["model"].to_numpy()
    shares = late.astype("float64"), probability
    body = [
        f"<h1>{_headline(test)}</h1>",
        f"<p class=under>Flights from New York, {_period(part)}: {test['flights']:,} that arrived. "
        f"Late is {horizon.late_from_min} minutes or more. Predicted "
        f"{horizon.horizon_min} minutes before the scheduled departure, by a model that had seen "
        f"{_period(parts['train'])}.</p>",
        _lead(test, cost, metrics["threshold"], price),
        _tiles(test, cost),
        "<section><h2>Compared with simpler ways</h2>"
        "<p class=note>AUC: 1 sorts late before punctual flights without fault, 0.5 is chance. "
        "Brier score and log loss: the error of the probabilities, less is better.</p>"
        f"{_comparison(metrics)}</section>",
        "<div class=pair>",
        _figure(
            "Are the probabilities honest?",
            f"On the dashed line, of flights given 30 % just 30 % are late. On average the model "
            f"said {test['predicted_share']:.1%}; {test['late_share']:.1%} were late.",
            plots.draw(plots.calibration, *shares),
        ),
        _figure(
            "What does a level of warning cost?",
            "The level in use was chosen on the validation period, before this one. At true "
            f"probabilities it would be {metrics['break_even']:.0%}.",
            plots.draw(
                plots.cost_by_level,
                cost_curve(late, probability, price),
                metrics["threshold"],
                cost["never_warn"],
                cost["always_warn"],
            ),
        ),
        _figure(
            "When are flights late?",
            "Delays pile up over the day.",
            plots.draw(plots.by_hour, *shares, part["local_hour"].to_numpy()),
        ),
        _figure(
            "What drives the predictions?",
            "How much worse the model sorts when it may not use a group of facts.",
            plots.draw(plots.importance, weights),
        ),
        "</div>",
        _figure(
            "Which airlines are late?",
            "Airlines by their code, with their number of flights in the period.",
            plots.draw(plots.by_carrier, *shares, part["carrier"].to_numpy(str), size=(9.5, 4.4)),
        ),
        _limits(test),
    ]
    return (
        "<!doctype html>\n<html lang=en><head><meta charset=utf-8>"
        "<meta name=viewport content='width=device-width,initial-scale=1'>"
        f"<title>Late arrivals</title><style>{_STYLE}</style></head>\n<body>\n"
        + "\n".join(body)
        + "\n</body></html>\n"
    )


def _headline(test: dict[str, Any]) -> str:
    return (
        f"The model warns of {test['recall']:.0%} of late arrivals; "
        f"{test['precision']:.0%} of its warnings come true"
    )


def _lead(
    test: dict[str, Any], cost: dict[str, float], threshold: float, price: CostOptions
) -> str:
    habit, other = min(("never warning", "never_warn"), ("always warning", "always_warn"),
                       key=lambda each: cost[each[1]])  # fmt: skip
    saved = cost[other] - cost["model"]
    verdict = (
        f"{saved * 1000:,.0f} USD less per 1,000 flights than {habit}, the better simple habit"
        if saved > 0
        else f"no less than {habit}: do not use it at these costs"
    )
    return (
        f"<p class=lead>Of 100 flights {100 * test['late_share']:.0f} arrive late. We warn where the "
        f"probability is {threshold:.0%} or more: {100 * test['warned_share']:.0f} of 100. If a "
        f"missed late flight costs {price.missed_usd:,.0f} USD and a false alarm "
        f"{price.false_alarm_usd:,.0f} USD, this costs {cost['model']:.2f} USD a flight, "
        f"{verdict}.</p>"
    )


def _tiles(test: dict[str, Any], cost: dict[str, float]) -> str:
    saved = 1 - cost["model"] / min(cost["never_warn"], cost["always_warn"])
    tiles = {
        "AUC on unseen months": f"{test['auc']:.3f}",
        "late flights warned of": f"{test['recall']:.0%}",
        "warnings that come true": f"{test['precision']:.0%}",
        "cost saved by the model": f"{saved:.0%}",
    }
    shown = "".join(
        f"<div><b>{value}</b><span>{name}</span></div>" for name, value in tiles.items()
    )
    return f"<div class=tiles>{shown}</div>"


def _comparison(metrics: dict[str, Any]) -> str:
    def scores(part: str, method: str) -> str:
        found = metrics[part] if method == "model" else metrics[part][method]
        return f"<td>{found['auc']:.3f}<td>{found['brier']:.4f}<td>{found['log_loss']:.4f}"

    rows = "".join(
        f"<tr{' class=ours' if method == 'model' else ''}><td>{title}"
        f"{scores('test', method)}{scores('validate', method)}"
        for method, title in _METHODS.items()
    )
    names = "<th>AUC<th>Brier<th>log loss"
    return (
        "<table><thead><tr><th><th colspan=3>test<th colspan=3>validation "
        f"(calibrated here)<tr><th>method{names}{names}</thead><tbody>{rows}</tbody></table>"
    )


def _figure(title: str, note: str, svg: str) -> str:
    labelled = svg.replace("<svg", f'<svg role="img" aria-label="{escape(title)}"', 1)
    return f"<section><h2>{escape(title)}</h2><p class=note>{escape(note)}</p>{labelled}</section>"


def _limits(test: dict[str, Any]) -> str:
    drift = test["late_share"] - test["predicted_share"]
    word = "low" if drift > 0 else "high"
    return (
        "<section><h2>What to keep in mind</h2><ul>"
        f"<li>The probabilities are {abs(drift) * 100:.1f} points too {word} on average: they were "
        "calibrated on the validation period, before the test."
        "<li>Cancelled and diverted flights never arrive at their destination as planned; they are "
        "scored, but neither trained on nor counted here."
        "<li>The costs are assumptions; change them in conf/base/parameters.yml."
        "<li>One year from one city: it has no second winter to be judged on.</ul></section>"
    )


def _period(part: pd.DataFrame) -> str:
    local = part["scheduled_departure_at"].dt.tz_convert(NEW_YORK)
    first, last = local.min(), local.max()
    return f"{first.day} {first:%B} to {last.day} {last:%B %Y}"
