"""Records are written whole, by many at once, and none is lost while the database is away."""

from __future__ import annotations

import os
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
from tracking.workers import USE, record

from highroad.errors import ConfigError, DataError
from highroad.tracking.database import Database, database_of
from highroad.tracking.process import is_gone, this_process
from highroad.tracking.reading import RecordReader
from highroad.tracking.schema import metadata
from highroad.tracking.spool import Spool
from highroad.tracking.writing import RecordWriter


@pytest.fixture
def writer(database, tmp_path) -> RecordWriter:
    return RecordWriter(database, tmp_path / "spool")


def test_a_run_begins_and_ends_on_record(writer, database):
    begun = record(parameters={"rate": 0.1})
    assert writer.put(begun)
    reader = RecordReader(database)
    assert reader.find(begun.id) == begun
    ended = replace(begun, status="finished", seconds=1.5, inputs=(USE,), outputs=(USE,))
    assert writer.put(ended) and reader.find(begun.id[:13]) == ended
    assert writer.put(begun)  # a start that comes late does not undo the end
    assert reader.find(begun.id) == ended
    assert sorted(way for way, _ in reader.using(USE.place)) == ["in", "out"]
    assert reader.using(USE.place, "other") == []


def test_runs_are_found_by_project_and_by_the_beginning_of_their_id(writer, database):
    ids = [f"01a2{number:028x}" for number in range(3)]
    projects = ("demo", "other", "demo")
    old, new, newest = (
        replace(record(project), id=id_) for project, id_ in zip(projects, ids, strict=True)
    )
    for each in (old, new, newest):
        writer.put(each)
    reader = RecordReader(database)
    assert [each.id for each in reader.recent()] == [newest.id, new.id, old.id]
    assert [each.id for each in reader.recent("demo", most=1)] == [newest.id]
    assert reader.find("demo").id == newest.id and reader.find("demo~1").id == old.id
    with pytest.raises(DataError, match=r"Did you mean 'other'.*demo, other"):
        reader.find("othr")
    with pytest.raises(DataError, match=r"beginning of several runs.*\(demo\).*\(other\)"):
        reader.find(old.id[:5])
    nine = replace(record(), id=f"01a9{9:028x}")
    writer.put(nine)
    assert reader.find("01a9").id == nine.id  # in many collations 9 is followed by letters alone
    for wanted in ("demo~3", "ffffff", "%", "' OR 1=1"):
        with pytest.raises(DataError, match="no run"):
            reader.find(wanted)


def test_an_empty_store_says_so(database):
    reader = RecordReader(database)
    assert reader.recent() == []
    with pytest.raises(DataError, match="no run is on record"):
        reader.find("demo")


def test_the_migrated_schema_is_the_declared_one(database):
    import sqlalchemy as sa
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with database.connect():
        pass
    engine = sa.create_engine(database.url)
    with engine.connect() as connection:
        options = {"version_table": "highroad_version"}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_a_schema_of_a_newer_version_is_left_alone(writer, database):
    writer.put(record())
    with database.connect() as connection:
        connection.run("UPDATE highroad_version SET version_num = '9999'", {})
    assert writer.put(record()) and len(RecordReader(database).recent()) == 2
    with database.connect() as connection:
        assert connection.run("SELECT version_num FROM highroad_version", {}) == [("9999",)]


def away(tmp_path: Path, kind: str) -> Database:
    if kind == "sqlite":
        (tmp_path / "file").write_text("no folder")
        return database_of("sqlite:///file/records.db", tmp_path)
    if kind == "garbage":
        (tmp_path / "garbage.db").write_bytes(b"not a database" * 100)
        return database_of("sqlite:///garbage.db", tmp_path)
    nowhere = "postgresql://nobody:hunter22@127.0.0.1:1/none"  # pragma: allowlist secret
    return database_of(nowhere, tmp_path)


