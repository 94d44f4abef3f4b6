"""What a command is about: a project, or the whole repository."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from highroad.config.platform import Platform
    from highroad.products.visible import VisibleProducts
    from highroad_workspace.projects import Project


class ProjectContext(NamedTuple):
    """Which project, in which repository, on which engine."""

    root: Path
    project: Project
    projects: tuple[Project, ...]
    platform: Platform


def project_context(name: str | None) -> ProjectContext:
    """The project that is named, or else the one around the working directory."""
    from highroad.config.platform import load_platform
    from highroad_workspace.projects import find_projects, find_root, project_named

    path = project_path(name)
    root = Path(find_root(path))
    projects = find_projects(root)
    project = project_named(projects, path.name)
    return ProjectContext(root, project, projects, load_platform(root / "platform-conf"))


def workspace_context() -> tuple[Path, tuple[Project, ...], Platform]:
    """The repository, its projects, and the platform's settings."""
    from highroad.config.platform import load_platform
    from highroad_workspace.projects import find_projects, find_root

    root = Path(find_root(Path.cwd()))
    return root, find_projects(root), load_platform(root / "platform-conf")


def products_here(platform_conf: Path | None = None) -> VisibleProducts:
    """The products of this repository that whoever gave the command may see."""
    from highroad.principal import current_principal
    from highroad.products.visible import visible_products
    from highroad_workspace.projects import find_root

    conf = platform_conf or Path(find_root(Path.cwd())) / "platform-conf"
    return visible_products(conf, current_principal())


def project_path(name: str | None, *, or_first: bool = False) -> Path:
    """The folder of a project, or of the one around the working directory.

    Args:
        name: The project's; None for the one around the working directory.
        or_first: Whether the first project will do where there is none around.

    Raises:
        WorkspaceError: There is none.
    """
    from kedro.utils import find_kedro_project

    from highroad.errors import WorkspaceError
    from highroad_workspace.projects import find_projects, find_root, project_named

    if name is not None:
        return Path(project_named(find_projects(find_root(Path.cwd())), name).path)
    here = find_kedro_project(Path.cwd())
    if here is None and or_first and (projects := find_projects(find_root(Path.cwd()))):
        return Path(projects[0].path)
    if here is None:
        raise WorkspaceError(
            "Not inside a project; name one with --project, or change into its folder."
        )
    return Path(here)
