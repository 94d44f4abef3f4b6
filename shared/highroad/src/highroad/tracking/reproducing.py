"""Run a run again from what is on record of it: its commit, its lock, its data; and compare what comes out.

It happens in a worktree and a store of its own, so neither the repository nor the data is touched.
"""

from __future__ import annotations

import math
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from highroad.config.platform import NOWHERE, load_platform
from highroad.errors import DataError, WorkspaceError
from highroad.products.store import Table
from highroad.secrets.redaction import HIDDEN
from highroad.tracking.comparing import flat
from highroad.tracking.database import database_of
from highroad.tracking.reading import RecordReader
from highroad.tracking.record import FINISHED, UNKNOWN, DatasetUse, Record
from highroad.tracking.surroundings import hash_of
from highroad_workspace.environments import find_uv, programs_of
from highroad_workspace.git import checked_out
from highroad_workspace.leftovers import temporary_folder

IDENTICAL, WITHIN, DIFFERS, NOT_COMPARED = "identical", "within tolerance", "differs", "unknown"
TOLERANCE = 1e-9
"""How far two numbers may be from each other, relative to the larger, to be equal."""
_OPTIONS = {
    "pipeline_names": "--pipelines", "tags": "--tags", "node_names": "--nodes",
    "from_nodes": "--from-nodes", "to_nodes": "--to-nodes", "from_inputs": "--from-inputs",
    "to_outputs": "--to-outputs", "namespaces": "--namespaces",
}  # fmt: skip


@dataclass(frozen=True)
class Outcome:
    """How one output, or the metrics, came out the second time.

    Attributes:
        name: The dataset, or `metrics of` one.
        verdict: `identical`, `within tolerance`, `differs` or `unknown`.
        says: What differs; empty where nothing does.
    """

    name: str
    verdict: str
    says: str = ""


def reproduce(record: Record, root: Path, store: str) -> list[Outcome]:
    """Run it again and compare.

    Args:
        record: The run; finished, of a clean tree.
        root: The repository.
        store: The store that it read from.

    Raises:
        DataError: What it read is not there any more, or the record does not say enough.
        WorkspaceError: The commit is not there, the lock cannot be built, or the run fails.
    """
    _require_reproducible(record)
    with (
        temporary_folder("again") as name,
        checked_out(root, str(record.code["commit"])) as code,
    ):
        again, tree = Path(name).resolve(), Path(code)
        _require_lock(record, tree)
        for use in record.inputs:
            _bring(use, store, again)
        database = database_of("sqlite:///runs/records.db", again)
        _run(record, tree, again, database.url)
        found = RecordReader(database).find(record.project)
        return compare_outputs(record, found)


def compare_outputs(one: Record, two: Record) -> list[Outcome]:
    """The outputs and metrics of a run against those of its repetition."""
    new = {each.name: each for each in two.outputs}
    found = []
    for old in one.outputs:
        use = new.get(old.name)
        if use is None:
            found.append(Outcome(old.name, DIFFERS, "was not written again"))
        elif UNKNOWN in (old.kind, use.kind):
            found.append(Outcome(old.name, NOT_COMPARED, "its version is unknown"))
        elif old.kind == "delta":
            found.append(_compare_products(old, use))
        elif old.model and use.model:
            found.append(_compare_models(old, use))
        elif old.kind != use.kind or old.kind == "kedro":
            found.append(
                Outcome(old.name, NOT_COMPARED, f"a version of kind {old.kind} tells no content")
            )
        elif old.version == use.version:
            found.append(Outcome(old.name, IDENTICAL))
        else:
            found.append(
                Outcome(
                    old.name,
                    DIFFERS,
                    f"SHA-256 {str(old.version)[:12]}, now {str(use.version)[:12]}",
                )
            )
    return [*found, *_compare_metrics(one.metrics, two.metrics)]


def _compare_products(old: DatasetUse, new: DatasetUse) -> Outcome:
    before, after = (
        Table(str(use.place)).facts(int(str(use.version))).content or {} for use in (old, new)
    )
    changed = [key or "the table" for key in before if before[key] != after.get(key)]
    if not before:
        return Outcome(old.name, NOT_COMPARED, "its version says nothing of its content")
    if not changed:
        return Outcome(old.name, IDENTICAL)
    return Outcome(old.name, DIFFERS, f"{', '.join(changed[:3])}{' …' if changed[3:] else ''}")


def _compare_models(old: DatasetUse, new: DatasetUse) -> Outcome:
    before, after = ((each.model or {}).get("content", "") for each in (old, new))
    if before == after:
        return Outcome(old.name, IDENTICAL)
    return Outcome(old.name, DIFFERS, f"content {before[:12]}, now {after[:12]}")


def _compare_metrics(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Outcome]:
    for name, values in before.items():
        old, new = flat(values), flat(after.get(name, {}))
        wrong = [
            f"{key} {old.get(key)} → {new.get(key)}"
            for key in dict.fromkeys([*old, *new])
            if not _is_close(old.get(key), new.get(key))
        ]
        verdict = DIFFERS if wrong else IDENTICAL if old == new else WITHIN
        yield Outcome(f"metrics of {name}", verdict, "; ".join(wrong[:3]))


