"""Limits on what others wrote, held before it is read: a few kilobytes may stand for gigabytes.

What is refused raises `ValueError`; whoever reads the file says which it is.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from typing import Any

import yaml

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml's, ten times as fast, where PyYAML was built with it."""
MOST_NODES = 200_000
"""Values a YAML document may have once its aliases are written out; a bomb has billions."""
DEEPEST = 100
"""Levels a document may be nested."""
MOST_JSON = 64 * 2**20
"""Bytes of a document in JSON."""
MOST_MEMBERS = 50_000
"""Files in an archive."""
MOST_UNPACKED, MOST_RATIO = 256 * 2**20, 10
"""Bytes that an archive may come to whatever its size, and how often its own size."""
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


def parse_json(text: str | bytes) -> Any:
    """What a text in JSON says.

    Raises:
        ValueError: It is none, or too large or nested too deep for one.
    """
    if len(text) > MOST_JSON:
        raise ValueError(f"{len(text):,} bytes; expected at most {MOST_JSON:,}")
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("nested too deep") from None


def require_modest_zip(data: bytes) -> None:
    """Refuse an archive that would unpack to far more than it is.

    Raises:
        ValueError: It would, or is no archive.
    """
    most = max(MOST_UNPACKED, MOST_RATIO * len(data))
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, UnicodeDecodeError) as error:
        raise ValueError(f"no archive: {error}") from error
    unpacked = sum(each.file_size for each in members)
    if len(members) > MOST_MEMBERS or unpacked > most:
        raise ValueError(
            f"{len(members):,} files of {unpacked:,} bytes in all; expected at most {MOST_MEMBERS:,} and {most:,}"
        )
