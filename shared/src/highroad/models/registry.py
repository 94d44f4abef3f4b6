"""The registry: versions of models, the aliases they hold, and how they came to; MLflow's.

MLflow takes over a second to import, so it is imported when something is asked of a registry, never
before. All that Highroad knows of a version lies in MLflow's own tables: in the version's tags.
"""

from __future__ import annotations

import json
import logging
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from highroad.errors import ConfigError, DataError
from highroad.logs import hide
from highroad.workspace.metadata import meant

if TYPE_CHECKING:
    from mlflow import MlflowClient

CANDIDATE, STAGING, PROD = "candidate", "staging", "prod"
ALIASES = (CANDIDATE, STAGING, PROD)
_NAME = re.compile(r"[\w.-]+")
_TAG = "highroad."
_EVENT = f"{_TAG}moved."
_LONGEST = 500
"""Characters of a parameter that MLflow keeps."""


@dataclass(frozen=True)
class Move:
    """An alias that went from one version to another.

    Attributes:
        number: Counted per alias, from 1; clocks may go backwards.
        at: ISO 8601 in UTC.
        kind: `promoted` or `rolled back`.
        alias: Which.
        before: The version that had it; None where none did.
        after: The version that has it; None where it was taken away.
        by: Who; empty where the platform does not ask.
        why: In words.
        gates: What each gate said, of a promotion.
    """

    number: int
    at: str
    kind: str
    alias: str
    before: int | None
    after: int | None
    by: str
    why: str
    gates: tuple[Mapping[str, Any], ...] = ()

    def __str__(self) -> str:
        moved = f"from {self.before or 'none'} to {self.after or 'none'}"
        return f"{self.at[:19]}  {self.alias} {self.kind} {moved} by {self.by or 'somebody'}: {self.why}"


@dataclass(frozen=True)
class ModelVersion:
    """A registered version of a model.

    Attributes:
        name: `<project>.<name>`.
        number: Counted by the registry, from 1.
        place: The model's folder of versions.
        stamp: Kedro's version in it.
        digest: SHA-256 of its manifest.
        run: The run that made it.
        commit: Of that run.
        saved_at: ISO 8601 in UTC.
        metrics: As measured when it was made, keys joined by dots.
        aliases: Those it holds.
        moves: Of aliases to it, or away from it to nothing; by alias, oldest first.
    """

    name: str
    number: int
    place: str
    stamp: str
    digest: str
    run: str
    commit: str
    saved_at: str
    metrics: Mapping[str, float] = field(default_factory=dict)
    aliases: tuple[str, ...] = ()
    moves: tuple[Move, ...] = ()

    @property
    def folder(self) -> str:
        """Where its files are."""
        return f"{self.place}/{self.stamp}/{self.place.rpartition('/')[2]}"

    def __str__(self) -> str:
        return f"{self.name}@{self.number}"


