"""Commits are whole or absent: killed writers, rivals, full disks, broken logs, object stores."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pyarrow as pa
import pytest

from highroad.errors import BusyError, DataError
from highroad.products.commits import Facts, contents
from highroad.products.scanning import scan
from highroad.products.store import Table

FACTS = Facts(run="r1", verdict="pass", fingerprint="f")


def rows(month: str, *ids: int) -> pa.Table:
    return pa.table({"month": [month] * len(ids), "id": pa.array(ids, pa.int64())})


def ids(table: Table, version: int | None = None) -> list[int]:
    return sorted(table.dataset(version).to_table().column("id").to_pylist())


@pytest.fixture
def table(tmp_path) -> Table:
    return Table((tmp_path / "t").as_posix())


def test_versions_count_up_and_say_what_they_are(table):
    assert table.latest() is None and not table.exists()
    assert table.publish(rows("2013-01", 1), ["month"], FACTS, None) == 0
    assert table.publish(rows("2013-02", 2), ["month"], FACTS, 0) == 1
    newest, oldest = table.history()
    assert (newest.number, oldest.number) == (1, 0) and newest.facts.run == "r1"
    assert newest.facts.content.keys() == {"2013-01", "2013-02"}
    assert table.about(0) == oldest and table.about(1) == table.about() == newest
    assert table.facts(0).content.keys() == {"2013-01"}
    with pytest.raises(DataError, match="version 2 cannot be read"):
        table.about(2)
    assert ids(table) == [1, 2] and ids(table, 0) == [1]
    assert [each.name for each in table.partitions()] == ["2013-01", "2013-02"]


def test_a_rival_that_was_quicker_is_not_written_over(table):
    table.publish(rows("2013-01", 1), ["month"], FACTS, None)
    table.publish(rows("2013-01", 2), ["month"], FACTS, 0)
    with pytest.raises(BusyError, match="another writer published first"):
        table.publish(rows("2013-01", 3), ["month"], FACTS, 0)
    with pytest.raises(BusyError):
        table.publish(rows("2013-01", 3), ["month"], FACTS, None)
    assert ids(table) == [2]


def test_rows_that_do_not_fit_are_refused(table):
    table.publish(rows("2013-01", 1), ["month"], FACTS, None)
    other = pa.table({"month": ["2013-01"], "id": ["x"]})
    with pytest.raises(DataError, match="nothing was published"):
        table.publish(other, ["month"], FACTS, 0)
    assert ids(table) == [1]


def test_what_is_not_there_is_said_clearly(table):
    with pytest.raises(DataError, match="no version was published yet"):
        table.open()
    table.publish(rows("2013-01", 1), ["month"], FACTS, None)
    with pytest.raises(DataError, match="version 7 cannot be read"):
        table.open(7)


def test_a_cut_log_is_an_error_and_not_an_old_version(table, tmp_path):
    table.publish(rows("2013-01", 1), ["month"], FACTS, None)
    (log,) = (tmp_path / "t" / "_delta_log").glob("*0.json")
    log.write_bytes(log.read_bytes()[:100])
    with pytest.raises(DataError, match="cannot be read"):
        table.open()


@pytest.mark.parametrize("harm", ["gone", "cut", "other"])
def test_a_damaged_file_is_told_and_written_again(table, tmp_path, harm):
    table.publish(rows("2013-01 ü", 1), ["month"], FACTS, None)
    table.publish(rows("2013-02", 2), ["month"], FACTS, 0)
    assert table.damage() == []
    (path,) = (tmp_path / "t").glob("part-2013-01*/*.parquet")
    if harm == "gone":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:-9] if harm == "cut" else b"PAR1")
    assert [each.partition for each in table.damage()] == ["2013-01 ü"]
    with pytest.raises(DataError, match=r"part-2013-01.*(gone|instead of).* writes damaged"):
        table.require_whole()
    assert table.publish(rows("2013-01 ü", 1), ["month"], FACTS, 1) == 2
    assert table.damage() == [] and ids(table) == [1, 2]
    assert table.publish(rows("2013-01 ü", 1), ["month"], FACTS, 2) == 2


def test_contents_tell_rows_apart_and_not_how_they_are_chunked():
    whole = rows("2013-01", 1, 2, 3)
    chunked = pa.concat_tables([whole.slice(0, 1), whole.slice(1)])
    assert contents(whole, ["month"]) == contents(chunked, ["month"])
    assert contents(whole, ["month"]) != contents(rows("2013-01", 1, 2, 4), ["month"])
    assert contents(whole, []).keys() == {""}


NOON = dt.datetime(2013, 1, 1, 12)
KINDS = [
    (pa.int8(), 1),
    (pa.float32(), 0.5),
    (pa.bool_(), True),
    (pa.string(), "007"),
    (pa.binary(), b"\0"),
    (pa.date32(), NOON.date()),
    (pa.timestamp("us"), NOON),
    (pa.timestamp("us", "UTC"), NOON.replace(tzinfo=dt.UTC)),
    (pa.decimal128(9, 2), Decimal("-0.05")),
    (pa.list_(pa.int32()), [1, None]),
    (pa.struct([("at", pa.timestamp("us"))]), {"at": NOON}),
]


@pytest.mark.parametrize(("kind", "value"), KINDS, ids=lambda each: str(each))
@pytest.mark.parametrize("by", [[], ["month"]], ids=["whole", "partitioned"])
def test_a_column_of_another_type_is_read_as_it_was_saved(table, kind, value, by):
    """In both directions, and added beside the old one: no version is one that cannot be read."""

    def publish(**columns: pa.Array) -> None:
        rows = pa.table({"month": ["2013-01"], **columns})
        with table.staging(by, rows.schema) as staging:
            staging.write(rows)
            staged = staging.finish()
            table.commit(rows.schema, by, staged, FACTS, table.latest(), may_retype=True)
        assert table.dataset().to_table().select(rows.column_names).equals(rows)
        assert scan(table.snapshot(), {}).collect().height == 1

    number = pa.array([2**53 + 1], pa.int64())
    publish(x=number)
    publish(x=pa.array([value], kind))
    publish(x=number)
    publish(x=number, y=pa.array([value], kind))
