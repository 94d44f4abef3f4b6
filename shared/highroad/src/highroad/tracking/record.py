"""What one pipeline run was: the record as it is written, spooled and read again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from highroad.errors import DataError
from highroad.limits import parse_json

RUNNING, FINISHED, FAILED, LOST = "running", "finished", "failed", "lost"
UNKNOWN = "unknown"
SHORT = 12
"""Characters of a commit or a hash that a line shows."""


@dataclass(frozen=True)
class DatasetUse:
    """A dataset that a run read or wrote.

    Attributes:
        name: In the catalog.
        place: Where it lies; None where it does not say.
        kind: What `version` is: `delta` (a version of a Delta table), `kedro` (a time stamp),
            `sha256` (of the content), `etag` (of an object store), or `unknown`.
        version: None where unknown; never a guess.
        rows: None where they could not be counted.
        bytes: None where it is not a file.
        contract: Of a data product: its `version`, `fingerprint` and `verdict`.
        model: Of a model: its `name`, the `digest` of its manifest, that of its `content`, when it was
            saved (`saved_at`), and of one that was saved its `metrics`.
        access: Of a data product that was read where the platform has grants: the `principal`, the ids of the
            `policies` and the places of the `grants` that let them, and the `digest` of teams and grants.
        read_back: Of an output: the run that wrote it read it again, for what else it wrote.
    """

    name: str
    place: str | None = None
    kind: str = UNKNOWN
    version: str | None = None
    rows: int | None = None
    bytes: int | None = None
    contract: Mapping[str, str] | None = None
    model: Mapping[str, Any] | None = None
    read_back: bool = False
    access: Mapping[str, Any] | None = None


def settled(
    read: Iterable[DatasetUse], wrote: Iterable[DatasetUse]
) -> tuple[tuple[DatasetUse, ...], tuple[DatasetUse, ...]]:
    """Inputs and outputs of a run: what it wrote and read again as it was is among the outputs alone."""
    read, wrote = tuple(read), tuple(wrote)
    known = {(each.place, each.version) for each in wrote if each.kind != UNKNOWN}
    again = {(each.place, each.version) for each in read} & known
    return (
        tuple(each for each in read if (each.place, each.version) not in known),
        tuple(
            replace(each, read_back=each.read_back or (each.place, each.version) in again)
            for each in wrote
        ),
    )


def version_told(kind: str, version: str | None) -> str:
    """`delta 3`, `sha256 0123456789ab`, or that nobody knows; a time stamp that is cut says nothing."""
    if not version:
        return "version unknown"
    return f"{kind} {version if kind == 'kedro' else version[:SHORT]}"


@dataclass(frozen=True)
class Record:
    """One run.

    Attributes:
        id: Of `highroad.runs.new_run_id`; sorts by the start.
        project: The project.
        environment: The Kedro environment.
        status: `running`, `finished`, `failed`; a reader may find it `lost`.
        began_at: ISO 8601 in UTC.
        ended_at: None while it runs.
        seconds: How long it took, by a clock that never goes back.
        process: Machine, process and its start, to tell whether it still lives.
        code: `commit`, `dirty`, `diff` (SHA-256 of what differs from the commit), `lock` (SHA-256).
        versions: Of the platform, of Kedro and Python; `image` inside one.
        who: `user` and `host`; empty where the platform does not ask.
        selection: Pipelines, tags, nodes and whatever else was chosen, and the runner.
        config: SHA-256 of the merged configuration, secrets left out.
        parameters: Secrets left out.
        inputs: What was read; what the run wrote itself is among the outputs alone.
        outputs: What was written.
        nodes: `name`, `node_s`, `load_s`, `save_s` each.
        metrics: By dataset.
        warnings: The first ones.
        error: The message of what it failed with.
        report: Where the project's own report lies, if it wrote one.
        part: Of the record of one task of a run: its `name`, the `names` of all tasks, its `attempt`, and whether
            it `is_last`; None for a whole run.
        tasks: Of a run that a scheduler ran as several processes: `name`, `status`, `attempt`, `began_at`,
            `seconds` and `host` of each that began.
    """

    id: str
    project: str
    environment: str
    status: str
    began_at: str
    ended_at: str | None = None
    seconds: float | None = None
    process: str = ""
    code: Mapping[str, Any] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    who: Mapping[str, str] = field(default_factory=dict)
    selection: Mapping[str, Any] = field(default_factory=dict)
    config: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    inputs: tuple[DatasetUse, ...] = ()
    outputs: tuple[DatasetUse, ...] = ()
    nodes: tuple[Mapping[str, Any], ...] = ()
    metrics: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    error: str | None = None
    report: str | None = None
    part: Mapping[str, Any] | None = None
    tasks: tuple[Mapping[str, Any], ...] = ()

    @property
    def key(self) -> str:
        """The run, and which part of it: what no other record has."""
        return f"{self.id}.{self.part['name']}" if self.part else self.id

    @property
    def commit(self) -> str:
        """The commit, with `+` where files differed from it; empty where there was none."""
        return f"{self.code.get('commit') or ''}{'+' if self.code.get('dirty') else ''}"

    @property
    def short_commit(self) -> str:
        """The same, short enough for a line."""
        commit = str(self.code.get("commit") or UNKNOWN)[:SHORT]
        return f"{commit}{'+' if self.code.get('dirty') else ''}"

    def to_json(self) -> str:
        """As compact JSON."""
        return json.dumps(asdict(self), ensure_ascii=False, separators=(",", ":"), default=str)

    @classmethod
    def from_json(cls, text: str, where: str = "record") -> Record:
        """Read what `to_json` gave; keys of a newer version are left out.

        Raises:
            DataError: It is no record.
        """
        try:
            facts = parse_json(text)
            known = {key: value for key, value in facts.items() if key in cls.__dataclass_fields__}
            for key in ("inputs", "outputs"):
                known[key] = tuple(_use(each) for each in known.get(key, ()))
            for key in ("nodes", "warnings", "tasks"):
                known[key] = tuple(known.get(key, ()))
            return cls(**known)
        except (AttributeError, TypeError, ValueError) as error:
            raise DataError(f"{where}: no run record: {error}.") from error


def _use(facts: Mapping[str, Any]) -> DatasetUse:
    return DatasetUse(
        **{key: value for key, value in facts.items() if key in DatasetUse.__dataclass_fields__}
    )
