"""The runs of one project that are held against each other, each in a store of its own."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

from highroad.config.platform import STORE_VARIABLE
from highroad.errors import WorkspaceError
from highroad.tracking.database import Database, database_of
from highroad.tracking.reading import RecordReader
from highroad.tracking.record import FINISHED, Record
from highroad.tracking.reproducing import DIFFERS, compare_outputs
from highroad_workspace.projects import Project


@dataclass
class Setting:
    """A project, and a folder that holds all that its rehearsal makes."""

    root: Path
    project: Project
    projects: tuple[Project, ...]
    folder: Path

    @property
    def store(self) -> Path:
        """Where the run is at work just now."""
        return Path(os.environ[STORE_VARIABLE])

    def records(self) -> Database:
        """The records beside it."""
        return database_of("sqlite:///runs/records.db", self.store)

    def last(self) -> Record:
        """The last run on record."""
        return RecordReader(self.records()).find(self.project.name)

    def program(self, project: Project, name: str) -> str:
        """A program of a project's environment."""
        return str(Path(project.path, ".venv", "bin", name))


def same(plain: Record, found: Record, how: str) -> str:
    """How the outputs and metrics of a run are those of the plain one.

    Raises:
        WorkspaceError: They differ, or it ran other nodes.
    """
    outcomes = compare_outputs(plain, found)
    wrong = [
        f"{each.name} {each.verdict}: {each.says}" for each in outcomes if each.verdict == DIFFERS
    ]
    ran = sorted(str(node["name"]) for node in found.nodes)
    if found.status != FINISHED or ran != sorted(str(node["name"]) for node in plain.nodes):
        wrong.append(f"the run on record is {found.status}, with the nodes {', '.join(ran)}")
    if wrong:
        raise WorkspaceError(
            f"{how}, it is not the same:\n" + "\n".join(f"  {each}" for each in wrong)
        )
    alike: dict[str, int] = {}
    for each in outcomes:
        alike[each.verdict] = alike.get(each.verdict, 0) + 1
    told = ", ".join(f"{count} {verdict}" for verdict, count in alike.items())
    return f"{how}: {len(found.tasks)} tasks, one record, {found.seconds:.1f} s; outputs and metrics: {told}"


def seen_from(record: Record, inside: str, outside: str) -> Record:
    """A container's record with the places of this machine."""
    outputs = (
        replace(use, place=str(use.place).replace(inside, outside, 1)) for use in record.outputs
    )
    return replace(record, outputs=tuple(outputs))
