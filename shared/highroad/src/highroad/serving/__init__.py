"""The service of a project: the scoring API of its model, or its health alone."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from highroad_workspace.metadata import table

PATH = "/health"
"""Answered with 200 by a release that is well, and which it is."""
VARIABLE = "HIGHROAD_SERVES"
"""An `Assignment` as JSON: what a process serves, where somebody decided that for it."""


def serves_here() -> Mapping[str, Any]:
    """What the pyproject.toml of the working directory says of the service; nothing where there is none.

    An image has it without the sources, and without other projects.
    """
    try:
        content = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))
    except OSError:
        return {}
    return table(content, "tool", "highroad", "serves")
