"""Read a YAML document that somebody else wrote: strictly, with the line of every fault."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

import yaml

from highroad.config.yaml_limits import LOADER, require_modest_yaml
from highroad.errors import ContractError


def read_document(path: Path) -> dict[str, Any]:
    """The document's mapping; dates and times stay text, as they were written.

    Raises:
        ContractError: The file cannot be read, is not YAML, is no mapping, repeats a key, or
            grows beyond `MOST_NODES` nodes or `DEEPEST` levels; names file and line.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ContractError(f"{path}: cannot be read: {error.strerror}.") from error
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ContractError(
            f"{path}:{line}: not UTF-8 text: byte 0x{content[error.start]:02x}; save it as UTF-8."
        ) from error
    return parse_document(text, str(path))


def parse_document(text: str, where: str) -> dict[str, Any]:
    """As `read_document`, for text; `where` stands for the file in messages."""
    try:
        require_modest_yaml(text)
        node = yaml.compose(text, Loader=LOADER)
        if not isinstance(node, yaml.MappingNode):
            line = _line(node) if node is not None else 1
            raise ContractError(
                f"{where}:{line}: expected a mapping with keys such as `kind` and `schema`."
            )
        _require_plain(node, {}, where)
        return dict(_plain(node, where))
    except yaml.YAMLError as error:
        raise ContractError(_told(error, text, where)) from error
    except ValueError as error:  # of the limits
        raise ContractError(f"{where}:{error}") from error


def write_document(document: Mapping[str, Any]) -> str:
    """A document as YAML, its keys in their order; `parse_document` reads the same again."""
    options: Any = {"sort_keys": False, "width": 100}
    text: str = yaml.safe_dump(dict(document), allow_unicode=True, **options)
    # PyYAML writes these as they are, and reads them as ends of a line.
    if any(mark in text for mark in "\x85\u2028\u2029\ufeff"):
        text = yaml.safe_dump(dict(document), **options)
    return text


def _line(part: Any) -> int:
    """The line of a node or event, from 1."""
    return int(part.start_mark.line) + 1


def _told(error: yaml.YAMLError, text: str, where: str) -> str:
    mark = getattr(error, "problem_mark", None)
    position = getattr(error, "position", None)
    line = mark.line + 1 if mark else text.count("\n", 0, position or 0) + 1
    line = min(line, max(1, len(text.splitlines())))  # the end of a text is in its last line
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
    return f"{where}:{line}: not valid YAML: {problem}."


def _require_plain(node: yaml.Node, is_whole: dict[int, bool], where: str) -> None:
    """Look at each node once; a date stays the text it was written as, which is compared and printed.

    Raises:
        ContractError: An alias refers to what it is part of, a key stands twice in a mapping or is no
            plain text.
    """
    if id(node) in is_whole:
        if not is_whole[id(node)]:
            raise ContractError(
                f"{where}:{_line(node)}: an alias refers to what it is part of; "
                "write the value out."
            )
        return
    is_whole[id(node)] = False
    if isinstance(node, yaml.ScalarNode):
        if node.tag == "tag:yaml.org,2002:timestamp":
            node.tag = "tag:yaml.org,2002:str"
    elif isinstance(node, yaml.MappingNode):
        first: dict[str, yaml.Node] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise ContractError(
                    f"{where}:{_line(key)}: a key is a list or a mapping; expected a text."
                )
            if first.setdefault(key.value, key) is not key and key.value != "<<":
                raise ContractError(
                    f"{where}:{_line(key)}: the key '{key.value}' stands at line "
                    f"{_line(first[key.value])} already; one must go."
                )
            _require_plain(key, is_whole, where)
            _require_plain(value, is_whole, where)
    else:
        for child in node.value:
            _require_plain(child, is_whole, where)
    is_whole[id(node)] = True


def _plain(node: yaml.Node, where: str) -> Any:
    """The node's value."""
    try:
        return yaml.SafeLoader("").construct_document(node)
    except (ValueError, LookupError):  # such as `!!int x`, or a number of 5,000 digits
        for each in _scalars(node, set()):
            _must_construct(each, where)
        raise


def _must_construct(node: yaml.ScalarNode, where: str) -> None:
    try:
        yaml.SafeLoader("").construct_object(node)
    except (ValueError, LookupError) as error:
        kind = node.tag.rpartition(":")[2]
        raise ContractError(
            f"{where}:{_line(node)}: {node.value[:20]!r} is no {kind}: {error}."
        ) from error
    except yaml.YAMLError:  # a merge key, which is none by itself
        pass


def _scalars(node: yaml.Node, seen: set[int]) -> Iterator[yaml.ScalarNode]:
    if id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.ScalarNode):
        yield node
    children = chain.from_iterable(node.value) if isinstance(node, yaml.MappingNode) else node.value
    for child in () if isinstance(node, yaml.ScalarNode) else children:
        yield from _scalars(child, seen)
