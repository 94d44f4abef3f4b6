"""Facts about one project."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from highroad.conformance.facts.locks import Lock
from highroad.conformance.facts.repository import RepositoryFacts
from highroad_workspace.metadata import line_of
from highroad_workspace.projects import Project

_TEST = re.compile(r"^[ \t]*(?:async[ \t]+)?def test_\w+", re.MULTILINE)


class ProjectFacts:
    """What there is to know of a project.

    Args:
        project: The project.
        repository: The repository it is in.
    """

    def __init__(self, project: Project, repository: RepositoryFacts):
        self.project = project
        self.repository = repository
        self.folder = Path(project.path)
        self.name = project.name
        self._texts: dict[str, str] = {}

    def where(self, name: str = "pyproject.toml", line: int | None = None) -> str:
        """A file of it for a message, `projects/<name>/file[:line]`."""
        return f"projects/{self.folder.name}/{name}" + (f":{line}" if line else "")

    def at(self, table: str, key: str = "") -> str:
        """Where a key of pyproject.toml stands."""
        return self.where("pyproject.toml", line_of(self.pyproject_text, table, key))

    @cached_property
    def pyproject_text(self) -> str:
        """pyproject.toml as it stands."""
        return self.text("pyproject.toml")

    @property
    def pyproject(self) -> Mapping[str, Any]:
        """pyproject.toml."""
        return self.repository.survey.contents[self.folder.name]

    @cached_property
    def files(self) -> Sequence[str]:
        """Its files that git tracks, relative to its folder."""
        own = f"projects/{self.folder.name}/"
        found = self.repository.files_of.get(self.folder.name, ())
        return [name.removeprefix(own) for name in found]

    @cached_property
    def lock(self) -> Lock | None:
        """Its lock; None where there is none."""
        text = self.text("uv.lock")
        return Lock(text) if text else None

    @cached_property
    def tests(self) -> int:
        """How many test functions there are in tests/."""
        names = (name for name in self.files if name.startswith("tests/") and name.endswith(".py"))
        return sum(len(_TEST.findall(self.text(name))) for name in names)

    @cached_property
    def licences(self) -> Mapping[str, str] | None:
        """The licence of each package in its environment; None where that is not there."""
        return self.repository.licences.installed(self.folder / ".venv")

    def bytes(self, name: str) -> bytes:
        """A file's content; empty where there is none."""
        try:
            return (self.folder / name).read_bytes()
        except OSError:
            return b""

    def text(self, name: str) -> str:
        """A file's text, read once; empty where there is none."""
        if name not in self._texts:
            self._texts[name] = self.bytes(name).decode("utf-8", "replace")
        return self._texts[name]
