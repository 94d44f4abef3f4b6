"""A product under contract, in a store of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from conftest import write

from highroad.datasets.data_product_dataset import DataProductDataset

ORDERS = """
kind: DataContract
apiVersion: v3.2.0
id: shop.orders
version: 1.2.0
status: active
team: {name: shop}
slaProperties:
  - {property: latency, value: 2, unit: d, element: orders.at}
schema:
  - name: orders
    properties:
      - {name: month, logicalType: string, physicalType: string, required: true, partitioned: true}
      - {name: id, logicalType: integer, physicalType: int64, required: true, primaryKey: true}
      - {name: price, logicalType: number, physicalType: float64, logicalTypeOptions: {minimum: 0}}
      - {name: buyer, logicalType: string, tags: [pii], logicalTypeOptions: {pattern: "[a-z]+"}}
      - {name: at, logicalType: timestamp, physicalType: "timestamp[us, tz=UTC]", required: true}
    quality:
      - {name: size, metric: rowCount, mustBeBetween: [1, 1000]}
"""
TEAMS = "shop: [anna]\n"
OWNS = "- {who: [team:shop], may: administer, why: they own it}\n"
CLOCK = "2013-03-01T12:00:00Z"


def orders(month: str, first: int, count: int = 2, price: float = 1.0) -> pd.DataFrame:
    """`count` orders of a month, ids from `first`, on its last day."""
    day = pd.Timestamp(f"{month}-28", tz="UTC").as_unit("us")
    return pd.DataFrame(
        {
            "id": range(first, first + count),
            "price": price,
            "buyer": "ann",
            "at": pd.Series([day] * count).astype("datetime64[us, UTC]"),
        }
    )


@pytest.fixture
def contracts(platform: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of contracts; `shop.orders` is in it."""
    monkeypatch.setenv("HIGHROAD_CLOCK", CLOCK)
    folder = platform / "contracts"
    folder.mkdir()
    (folder / "shop.orders.yaml").write_text(ORDERS, encoding="utf-8")
    return folder


@pytest.fixture
def product(contracts: Path, tmp_path: Path) -> Callable[..., DataProductDataset]:
    """Make a dataset of `shop.orders`, as the owner unless said otherwise."""

    def make(**options: Any) -> DataProductDataset:
        given = {
            "product": "shop.orders",
            "store": (tmp_path / "store").as_posix(),
            "platform_conf": contracts.parent.as_posix(),
            "project": "shop",
        }
        return DataProductDataset(**{**given, **options})

    return make


@pytest.fixture
def governed(contracts):
    """platform-conf with shop.orders, which anna alone may see, and shop.bills, which all may."""
    text = ORDERS.replace("shop.orders", "shop.bills").replace("name: orders", "name: bills")
    write(contracts / "shop.bills.yaml", text.replace("orders.at", "bills.at"))
    write(contracts.parent / "access" / "teams.yml", TEAMS)
    write(contracts.parent / "access" / "shop.yml", OWNS)
    write(contracts.parent / "access" / "shop.bills.yml", "- {who: everyone, may: read, why: x}\n")
    return contracts.parent
