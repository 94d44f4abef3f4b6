"""The slow tests of `test_publishing`."""

from __future__ import annotations

import datetime as dt
import shutil
import subprocess
import sys
import textwrap
import time
from contextlib import suppress

import pyarrow as pa
import pytest
from products.test_publishing import FLOAT, Shop, X


@pytest.fixture
def sales(platform):
    return Shop(platform)


def test_many_publishers_of_other_partitions_all_get_in(sales):
    sales.contract(X)
    script = """
        import sys, pyarrow as pa
        from highroad.datasets.data_product_dataset import DataProductDataset
        conf, store, first = *sys.argv[1:3], int(sys.argv[3])
        for number in range(first, first + 10):
            DataProductDataset(product="shop.sales", store=store, platform_conf=conf,
                project="shop").save(pa.table({"region": [f"r{number}"], "x": [number]}))
    """
    words = [sys.executable, "-c", textwrap.dedent(script), str(sales.folder), str(sales.store)]
    publishers = [subprocess.Popen([*words, str(10 * each)]) for each in range(5)]
    assert [each.wait() for each in publishers] == [0] * 5
    assert sales.table.rows() == 50 and sales.table.facts().verdict == "pass"


KILLS = 8


KILLED = """
    import itertools, sys
    from datetime import UTC, datetime, timedelta
    from highroad.products.admission import admission_of
    from highroad.products.retention import _remove_rows
    from highroad.products.rewriting import rewrite
    conf, store, job = sys.argv[1:]
    gate = admission_of("shop.sales", conf, store, f"{store}/products/shop.sales")
    print("ready", flush=True)
    if job == "rewrite":
        rewrite(gate, [], dry_run=False)
    else:
        _remove_rows(gate.table, "at", datetime(2013, 1, 2, tzinfo=UTC), dry_run=False)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is POSIX")
@pytest.mark.parametrize("job", ["rewrite", "retention"])
def test_a_killed_rewrite_or_retention_leaves_the_old_version_or_the_new_one(sales, job, tmp_path):
    at = "{name: at, logicalType: timestamp}"
    sales.contract(X, at)
    count, regions = 20_000, ["a", "b", "c"]
    days = pa.array([dt.datetime(2013, 1, 1 + row % 2, tzinfo=dt.UTC) for row in range(count)] * 3)
    sales.save(region=[each for each in regions for _ in range(count)],
               x=[*range(count)] * 3, at=days)  # fmt: skip
    sales.contract(FLOAT, at, version="2.0.0")
    published = sales.store.rename(tmp_path / "published")
    sizes = {"rewrite": (60_000, 60_000), "retention": (60_000, 30_000)}
    words = [
        sys.executable,
        "-c",
        textwrap.dedent(KILLED),
        str(sales.folder),
        str(sales.store),
        job,
    ]
    kills, took = -1, None  # the first is left alone, to see how long it takes
    while kills < KILLS:
        shutil.copytree(published, sales.store)
        with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as worker:
            assert worker.stdout is not None and worker.stdout.readline().strip() == "ready"
            began = time.monotonic()
            with suppress(subprocess.TimeoutExpired):
                worker.wait(None if took is None else took * kills / KILLS)
            worker.kill()
        if took is None:
            kills, took = 0, time.monotonic() - began
            assert worker.returncode == 0
        elif worker.returncode == 0:  # it was quicker than the kill, which does not count
            took *= 0.8
        else:
            kills += 1
        table, version = sales.table, sales.table.latest()
        assert table.damage() == [] and version in (0, 1)
        data = table.dataset().to_table()
        assert len(data) == sizes[job][version] == table.rows()
        is_float = data.schema.field("x").type == pa.float64()
        assert is_float == (job == "rewrite" and version == 1)
        shutil.rmtree(sales.store)
