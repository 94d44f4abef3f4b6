"""Facts about the repository as a whole, which the checks of every project share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from highroad.config.platform import Platform, load_platform
from highroad.conformance.facts.constraints import Constraint, read_constraints
from highroad.conformance.facts.deprecations import Deprecation, read_deprecations
from highroad.conformance.facts.files import read_yaml
from highroad.conformance.facts.licences import Licences
from highroad_workspace.git import commit_of, tracked_files
from highroad_workspace.projects import Project, Survey, survey

if TYPE_CHECKING:
    from highroad.tracking.reading import RecordReader
    from highroad.tracking.record import Record


class RepositoryFacts:
    """What there is to know of a repository.

    Args:
        root: Its folder.
        today: The day, for what begins or ends on one; None is today.
    """

    def __init__(self, root: Path, today: date | None = None):
        self.root = root
        self.today = today or date.today()
        self.conf = root / "platform-conf"
        self.licences = Licences()

    @cached_property
    def platform(self) -> Platform:
        """The platform's settings."""
        return load_platform(self.conf)

    @cached_property
    def survey(self) -> Survey:
        """The projects, and what is wrong with those that do not hold together."""
        return survey(self.root)

    @property
    def projects(self) -> tuple[Project, ...]:
        """Those that hold together."""
        return self.survey.projects

    @cached_property
    def commit(self) -> str:
        """The commit, with `+` where files differ from it; empty outside git."""
        return commit_of(self.root)

    @cached_property
    def files(self) -> Sequence[str]:
        """What git tracks, relative to the root, with `/`.

        Raises:
            WorkspaceError: It is in no git repository.
        """
        found = [name for names in tracked_files(self.root, ["."]) for name in names]
        return sorted(name.replace("\\", "/") for name in found)

    @cached_property
    def files_of(self) -> Mapping[str, Sequence[str]]:
        """What git tracks beneath each folder of projects/."""
        found: dict[str, list[str]] = {}
        for name in self.files:
            parts = name.split("/", 2)
            if parts[0] == "projects" and len(parts) == 3:
                found.setdefault(parts[1], []).append(name)
        return found

    @cached_property
    def contracts(self) -> Mapping[str, Mapping[str, Any]]:
        """Each contract by its product; nothing in one that cannot be read."""
        return {
            path.stem: _document(path) for path in sorted((self.conf / "contracts").glob("*.yaml"))
        }

    @cached_property
    def constraints(self) -> Sequence[Constraint]:
        """What `constraints.txt` asks of locked versions; nothing where there is no such file.

        Raises:
            ConfigError: A line is none.
        """
        return read_constraints(self.conf / "constraints.txt")

    @cached_property
    def deprecations(self) -> Sequence[Deprecation]:
        """Conventions that end.

        Raises:
            ConfigError: `deprecations.yml` has something else.
        """
        return read_deprecations(self.conf)

    @cached_property
    def library_requirements(self) -> Sequence[str]:
        """What the shared library requires by its own pyproject.toml."""
        import tomllib

        path = self.root / "shared" / "highroad" / "pyproject.toml"
        if not path.is_file():
            return ()
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        return tuple(content.get("project", {}).get("dependencies", ()))

    def last_run(self, project: str) -> Record | None:
        """A project's newest run in the record store of this machine; None where there is none.

        Raises:
            DataError: The store is there and cannot be read.
        """
        if self._records is None:
            return None
        found = self._records.recent(project, most=1)
        return found[0] if found else None

    @cached_property
    def _records(self) -> RecordReader | None:
        """Reading makes no store where there is none."""
        from highroad.tracking.database import database_of
        from highroad.tracking.reading import RecordReader

        url = self.platform.records_url("base", self.root)
        file = url.removeprefix("sqlite:///")
        if file != url and not (self.root / file).is_file():
            return None
        return RecordReader(database_of(url, self.root))

    def text(self, name: str) -> str:
        """A file's text; empty where there is none."""
        try:
            return (self.root / name).read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""


def _document(path: Path) -> Mapping[str, Any]:
    try:
        found = read_yaml(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError):
        return {}
    return found if isinstance(found, dict) else {}