@pytest.mark.parametrize("kind", ["sqlite", "garbage", "postgresql"])
def test_what_cannot_be_delivered_is_spooled_and_delivered_later(tmp_path, caplog, kind):
    spool, here = tmp_path / "spool", database_of("sqlite:///here.db", tmp_path)
    begun = record()
    ended = replace(begun, status="finished")
    assert not RecordWriter(away(tmp_path, kind), spool).put(begun)
    assert not RecordWriter(away(tmp_path, kind), spool).put(ended)
    assert "waits in" in caplog.text and "hunter22" not in caplog.text
    with pytest.raises(DataError):
        RecordWriter(away(tmp_path, kind), spool).deliver()
    assert len(Spool(spool).waiting()) == 1
    other = record()
    assert RecordWriter(here, spool).put(other) and Spool(spool).waiting() == []
    assert {each.id: each.status for each in RecordReader(here).recent()} == {
        begun.id: "finished",
        other.id: "running",
    }


def test_whatever_the_database_does_no_run_fails_of_it(tmp_path, caplog):
    database = database_of("sqlite:///strange.db", tmp_path)
    with sqlite3.connect(database.place) as connection:  # a version that no migration knows
        connection.execute("CREATE TABLE highroad_version (version_num TEXT)")
        connection.execute("INSERT INTO highroad_version VALUES ('0000')")
    writer = RecordWriter(database, tmp_path / "spool")
    assert not writer.put(record()) and len(Spool(tmp_path / "spool").waiting()) == 1
    assert "waits in" in caplog.text
    writer.beat("any")


def test_a_spooled_file_that_is_no_record_stays(tmp_path, caplog):
    spool, here = tmp_path / "spool", database_of("sqlite:///here.db", tmp_path)
    spool.mkdir()
    (spool / "a.json").write_text('{"half')
    (spool / "b.json").write_text(record().to_json())
    assert RecordWriter(here, spool).deliver() == 1
    assert [path.name for path in Spool(spool).waiting()] == [
        "a.json"
    ] and "no run record" in caplog.text


def test_nothing_fails_where_nothing_can_be_written(tmp_path, caplog):
    (tmp_path / "spool").write_text("no folder")
    assert not RecordWriter(away(tmp_path, "sqlite"), tmp_path / "spool").put(record())
    assert "is lost" in caplog.text


def test_a_process_is_told_from_those_of_the_same_number_and_name():
    mine = this_process()
    assert is_gone(mine) is False
    where, pid, started = mine.rsplit("/", 2)
    assert is_gone(f"{where}/{pid}/{int(started or 0) + 1}") is True
    assert is_gone(f"{where}/4999999/1") is True
    assert is_gone(f"another-boot:pid:[1]/{os.getpid()}/{started}") is None
    assert is_gone("") is None


def test_a_run_elsewhere_is_lost_when_it_gives_no_sign(writer, database):
    elsewhere = record(process="another-boot:pid:[1]/1/1")
    writer.put(elsewhere)
    reader = RecordReader(database)
    assert reader.find(elsewhere.id).status == "running"
    with database.connect() as connection:
        connection.run("UPDATE highroad_runs SET beat_s = beat_s - 1000", {})
    assert reader.find(elsewhere.id).status == "lost"
    writer.beat(elsewhere.id)
    assert reader.find(elsewhere.id).status == "running"


MYSQL = "mysql://root:hunter22@h/d"  # pragma: allowlist secret


@pytest.mark.parametrize("url", [MYSQL, "sqlite://", "records.db"])
def test_other_databases_are_refused(url, tmp_path):
    with pytest.raises(ConfigError, match=r"expected sqlite:///.*postgresql://") as caught:
        database_of(url, tmp_path)
    assert "hunter22" not in str(caught.value)


def test_a_file_that_another_process_writes_to_all_the_time_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr("highroad.tracking.database.PATIENCE_S", 0)
    database = database_of("sqlite:///records.db", tmp_path)
    with (
        database.connect(),
        pytest.raises(DataError, match=r"records\.db: database is locked: another process wrote"),
        database.connect(),
    ):
        pass
