"""The slow tests of `test_products`."""

from __future__ import annotations

from pathlib import Path

import pytest
from hooks.shop import kedro, shop

from highroad.products.store import Table

REGISTRY = """
import pandas as pd
from kedro.pipeline import node, pipeline

def make(first):
    at = pd.Series([pd.Timestamp("2013-02-28", tz="UTC")] * 2).astype("datetime64[us, UTC]")
    return {"2013-02": pd.DataFrame({"id": [first, first + 1], "at": at})}

def look(orders):
    print("LOOKED AT", sorted(orders["id"].tolist()))
    return len(orders)

def twice(rows):
    return 2 * rows

def chunks(first):
    for place in range(3):
        if place == 2 and first < 0:
            raise ValueError("half way")
        yield make(first + 2 * place)["2013-02"].assign(month="2013-02")

def register_pipelines():
    return {
        "chunks": pipeline([node(chunks, "params:first", "shop.orders@pandas", name="chunks")]),
        "publish": pipeline([node(make, "params:first", "shop.orders@partitions", name="make")]),
        "read": pipeline([
            node(look, "shop.orders@pandas", "rows", name="look"),
            node(twice, "rows", "more", name="twice"),
        ]),
        "__default__": pipeline([]),
    }
"""


@pytest.fixture
def project(platform) -> Path:
    return shop(platform, REGISTRY)


def test_a_product_in_its_life(project):
    table = Table((project.parents[1] / "store" / "products" / "shop.orders").as_posix())
    early = kedro(project, "--pipelines", "read")
    assert early.returncode == 8 and "no version was published yet" in early.stderr
    assert "LOOKED AT" not in early.stdout

    published = kedro(project, "--pipelines", "publish")
    assert published.returncode == 0, published.stderr
    facts = table.facts()
    assert len(facts.run) == 32 and facts.verdict == "pass"

    for runner in ("SequentialRunner", "ThreadRunner", "ParallelRunner"):
        read = kedro(project, "--pipelines", "read", "--runner", runner)
        assert read.returncode == 0, read.stderr
        assert "LOOKED AT [1, 2]" in read.stdout

    broken = kedro(project, "--pipelines", "publish", "--params", "first=1.5")
    assert broken.returncode == 10 and "nothing was published" in broken.stderr
    assert "id.logicalType" in broken.stderr and "Traceback" not in broken.stderr
    assert table.latest() == 0

    late = kedro(project, "--pipelines", "read", HIGHROAD_CLOCK="2013-03-09")
    assert late.returncode == 10 and "promised is at most 48 h" in late.stderr
    assert "LOOKED AT" not in late.stdout


def test_what_a_node_yields_is_one_version(project):
    table = Table((project.parents[1] / "store" / "products" / "shop.orders").as_posix())
    for place, runner in enumerate(("SequentialRunner", "ThreadRunner", "ParallelRunner")):
        first = f"first={10 * place}"
        run = kedro(project, "--pipelines", "chunks", "--runner", runner, "--params", first)
        assert run.returncode == 0, run.stderr
        assert table.latest() == place and table.facts().verdict == "pass"
        ids = sorted(table.dataset().to_table().column("id").to_pylist())
        assert ids == [10 * place + each for each in range(6)]
    failed = kedro(project, "--pipelines", "chunks", "--params", "first=-9")
    assert failed.returncode != 0 and "half way" in failed.stderr
    assert table.latest() == 2 and len(table.snapshot().files) == 1


def test_what_is_enforced_does_not_run_without_contracts(project):
    refused = kedro(project, "--env", "prod", KEDRO_DATASET_VALIDATION="0")
    assert refused.returncode == 4 and "KEDRO_DATASET_VALIDATION" in refused.stderr
    allowed = kedro(project, "--pipelines", "publish", KEDRO_DATASET_VALIDATION="0")
    assert allowed.returncode == 0, allowed.stderr
    path = project.parents[1] / "platform-conf" / "platform.yml"
    path.write_text(path.read_text().replace("base: {}", "base: {enforced: true}"))
    refused = kedro(project, KEDRO_DATASET_VALIDATION="off")
    assert refused.returncode == 4 and "environment 'base' does not allow" in refused.stderr
