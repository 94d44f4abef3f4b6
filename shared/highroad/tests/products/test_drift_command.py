"""`highroad drift` on files, products and stored profiles."""

from __future__ import annotations

import json

import pyarrow as pa
import pyarrow.parquet as pq
from click.testing import CliRunner
from conftest import write

from highroad.cli.drift import drift
from highroad.products.drift.workload import six_columns

from .conftest import orders


def told(*words):
    return CliRunner().invoke(drift, [str(each) for each in words])


def test_the_command_on_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, shift in (("a", 0.0), ("b", 0.0), ("c", 2.0)):
        pq.write_table(six_columns(500, shift=shift), f"{name}.parquet")
    same = told("b.parquet", "--reference", "a.parquet", "--profile", "a.json", "--check")
    assert same.exit_code == 0 and "None of 6 columns has drifted" in same.output
    moved = told("c.parquet", "--reference", "a.json", "--html", "c.html", "--json")
    assert moved.exit_code == 0 and json.loads(moved.stdout)["verdict"] == "fail"
    assert "drifted" in (tmp_path / "c.html").read_text()
    moved = told("c.parquet", "--reference", "a.json", "--check")
    assert moved.exit_code == 10 and "normal: Drifted: values are higher" in moved.output
    pq.write_table(six_columns(0), "none.parquet")
    assert told("none.parquet", "--reference", "a.json", "--check").exit_code == 10
    gone = told("a.parquet", "--reference", "nowhere")
    assert gone.exit_code == 8 and "no such file" in gone.output


def test_the_command_on_a_product(product, platform, monkeypatch):
    frames = {
        "2013-01": orders("2013-01", 1, 150),
        "2013-02": orders("2013-02", 200, 150),
        "2013-03": orders("2013-03", 400, 150, price=9.0),
    }
    product().save(frames)
    manifest = '[project]\nname = "shop"\n[tool.kedro]\npackage_name = "shop"\n'
    write(platform.parent / "projects" / "shop" / "pyproject.toml", manifest)
    monkeypatch.chdir(platform.parent)
    words = ["shop.orders", "--reference", "2013-01"]
    found = json.loads(told(*words, "--json").output)["partitions"]
    assert found.keys() == {"2013-02", "2013-03"}
    price = {each["column"]: each for each in found["2013-03"]["columns"]}["price"]
    assert price["verdict"] == "fail" and price["measures"]["wasserstein"] == 8
    assert [*json.loads(told(*words, "--json", "--sample", "2013-02").output)["partitions"]] == [
        "2013-02"
    ]
    assert told(*words, "--check").exit_code == 10
    product().save({"2013-02": orders("2013-02", 200, 150, price=4.0)})
    older = ["--reference", "shop.orders@0/2013-02", "--json"]
    against = json.loads(told("shop.orders", *older, "--sample", "2013-03").output)["partitions"]
    (price,) = [each for each in against["2013-03"]["columns"] if each["column"] == "price"]
    assert price["measures"]["wasserstein"] == 8  # from version 0; from version 1 it would be 5
    pq.write_table(pa.Table.from_pandas(orders("2013-04", 1, 150)), "sample.parquet")
    sample = json.loads(told("sample.parquet", "--contract", "shop.orders", *older).output)
    assert sample["reference"]["version"] == "0" and sample["reference"]["partition"] == "2013-02"
    (price,) = [each for each in sample["columns"] if each["column"] == "price"]
    assert price["verdict"] == "pass", price
    wrong = told("shop.orders", "--reference", "2013-1")
    assert wrong.exit_code == 8 and "Did you mean '2013-01'" in wrong.output
