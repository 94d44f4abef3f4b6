"""What crosses a project's border is under a contract of its owner's."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from conftest import write

from highroad.conformance.contracts import ProductsHaveContracts
from highroad.conformance.rule import Entry

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

    def find(metadata: dict | None, consumes=("shop.orders",), owner="sales") -> list[str]:
        shop = SimpleNamespace(name="shop", owner=owner)
        merged = SimpleNamespace(
            project=SimpleNamespace(name="p", publishes=(), consumes=consumes, ranges=None),
            workspace=[shop],
            loader=SimpleNamespace(platform_conf=conf),
            entries=[Entry("shop.orders@pandas", "shop.orders@pandas", {"metadata": metadata})],
            where=lambda *_: "catalog.yml:1",
        )
        return [str(fault) for fault in ProductsHaveContracts().faults(merged)]

    return find


UNDER_CONTRACT = {"highroad": {"contract": "shop.orders"}}


def test_a_product_under_its_contract_is_sound(faults):
    assert faults(UNDER_CONTRACT) == []


def test_a_product_without_its_contract_is_a_fault(faults):
    (fault,) = faults(None)
    assert "catalog.yml:1: 'shop.orders@pandas' is a product without its contract" in fault


def test_a_product_that_has_none_is_a_fault(faults):
    (fault,) = faults(UNDER_CONTRACT, consumes=("shop.order",))
    assert "No contract for 'shop.order'" in fault and "Did you mean 'shop.orders'" in fault


def test_an_owner_that_the_project_does_not_name_is_a_fault(faults):
    (fault,) = faults(UNDER_CONTRACT, owner="stores")
    assert "shop.orders.yaml:7: the owner is 'sales'" in fault and "'stores'" in fault


def test_a_contract_that_is_not_there_is_a_fault(faults):
    (fault,) = faults({"highroad": {"contract": "shop.sales"}}, consumes=())
    assert "without its contract" in fault or "there is no contract 'shop.sales'" in fault
