"""What enters the store and what comes out: nothing that breaks the contract, either way."""

from __future__ import annotations

import logging

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import write
from deltalake import write_deltalake
from kedro.io import DataCatalog, DatasetError
from kedro.validation import DataValidationError

from highroad.errors import QualityError
from highroad.products.admission import admission_of
from highroad.products.commits import Facts

from .conftest import ORDERS, orders


@pytest.fixture(autouse=True)
def fresh_gates():
    admission_of.cache_clear()


def test_rows_are_published_once_and_read_as_every_kind(product):
    first = product()
    first.save({"2013-01": orders("2013-01", 1), "2013-02": lambda: orders("2013-02", 3)})
    assert first.held_version == 0
    frame = product().load()
    assert frame["id"].tolist() == [1, 2, 3, 4] and str(frame["id"].dtype) == "Int64"
    assert frame["month"].tolist() == ["2013-01"] * 2 + ["2013-02"] * 2
    lazy = product(kind="polars", columns=["id"], rows=[["month", "=", "2013-02"]]).load()
    assert isinstance(lazy, pl.LazyFrame) and lazy.collect()["id"].sort().to_list() == [3, 4]
    arrow = product(kind="arrow", columns=["id"], rows=[["id", ">=", 2], ["id", "<", 4]]).load()
    assert isinstance(arrow, pa.Table) and arrow.column("id").to_pylist() == [2, 3]
    relation = product(kind="duckdb", columns=["id"], rows=[["id", ">", 1]]).load()
    for _ in range(2):
        assert relation.aggregate("sum(id)").fetchall() == [(9,)]
    parts = product(kind="partitions").load()
    assert {name: part()["id"].sum() for name, part in parts.items()} == {
        "2013-01": 3,
        "2013-02": 7,
    }


def test_saving_the_same_again_makes_no_version_and_a_change_replaces_its_partition(product):
    product().save({"2013-01": orders("2013-01", 1), "2013-02": orders("2013-02", 3)})
    product().save({"2013-02": orders("2013-02", 3)})
    assert product().table.latest() == 0
    product().save({"2013-02": orders("2013-02", 8, count=1)})
    assert product().table.latest() == 1 and product().load()["id"].tolist() == [1, 2, 8]
    assert product(version=0).load()["id"].tolist() == [1, 2, 3, 4]


def test_a_run_keeps_its_version_until_told_otherwise(product):
    product().save({"2013-01": orders("2013-01", 1)})
    reader = product()
    assert len(reader.load()) == 2
    product().save({"2013-02": orders("2013-02", 3)})
    assert len(reader.load()) == 2
    reader.refresh()
    assert len(reader.load()) == 4


@pytest.mark.parametrize(
    ("bad", "rule", "kept"),
    [
        (orders("2013-03", 9, price=-1.0), r"price\.minimum", 2),
        (orders("2013-03", 1), r"rows\.primaryKey", 4),
        (orders("2013-03", 9, count=2000), r"rows\.size", None),
        (orders("2013-03", 9).assign(id=[9.5, 10.0]), r"id\.logicalType", None),
        (orders("2013-03", 9).assign(extra=1), r"columns\.undeclared", None),
        (orders("2013-03", 9).drop(columns="price"), r"price\.present", None),
    ],
)
def test_a_fault_publishes_nothing_and_its_rows_are_kept_aside(product, tmp_path, bad, rule, kept):
    product().save({"2013-01": orders("2013-01", 1)})
    with pytest.raises(DataValidationError, match=rule) as caught:
        product().save({"2013-03": bad})
    assert "nothing was published" in caught.value.message
    assert product().table.latest() == 0 and product().load()["id"].tolist() == [1, 2]
    aside = list((tmp_path / "store" / "quarantine").rglob("*.parquet"))
    assert bool(aside) == (kept is not None)
    if kept is not None:
        rows = pq.read_table(aside[0]).to_pylist()
        assert len(rows) == kept and all(row["run"] == "by-hand" for row in rows)


def test_personal_values_are_masked_in_the_message_and_whole_in_quarantine(product, tmp_path):
    with pytest.raises(DataValidationError) as caught:
        product().save({"2013-01": orders("2013-01", 1).assign(buyer="Zebedee")})
    assert "Zebedee" not in str(caught.value) and "***" in str(caught.value)
    (aside,) = (tmp_path / "store" / "quarantine").rglob("*.parquet")
    assert pq.read_table(aside).column("buyer").to_pylist() == ["Zebedee"] * 2


def test_only_the_owner_publishes(product):
    with pytest.raises(
        DatasetError, match="belongs to the project 'shop' and is not saved by 'spy'"
    ):
        product(project="spy").save({"2013-01": orders("2013-01", 1)})


