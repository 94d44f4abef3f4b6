"""The parts of a contract that people read and that no data is held against."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

TEXTS = frozenset({
    "description", "businessName", "tags", "authoritativeDefinitions", "customProperties",
    "examples", "classification", "criticalDataElement", "synonyms", "deprecated", "encryptedName",
    "transformSourceObjects", "transformLogic", "transformDescription", "semanticType", "dimension",
    "businessImpact", "method", "schedule", "scheduler", "driver", "label",
})  # fmt: skip
"""Keys that say something of data and ask nothing of it, wherever they stand."""
_ELSEWHERE = ("version", "status", "schema", "servers", "slaProperties")
"""Keys of a document whose parts are told one by one."""


def without_texts(value: Any, more: Sequence[str] = ()) -> Any:
    """A part of a document without its texts; `more` are keys to leave out at the top too."""
    if isinstance(value, Mapping):
        return {
            key: without_texts(inner)
            for key, inner in value.items()
            if key not in TEXTS and key not in more
        }
    return [without_texts(each) for each in value] if isinstance(value, list) else value


def texts_of(document: Mapping[str, Any], table: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """What a contract says to people: by place in words, keys and values.

    Args:
        document: The contract, with the standard's keys only; others are rules that cannot be checked.
        table: Its table, likewise.
    """
    found = {"the document": _flat(document, _ELSEWHERE)}
    found["the table"] = _flat(table, ("properties", "quality", "relationships"))
    for column in table.get("properties", []):
        name = column.get("physicalName") or column.get("name")
        found[f"the column '{name}'"] = _texts(column)
        for entry in column.get("quality", []):
            found[f"the rule '{name}.{_label(entry)}'"] = _texts(entry)
    for entry in table.get("quality", []):
        found[f"the rule 'rows.{_label(entry)}'"] = _texts(entry)
    for promise in document.get("slaProperties", []):
        found[f"the promise '{promise.get('property')}'"] = _texts(promise)
    for server in document.get("servers", []):
        name = server.get("environment") or server.get("server")
        found[f"the server '{name}'"] = _texts(server, ("server", "id", "roles"))
    return found


def _texts(part: Mapping[str, Any], more: Sequence[str] = ()) -> dict[str, Any]:
    return {key: value for key, value in part.items() if key in TEXTS or key in more}


def _flat(part: Mapping[str, Any], but: Sequence[str]) -> dict[str, Any]:
    """Keys and values, those of a mapping within as `team.name`."""
    found: dict[str, Any] = {}
    for key, value in part.items():
        if isinstance(value, Mapping):
            found |= {f"{key}.{inner}": each for inner, each in value.items()}
        elif key not in but:
            found[key] = value
    return found


def _label(entry: Mapping[str, Any]) -> Any:
    names = ("name", "id", "metric", "rule", "type")
    return next((entry[name] for name in names if entry.get(name)), "")
