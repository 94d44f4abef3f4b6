"""Which Python a project's CI jobs run on: one of the platform's that the project allows."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from highroad.errors import WorkspaceError
from highroad.workspace.ranges import Range, newest_allowed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from highroad.workspace.projects import Project

# YAML's list in either form: `[a, b]`, also over several lines, or a line with a dash for each.
_LIST = re.compile(
    r"^pythons:\s*(?:#.*)?(?:\[[^\]]*\]|(?:\n\s*-[^\n]*|\n\s*#[^\n]*)+)", re.MULTILINE
)


def pythons_of(root: str | os.PathLike[str]) -> list[str]:
    """`pythons` of platform.yml; empty where it does not say.

    The workspace has no YAML reader; `highroad config check` holds the key to its form.
    """
    try:
        with open(os.path.join(root, "platform-conf", "platform.yml"), encoding="utf-8") as file:
            found = _LIST.search(file.read())
    except OSError:
        return []
    return re.findall(r"\d+\.\d+", re.sub("#.*", "", found[0])) if found else []


def python_of(project: Project, pythons: Sequence[str]) -> str | None:
    """The minor version for a project's jobs; None where the platform names none.

    Raises:
        WorkspaceError: The project allows none of them, or names one that is not allowed.
    """
    if not pythons:
        return None
    where = f"projects/{project.name}/pyproject.toml"
    wanted = project.requires_python or ">=3"
    try:
        chosen = newest_allowed(list(pythons), wanted)
        is_allowed = project.python is None or Range(wanted).allows(project.python)
    except ValueError as error:
        raise WorkspaceError(f"{where}: requires-python: {error}.") from None
    if chosen is None:
        raise WorkspaceError(
            f"{where}: requires-python '{wanted}' allows none of the platform's Pythons, "
            f"{', '.join(pythons)}; widen it, or add one to `pythons` in platform-conf/platform.yml."
        )
    if project.python is not None and (project.python not in pythons or not is_allowed):
        raise WorkspaceError(
            f"{where}: python '{project.python}' in [tool.highroad] must be one of the platform's, "
            f"{', '.join(pythons)}, and within requires-python '{wanted}'."
        )
    return project.python or chosen
