"""What is stored is what was checked; a verdict is about all rows; pieces are one version."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from conftest import write
from deltalake import CommitProperties, write_deltalake
from kedro.io import DataCatalog, DatasetError
from kedro.pipeline import node, pipeline
from kedro.runner import SequentialRunner
from kedro.validation import DataValidationError

from highroad.datasets.data_product_dataset import DataProductDataset
from highroad.errors import DataError
from highroad.products import admission, keys
from highroad.products.admission import admission_of
from highroad.products.commits import Facts, commit_metadata
from highroad.products.limits import NONE_ALLOWED
from highroad.products.publishing import PieceStream
from highroad.products.rewriting import rewrite
from highroad.products.rule import Rule
from highroad.products.rules.table import Query

CONTRACT = """
kind: DataContract
apiVersion: v3.2.0
id: shop.sales
version: {version}
status: active
team: {{name: shop}}
schema:
  - name: sales
    properties:
      - {{name: region, logicalType: string, physicalType: string, required: true, partitioned: true}}
{columns}
"""
ID = "{name: id, logicalType: integer, physicalType: int64, unique: true}"
X = "{name: x, logicalType: integer, physicalType: int64}"
STRICT = "{name: x, logicalType: integer, physicalType: int64, logicalTypeOptions: {maximum: 10}}"
FLOAT = "{name: x, logicalType: number, physicalType: float64}"
Y = "{name: y, logicalType: number, physicalType: float64}"


class Shop:
    """A product `shop.sales` whose contract changes."""

    def __init__(self, folder: Path):
        self.folder, self.store = folder, folder.parent / "store"
        (folder / "contracts").mkdir(exist_ok=True)

    def contract(self, *columns: str, version: str = "1.0.0") -> None:
        admission_of.cache_clear()
        lines = "\n".join(f"      - {each}" for each in columns)
        text = CONTRACT.format(version=version, columns=lines)
        write(self.folder / "contracts" / "shop.sales.yaml", text)

    def dataset(self, kind: str = "arrow", project: str = "shop") -> DataProductDataset:
        return DataProductDataset(
            product="shop.sales", store=self.store.as_posix(),
            platform_conf=self.folder.as_posix(), project=project, kind=kind,
        )  # fmt: skip

    def save(self, **columns) -> DataProductDataset:
        dataset = self.dataset()
        dataset.save(pa.table(columns))
        return dataset

    def read(self) -> list[dict]:
        return self.dataset(project="reader").load().to_pylist()

    @property
    def table(self):
        return self.dataset().table


@pytest.fixture
def sales(platform) -> Shop:
    return Shop(platform)


def test_a_retyped_column_is_refused_until_the_table_is_rewritten(sales):
    sales.contract(X)
    sales.save(region=["a", "b"], x=[1, 2])
    sales.contract(FLOAT, version="2.0.0")
    with pytest.raises(
        DatasetError, match=r"'x' was long and is double.*products rewrite"
    ) as caught:
        sales.save(region=["b"], x=[5.75])
    assert isinstance(caught.value.__cause__, DataError)
    assert sales.read() == [{"region": "a", "x": 1}, {"region": "b", "x": 2}]
    plan = rewrite(sales.dataset().gate, ["demand"])
    assert plan.rows == 2 and plan.version is None and "Read by demand" in str(plan)
    assert sales.table.latest() == 0
    assert rewrite(sales.dataset().gate, [], dry_run=False).version == 1
    sales.save(region=["b"], x=[5.75])
    assert sales.read() == [{"region": "a", "x": 1.0}, {"region": "b", "x": 5.75}]
    assert sales.table.facts().verdict == "pass"
    assert not rewrite(sales.dataset().gate, []).change


def test_a_rewrite_that_would_lose_a_value_changes_nothing(sales):
    sales.contract(FLOAT)
    sales.save(region=["a"], x=[1.5])
    sales.contract(X, version="2.0.0")
    with pytest.raises(DataError, match="'x' in partition a cannot become int64 without loss"):
        rewrite(sales.dataset().gate, [], dry_run=False)
    assert sales.table.latest() == 0
    assert len([*Path(sales.table.uri).glob("part-*/*.parquet")]) == 1


def test_all_partitions_at_once_may_have_other_types(sales):
    sales.contract(X)
    sales.save(region=["a"], x=[1])
    sales.contract(FLOAT, version="2.0.0")
    sales.save(region=["a", "b"], x=[5.75, 1.0])
    assert sales.read() == [{"region": "a", "x": 5.75}, {"region": "b", "x": 1.0}]


def test_a_new_column_is_null_in_the_partitions_that_stay_and_stops_nobody_before(sales):
    sales.contract(X)
    sales.save(region=["a", "b"], x=[1, 2])
    sales.contract(X, Y, version="1.1.0")
    assert len(sales.read()) == 2
    sales.save(region=["b"], x=[3], y=[0.5])
    rows = [{"region": "a", "x": 1, "y": None}, {"region": "b", "x": 3, "y": 0.5}]
    assert sales.read() == rows and sales.table.facts().verdict == "pass"
    assert sales.dataset("polars").load().collect().to_dicts() == rows


def test_a_version_passes_only_where_all_its_rows_did(sales):
    sales.contract(X)
    sales.save(region=["a", "b"], x=[1, 20])
    sales.contract(STRICT)
    with pytest.raises(DataValidationError, match="the run stops"):
        sales.read()
    sales.save(region=["a"], x=[2])
    assert sales.table.facts().verdict == "fail"
    with pytest.raises(DataValidationError, match="the run stops"):
        sales.read()
    sales.save(region=["b"], x=[3])
    assert sales.table.facts().verdict == "pass" and len(sales.read()) == 2


def test_rows_that_were_not_checked_are_checked_with_the_next_partition(sales, monkeypatch):
    sales.contract(STRICT)
    with monkeypatch.context() as off:
        off.setenv("KEDRO_DATASET_VALIDATION", "0")
        sales.save(region=["a"], x=[99])
    sales.save(region=["b"], x=[1])
    assert sales.table.facts().verdict == "fail"
    sales.save(region=["a"], x=[1])
    assert sales.table.facts().verdict == "pass"


@pytest.mark.parametrize("is_forged", [False, True])
def test_rows_of_a_stranger_are_checked_also_where_the_commit_lies(sales, is_forged):
    sales.contract(STRICT)
    sales.save(region=["a"], x=[1])
    said = commit_metadata(sales.table.facts()) if is_forged else {}
    for region, x in (("a", 99), ("s", 98)):
        write_deltalake(
            sales.table.uri, pa.table({"region": [region], "x": [x]}), mode="append",
            commit_properties=CommitProperties(custom_metadata=said),
        )  # fmt: skip
    with pytest.raises(DataValidationError, match="the run stops"):
        sales.read()
    sales.save(region=["b"], x=[1])
    assert sales.table.facts().verdict == "fail"
    sales.save(region=["a", "s"], x=[2, 3])
    assert sales.table.facts().verdict == "pass"
    assert [row["x"] for row in sales.read()] == [2, 1, 3]


def test_what_a_stranger_wrote_and_passed_is_read_whole_in_every_frame(sales):
    sales.contract(X)
    sales.save(region=["a"], x=[1])
    write_deltalake(sales.table.uri, pa.table({"region": ["s"], "x": [2]}), mode="append")
    sales.save(region=["b"], x=[3])
    frame = sales.dataset("polars").load().collect().sort("x")
    assert frame["region"].to_list() == ["a", "s", "b"]
    assert sales.read()[2] == {"region": "s", "x": 2}


def test_a_file_of_the_same_length_is_found_by_its_time_and_by_its_bytes(sales):
    sales.contract(X)
    sales.save(region=["a"], x=[1])
    (path,) = Path(sales.table.uri).glob("part-a/*.parquet")
    before, content = path.stat(), bytearray(path.read_bytes())
    os.utime(path, (1, 1))
    assert sales.table.damage() == []  # copied, and the same
    content[20] ^= 1
    path.write_bytes(content)
    os.utime(path, (1, 1))
    with pytest.raises(DataError, match="replaced by another file of the same length"):
        sales.dataset().gate.verify(0)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert sales.table.damage() == []
    with pytest.raises(DataError, match="same length"):
        sales.dataset().gate.verify_deep(0)


def test_partitions_that_stay_are_not_read(sales, monkeypatch):
    sales.contract(ID, STRICT)
    sales.save(region=["a", "b"], id=[1, 10], x=[1, 2])
    for path in Path(sales.table.uri).glob("part-*/*.parquet"):
        path.unlink()  # whoever reads it falls
    sales.save(region=["c"], id=[20], x=[3])
    assert sales.table.facts().verdict == "pass" and sales.table.rows() == 3
    sales.save(
        region=["d"], id=[5], x=[3]
    )  # within the range of a and b: their sketches exclude it


def test_a_key_that_another_partition_has_is_found(sales):
    sales.contract(ID, X)
    sales.save(region=["a", "a", "b"], id=[1, 9, 5], x=[1, 2, 3])
    with pytest.raises(DataValidationError, match=r"id\.unique"):
        sales.save(region=["c"], id=[9], x=[1])
    for path in Path(sales.table.uri).glob(f"{keys.FOLDER}/*"):
        path.unlink()
    with pytest.raises(DataValidationError, match=r"id\.unique"):
        sales.save(region=["c"], id=[9], x=[1])
    sales.save(region=["c"], id=[8], x=[1])


@pytest.mark.parametrize(
    ("query", "is_of_rows"),
    [
        ("SELECT count(*) FROM {object} WHERE x > 3", True),
        ("select COUNT( * )\n from {object}", True),
        ("SELECT count(*) FROM {object} WHERE x > (SELECT avg(x) FROM {object})", False),
        ("SELECT count(*) FROM {object} GROUP BY x", False),
        ("SELECT max(x) FROM {object}", False),
        ("SELECT count(*) FROM {object} WHERE random() > 0.5", False),
    ],
)
def test_an_sql_rule_that_counts_failing_rows_holds_by_partition(query, is_of_rows):
    rule = Rule("r", Query(), (), "", {"query": query}, NONE_ALLOWED)
    assert rule.kind.divides(rule) == is_of_rows


def pieces(*tables):
    return PieceStream(iter([pa.table(each) for each in tables]))


def test_pieces_are_one_version_that_is_checked_as_a_whole(sales):
    sales.contract(ID, X)
    dataset, written = sales.dataset(), []
    parts = [{"region": ["a", "b"], "id": [i, 10 + i], "x": [i, i]} for i in range(3)]
    for piece in pieces(*parts):
        dataset.save(piece)
        written.append(dataset.written_rows)
    assert written == [0, 0, 6] and dataset.held_version == 0 and sales.table.rows() == 6
    twice = [{"region": ["c"], "id": [30], "x": [1]}] * 2
    with pytest.raises(DataValidationError, match=r"id\.unique"):
        for piece in pieces(*twice):
            dataset.save(piece)
    assert sales.table.latest() == 0
    assert not [*Path(sales.table.uri).glob("part-c/*.parquet")]


@pytest.mark.parametrize(
    ("column", "said"),
    [
        (pd.Series(["a", 1]), "values of int and str"),
        (pd.Series([1j, 2j]), "values of complex"),
        (pl.Series([object(), object()], dtype=pl.Object), "Python objects"),
    ],
)
def test_values_of_no_one_type_are_refused_and_not_stored_as_text(sales, column, said):
    sales.contract("{name: x}")
    make = pl.DataFrame if isinstance(column, pl.Series) else pd.DataFrame
    with pytest.raises(DatasetError, match=said):
        sales.dataset().save(make({"region": ["a", "b"], "x": column}))
    assert sales.table.latest() is None


def test_pieces_without_hooks_are_refused_and_no_row_is_lost_without_a_word(sales):
    sales.contract(X)

    def made():
        yield pa.table({"region": ["a"], "x": [1]})
        yield pa.table({"region": ["a"], "x": [2]})

    catalog = DataCatalog({"sales": sales.dataset()})
    with pytest.raises(
        DatasetError, match=r"would replace a\. A node that yields needs Highroad's hooks"
    ):
        SequentialRunner().run(pipeline([node(made, None, "sales")]), catalog)
    assert sales.table.latest() == 0
    again = sales.dataset()
    for region, x in (("b", 1), ("c", 1), ("b", 2)):  # other partitions, and a script that says so
        if x == 2:
            again.refresh()
        again.save(pa.table({"region": [region], "x": [x]}))


def test_a_node_that_fails_half_way_leaves_nothing(sales):
    sales.contract(X)

    def made():
        yield pa.table({"region": ["a"], "x": [1]})
        yield pa.table({"region": ["a"], "x": [2]})
        raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        for piece in PieceStream(made()):
            sales.dataset().save(piece)
    assert sales.table.latest() is None
    assert not [*Path(sales.table.uri).glob("**/*.parquet")]


def test_pieces_have_the_columns_of_the_first(sales):
    sales.contract(X)
    with pytest.raises(DatasetError, match="piece 2 has 'x' as double; the first had int64"):
        for piece in pieces({"region": ["a"], "x": [1]}, {"region": ["a"], "x": [1.5]}):
            sales.dataset().save(piece)


def test_a_required_partition_has_a_value(sales):
    sales.contract(X)
    with pytest.raises(DatasetError, match="required partition column 'region' has an empty text"):
        sales.save(region=[""], x=[1])
    with pytest.raises(DataValidationError, match=r"region\.required"):
        sales.save(region=pa.array([None], pa.string()), x=[1])
    assert sales.table.latest() is None


def test_a_consumer_stops_where_a_version_is_outside_of_its_range(sales):
    accepts = '[tool.highroad.consumes]\n"shop.sales" = ">=1,<2"\n'
    write(sales.folder.parent / "projects" / "reader" / "pyproject.toml", accepts)
    sales.contract(X)
    sales.save(region=["a"], x=[1])
    sales.contract(FLOAT, version="2.0.0")
    assert len(sales.read()) == 1
    sales.save(region=["a"], x=[1.5])
    with pytest.raises(
        DatasetError, match=r"published under contract 2\.0\.0; 'reader' accepts >=1,<2"
    ):
        sales.read()
    assert sales.dataset().load().num_rows == 1


def test_types_that_the_store_has_not_are_exact_or_refused(sales):
    sales.contract("{name: x, logicalType: integer}")
    sales.save(region=["a"], x=pa.array([255], pa.uint8()))
    assert sales.dataset().load().schema.field("x").type == pa.int16()
    with pytest.raises(DatasetError, match=r"column 'x' is uint64.*Convert it in the node"):
        sales.save(region=["a"], x=pa.array([2**64 - 1], pa.uint64()))
    with pytest.raises(
        DatasetError, match=r"column 'x' is time64\[us\], which the store cannot keep"
    ):
        sales.save(region=["a"], x=pa.array([1], pa.time64("us")))


def test_the_loser_of_a_race_is_told_by_whom_and_publishes_after(sales, monkeypatch, caplog):
    sales.contract(X)
    sales.save(region=["a"], x=[1])
    real, calls = admission.PublishGate.check_before_publish, []

    def slow(gate, *args):
        checked = real(gate, *args)
        if not calls:
            calls.append(1)
            rival = pa.table({"region": ["a", "b"], "x": [7, 8]})
            gate.table.publish(rival, ["region"], Facts("rival", verdict="pass"), 0)
        return checked

    monkeypatch.setattr(admission.PublishGate, "check_before_publish", slow)
    sales.save(region=["a"], x=[2])
    assert [row["x"] for row in sales.read()] == [2, 8]
    assert "in version 1 at" in caplog.text and "by run rival" in caplog.text
