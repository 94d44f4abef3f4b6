{%- set project = design_of(cookiecutter) -%}
{%- set table = project.table -%}
{%- set frame = "pl.DataFrame" if project.is_polars else "pd.DataFrame" -%}
{%- set read = "pl.LazyFrame | pl.DataFrame" if project.is_polars else "pd.DataFrame" -%}
"""Functions of data and parameters, without Kedro."""

from __future__ import annotations
{% if not project.is_product or project.has_sample %}
{% if project.has_sample %}from datetime import UTC, datetime, timedelta
{% endif %}{% if not project.is_product %}from typing import Any
{% endif -%}
{% endif %}
{% if project.is_polars %}import polars as pl
{%- else %}import pandas as pd
{%- endif %}
{%- if project.is_model %}
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.metrics import mean_absolute_error

TARGET = "{{ table.target }}"
FEATURES = [
{%- for each in table.features %}
    "{{ each }}",
{%- endfor %}
]
{%- elif project.is_product %}

COLUMN = "{{ table.group.name }}"
"""What rows are counted by."""
KEY = "{{ project.key }}"
"""What that is called in the product."""
{%- endif %}
{%- if project.has_sample %}


def make_sample() -> {{ frame }}:
    """Four weeks of a shop, an hour a row: a stand-in until there is a source.

    Returns:
        `at` (UTC), `shop`, `visitors` (whole number) and `revenue`, of which some is missing.
    """
    hours = range(24 * 28)
    begin = datetime(2024, 1, 1, tzinfo=UTC)
    visitors = [max(0, 40 - 3 * abs(hour % 24 - 14)) + hour % 5 for hour in hours]
    content = {
        "at": [begin + timedelta(hours=hour) for hour in hours],
        "shop": [("north", "south")[hour % 2] for hour in hours],
        "visitors": visitors,
        "revenue": [None if hour % 50 == 7 else 2.5 * visitors[hour] + hour % 7 for hour in hours],
    }
{%- if project.is_polars %}
    return pl.DataFrame(content, schema_overrides={"at": pl.Datetime("us", "UTC")})
{%- else %}
    return pd.DataFrame(content).astype({"at": "datetime64[us, UTC]", "revenue": "float64"})
{%- endif %}
{%- endif %}
{%- if project.is_product %}


def count_rows(table: {{ read }}) -> {{ frame }}:
    """How many rows there are by {{ "day (UTC)" if table.is_timed else "`COLUMN`" }}; rows without one are left out.

    Returns:
        `KEY` and `rows` (whole number, from 1), sorted by `KEY`.
    """
{%- if project.is_polars %}
    key = pl.col(COLUMN){% if table.is_timed %}.dt.truncate("1d"){% endif %}
    counts = table.lazy().select(key.alias(KEY)).drop_nulls().group_by(KEY)
    return counts.agg(pl.len().cast(pl.Int64).alias("rows")).sort(KEY).collect()
{%- else %}
    key = table[COLUMN]{% if table.is_timed %}.dt.floor("D"){% endif %}
    counts = key.value_counts().sort_index()
    return pd.DataFrame({KEY: counts.index, "rows": counts.to_numpy().astype("int64")})
{%- endif %}
{%- elif project.is_model %}


def choose_examples(table: {{ read }}, options: dict[str, Any]) -> {{ frame }}:
    """The rows to learn from: those whose target is known, every n-th where there are too many.

    Args:
        table: Has `TARGET` and `FEATURES`.
        options: `most_rows`.

    Returns:
        `FEATURES` and `TARGET` as float64; features may be missing.

    Raises:
        ValueError: No row has a target.
    """
{%- if project.is_polars %}
    chosen = table.lazy().select(*FEATURES, TARGET).cast(pl.Float64).drop_nulls(TARGET).collect()
    if chosen.is_empty():
        raise ValueError(f"no row has a value of '{TARGET}'; expected some to learn from.")
    return chosen.gather_every(-(-chosen.height // options["most_rows"]))
{%- else %}
    chosen = table[[*FEATURES, TARGET]].astype("float64").dropna(subset=[TARGET])
    if chosen.empty:
        raise ValueError(f"no row has a value of '{TARGET}'; expected some to learn from.")
    step = -(-len(chosen) // options["most_rows"])
    return chosen.iloc[::step].reset_index(drop=True)
{%- endif %}


def fit_model(
    examples: {{ frame }}, options: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Learn from the first rows and measure on the last ones.

    Args:
        examples: From `choose_examples`.
        options: `test_share`, `max_iter`, `seed`.

    Returns:
        The model, with the data by which others are compared with it; and its metrics, where `mae` is its
        mean absolute error and `mean_mae` that of the mean.

    Raises:
        ValueError: There are too few rows for both.
    """
    count = round(len(examples) * (1 - options["test_share"]))
    if not 1 < count < len(examples):
        raise ValueError(f"{len(examples)} rows are too few to learn from and to measure on.")
{%- if project.is_polars %}
    train, test = examples[:count], examples[count:]
{%- else %}
    train, test = examples.iloc[:count], examples.iloc[count:].reset_index(drop=True)
{%- endif %}
    seed, trees = options["seed"], options["max_iter"]
    model = HistGradientBoostingRegressor(max_iter=trees, random_state=seed)
    model.fit(train[FEATURES], train[TARGET])
    mean = [train[TARGET].mean()] * len(test)
    measured = {
        "rows": len(test),
        "mae": round(float(mean_absolute_error(test[TARGET], model.predict(test[FEATURES]))), 6),
        "mean_mae": round(float(mean_absolute_error(test[TARGET], mean)), 6),
    }
    metrics = {"test": measured}
    made = {
        "model": model,
        "training_data": train[FEATURES],
        "test_data": test[FEATURES],
        "test_target": test[TARGET],
        "metrics": metrics,
    }
    return made, metrics
{%- else %}


def summarise(table: {{ read }}) -> dict[str, Any]:
    """How large a table is, and what share of each column is missing."""
{%- if project.is_polars %}
    nulls = pl.all().null_count().name.prefix("missing ")
    (found,) = table.lazy().select(pl.len().alias("rows"), nulls).collect().to_dicts()
    rows = found.pop("rows")
    missing = {name.removeprefix("missing "): count / max(rows, 1) for name, count in found.items()}
{%- else %}
    rows = len(table)
    missing = {str(name): count / max(rows, 1) for name, count in table.isna().sum().items()}
{%- endif %}
    shares = {name: round(share, 6) for name, share in missing.items()}
    return {"rows": rows, "columns": len(shares), "missing": shares}
{%- endif %}
