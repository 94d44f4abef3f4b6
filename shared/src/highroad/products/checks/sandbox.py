"""Run an SQL rule of a contract where it can see its table and nothing else."""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING, Any

import duckdb

from highroad.errors import ContractError

if TYPE_CHECKING:
    from highroad.products.rule import Rule

_PLACEHOLDER = re.compile(r"\$?\{(?P<name>object|table|model|property|column|field)\}")
TABLE = "data"
MOST_S = 60.0
"""Seconds a query may take."""


def ask(rule: Rule, data: Any) -> Any:
    """The single value an SQL rule gives.

    The connection holds one table, `{object}` in the query, and cannot read files, load
    extensions, attach databases or change its settings; after `MOST_S` it is interrupted.

    Args:
        rule: A rule of kind `sql`.
        data: An Arrow table or dataset.

    Raises:
        ContractError: The query is not one SELECT, reaches for anything else, takes too long,
            or gives more than one value.
    """
    query = expand(rule)
    connection = duckdb.connect(":memory:", config={"python_enable_replacements": False})
    clock = threading.Timer(MOST_S, connection.interrupt)
    clock.start()
    try:
        connection.execute("SET TimeZone = 'UTC'")
        connection.register(TABLE, data)
        connection.execute(
            "SET enable_external_access = false; SET autoload_known_extensions = false; "
            "SET autoinstall_known_extensions = false; SET lock_configuration = true"
        )
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
    """Refuse what is not exactly one SELECT.

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
