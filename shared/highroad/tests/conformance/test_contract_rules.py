"""A product's catalog entry names its contract."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from conftest import write

from highroad.conformance.checks.products import ProductsNameTheirContract
from highroad.conformance.facts.catalog import Entry

CONTRACT = """
kind: DataContract
apiVersion: v3.2.0
id: shop.orders
version: 1.0.0
status: active
team: {name: sales}
schema: [{name: orders, properties: [{name: id, logicalType: integer}]}]
"""


@pytest.fixture
def faults(tmp_path: Path):
    """The faults of a consumer of `shop.orders`, whose owner is `sales`."""
    conf = tmp_path / "platform-conf"
    write(conf / "contracts" / "shop.orders.yaml", CONTRACT)

    def find(metadata: dict | None) -> list[str]:
        merged = SimpleNamespace(
            env="local",
            loader=SimpleNamespace(platform_conf=conf),
            entries=[Entry("shop.orders@pandas", "shop.orders@pandas", {"metadata": metadata})],
            where=lambda *_: "catalog.yml:1",
        )
        return [str(fault) for fault in ProductsNameTheirContract().run(merged).findings]

    return find


UNDER_CONTRACT = {"highroad": {"contract": "shop.orders"}}


def test_a_product_under_its_contract_is_sound(faults):
    assert faults(UNDER_CONTRACT) == []


def test_a_product_without_its_contract_is_a_fault(faults):
    (fault,) = faults(None)
    assert "catalog.yml:1: 'shop.orders@pandas' is a product without its contract" in fault


def test_a_contract_that_is_not_there_is_a_fault(faults):
    (fault,) = faults({"highroad": {"contract": "shop.sales"}})
    assert "without its contract" in fault or "there is no contract 'shop.sales'" in fault
