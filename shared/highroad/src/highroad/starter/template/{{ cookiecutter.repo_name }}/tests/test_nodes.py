{%- set project = design_of(cookiecutter) -%}
{%- set table = project.table -%}
"""Each function on data that can be checked by eye."""

from __future__ import annotations
{% if project.is_product and table.is_timed %}
from datetime import UTC, datetime
{% endif %}
{% if project.is_polars %}import polars as pl
{%- else %}import pandas as pd
{%- endif %}
{%- if project.is_model %}
import pytest
{%- endif %}

from {{ project.name }} import nodes
{%- if project.is_model %}

OPTIONS = {"most_rows": 200, "test_share": 0.25, "max_iter": 20, "seed": 1}
{%- endif %}
{%- if project.is_product %}


def test_rows_are_counted_and_what_has_no_key_is_left_out():
{%- if table.is_timed %}
    moments = [datetime(2024, 1, 1, 1), datetime(2024, 1, 1, 23), datetime(2024, 1, 3), None]
    values = [each and each.replace(tzinfo=UTC) for each in moments]
{%- else %}
    values = ["b", "a", "b", None]
{%- endif %}
{%- if project.is_polars %}
    made = nodes.count_rows(pl.DataFrame({nodes.COLUMN: values}))
    assert made["rows"].to_list() == {{ "[2, 1]" if table.is_timed else "[1, 2]" }} and made["rows"].dtype == pl.Int64
    assert made[nodes.KEY].is_sorted()
{%- else %}
    made = nodes.count_rows(pd.DataFrame({nodes.COLUMN: values}))
    assert made["rows"].tolist() == {{ "[2, 1]" if table.is_timed else "[1, 2]" }} and made["rows"].dtype == "int64"
    assert made[nodes.KEY].is_monotonic_increasing and list(made) == [nodes.KEY, "rows"]
{%- endif %}
{%- elif project.is_model %}


def table(rows: int = 400) -> {{ "pl.DataFrame" if project.is_polars else "pd.DataFrame" }}:
    """The target is the sum of the features; some rows have none."""
    content: dict[str, list[float | None]] = {
        name: [float((row * (place + 3)) % 17) for row in range(rows)]
        for place, name in enumerate(nodes.FEATURES)
    }
    sums = [float(sum(each or 0 for each in row)) for row in zip(*content.values(), strict=True)]
    content[nodes.TARGET] = [None if row % 10 == 3 else each for row, each in enumerate(sums)]
    return {{ "pl" if project.is_polars else "pd" }}.DataFrame(content)


def test_examples_have_a_target_and_are_not_too_many():
    made = nodes.choose_examples(table(), OPTIONS)
    assert list(made.columns) == [*nodes.FEATURES, nodes.TARGET] and len(made) == 180
    assert not made[nodes.TARGET].{{ "is_null" if project.is_polars else "isna" }}().any()


def test_without_a_target_there_is_nothing_to_learn():
    with pytest.raises(ValueError, match="expected some to learn from"):
        nodes.choose_examples(table()[3:4], OPTIONS)
    with pytest.raises(ValueError, match="too few"):
        nodes.fit_model(nodes.choose_examples(table(2), OPTIONS), OPTIONS)


def test_the_model_is_better_than_the_mean_and_the_same_again():
    examples = nodes.choose_examples(table(), OPTIONS)
    made, metrics = nodes.fit_model(examples, OPTIONS)
    measured = metrics["test"]
    assert measured["mae"] < measured["mean_mae"]
    assert measured["rows"] == len(made["test_data"]) == 45
    assert nodes.fit_model(examples, OPTIONS)[1] == metrics
{%- else %}


def test_a_summary_counts_rows_and_what_is_missing():
    table = {{ "pl" if project.is_polars else "pd" }}.DataFrame({"a": [1, 2, None, 4], "b": ["x", "y", "z", "z"]})
    made = nodes.summarise(table)
    assert made == {"rows": 4, "columns": 2, "missing": {"a": 0.25, "b": 0.0}}
    empty = nodes.summarise({{ 'pl.DataFrame(schema={"a": pl.Int64})' if project.is_polars else 'pd.DataFrame({"a": []})' }})
    assert empty == {"rows": 0, "columns": 1, "missing": {"a": 0.0}}
{%- endif %}
{%- if project.has_sample %}


def test_the_sample_is_the_same_again():
    made = nodes.make_sample()
    assert made.equals(nodes.make_sample()) and len(made) == 24 * 28
    assert list(made.columns) == ["at", "shop", "visitors", "revenue"]
{%- endif %}
