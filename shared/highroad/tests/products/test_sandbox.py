"""An SQL rule sees its own table and nothing else."""

from __future__ import annotations

import duckdb
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from highroad.errors import ContractError
from highroad.products.checks import sandbox, sandbox_worker
from highroad.products.rules import Rule
from highroad.products.rules.table import Query

DATA = pa.table({"id": [1, 2], 'odd "name': [3, 4]})
secret = pa.table({"a": [1]})
"""A variable of this process, which no rule may read."""


def ask(query: str, column: str = "id"):
    return sandbox.ask(Rule("r", Query(), (column,), "", {"query": query}), DATA)


@pytest.mark.parametrize("name", ["object", "table", "model"])
@pytest.mark.parametrize("form", ["{%s}", "${%s}"])
def test_a_rule_reads_its_table_and_its_column(name, form):
    assert ask(f"SELECT sum({{property}}) FROM {form % name}", 'odd "name') == 7


@pytest.mark.parametrize(
    "query",
    [
        "DROP TABLE data",
        "CREATE TABLE t AS SELECT 1",
        "INSERT INTO data VALUES (1, 2)",
        "COPY data TO '{path}'",
        "COPY (SELECT 1) TO '{path}'",
        "EXPORT DATABASE '{path}'",
        "ATTACH '{path}' AS other",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET threads = 1",
        "PRAGMA database_list",
        "SELECT 1; SELECT 2",
        "SELECT count(*) FROM '{path}'",
        "SELECT count(*) FROM read_csv('{path}')",
        "SELECT count(*) FROM read_parquet('{path}')",
        "SELECT content FROM read_text('{path}')",
        "SELECT count(*) FROM glob('/*')",
        "SELECT count(*) FROM secret",
        "SELECT count(*) FROM elsewhere",
        "SELECT getenv('HIGHROAD_PLANTED')",
        "SELECT current_setting('temp_directory')",
        "SELECT count(*) FROM duckdb_settings()",
        "SELECT count(*) FROM information_schema.tables",
        "SELECT count(*) FROM pragma_version()",
        "SELECT count(*) FROM (SHOW TABLES)",
        "WITH t AS (SELECT * FROM duckdb_secrets()) SELECT count(*) FROM t",
        "SELECT (SELECT count(*) FROM sqlite_master)",
        "WITH a AS (WITH sqlite_master AS (SELECT 1) SELECT 1) SELECT count(*) FROM sqlite_master",
        "SELECT count(*) FROM duckdb_tables, (WITH duckdb_tables AS (SELECT 1) SELECT 1)",
        "WITH duckdb_settings AS (SELECT * FROM duckdb_settings) SELECT count(*) FROM duckdb_settings",
        "WITH a AS (SELECT * FROM sqlite_master), sqlite_master AS (SELECT 1) SELECT count(*) FROM a",
        "SELECT struct_pack(key := 1) FROM key",
        "SELECT 1, 2",
        "SELECT id FROM data",
        "SELECT",
        "",
    ],
)
def test_everything_else_is_refused(tmp_path, monkeypatch, query):
    monkeypatch.setenv("HIGHROAD_PLANTED", "planted")
    path = tmp_path / "file"
    path.write_text("a\n1\n")
    with pytest.raises(ContractError) as caught:
        ask(query.replace("{path}", path.as_posix()))
    assert str(caught.value).startswith("r: ") and "planted" not in str(caught.value)
    assert list(tmp_path.iterdir()) == [path] and path.read_text() == "a\n1\n"


@pytest.mark.parametrize(
    ("query", "value"),
    [
        ("WITH doubled AS (SELECT 2 * id AS n FROM {object}) SELECT max(n) FROM DOUBLED", 4),
        ("WITH a AS (SELECT 1 AS n), b AS (SELECT n + 1 AS n FROM a) SELECT (SELECT n FROM b)", 2),
        (
            "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 9) SELECT max(n) FROM t",
            9,
        ),
        ("SELECT count(*) FROM {object} a JOIN data b USING (id)", 2),
        ("SELECT count(*) FROM range(3) LEFT JOIN {object} ON id = range", 3),
        ("SELECT sum(n) FROM (SELECT unnest([1, 2]) AS n)", 3),
    ],
)
def test_names_of_its_own_and_rows_from_nothing_are_a_rules_own(query, value):
    assert ask(query) == value


def test_a_query_without_end_is_stopped(monkeypatch):
    monkeypatch.setattr(sandbox, "MOST_S", 0.2)
    with pytest.raises(ContractError, match=r"took longer than 0\.2 s"):
        ask("SELECT sum(a.range * b.range) FROM range(10000000) a, range(10000000) b")


def test_a_query_that_takes_too_much_memory_is_stopped_and_the_next_one_runs():
    rules = [
        Rule(name, Query(), (), "", {"query": query})
        for name, query in {
            "one": "SELECT count(*) FROM {object}",
            "huge": "SELECT length(repeat('x', 4000000000))",
            "two": "SELECT sum(id) FROM {object}",
        }.items()
    ]
    answers = sandbox.ask_all(rules, DATA)
    assert (answers["one"], answers["two"]) == (2, 3)
    assert isinstance(answers["huge"], ContractError)


def test_a_dataset_of_files_is_read_where_it_lies(tmp_path):
    pq.write_table(DATA, tmp_path / "a.parquet")
    data = ds.dataset(tmp_path / "a.parquet")
    rule = Rule("r", Query(), (), "", {"query": "SELECT sum(id) FROM {object}"})
    assert sandbox.ask(rule, data) == 3


def test_a_query_leaves_the_next_one_nothing():
    database = sandbox_worker._locked(sandbox.MOST_MEMORY_MIB)
    query = "SELECT sum(id) FROM orders"
    assert sandbox_worker._value(database, DATA, query, {"data", "orders"}).to_pylist() == [
        {"sum(id)": 3}
    ]
    with pytest.raises(duckdb.CatalogException, match="orders"):
        sandbox_worker._value(database, DATA, query, {"data"})


@pytest.mark.parametrize(
    "change",
    [
        "SET threads = 1",
        "SET TimeZone = 'Asia/Tokyo'",
        "SET enable_external_access = true",
        "SET lock_configuration = false",
        "SELECT * FROM read_csv('/etc/hostname')",
        "ATTACH '/nowhere.db'",
    ],
)
def test_a_session_can_neither_change_nor_leave_its_database(change):
    session = sandbox_worker._locked(sandbox.MOST_MEMORY_MIB).cursor()
    assert session.sql("SELECT current_setting('TimeZone')").fetchall() == [("UTC",)]
    with pytest.raises((duckdb.InvalidInputException, duckdb.PermissionException)):
        session.execute(change)
