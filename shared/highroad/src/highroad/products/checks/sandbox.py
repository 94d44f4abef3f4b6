"""Run the SQL rules of a contract where they can see their table and nothing else."""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import re
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import duckdb
import pyarrow as pa

from highroad.errors import ContractError

if TYPE_CHECKING:
    from highroad.products.rule import Rule

_PLACEHOLDER = re.compile(r"\$?\{(?P<name>object|table|model|property|column|field)\}")
TABLE = "data"
_ROWS_FROM_NOTHING = frozenset({"range", "generate_series", "unnest"})
_OF_THE_PROCESS = frozenset({"getenv", "current_setting", "getvariable", "write_log", "nextval"})
MOST_S = 60.0
"""Seconds a query may take."""
MOST_MEMORY_MIB = 2048
"""Memory a query may take beyond its table."""


def ask(rule: Rule, data: Any) -> Any:
    """The single value that an SQL rule gives; see `ask_all`.

    Raises:
        ContractError: The query is not one SELECT, reaches for anything else, takes too much time
            or memory, or gives more than one value.
    """
    answer = ask_all([rule], data)[rule.id]
    if isinstance(answer, ContractError):
        raise answer
    return answer


def ask_all(rules: Sequence[Rule], data: Any) -> dict[str, Any]:
    """The single values that SQL rules give, by rule id; a `ContractError` where there is none.

    The queries run in a process of their own that holds one table, `{object}` in a query, and
    cannot read files, load extensions, attach databases or change its settings. It is ended when a
    query takes longer than `MOST_S`, and gets no more than `MOST_MEMORY_MIB` beyond its table.

    Args:
        rules: Rules of kind `sql`.
        data: An Arrow table or dataset.
    """
    answers: dict[str, Any] = {}
    worker: _Worker | None = None
    for rule in rules:
        try:
            query = expand(rule)
            check_query(rule.id, query, rule.tables)
            worker = worker or _Worker.holding(data)
            answers[rule.id] = worker.value(rule, query)
        except _EndedError as error:
            worker, answers[rule.id] = None, error
        except ContractError as error:
            answers[rule.id] = error
    if worker is not None:
        worker.release()
    return answers


class _EndedError(ContractError):
    """The process ended, or was ended, before it answered."""


