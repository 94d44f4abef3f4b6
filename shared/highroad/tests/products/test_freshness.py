"""Ages from the log alone; the newest complete partition counts; no evidence is no pass."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from conftest import write
from hypothesis import given
from hypothesis import strategies as st

from highroad.products.admission import admission_of
from highroad.products.freshness import _period, freshness_of

from .conftest import ORDERS, orders


@pytest.fixture(autouse=True)
def fresh_gates():
    admission_of.cache_clear()


def age(product, day: str):
    gate = product().gate
    moment = datetime.fromisoformat(day).replace(tzinfo=UTC)
    return freshness_of(gate.table, gate.contract, gate.table.about(), moment)


def test_the_time_column_counts_and_no_data_is_read(product, monkeypatch):
    product().save({"2013-02": orders("2013-02", 1)})
    monkeypatch.setattr("highroad.products.store.Table.dataset", None)
    found = age(product, "2013-03-01")
    assert (found.verdict, found.evidence) == ("fresh", "statistics of at")
    assert found.age == timedelta(days=1) and found.promised == timedelta(days=2)
    found = age(product, "2013-03-03")
    assert found.verdict == "stale" and "3.0 d old" in found.reason


def test_a_half_delivered_month_does_not_make_the_product_fresh(product):
    early = orders("2013-03", 9).assign(at=pd.Timestamp("2013-03-02", tz="UTC").as_unit("us"))
    product().save({"2013-02": orders("2013-02", 1), "2013-03": early})
    assert age(product, "2013-03-02").partition == "2013-03"
    found = age(product, "2013-03-20")
    assert found.verdict == "stale" and found.partition == "2013-02"


def test_without_a_complete_partition_the_age_is_unknown(product):
    product().save({"2013-01": orders("2013-01", 1)})  # ends on the 28th of 31
    found = age(product, "2013-03-01")
    assert found.verdict == "unknown" and found.reason == "no partition is complete"


def test_the_partition_and_then_the_publication_stand_in_for_a_column(product, contracts):
    text = ORDERS.replace(", element: orders.at", "")
    write(contracts / "shop.orders.yaml", text)
    product().save({"2013-02": orders("2013-02", 1)})
    found = age(product, "2013-03-02")
    assert (found.evidence, found.partition, found.verdict) == (
        "partition month",
        "2013-02",
        "fresh",
    )
    write(contracts / "shop.orders.yaml", text.replace("partitioned: true", "partitioned: false"))
    admission_of.cache_clear()
    assert age(product, "2013-03-02").evidence == "publication"


def test_without_a_promise_there_is_an_age_and_no_verdict(product, contracts):
    start, end = ORDERS.index("slaProperties"), ORDERS.index("schema:")
    write(contracts / "shop.orders.yaml", ORDERS[:start] + ORDERS[end:])
    product().save({"2013-02": orders("2013-02", 1)})
    assert age(product, "2013-03-02").verdict == "no promise"


@given(st.dates(min_value=datetime(1900, 1, 1).date(), max_value=datetime(2199, 12, 30).date()))
def test_every_day_lies_in_its_month_and_year(day):
    moment = datetime(day.year, day.month, day.day, tzinfo=UTC)
    for text in (f"{day:%Y}", f"{day:%Y-%m}", f"{day:%Y-%m-%d}"):
        start, end = _period(text)
        assert start <= moment < end
    for odd in ("2013-13", "2013-02-30", "north", "2013-1", ""):
        assert _period(odd) is None