def test_a_warning_is_logged_and_lets_the_rows_in(product, contracts, caplog):
    text = ORDERS + "      - {name: few, metric: rowCount, mustBeLessThan: 2, severity: warning}\n"
    write(contracts / "shop.orders.yaml", text)
    with caplog.at_level(logging.WARNING, "highroad.products"):
        product().save({"2013-01": orders("2013-01", 1)})
    assert "shop.orders: rows.few" in caplog.text and product().table.latest() == 0


def test_the_commit_says_what_it_was_checked_against(product):
    product().save({"2013-01": orders("2013-01", 1)})
    facts = product().table.facts()
    gate = product().gate
    assert (facts.verdict, facts.contract_version) == ("pass", "1.2.0")
    assert facts.fingerprint == gate.contract.fingerprint and facts.content.keys() == {"2013-01"}
    assert facts.published_at == "2013-03-01T12:00:00+00:00"


def test_what_was_checked_when_it_was_published_is_not_read_again(product, monkeypatch):
    product().save({"2013-01": orders("2013-01", 1)})
    admission_of.cache_clear()
    monkeypatch.setattr("highroad.products.admission.check", None)
    assert len(product().load()) == 2


def test_a_version_that_others_wrote_is_checked_before_it_is_read(product):
    product().save({"2013-01": orders("2013-01", 1)})
    table = product().table
    bad = table.dataset().to_table().set_column(1, "price", pa.array([-1.0, -1.0]))
    write_deltalake(table.uri, bad, mode="overwrite")
    assert table.facts() == Facts()
    with pytest.raises(DataValidationError, match=r"price\.minimum"):
        product().load()


def test_a_stricter_contract_stops_its_readers(product, contracts):
    product().save({"2013-01": orders("2013-01", 1)})
    write(contracts / "shop.orders.yaml", ORDERS.replace("minimum: 0", "minimum: 5"))
    admission_of.cache_clear()
    with pytest.raises(DataValidationError, match="the run stops"):
        product().load()


def test_the_validator_and_the_dataset_check_once(product, contracts, tmp_path, monkeypatch):
    import highroad.products.admission as admission

    real, calls = admission.check, []
    monkeypatch.setattr(admission, "check", lambda *a, **k: calls.append(1) or real(*a, **k))
    store = (tmp_path / "store").as_posix()
    options = {"contract": "shop.orders", "platform_conf": contracts.parent.as_posix(),
               "store": store, "uri": f"{store}/products/shop.orders"}  # fmt: skip
    entry = {
        "type": "highroad.datasets.data_product_dataset.DataProductDataset",
        "product": "shop.orders", "store": store, "project": "shop",
        "platform_conf": contracts.parent.as_posix(),
        "validator": {"class": "highroad.products.validator.ContractValidator", "options": options},
    }  # fmt: skip
    catalog = DataCatalog.from_config({"orders": entry})
    catalog.save("orders", {"2013-01": orders("2013-01", 1)})
    assert len(calls) == 1
    assert len(catalog.load("orders")) == 2 and len(calls) == 1
    with pytest.raises(DataValidationError):
        catalog.save("orders", {"2013-02": orders("2013-02", 9, price=-1.0)})
    assert product().table.latest() == 0


def test_switched_off_nothing_is_checked_and_the_commit_says_so(product, monkeypatch):
    monkeypatch.setenv("KEDRO_DATASET_VALIDATION", "0")
    product().save({"2013-01": orders("2013-01", 1, price=-1.0)})
    assert product().table.facts().verdict == "unchecked"
    monkeypatch.delenv("KEDRO_DATASET_VALIDATION")
    with pytest.raises(DataValidationError):
        product().load()


def test_a_reader_is_refused_what_is_older_than_promised(product, monkeypatch):
    product().save({"2013-02": orders("2013-02", 1)})
    product().require_fresh()
    monkeypatch.setenv("HIGHROAD_CLOCK", "2013-03-05")
    with pytest.raises(QualityError, match=r"5\.0 d old by the statistics of at; promised .* 48 h"):
        product().require_fresh()
    product(version=0).require_fresh()


def test_a_table_that_is_no_table_is_refused(product):
    with pytest.raises(DatasetError, match="expected a pandas, Polars or Arrow table"):
        product().save([1, 2])


def test_an_unpartitioned_product_is_replaced_whole(product, contracts):
    write(contracts / "shop.orders.yaml", ORDERS.replace("partitioned: true", "partitioned: false"))
    product().save(orders("2013-01", 1).assign(month="2013-01"))
    product().save(pl.from_pandas(orders("2013-02", 7, count=1).assign(month="2013-02")))
    assert product().load()["id"].tolist() == [7] and product().table.latest() == 1
    assert pd.api.types.is_string_dtype(product().load()["month"])
