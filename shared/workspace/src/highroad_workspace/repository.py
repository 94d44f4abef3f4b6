"""A repository as the sessions see it: its packages, and an environment for each."""

from __future__ import annotations

from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from highroad_workspace import environments
from highroad_workspace.changes import EXTENSIONS, LIBRARY
from highroad_workspace.projects import find_projects, upstream

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import nox

    from highroad_workspace.projects import Project


class Repository:
    """Packages, projects and environments below one folder.

    Args:
        root: The repository.

    Raises:
        WorkspaceError: Its projects do not hold together.
    """

    def __init__(self, root: Path):
        self.root = root
        self.in_order = find_projects(root)
        self.projects = {project.name: project for project in self.in_order}
        folders = {name: root / "shared" / name for name in (LIBRARY, EXTENSIONS)}
        self.shared = {
            name: path for name, path in folders.items() if (path / "pyproject.toml").is_file()
        }

    @property
    def packages(self) -> Sequence[str]:
        """The library (where it is here), the extensions, and every project."""
        return [*self.shared, *self.projects]

    @cached_property
    def producers(self) -> Mapping[str, set[str]]:
        """The projects whose products each project reads."""
        return {name: set(names) for name, names in upstream(self.in_order).items()}

    def folder(self, package: str) -> Path:
        """The folder of a package."""
        return self.shared.get(package) or Path(self.projects[package].path)

    def is_bronze(self, package: str) -> bool:
        """Whether a project is held to bronze only: what silver asks for is shown and fails nothing."""
        project = self.projects.get(package)
        return project is not None and project.conformance == "bronze"

    def uses_library(self, package: str) -> bool:
        """Whether the commands of the library are in the package's environment."""
        project: Project | None = self.projects.get(package)
        return project is None or project.uses_library

    def environment(self, session: nox.Session, package: str) -> environments.Tool:
        """Bring a package's environment to its lock and change to its folder; gives what runs tools in it."""
        folder = self.folder(package)
        environments.sync(session, package, folder, folder / ".venv")
        session.chdir(folder)
        return partial(environments.run_in, session, self.root, folder / ".venv")

    def tools(self, session: nox.Session, group: str) -> environments.Tool:
        """Bring the environment of a dependency group of the extensions to its lock."""
        environment = self.root / ".nox" / group
        only = ["--group", group] if group == "docs" else ["--only-group", group]
        folder = self.shared[EXTENSIONS]
        environments.sync(session, EXTENSIONS, folder, environment, "--no-default-groups", *only)
        session.chdir(self.root)
        return partial(environments.run_in, session, self.root, environment)

    def highroad(
        self,
        session: nox.Session,
        *words: str,
        package: str = EXTENSIONS,
        may_fail: bool = False,
    ) -> None:
        """Run a command of the library, where nox was called if that is in the repository.

        Args:
            session: The nox session.
            words: The command and its arguments.
            package: In whose environment.
            may_fail: Whether what it reports is shown only.
        """
        run = self.environment(session, package)
        called_from = Path(session.invoked_from)
        session.chdir(called_from if called_from.is_relative_to(self.root) else self.root)
        run("highroad", *words, may_fail=may_fail)
