"""A file behind a configuration."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

SUFFIXES = (".yml", ".yaml", ".json")


class Source(NamedTuple):
    """One file of a layer: the layer's name, the file and its bytes."""

    layer: str
    path: Path
    content: bytes

    @property
    def text(self) -> str:
        """The content as text; what is not UTF-8 shows as replacement marks."""
        return self.content.decode("utf-8", errors="replace")