class Registry:
    """What is registered.

    Args:
        url: `sqlite:///FILE`, or the URL of an MLflow server.
    """

    def __init__(self, url: str):
        self._url = url

    @property
    def shown(self) -> str:
        """For messages: without the password."""
        return hide(self._url)

    @property
    def _is_new(self) -> bool:
        """An embedded one that nothing was written to; looking at it does not make it."""
        file = self._url.removeprefix("sqlite:///")
        return file != self._url and not Path(file).exists()

    def names(self) -> list[str]:
        """Every registered model."""
        if self._is_new:
            return []
        with self._said():
            return sorted(
                each.name for each in self._client.search_registered_models(max_results=1000)
            )

    def versions(self, name: str) -> list[ModelVersion]:
        """The versions of a model, newest first; none where it is not registered."""
        if self._is_new or not _NAME.fullmatch(
            name
        ):  # MLflow would take it for a part of its filter
            return []
        with self._said():
            aliases = self._aliases(name)
            found = self._client.search_model_versions(f"name='{name}'", max_results=10_000)
            return sorted(
                (_version(each, aliases) for each in found),
                key=lambda one: one.number,
                reverse=True,
            )

    def find(self, wanted: str) -> ModelVersion:
        """A version by `NAME` (the newest), `NAME@3` or `NAME@prod`.

        Raises:
            DataError: There is none; says what there is.
        """
        name, _, which = wanted.partition("@")
        found = self.versions(name)
        if not found:
            known = self.names()
            raise DataError(
                f"no model '{name}' in {self.shown}.{meant(name, known)} "
                f"{'Registered: ' + ', '.join(known) if known else 'None is registered: a run that saves one does that'}."
            )
        chosen = [
            each
            for each in found
            if not which or str(each.number) == which or which in each.aliases
        ]
        if not chosen:
            held = {alias: each.number for each in found for alias in each.aliases}
            raise DataError(
                f"no version '{which}' of '{name}'; expected a number up to {found[0].number}, or one of "
                f"{', '.join(f'{alias} ({number})' for alias, number in held.items())}."
            )
        return chosen[0]

    def register(self, version: ModelVersion, parameters: Mapping[str, Any]) -> ModelVersion:
        """Log a run of MLflow and register the version it made; the newest is the candidate.

        A version that is registered already is given as it is.

        Args:
            version: Its number does not count.
            parameters: What the run was given.
        """
        for known in self.versions(version.name):
            if known.digest == version.digest:
                return known
        with self._said():
            self._create(version.name)
            experiment = self._experiment(version.name.partition(".")[0])
            about = {"run": version.run, "commit": version.commit, "digest": version.digest}
            tags = {f"{_TAG}{key}": value for key, value in about.items()}
            run = self._client.create_run(experiment, tags=tags, run_name=version.run).info.run_id
            self._log(run, parameters, version.metrics)
            tags |= {f"{_TAG}place": version.place, f"{_TAG}stamp": version.stamp}
            tags |= {f"{_TAG}saved_at": version.saved_at}
            tags |= {f"{_TAG}metrics": json.dumps(version.metrics)}
            made = self._client.create_model_version(
                version.name, source=f"runs:/{run}/{version.name}", run_id=run, tags=tags
            )
            self._client.set_registered_model_alias(version.name, CANDIDATE, made.version)
        return self.find(f"{version.name}@{made.version}")

    def move(self, name: str, move: Move) -> None:
        """Give an alias to a version, or take it away, and put on record how it came to."""
        holder = move.after if move.after is not None else move.before
        key = f"{_EVENT}{move.alias}.{move.number:06d}"
        with self._said():
            self._client.set_model_version_tag(
                name, str(holder), key, json.dumps(move.__dict__, default=dict)
            )
            if move.after is None:
                self._client.delete_registered_model_alias(name, move.alias)
            else:
                self._client.set_registered_model_alias(name, move.alias, str(move.after))

    def moves(self, name: str) -> list[Move]:
        """All moves of a model's aliases, by alias, oldest first."""
        found = [move for each in self.versions(name) for move in each.moves]
        return sorted(found, key=lambda move: (_order(move.alias), move.number, move.at))

    def history(self, name: str, alias: str) -> list[Move]:
        """The moves of one alias, oldest first."""
        return [move for move in self.moves(name) if move.alias == alias]

    def _create(self, name: str) -> None:
        from mlflow.exceptions import MlflowException

        try:
            self._client.create_registered_model(name)
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise

    def _experiment(self, project: str) -> str:
        from mlflow.exceptions import MlflowException

        if found := self._client.get_experiment_by_name(project):
            return str(found.experiment_id)
        try:
            return str(self._client.create_experiment(project))
        except MlflowException:  # another run was quicker
            found = self._client.get_experiment_by_name(project)
            if found is None:
                raise
            return str(found.experiment_id)

    def _log(self, run: str, parameters: Mapping[str, Any], metrics: Mapping[str, float]) -> None:
        from mlflow.entities import Metric, Param

        now = int(datetime.now(UTC).timestamp() * 1000)
        self._client.log_batch(
            run,
            metrics=[Metric(_key(key), value, now, 0) for key, value in metrics.items()][:1000],
            params=[Param(_key(key), str(value)[:_LONGEST]) for key, value in parameters.items()][
                :100
            ],
        )
        self._client.set_terminated(run)

    def _aliases(self, name: str) -> dict[str, int]:
        from mlflow.exceptions import MlflowException

        try:
            found = self._client.get_registered_model(name)
        except MlflowException as error:
            if error.error_code != "RESOURCE_DOES_NOT_EXIST":
                raise
            return {}
        return {alias: int(number) for alias, number in found.aliases.items()}

    @cached_property
    def _client(self) -> MlflowClient:
        import_mlflow()
        from mlflow import MlflowClient

        logging.getLogger("alembic").setLevel(logging.WARNING)
        if self._url.startswith("sqlite:///"):
            Path(self._url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
        return MlflowClient(self._url, self._url)

    @contextmanager
    def _said(self) -> Iterator[None]:
        """What MLflow, or the database beneath it, says becomes one message."""
        try:
            yield
        except Exception as error:
            from mlflow.exceptions import MlflowException
            from sqlalchemy.exc import DBAPIError

            if isinstance(error, DBAPIError):
                said = str(error.orig)
            elif isinstance(error, MlflowException):
                said = str(error)
            else:
                raise
            raise DataError(f"{self.shown}: {hide(said.strip().splitlines()[0])}") from error


def import_mlflow(*, embedded: bool = False) -> None:
    """Import MLflow with the settings that a run wants of it.

    Args:
        embedded: What it needs for an SQLite file too; it would import that later by itself.

    Raises:
        ConfigError: It is not installed.
    """
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("MLFLOW_CONFIGURE_LOGGING", "false")
    # A server that is away is tried again by the next run, not by this one for minutes.
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "10")
    try:
        import mlflow

        if embedded:
            import mlflow.store.model_registry.sqlalchemy_store
            import mlflow.store.tracking.sqlalchemy_store  # noqa: F401
    except ImportError as error:
        raise ConfigError(
            "models are registered with MLflow, which is not installed here: depend on highroad[models]."
        ) from error


def _version(found: Any, aliases: Mapping[str, int]) -> ModelVersion:
    tags = {
        key.removeprefix(_TAG): value for key, value in found.tags.items() if key.startswith(_TAG)
    }
    moves = []
    for key, value in found.tags.items():
        if key.startswith(_EVENT):
            facts = json.loads(value)
            moves.append(Move(**{**facts, "gates": tuple(facts.get("gates", ()))}))
    number = int(found.version)
    return ModelVersion(
        found.name,
        number,
        tags.get("place", ""),
        tags.get("stamp", ""),
        tags.get("digest", ""),
        tags.get("run", ""),
        tags.get("commit", ""),
        tags.get("saved_at", ""),
        json.loads(tags.get("metrics", "{}")),
        tuple(sorted((alias for alias in aliases if aliases[alias] == number), key=_order)),
        tuple(sorted(moves, key=lambda move: (move.alias, move.number))),
    )


def _order(alias: str) -> tuple[int, str]:
    return (ALIASES.index(alias) if alias in ALIASES else len(ALIASES), alias)


def _key(name: str) -> str:
    """What MLflow takes as a name: letters, digits and `_-. /`."""
    return "".join(each if each.isalnum() or each in "_-. /" else "_" for each in name)[:250]
