"""Run an SQL rule of a contract where it can see its table and nothing else."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import duckdb

from highroad.errors import ContractError

if TYPE_CHECKING:
    from highroad.products.rule import Rule

_PLACEHOLDER = re.compile(r"\$?\{(?P<name>object|table|model|property|column|field)\}")
TABLE = "data"
_CLOSED: dict[str, str | bool | int | float | list[str]] = {
    "python_enable_replacements": False,
    "autoload_known_extensions": False,
    "autoinstall_known_extensions": False,
    "allow_persistent_secrets": False,
    "secret_directory": "",
    "temp_directory": "",
}
"""What a query could find of this process and its machine, left out from the start."""
_ROWS_FROM_NOTHING = frozenset({"range", "generate_series", "unnest"})
_OF_THE_PROCESS = frozenset({"getenv", "current_setting", "getvariable", "write_log", "nextval"})
MOST_S = 60.0
"""Seconds a query may take."""


def ask(rule: Rule, data: Any) -> Any:
    """The single value an SQL rule gives.

    The connection holds one table, `{object}` in the query, and cannot read files, load
    extensions, attach databases or change its settings; after `MOST_S` it is interrupted. DuckDB
    heeds that between chunks of rows, so one call of a function that never ends outlasts it.

    Args:
        rule: A rule of kind `sql`.
        data: An Arrow table or dataset.

    Raises:
        ContractError: The query is not one SELECT, reaches for anything else, takes too long,
            or gives more than one value.
    """
    query = expand(rule)
    connection = duckdb.connect(":memory:", config=_CLOSED)
    clock = threading.Timer(MOST_S, connection.interrupt)
    clock.start()
    try:
        connection.execute("SET TimeZone = 'UTC'")
        connection.register(TABLE, data)
        connection.execute("SET enable_external_access = false; SET lock_configuration = true")
        check_query(connection, rule.id, query)
        found = connection.sql(query).limit(2).to_arrow_table()
        if found.shape != (1, 1):
            raise ContractError(f"{rule.id}: expected a query that gives one value.")
        return found.column(0)[0].as_py()
    except duckdb.InterruptException as error:
        raise ContractError(f"{rule.id}: the query took longer than {MOST_S:g} s.") from error
    except duckdb.Error as error:
        raise ContractError(f"{rule.id}: the query failed: {str(error).splitlines()[0]}") from error
    finally:
        clock.cancel()
        connection.close()


def expand(rule: Rule) -> str:
    """The query with `{object}` and `{property}` filled in."""
    column = rule.columns[0] if rule.columns else ""

    def fill(found: re.Match[str]) -> str:
        is_table = found["name"] in ("object", "table", "model")
        return TABLE if is_table else '"' + column.replace('"', '""') + '"'

    return _PLACEHOLDER.sub(fill, str(rule.arguments["query"]))


def check_query(connection: duckdb.DuckDBPyConnection, rule_id: str, query: str) -> None:
    """Refuse what is not exactly one SELECT from the rule's own table.

    Raises:
        ContractError: With what was found.
    """
    statements = connection.extract_statements(query)
    kinds = [str(each.type).rpartition(".")[2] for each in statements]
    if kinds not in (["SELECT"], ["SELECT_STATEMENT"]):
        raise ContractError(
            f"{rule_id}: expected one SELECT, found {', '.join(kinds) or 'nothing'}; an SQL rule "
            "only reads its own table."
        )
    text = connection.execute("SELECT json_serialize_sql(?)", [query]).fetchall()[0][0]
    nodes = list(_nodes(json.loads(text)))
    own = {TABLE, *(str(each["key"]).lower() for each in nodes if "key" in each)}
    for node in nodes:
        if strange := _reaches_for(node, own):
            raise ContractError(
                f"{rule_id}: reaches for {strange}; an SQL rule only reads its own table."
            )


def _nodes(tree: Any) -> Iterator[Mapping[str, Any]]:
    """Every mapping in a parsed query, however deep."""
    if isinstance(tree, Mapping):
        yield tree
    inside = tree.values() if isinstance(tree, Mapping) else tree if isinstance(tree, list) else ()
    for each in inside:
        yield from _nodes(each)


def _reaches_for(node: Mapping[str, Any], own: set[str]) -> str:
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
