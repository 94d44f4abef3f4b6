"""Equal models give equal bytes.

skops names objects by their addresses in memory and stamps its archive with the time, so the same
fit saved twice differs in every byte that could be compared. Here addresses become numbers in the
order of appearance, what is in a set gets an order, and times go.
"""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

SCHEMA = "schema.json"
_ADDRESS = "_stop_words_id"
"""Where a vectorizer of scikit-learn keeps the address of a list, to warn of a change only once."""
_EPOCH = (1980, 1, 1, 0, 0, 0)


def canonical(data: bytes) -> bytes:
    """A skops file that says the same, whatever the process that wrote it.

    Args:
        data: From `skops.io.dumps`.
    """
    with zipfile.ZipFile(io.BytesIO(data)) as source:
        schema = json.loads(source.read(SCHEMA))
        names = _Names()
        names.number(schema)
        files = {new: source.read(old) for old, new in names.files.items()}
    files[SCHEMA] = json.dumps(schema, indent=1).encode()
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), content)
    return target.getvalue()


class _Names:
    """New names of objects and files, by the order in which a schema mentions them."""

    def __init__(self) -> None:
        self.files: dict[str, str] = {}
        self._objects: dict[int, int] = {}
        self._count = 0

    def number(self, node: Any) -> None:
        """Rename within a node of the schema and below it."""
        if isinstance(node, list):
            for each in node:
                self.number(each)
        elif isinstance(node, dict):
            if node.get("__loader__") in ("SetNode", "FrozenSetNode"):
                node["content"] = sorted(node["content"], key=_without_names)
            if isinstance(node.get("__id__"), int):
                node["__id__"] = self._object(node)
            if isinstance(node.get("file"), str):
                name = node["file"]
                suffix = name.rpartition(".")[2]
                node["file"] = self.files.setdefault(name, f"{len(self.files)}.{suffix}")
            if isinstance(node.get(_ADDRESS), dict):
                node[_ADDRESS]["content"] = "0"
            for each in node.values():
                self.number(each)

    def _object(self, node: dict[str, Any]) -> int:
        # Whether two equal numbers or texts are one object is the interpreter's affair.
        if node.get("is_json"):
            self._count += 1
            return self._count
        old = node["__id__"]
        if old not in self._objects:
            self._count += 1
            self._objects[old] = self._count
        return self._objects[old]


def _without_names(node: Any) -> str:
    """What a node says, but for how this process calls it."""

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {
                key: plain(each) for key, each in value.items() if key not in ("__id__", "file")
            }
        return [plain(each) for each in value] if isinstance(value, list) else value

    return json.dumps(plain(node), sort_keys=True)
