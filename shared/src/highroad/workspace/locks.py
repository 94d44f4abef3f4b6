"""A project's lock: whether it is there, and the command that makes it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from highroad.workspace.projects import Project


def lock_problem(project: Project) -> str | None:
    """What keeps a project from being installed from its lock; None where nothing does.

    Whether the lock is stale only uv knows: `uv sync --locked` refuses one.
    """
    if os.path.isfile(os.path.join(project.path, "uv.lock")):
        return None
    return (
        f"'{project.name}' has no uv.lock; expected {os.path.join(project.path, 'uv.lock')}. "
        f"Make it: nox -s \"lock(project='{project.name}')\""
    )
