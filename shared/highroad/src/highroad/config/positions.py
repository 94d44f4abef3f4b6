"""Where in a YAML text a key stands, so that an error can say the line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import yaml

from highroad.config.yaml_limits import LOADER as LOADER

_MERGE = "tag:yaml.org,2002:merge"


class Twice(NamedTuple):
    """A key that stands twice in one mapping: its dotted name and both 1-based lines."""

    key: str
    line: int
    first: int


def line_of(text: str, keys: Sequence[str]) -> int | None:
    """The 1-based line of a nested key; None where the text does not have it.

    A key that a mapping inherits through `<<:` stands where the anchored mapping has it.

    Args:
        text: A YAML or JSON document.
        keys: The path to the key, outermost first; list positions as digits.
    """
    try:
        node = yaml.compose(text, Loader=LOADER)
    except yaml.YAMLError:
        return None
    line: int | None = None
    for key in keys:
        if isinstance(node, yaml.MappingNode):
            found = _entry(node, key)
            if found is None:
                return None
            line, node = found[0].start_mark.line + 1, found[1]
        elif isinstance(node, yaml.SequenceNode) and key.isdigit() and int(key) < len(node.value):
            node = node.value[int(key)]
            line = node.start_mark.line + 1
        else:
            return None
    return line


def _entry(node: yaml.Node, key: str) -> tuple[yaml.Node, yaml.Node] | None:
    """A mapping's key and value nodes: its own, else those of the first merge that has them."""
    merged: list[yaml.Node] = []
    for name, value in node.value if isinstance(node, yaml.MappingNode) else ():
        if name.tag == _MERGE:
            merged += value.value if isinstance(value, yaml.SequenceNode) else [value]
        elif str(name.value) == key:
            return name, value
    return next(filter(None, (_entry(each, key) for each in merged)), None)


def duplicates(text: str) -> Iterator[Twice]:
    """Every key that stands twice in one mapping of a sound YAML text."""
    node = yaml.compose(text, Loader=LOADER)
    if node is not None:
        yield from _duplicates(node, ())


def _duplicates(node: yaml.Node, path: tuple[str, ...]) -> Iterator[Twice]:
    if isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield from _duplicates(value, (*path, str(index)))
    if not isinstance(node, yaml.MappingNode):
        return
    lines: dict[str, int] = {}
    for name, value in node.value:
        if not isinstance(name, yaml.ScalarNode) or name.tag == _MERGE:
            continue
        here, line = (*path, name.value), name.start_mark.line + 1
        if name.value in lines:
            yield Twice(".".join(here), line, lines[name.value])
        lines.setdefault(name.value, line)
        yield from _duplicates(value, here)


def yaml_fault(path: str, error: yaml.YAMLError) -> str:
    """What YAML could not make sense of: file and line, the parser's words, the way out."""
    mark = getattr(error, "problem_mark", None)
    where = f"{path}:{mark.line + 1}" if mark else path
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or error
    return (
        f"{where}: not valid YAML: {problem}; expected `key: value`, brackets and quotes closed, "
        "spaces for tabs. Correct that line or the one before it."
    )
