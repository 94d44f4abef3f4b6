"""`highroad products verify` and `rewrite`: what a person types, and what is answered."""

from __future__ import annotations

import pytest
from click.testing import CliRunner, Result
from conftest import write

from highroad.cli.commands import cli
from highroad.config.platform import load_platform
from highroad.products.admission import admission_of

from .conftest import ORDERS, orders

PROJECT = """
[project]
name = "{name}"
[tool.kedro]
package_name = "{name}"
[tool.highroad]
description = "d"
owner = "o"
kind = "model"
{products}
"""
PRODUCTS = {
    "shop": 'publishes = ["shop.orders"]',
    "reader": 'consumes = {"shop.orders" = ">=1"}',
}


@pytest.fixture
def published(contracts, product, monkeypatch):
    """The product's table, published, in a repository with a reader."""
    root = contracts.parents[1]
    for name, products in PRODUCTS.items():
        text = PROJECT.format(name=name, products=products)
        write(root / "projects" / name / "pyproject.toml", text)
        write(root / "projects" / name / "src" / name / "__init__.py", "")
    monkeypatch.chdir(root)
    load_platform.cache_clear()
    product().save({"2013-01": orders("2013-01", 1), "2013-02": orders("2013-02", 3)})
    return product().table


def call(*words: str) -> Result:
    admission_of.cache_clear()
    return CliRunner().invoke(cli, ["products", *words])


def test_what_was_committed_is_verified(published):
    assert "version 0: lengths, times and verdicts" in call("verify", "shop.orders").output
    assert "version 0: every file and all rows" in call("verify", "shop.orders", "--deep").output


def test_a_file_of_the_same_length_is_found_by_its_hash(published, tmp_path):
    file = next((tmp_path / "store" / "products" / "shop.orders").rglob("*.parquet"))
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    found = call("verify", "shop.orders", "--deep")
    assert found.exit_code == 8 and file.name in found.output and "Traceback" not in found.output


def test_a_rewrite_says_what_it_would_do_and_does_it(published, contracts):
    assert "nothing to rewrite" in call("rewrite", "shop.orders").output
    retyped = ORDERS.replace("float64", "float32").replace("version: 1.2.0", "version: 2.0.0")
    write(contracts / "shop.orders.yaml", retyped)
    plan = call("rewrite", "shop.orders").output
    assert "would rewrite 4 rows" in plan and "Read by reader" in plan
    assert published.latest() == 0
    assert "version 1 rewrote 4 rows" in call("rewrite", "shop.orders", "--apply").output
    assert str(published.dataset().schema.field("price").type) == "float"


def test_a_misspelt_product_gets_a_hint(published):
    missed = call("rewrite", "shop.order")
    assert missed.exit_code != 0 and "Did you mean 'shop.orders'?" in missed.output
