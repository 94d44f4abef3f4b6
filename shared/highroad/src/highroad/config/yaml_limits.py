"""Limits on YAML that others wrote, held before it is read: a few kilobytes may stand for gigabytes."""

from __future__ import annotations

import re
from typing import Any

import yaml

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml's, ten times as fast, where PyYAML was built with it."""
MOST_NODES = 200_000
"""Values a YAML document may have once its aliases are written out; a bomb has billions."""
DEEPEST = 100
"""Levels a document may be nested."""
_INDENTS = re.compile(r"^[ \-?:]*", re.MULTILINE)


def require_modest_yaml(text: str) -> None:
    """Refuse a YAML text that is nested too deep, or has too many values once its aliases are written out.

    Most texts have neither an alias nor as many brackets, and are not parsed for this.

    Raises:
        ValueError: It is; begins with the line.
        yaml.YAMLError: It is no YAML.
    """
    if "*" not in text and _is_flat(text):
        return
    sizes: dict[str, int] = {}
    nested: list[tuple[str | None, int]] = []
    event: Any
    for event in yaml.parse(text, Loader=LOADER):
        line, size = event.start_mark.line + 1, 0
        if isinstance(event, yaml.AliasEvent):
            size = sizes.get(str(event.anchor), 1)
        elif isinstance(event, yaml.CollectionStartEvent):
            nested.append((event.anchor, 1))
            if len(nested) > DEEPEST:
                raise ValueError(f"{line}: nested deeper than {DEEPEST} levels.")
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, size = nested.pop()
            if anchor:
                sizes[anchor] = size
        elif isinstance(event, yaml.ScalarEvent):
            size = 1
        if nested and size:
            anchor, inside = nested[-1]
            nested[-1] = anchor, inside + size
        if size > MOST_NODES or (nested and nested[-1][1] > MOST_NODES):
            raise ValueError(
                f"{line}: more than {MOST_NODES:,} values once its aliases are written out; write them "
                "out, or split the document."
            )


def _is_flat(text: str) -> bool:
    """Can a text not be nested too deep, by its brackets and indents alone?"""
    deepest = max(map(len, _INDENTS.findall(text)), default=0)
    return text.count("[") + text.count("{") + 2 * deepest + 2 <= DEEPEST
