"""Read a YAML document that somebody else wrote: strictly, with the line of every fault."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from highroad.errors import ContractError

MOST_NODES = 200_000
"""Nodes a document may have once its aliases are written out; a bomb has billions."""

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_document(path: Path) -> dict[str, Any]:
    """The document's mapping; dates and times stay text, as they were written.

    Raises:
        ContractError: The file cannot be read, is not YAML, is no mapping, repeats a key, or
            grows beyond `MOST_NODES` nodes; names file and line.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ContractError(f"{path}: cannot be read as UTF-8 text: {error}.") from error
    return parse_document(text, str(path))


def parse_document(text: str, where: str) -> dict[str, Any]:
    """As `read_document`, for text; `where` stands for the file in messages."""
    try:
        node = yaml.compose(text, Loader=_Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or str(error)
        raise ContractError(f"{where}{line}: not valid YAML: {problem}.") from error
    if not isinstance(node, yaml.MappingNode):
        raise ContractError(f"{where}: expected a mapping with keys such as `kind` and `schema`.")
    if _size(node, {}, where) > MOST_NODES:
        raise ContractError(
            f"{where}: more than {MOST_NODES:,} values once its aliases are written out; "
            "write them out, or split the document."
        )
    for fault in _repeated_keys(node, set()):
        raise ContractError(f"{where}:{fault}")
    try:
        return dict(_plain(node))
    except yaml.YAMLError as error:
        raise ContractError(f"{where}: not valid YAML: {error}.") from error


def _size(node: yaml.Node, known: dict[int, int | None], where: str) -> int:
    """Nodes below and with this one, aliases counted each time; cheap, each node is visited once."""
    if id(node) in known:
        size = known[id(node)]
        if size is None:
            raise ContractError(
                f"{where}:{node.start_mark.line + 1}: an alias refers to what it is part of; "
                "write the value out."
            )
        return size
    known[id(node)] = None
    size = 1 + sum(_size(child, known, where) for child in _children(node))
    known[id(node)] = size
    return size


def _children(node: yaml.Node) -> Iterator[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield key
            yield value
    elif isinstance(node, yaml.SequenceNode):
        yield from node.value


def _repeated_keys(node: yaml.Node, seen: set[int]) -> Iterator[str]:
    if id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        first: dict[str, int] = {}
        for key, _ in node.value:
            if key.value in first and key.value != "<<":
                line = key.start_mark.line + 1
                yield (
                    f"{line}: the key '{key.value}' stands at line {first[key.value]} already; "
                    "one must go."
                )
            first.setdefault(str(key.value), key.start_mark.line + 1)
    for child in _children(node):
        yield from _repeated_keys(child, seen)


def _plain(node: yaml.Node) -> Any:
    """The node's value; a date stays the text it was written as, which is compared and printed."""
    for each in _scalars(node, set()):
        if each.tag == "tag:yaml.org,2002:timestamp":
            each.tag = "tag:yaml.org,2002:str"
    return yaml.SafeLoader("").construct_document(node)


def _scalars(node: yaml.Node, seen: set[int]) -> Iterator[yaml.ScalarNode]:
    if id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.ScalarNode):
        yield node
    for child in _children(node):
        yield from _scalars(child, seen)
