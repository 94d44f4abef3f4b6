"""Which Python a project's CI jobs run on: one of the platform's that the project allows."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from highroad_workspace.errors import WorkspaceError
from highroad_workspace.ranges import newest_allowed, version_range

if TYPE_CHECKING:
    from collections.abc import Sequence

    from highroad_workspace.projects import Project

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
    chosen = _newest(where, wanted, pythons)
    if project.python is None:
        return chosen
    if project.python not in pythons or not version_range(wanted).contains(project.python):
        raise WorkspaceError(
            f"{where}: python '{project.python}' in [tool.highroad] must be one of the platform's, "
            f"{', '.join(pythons)}, and within requires-python '{wanted}'."
        )
    return project.python


def python_of_library(root: str | os.PathLike[str], pythons: Sequence[str]) -> str | None:
    """The newest that the extensions allow, for its own jobs and those of the whole repository.

    Returns:
        None where the platform names none, or there are no extensions here.

    Raises:
        WorkspaceError: The extensions allow none of them, or its pyproject.toml is broken.
    """
    import tomllib

    where = "shared/extensions/pyproject.toml"
    try:
        with open(os.path.join(root, where), "rb") as file:
            wanted = tomllib.load(file).get("project", {}).get("requires-python", ">=3")
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise WorkspaceError(f"{where}: {error}.") from None
    return _newest(where, str(wanted), pythons) if pythons else None


def _newest(where: str, wanted: str, pythons: Sequence[str]) -> str:
    try:
        chosen = newest_allowed(list(pythons), wanted)
    except ValueError as error:
        raise WorkspaceError(f"{where}: requires-python: {error}.") from None
    if chosen is None:
        raise WorkspaceError(
            f"{where}: requires-python '{wanted}' allows none of the platform's Pythons, "
            f"{', '.join(pythons)}; widen it, or add one to `pythons` in platform-conf/platform.yml."
        )
    return chosen
