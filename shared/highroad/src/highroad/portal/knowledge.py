"""What the pages show, as plain values: read by the functions that the commands call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from highroad.config.platform import Platform, load_platform
from highroad.conformance.doctor import Diagnosis, diagnose
from highroad.deployments.ledger import Entry, Ledger
from highroad.deployments.routes import ledger_database
from highroad.errors import DataError, HighroadError, WorkspaceError
from highroad.lineage.graph import Graph, graph_of
from highroad.models.registry import ModelVersion, Registry
from highroad.portal.remembered import Remembered
from highroad.principal import Principal
from highroad.products.description import describe, history
from highroad.products.status import Status, statuses
from highroad.products.visible import visible_products
from highroad.releases.shelf import Kept, Shelf
from highroad.tracking.comparing import differences
from highroad.tracking.reading import RecordReader
from highroad.tracking.record import DatasetUse, Record, version_told
from highroad.tracking.writing import writer_of
from highroad_workspace.metadata import meant
from highroad_workspace.projects import find_projects, no_project

Facts = dict[str, Any]
SETTINGS_S, STATUSES_S, LEVELS_S = 2.0, 5.0, 60.0
"""How long projects and what may be chosen, products' states, and levels of conformance are remembered."""
VERSIONS, RUNS, LINEAGE_RUNS = 20, 50, 50
"""Versions of a product, runs in a list, and runs of each project that the graph looks back at."""


class Knowledge:
    """A repository and its stores, as they are now.

    Args:
        root: The repository.
        env: The environment whose store and records are looked at.
        principal: Who looks: products that they may not see are absent from everything.
    """

    def __init__(self, root: Path, env: str, principal: Principal):
        self.root, self.env, self.principal = root, env, principal
        self.projects = Remembered(lambda: find_projects(root), SETTINGS_S)
        self.visible = Remembered(
            lambda: visible_products(root / "platform-conf", principal), SETTINGS_S
        )
        self._statuses = Remembered(self._read_statuses, STATUSES_S)
        self.levels = Remembered(self._read_levels, LEVELS_S)
        self._reader = Remembered(self._open_records, SETTINGS_S)

    def platform(self) -> Platform:
        """The platform's settings, which are read once in a process."""
        return load_platform(self.root / "platform-conf")

    def products(self, wanted: str = "") -> list[Facts]:
        """The state of every product; only those whose name, owner or consumers have the words wanted."""
        facts = [status.facts() for status in self._statuses()]
        words = wanted.lower().split()
        return [each for each in facts if all(word in str(each.values()).lower() for word in words)]

    def product(self, name: str) -> Facts:
        """A product in full.

        Raises:
            WorkspaceError: There is none that may be seen.
        """
        names = [each["product"] for each in self.products()]
        if name not in names:
            raise WorkspaceError(f"No data product '{name}'.{meant(name, names)}")
        platform, projects = self.platform(), self.projects()
        facts = describe(name, self.visible(), self.root, platform, projects, self.env)
        facts["versions"] = (
            []
            if facts["version"] is None
            else history(name, self.root, platform, self.env, VERSIONS)
        )
        facts["accepts"] = {
            project.name: (project.ranges or {}).get(name, "")
            for project in projects
            if name in project.consumes
        }
        return facts

    def project_list(self) -> list[Facts]:
        """Every project with its level and its last run."""
        levels = self.levels()
        return [
            {
                "name": project.name,
                "description": project.description,
                "owner": project.owner,
                "kind": project.kind,
                "schedule": project.schedule,
                "publishes": [*filter(self.visible().shows, project.publishes)],
                "consumes": [*filter(self.visible().shows, project.consumes)],
                **_level(levels.get(project.name)),
                "last_run": next((brief(each) for each in self._recent(project.name, 1)), None),
            }
            for project in self.projects()
        ]

    def project(self, name: str) -> Facts:
        """A project: what it is, what its next step is, its README, runs and releases.

        Raises:
            WorkspaceError: There is no such project.
        """
        projects = self.project_list()
        facts = next((each for each in projects if each["name"] == name), None)
        if facts is None:
            raise WorkspaceError(no_project(name, [each["name"] for each in projects]))
        diagnosis = self.levels().get(name)
        readme = self.root / "projects" / name / "README.md"
        return {
            **facts,
            "missing": [
                {
                    "check": verdict.check.name,
                    "reason": verdict.result.reason,
                    "findings": [str(each) for each in verdict.result.findings],
                    "remedy": verdict.check.remedy.replace("{project}", name),
                }
                for verdict in (diagnosis.missing if diagnosis else ())
            ],
            "readme": readme.read_text(encoding="utf-8") if readme.is_file() else "",
            "runs": [brief(each) for each in self._recent(name, 10)],
            "releases": [released(each) for each in self._shelf().recent(name, 10)],
        }

    def runs(self, project: str | None = None) -> list[Facts]:
        """The newest runs, newest first; of a project, or of all."""
        return [brief(each) for each in self._recent(project, RUNS)]

    def run(self, wanted: str) -> Facts:
        """A run in full, by whatever `highroad runs show` takes."""
        record = self._reader().find(wanted)
        return {
            **asdict(record),
            "inputs": [_use(each) for each in record.inputs],
            "outputs": [_use(each) for each in record.outputs],
        }

    def compared(self, one: str, two: str) -> Facts:
        """Two runs, and what differs between them."""
        first, second = self._reader().find(one), self._reader().find(two)
        found = [asdict(each) for each in differences(first, second)]
        return {"one": brief(first), "two": brief(second), "differences": found}

    def models(self) -> dict[str, list[Facts]]:
        """The versions of every model, newest first."""
        registry = self._registry()
        return {
            name: [_version(each) for each in registry.versions(name)] for name in registry.names()
        }

    def model(self, name: str) -> Facts:
        """A model: its versions, and how they came to their aliases.

        Raises:
            WorkspaceError: There is no such model.
        """
        registry = self._registry()
        if name not in (names := registry.names()):
            raise WorkspaceError(f"No model '{name}'.{meant(name, names)}")
        return {
            "name": name,
            "versions": [_version(each) for each in registry.versions(name)],
            "moves": [asdict(each) for each in registry.moves(name)],
        }

    def releases(self) -> list[Facts]:
        """The newest releases."""
        return [released(each) for each in self._shelf().recent(most=RUNS)]

    def release(self, wanted: str) -> Facts:
        """A release's manifest, by whatever `highroad releases show` takes."""
        kept = self._shelf().find(wanted)
        return {**released(kept), **asdict(kept.release)}

    def deployed(self) -> Facts:
        """Which release is in place of each project in each environment, and the ledger's newest rows."""
        platform, ledger = self.platform(), self._ledger()
        environments = [name for name, each in platform.environments.items() if each.deploy]
        return {
            "environments": environments,
            "projects": {
                project.name: {
                    env: ledger.standing(project.name, env).release for env in environments
                }
                for project in self.projects()
            },
            "ledger": [_entry(each) for each in reversed(ledger.entries(None, None, RUNS))],
        }

    def graph(self, around: str = "") -> Graph:
        """The last runs of all projects and the data between them; of one name, what is connected to it."""
        reader = self._reader()
        graph = graph_of(
            record for name in reader.projects() for record in reader.recent(name, LINEAGE_RUNS)
        )
        return graph.around(around) if around else graph

    def records_answer(self) -> bool:
        """Whether the record store can be read."""
        try:
            self._reader().projects()
        except DataError:
            return False
        return True

    def warm(self) -> None:
        """Import and compute what takes long; what fails here is said on the page that needs it."""
        for costly in (self.levels, self.models):
            with suppress(HighroadError):
                costly()

    def _read_statuses(self) -> Sequence[Status]:
        return statuses(self.root, self.platform(), self.projects(), self.visible(), self.env)

    def _read_levels(self) -> Mapping[str, Diagnosis]:
        return {each.subject: each for each in diagnose(self.root, date.today())}

    def _open_records(self) -> RecordReader:
        writer = writer_of(self.platform(), self.env, self.root)
        writer.deliver()
        return RecordReader(writer.database, self.visible())

    def _recent(self, project: str | None, most: int) -> list[Record]:
        return self._reader().recent(project, most)

    def _registry(self) -> Registry:
        return Registry(self.platform().models_url(self.env, self.root))

    def _shelf(self) -> Shelf:
        return Shelf(ledger_database(self.platform(), self.root))

    def _ledger(self) -> Ledger:
        return Ledger(ledger_database(self.platform(), self.root))


