"""The process that SQL rules run in: it knows their table, and takes no more than it was given.

It reads pickled requests from standard input, which only its parent writes, and answers each with a
line of JSON and, for a value, Arrow's stream of it. A query that takes more memory than allowed ends
in an error or ends the process; one that takes too long is ended by the parent.
"""

from __future__ import annotations

import io
import json
import pickle
import sys
from typing import Any, BinaryIO

import duckdb
import pyarrow as pa
import pyarrow.dataset  # DuckDB reads datasets only where it is imported

CLOSED: dict[str, str | bool | int | float | list[str]] = {
    "python_enable_replacements": False,
    "autoload_known_extensions": False,
    "autoinstall_known_extensions": False,
    "allow_persistent_secrets": False,
    "secret_directory": "",
    "temp_directory": "",
}
"""What a query could find of this process and its machine, left out from the start."""


def serve(requests: BinaryIO, answers: BinaryIO, table: str, most_memory_mib: int) -> None:
    """Answer requests until there are no more: a table to hold from now on, or a query on it.

    Args:
        requests: Pickled pairs, `("data", table or dataset)` or `("query", (text, names of the table))`.
        answers: Where answers go: a line of JSON, then as many bytes as it says.
        table: The name of the table in queries.
        most_memory_mib: Memory that a query may take.
    """
    data: Any = None
    database: duckdb.DuckDBPyConnection | None = None
    while True:
        try:
            kind, content = pickle.load(requests)
        except EOFError:
            return
        try:
            body, error, name = b"", "", ""
            if kind == "data":
                data = content
                _limit_memory(most_memory_mib)
            else:
                database = database or _locked(most_memory_mib)
                body = _as_stream(_value(database, data, content[0], {table, *content[1]}))
        except MemoryError:
            name = "OutOfMemoryException"
            body, error = b"", f"it takes more than {most_memory_mib} MiB of memory"
        except (duckdb.Error, pa.ArrowException, ValueError) as failure:
            name = type(failure).__name__
            body, error = b"", (str(failure).splitlines() or [type(failure).__name__])[0]
        if error:  # what failed may have left it unusable, or full
            database = None
        head = json.dumps({"error": error, "type": name, "bytes": len(body)})
        answers.write(head.encode() + b"\n" + body)
        answers.flush()


def _locked(most_memory_mib: int) -> duckdb.DuckDBPyConnection:
    """A database that reaches nothing outside itself and whose settings nobody can change."""
    config = {**CLOSED, "memory_limit": f"{most_memory_mib}MiB"}
    connection = duckdb.connect(":memory:", config=config)
    connection.execute(
        "SET GLOBAL TimeZone = 'UTC'; SET enable_external_access = false; "
        "SET lock_configuration = true"
    )
    return connection


def _value(database: duckdb.DuckDBPyConnection, data: Any, query: str, names: set[str]) -> pa.Table:
    with database.cursor() as connection:  # a session of its own: it leaves the next one no table
        for name in names:
            connection.register(name, data)
        return connection.sql(query).limit(2).to_arrow_table()


def _as_stream(table: pa.Table) -> bytes:
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()


def _limit_memory(mib: int) -> None:
    """Let the process map so much more memory than it has now, where the system can limit it."""
    try:
        import resource
        from pathlib import Path

        mapped = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    except (ImportError, OSError, ValueError):
        return
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (mapped + (mib << 20), hard))


if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer, sys.argv[1], int(sys.argv[2]))
