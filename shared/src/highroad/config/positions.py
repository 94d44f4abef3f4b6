"""Where in a YAML text a key stands, so that an error can say the line."""

from __future__ import annotations

from collections.abc import Sequence

import yaml


def line_of(text: str, keys: Sequence[str]) -> int | None:
    """The 1-based line of a nested key; None where the text does not have it.

    Args:
        text: A YAML or JSON document.
        keys: The path to the key, outermost first; list positions as digits.
    """
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError:
        return None
    line: int | None = None
    for key in keys:
        if isinstance(node, yaml.MappingNode):
            for name, value in node.value:
                if str(name.value) == key:
                    line, node = name.start_mark.line + 1, value
                    break
            else:
                return None
        elif isinstance(node, yaml.SequenceNode) and key.isdigit() and int(key) < len(node.value):
            node = node.value[int(key)]
            line = node.start_mark.line + 1
        else:
            return None
    return line
