"""Profiles stored at publication: which rows they are of, and when they are made anew."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from highroad.errors import DataError
from highroad.products.contract import read_contract
from highroad.products.drift.stored import profile_at, rows_at
from highroad.products.retention import retain

from .conftest import ORDERS, orders


def profiles_of(table):
    return [
        json.loads(table.read_beside(f"_profiles/{name}"))
        for name in table.names_beside("_profiles")
    ]


def test_publishing_stores_a_profile_of_each_partition(product, contracts):
    dataset = product()
    dataset.save({"2013-01": orders("2013-01", 1, 150), "2013-02": orders("2013-02", 200, 150)})
    table, gate = dataset.table, dataset.gate
    stored = profiles_of(table)
    assert {each["provenance"]["partition"] for each in stored} == {"2013-01", "2013-02"}
    assert all(each["provenance"]["contract_version"] == "1.2.0" for each in stored)
    assert "ann" not in json.dumps(stored) and all(each["rows"] == 150 for each in stored)
    again = product()
    again.save({"2013-02": orders("2013-02", 200, 150, price=9.0)})
    assert len(profiles_of(table)) == 3
    old = profile_at(table, gate.contract, "2013-02", 0)
    new = profile_at(table, gate.contract, "2013-02")
    assert (old.provenance.version, new.provenance.version) == ("0", "1")
    assert (old.columns["price"].mean, new.columns["price"].mean) == (1.0, 9.0)
    kept = profile_at(table, gate.contract, "2013-01")  # taken over from version 0
    assert kept.provenance.made_at == "2013-03-01T12:00:00+00:00"
    with pytest.raises(DataError, match=r"version 1: no partition '2013-1'.*'2013-01'"):
        profile_at(table, gate.contract, "2013-1")


def test_a_profile_is_made_where_none_fits(product, contracts):
    dataset = product()
    dataset.save({"2013-01": orders("2013-01", 1, 150)})
    table, contract = dataset.table, dataset.gate.contract
    (name,) = table.names_beside("_profiles")
    path = contracts / "shop.orders.yaml"
    path.write_text(ORDERS.replace("{name: price,", "{name: price, tags: [pii],"))
    secret = read_contract(path, "shop.orders")
    shown = profile_at(table, secret, "2013-01").columns["price"].facts()
    assert "personal data" in shown["reason"] and "mean" not in shown
    table.write_beside(f"_profiles/{name}", b"{")
    with pytest.raises(DataError, match=r"_profiles/.*not JSON"):
        profile_at(table, contract, "2013-01")
    table.remove_beside([f"_profiles/{name}"])
    made = profile_at(table, contract, "2013-01")
    assert made.rows == 150 and made.provenance.made_at == ""
    table.write_beside(f"_profiles/{name}", b'{"highroad_profile":1,"rows":1}')
    assert profile_at(table, contract, "2013-01").rows == 150


def test_the_rows_of_a_profile_are_there_until_they_are_removed(product, contracts):
    dataset = product()
    dataset.save({"2013-01": orders("2013-01", 1, 150)})
    product().save({"2013-01": orders("2013-01", 1, 160)})
    table, contract = dataset.table, dataset.gate.contract
    assert [rows_at(table, contract, "2013-01", version).rows for version in (0, 1)] == [150, 160]
    table.vacuum(timedelta(0), dry_run=False)
    assert rows_at(table, contract, "2013-01", 0) is None
    assert rows_at(table, contract, "2013-01", 1).rows == 160


def test_profiles_of_rows_that_no_version_has_go(product, contracts):
    dataset = product()
    dataset.save({"2013-01": orders("2013-01", 1)})
    table = dataset.table
    table.write_beside("_profiles/of-a-killed-writer.json", b"{}")
    (kept,) = [each for each in table.names_beside("_profiles") if "killed" not in each]
    now = datetime(2013, 3, 1, tzinfo=UTC)
    assert retain(table, dataset.gate.contract, now).files == 1
    assert len(table.names_beside("_profiles")) == 2
    retain(table, dataset.gate.contract, now, dry_run=False)
    assert table.names_beside("_profiles") == [kept]
    table.vacuum(timedelta(0), dry_run=False)
    assert table.names_beside("_profiles") == [kept]