def _is_close(one: Any, two: Any) -> bool:
    if isinstance(one, float) and isinstance(two, (int, float)):
        return math.isclose(one, two, rel_tol=TOLERANCE) or (math.isnan(one) and math.isnan(two))
    return bool(one == two)


def _require_reproducible(record: Record) -> None:
    if record.status != FINISHED:
        raise DataError(
            f"run {record.id} is {record.status}; only a finished run can be reproduced."
        )
    if not record.code.get("commit"):
        raise DataError(f"run {record.id}: its commit is unknown, so its code cannot be had.")
    if record.code.get("dirty"):
        raise DataError(
            f"run {record.id} had uncommitted changes (SHA-256 {str(record.code.get('diff'))[:12]}), "
            f"which are in no commit; expected a run of a clean tree. Commit, run again, reproduce that."
        )
    if HIDDEN in str(record.selection.get("runtime_params", "")):
        raise DataError(f"run {record.id} was given secrets as --params, which are on no record.")


def _require_lock(record: Record, tree: Path) -> None:
    lock = tree / "projects" / record.project / "uv.lock"
    if record.code.get("lock") != hash_of(lock):
        raise DataError(f"run {record.id}: its uv.lock is not the one of its commit.")


def _bring(use: DatasetUse, store: str, again: Path) -> None:
    """Put what the run read into the new store, at the version that it read."""
    place = Path(str(use.place))
    if use.kind == "delta":
        table = Table(str(use.place))
        version = int(str(use.version))
        data = table.dataset(version).to_table()
        columns = table.open(version).metadata().partition_columns
        target = Table((again / "products" / place.name).as_posix())
        if not target.exists():
            target.publish(data, columns, table.facts(version), None)
        return
    if "://" in store and str(use.place).startswith(f"{store}/"):
        raise DataError(
            f"{use.name}: {use.place} lies in a remote store, whose files are not fetched."
        )
    if Path(store) not in place.parents:
        return  # part of the environment, or not ours: the run reads it where it is
    if use.model and (saved := place / str(use.version)).is_dir():
        manifest = hash_of(saved / place.name / "manifest.json")
        if manifest != use.model["digest"]:
            raise DataError(
                f"{use.name}: {saved} has changed since; the run read SHA-256 {use.model['digest'][:12]}."
            )
        shutil.copytree(saved, again / place.relative_to(store) / saved.name)
        return
    if use.kind != "sha256" or not place.is_file():
        raise DataError(
            f"{use.name}: {place} cannot be had at the version the run read ({use.kind})."
        )
    if hash_of(place) != use.version:
        raise DataError(
            f"{use.name}: {place} has changed since; the run read SHA-256 {str(use.version)[:12]}."
        )
    target_file = again / place.relative_to(store)
    target_file.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(place, target_file)


def _run(record: Record, tree: Path, again: Path, records: str) -> None:
    project = tree / "projects" / record.project
    uv = find_uv()
    if uv is None:
        raise WorkspaceError("uv is not installed; it builds the locked environment.")
    keep = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("HIGHROAD_", "KEDRO_", "VIRTUAL_ENV"))
    }
    if load_platform(tree / "platform-conf").clock is None:
        keep["HIGHROAD_CLOCK"] = record.began_at  # ages are what they were
    env = keep | {
        "HIGHROAD_STORE": again.as_posix(),
        "HIGHROAD_RECORDS": records,  # a repetition is on no record but its own
        "HIGHROAD_LINEAGE": NOWHERE,
        "HIGHROAD_LOG": "plain",
        "DO_NOT_TRACK": "1",
    }
    sync = [uv, "sync", "--locked", "--quiet", "--project", str(project)]
    if (python := record.versions.get("python")) is not None:
        sync += ["--python", python.rpartition(".")[0]]
    _must(sync, tree, env, "its locked environment cannot be built")
    words = [str(programs_of(project / ".venv") / "kedro"), "run", *options_of(record)]
    _must(words, project, env, "it fails")


def options_of(record: Record) -> list[str]:
    """What `kedro run` was given, as far as it decides what comes out.

    Raises:
        DataError: A parameter cannot be written on a command line.
    """
    words = [] if record.environment == "local" else ["--env", record.environment]
    for key, option in _OPTIONS.items():
        if value := record.selection.get(key):
            words += [option, value if isinstance(value, str) else ",".join(map(str, value))]
    given = flat(record.selection.get("runtime_params") or {})
    for key, value in given.items():
        if isinstance(value, (list, tuple)) or "," in str(value):
            raise DataError(
                f"run {record.id}: --params {key} is {value!r}, which no command line holds."
            )
    if given:
        words += ["--params", ",".join(f"{key}={value}" for key, value in given.items())]
    return words


def _must(words: list[str], folder: Path, env: Mapping[str, str], what: str) -> None:
    done = subprocess.run(
        words, cwd=folder, env=dict(env), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise WorkspaceError(f"the run cannot be reproduced: {what}: {_last_line(done.stderr)}")


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["it said nothing"])[-1]