def brief(record: Record) -> Facts:
    """A run in a line."""
    return {
        "id": record.id,
        "project": record.project,
        "environment": record.environment,
        "status": record.status,
        "began_at": record.began_at,
        "seconds": record.seconds,
        "rows_read": _rows(record.inputs),
        "rows_written": _rows(record.outputs),
        "commit": record.short_commit,
        "by": record.who.get("user", ""),
        "error": record.error,
    }


def released(kept: Kept) -> Facts:
    """A release in a line."""
    release = kept.release
    return {
        "id": release.id,
        "project": release.project,
        "version": release.version,
        "commit": release.commit,
        "made_at": kept.made_at,
        "made_by": kept.made_by,
        "is_signed": bool(kept.signature),
    }


def _level(diagnosis: Diagnosis | None) -> Facts:
    if diagnosis is None:
        return {"level": None, "required": None, "next_level": None, "is_enough": False}
    return {
        "level": diagnosis.level,
        "required": diagnosis.required,
        "next_level": diagnosis.next_level,
        "is_enough": diagnosis.is_enough,
    }


def _rows(uses: Sequence[DatasetUse]) -> int:
    return sum(each.rows or 0 for each in uses)


def _use(use: DatasetUse) -> Facts:
    return {**asdict(use), "says": version_told(use.kind, use.version)}


def _version(version: ModelVersion) -> Facts:
    return asdict(version)


def _entry(entry: Entry) -> Facts:
    deployment = entry.deployment
    return {
        "at": entry.at.isoformat(timespec="seconds"),
        "project": deployment.project,
        "environment": deployment.environment,
        "release": deployment.release,
        "kind": deployment.kind,
        "step": entry.step,
        "by": deployment.by,
        "why": deployment.why,
    }
