"""The newest version of a table from the text of its log, for a look at thousands of tables."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from highroad.products.commits import Version, version_of

_COMMIT = re.compile(r"/(\d{20})\.json$")


def newest_version(store: Any, folder: str) -> tuple[Version, list[Mapping[str, Any]]] | None:
    """The latest version and its files, as `get_add_actions(flatten=True)` of Delta's client has them.

    Only the newest commits are read, as far back as they name all files of the version.

    Args:
        store: Its file system, of fsspec.
        folder: The table's folder in it.

    Returns:
        None where the log's text is not enough, as where another tool wrote the version, or where there
        is no table: Delta's client knows.
    """
    latest: Version | None = None
    wanted: set[str] = set()
    found: dict[str, Mapping[str, Any]] = {}
    try:
        names = sorted(map(str, store.ls(f"{folder}/_delta_log", detail=False)), reverse=True)
        for name, number in ((each, _COMMIT.search(each)) for each in names):
            if number is None:
                continue
            lines = store.cat_file(name).splitlines()
            actions = [json.loads(each) for each in lines if not each.startswith(b'{"remove"')]
            if latest is None:
                info = next(each["commitInfo"] for each in actions if "commitInfo" in each)
                latest = version_of({**info, "version": number[1]})
                for facts in latest.facts.partitions.values():
                    wanted |= facts.files.keys()
            for add in (each["add"] for each in actions if "add" in each):
                if (path := unquote(add["path"])) in wanted:
                    found.setdefault(path, _flat(add))
            if found.keys() == wanted:
                return (latest, [*found.values()]) if wanted else None
    except (ImportError, OSError, StopIteration, LookupError, TypeError, ValueError):
        pass
    return None


def _flat(add: Mapping[str, Any]) -> Mapping[str, Any]:
    statistics = json.loads(add["stats"])
    return {
        "num_records": statistics["numRecords"],
        "modification_time": add["modificationTime"],
        **{f"partition.{name}": value for name, value in add["partitionValues"].items()},
        **{f"max.{name}": value for name, value in statistics["maxValues"].items()},
    }