class _Worker:
    """A process that runs queries; one that is released serves the next check."""

    idle: ClassVar[dict[int, list[_Worker]]] = {}
    """By the process that started them; a fork has none."""

    def __init__(self) -> None:
        script = str(Path(__file__).with_name("sandbox_worker.py"))
        self._process = subprocess.Popen(
            [sys.executable, "-P", script, TABLE, str(MOST_MEMORY_MIB)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    @classmethod
    def holding(cls, data: Any) -> _Worker:
        """A process that holds this table."""
        workers = cls.idle.get(os.getpid())
        worker = workers.pop() if workers else cls()
        if not isinstance(data, pa.Table):
            try:
                pickle.dumps(data)
            except (pickle.PicklingError, TypeError, NotImplementedError):
                data = data.to_table()
        worker._request("data", "data", data)
        return worker

    def value(self, rule: Rule, query: str) -> Any:
        """The single value that a query gives.

        Raises:
            ContractError: The query failed, or gives more than one value.
        """
        late = threading.Event()

        def end() -> None:
            late.set()
            self._process.kill()

        clock = threading.Timer(MOST_S, end)
        clock.start()
        try:
            stream = self._request(rule.id, "query", (query, rule.tables))
        except _EndedError as error:
            if late.is_set():
                raise _EndedError(f"{rule.id}: the query took longer than {MOST_S:g} s.") from error
            raise
        finally:
            clock.cancel()
        table = pa.ipc.open_stream(stream).read_all()
        if table.shape != (1, 1):
            raise ContractError(f"{rule.id}: expected a query that gives one value.")
        return table.column(0)[0].as_py()

    def release(self) -> None:
        """Let go of the table, and wait for the next check."""
        self._request("data", "data", None)
        self.idle.setdefault(os.getpid(), []).append(self)

    def _request(self, rule_id: str, kind: str, content: Any) -> bytes:
        requests, answers = self._process.stdin, self._process.stdout
        assert requests is not None and answers is not None
        try:
            pickle.dump((kind, content), requests, protocol=5)
            requests.flush()
            line = answers.readline()
            head = json.loads(line) if line else None
            body = answers.read(head["bytes"]) if head else b""
        except OSError:
            head = None
        if head is None:
            self._process.kill()
            self._process.wait()
            with contextlib.suppress(OSError):
                requests.close()
            answers.close()
            raise _EndedError(
                f"{rule_id}: the query failed: it takes more than {MOST_MEMORY_MIB} MiB of memory."
            )
        if head["error"]:
            failure: type[duckdb.Error] = getattr(duckdb, str(head["type"]), duckdb.Error)
            cause = failure(head["error"])  # by its kind, a report knows whether its words are safe
            raise ContractError(f"{rule_id}: the query failed: {head['error']}") from cause
        return body


def expand(rule: Rule) -> str:
    """The query with `{object}` and `{property}` filled in."""
    column = rule.columns[0] if rule.columns else ""

    def fill(found: re.Match[str]) -> str:
        is_table = found["name"] in ("object", "table", "model")
        return TABLE if is_table else '"' + column.replace('"', '""') + '"'

    return _PLACEHOLDER.sub(fill, str(rule.arguments["query"]))


def check_query(rule_id: str, query: str, tables: Sequence[str] = ()) -> None:
    """Refuse what is not exactly one SELECT from the rule's own table; nothing is run.

    Raises:
        ContractError: With what was found.
    """
    try:
        with _parser(os.getpid()).cursor() as connection:
            kinds = [
                str(each.type).rpartition(".")[2] for each in connection.extract_statements(query)
            ]
            if kinds not in (["SELECT"], ["SELECT_STATEMENT"]):
                raise ContractError(
                    f"{rule_id}: expected one SELECT, found {', '.join(kinds) or 'nothing'}; an SQL "
                    "rule only reads its own table."
                )
            text = connection.execute("SELECT json_serialize_sql(?)", [query]).fetchall()[0][0]
    except duckdb.Error as error:
        raise ContractError(f"{rule_id}: the query failed: {str(error).splitlines()[0]}") from error
    for strange in _strangers(
        json.loads(text), frozenset({TABLE, *(name.lower() for name in tables)})
    ):
        raise ContractError(
            f"{rule_id}: reaches for {strange}; an SQL rule only reads its own table."
        )


@cache
def _parser(process: int) -> duckdb.DuckDBPyConnection:
    """A connection that parses queries, one for each process."""
    return duckdb.connect(":memory:", config={"python_enable_replacements": False})


def _strangers(tree: Any, names: frozenset[str]) -> Iterator[str]:
    """What a parsed query wants that is not its own.

    Args:
        tree: A part of it.
        names: The tables that have a name there, in lower case: a name that WITH gives holds in
            the query it belongs to, in the WITH entries after it, and in itself if it is recursive.
    """
    if isinstance(tree, list):
        for part in tree:
            yield from _strangers(part, names)
    if not isinstance(tree, Mapping):
        return
    if recursive := tree.get("cte_name"):
        names = names | {str(recursive).lower()}
    for entry in (tree.get("cte_map") or {}).get("map") or ():
        yield from _strangers(entry["value"], names)
        names = names | {str(entry["key"]).lower()}
    if strange := _reaches_for(tree, names):
        yield strange
    for key, part in tree.items():
        if key != "cte_map":
            yield from _strangers(part, names)


def _reaches_for(node: Mapping[str, Any], own: frozenset[str]) -> str:
    """What a part of a query wants that is not its own; empty where there is no such thing."""
    kind = node.get("type")
    if kind == "BASE_TABLE":
        names = [node.get(each) or "" for each in ("catalog_name", "schema_name", "table_name")]
        is_own = not any(names[:2]) and names[2].lower() in own
        return "" if is_own else f"the table '{'.'.join(filter(None, names))}'"
    if kind == "SHOW_REF":
        return "what DuckDB knows of its tables"
    if kind == "TABLE_FUNCTION":
        name = str(node.get("function", {}).get("function_name", "")).lower()
        return "" if name in _ROWS_FROM_NOTHING else f"the function '{name}'"
    name = str(node.get("function_name", "")).lower() if kind == "FUNCTION" else ""
    return f"the function '{name}'" if name in _OF_THE_PROCESS else ""
