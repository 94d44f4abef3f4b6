"""The registry: versions of models, the aliases they hold, and how they came to; MLflow's.

All that Highroad knows of a version lies in MLflow's own tables: in tags of the version, and those of the
model for the moves of its aliases, which outlive a version that is deleted.
"""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from highroad.errors import BusyError, DataError
from highroad.models import ALIASES, CANDIDATE
from highroad.models.mlflow_client import alone, client_of, file_of, key_of, told_plainly
from highroad.secrets.redaction import redact
from highroad_workspace.metadata import meant
from highroad_workspace.names import MODEL, name_fault

if TYPE_CHECKING:
    from mlflow import MlflowClient

logger = logging.getLogger("highroad.models")
_TAG = "highroad."
_MOVE = f"{_TAG}moved."
_LONGEST = 500
"""Characters of a parameter that MLflow keeps."""
_MOST_METRICS, _MOST_PARAMETERS = 100, 100


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
        place: The model's folder of versions; empty of one that another tool registered.
        stamp: Kedro's version in it.
        digest: SHA-256 of its manifest.
        run: The run that made it.
        commit: Of that run.
        saved_at: ISO 8601 in UTC.
        metrics: As measured when it was made, keys joined by dots; the first hundred.
        aliases: Those it holds.
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

    @property
    def folder(self) -> str:
        """Where its files are.

        Raises:
            DataError: Another tool registered it.
        """
        if not self.place:
            raise DataError(
                f"{self} was registered by another tool; nothing says where its files are. Only "
                "versions that a run registered can be looked into and promoted."
            )
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
        return redact(self._url)

    def names(self) -> list[str]:
        """Every registered model."""
        if self._is_new:
            return []
        with told_plainly(self._url):
            found = self._client.search_registered_models(max_results=1000)
            return sorted(each.name for each in found)

    def versions(self, name: str) -> list[ModelVersion]:
        """The versions of a model, newest first; none where it is not registered."""
        if self._is_new or name_fault(MODEL, name):  # MLflow would take it for a part of its filter
            return []
        with told_plainly(self._url):
            aliases = {key: int(number) for key, number in self._model(name, "aliases").items()}
            found = self._client.search_model_versions(f"name='{name}'", max_results=10_000)
        return sorted((_version(each, aliases) for each in found), key=_age, reverse=True)

    def find(self, wanted: str) -> ModelVersion:
        """A version by `NAME` (the newest), `NAME@3` or `NAME@prod`.

        Raises:
            DataError: There is none; says what there is.
        """
        name, _, which = wanted.partition("@")
        found = self.versions(name)
        if not found:
            known = self.names()
            listed = f"Registered: {', '.join(known)}" if known else _HOW
            raise DataError(f"no model '{name}' in {self.shown}.{meant(name, known)} {listed}.")
        for each in found:
            if not which or str(each.number) == which or which in each.aliases:
                return each
        held = [f"{alias} ({each.number})" for each in found for alias in each.aliases]
        numbers = ", ".join(str(each.number) for each in found[:10])
        raise DataError(
            f"no version '{which}' of '{name}'; expected {numbers}"
            f"{', … ' if len(found) > 10 else ''}{' or ' + ', '.join(held) if held else ''}."
        )

    def register(self, version: ModelVersion, parameters: Mapping[str, Any]) -> ModelVersion:
        """Log a run of MLflow and register the version it made; the newest is the candidate.

        A version that is registered already is given as it is.

        Args:
            version: Its number does not count.
            parameters: What the run was given.
        """
        known = next(
            (each for each in self.versions(version.name) if each.digest == version.digest), None
        )
        number = known.number if known else self._create_version(version, parameters)
        newest = self.versions(version.name)[0]
        if CANDIDATE not in newest.aliases:
            with told_plainly(self._url):
                self._client.set_registered_model_alias(version.name, CANDIDATE, str(newest.number))
        return self.find(f"{version.name}@{number}")

    def move(self, name: str, move: Move) -> Move:
        """Give an alias to a version, or take it away, and put on record how it came to.

        Args:
            name: The model.
            move: Its number does not count.

        Raises:
            BusyError: Something else holds the alias than what the move was decided on; nothing moved.
        """
        with told_plainly(self._url), alone(self._url):
            found = self._model(name, "aliases").get(move.alias)
            if (int(found) if found else None) != move.before:
                raise BusyError(
                    f"{move.alias} of {name} went to {found or 'none'} meanwhile, by somebody else; nothing "
                    "was moved. Look, and decide again."
                )
            numbers = [each.number for each in self.history(name, move.alias)]
            move = replace(move, number=max(numbers, default=0) + 1)
            key = f"{_MOVE}{move.alias}.{move.number:06d}.{secrets.token_hex(4)}"
            self._client.set_registered_model_tag(name, key, json.dumps(asdict(move)))
            if move.after is None:
                self._client.delete_registered_model_alias(name, move.alias)
            else:
                self._client.set_registered_model_alias(name, move.alias, str(move.after))
        return move

    def moves(self, name: str) -> list[Move]:
        """All moves of a model's aliases, by alias, oldest first."""
        with told_plainly(self._url):
            tags = self._model(name, "tags")
        told = [json.loads(value) for key, value in tags.items() if key.startswith(_MOVE)]
        found = [Move(**{**each, "gates": tuple(each["gates"])}) for each in told]
        return sorted(found, key=lambda move: (_order(move.alias), move.number, move.at))

    def history(self, name: str, alias: str) -> list[Move]:
        """The moves of one alias, oldest first."""
        return [move for move in self.moves(name) if move.alias == alias]

    def _create_version(self, version: ModelVersion, parameters: Mapping[str, Any]) -> int:
        shown = dict(list(version.metrics.items())[:_MOST_METRICS])
        about = {key: str(value) for key, value in asdict(version).items() if key in _TOLD}
        tags = {f"{_TAG}{key}": value for key, value in about.items()}
        with told_plainly(self._url), alone(self._url):
            self._create_model(version.name)
            experiment = self._experiment(version.name.partition(".")[0])
            run = self._client.create_run(experiment, tags=tags, run_name=version.run).info.run_id
            self._log(run, parameters, version.metrics)
            made = self._client.create_model_version(
                version.name,
                source=f"runs:/{run}/{version.name}",
                run_id=run,
                tags={**tags, f"{_TAG}metrics": json.dumps(shown)},
            )
        return int(made.version)

    def _create_model(self, name: str) -> None:
        from mlflow.exceptions import MlflowException

        try:
            self._client.create_registered_model(name)
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise

    def _experiment(self, project: str) -> str:
        from mlflow.exceptions import MlflowException

        try:
            return str(self._client.create_experiment(project))
        except MlflowException:
            found = self._client.get_experiment_by_name(project)
            if found is None:
                raise
        if found.lifecycle_stage == "deleted":
            self._client.restore_experiment(found.experiment_id)
        return str(found.experiment_id)

    def _log(self, run: str, parameters: Mapping[str, Any], metrics: Mapping[str, float]) -> None:
        """For whoever looks into MLflow; a name or a value it does not take is no reason to go without."""
        from mlflow.entities import Metric, Param
        from mlflow.exceptions import MlflowException

        now = int(datetime.now(UTC).timestamp() * 1000)
        numbers = {key_of(key): value for key, value in metrics.items()}
        given = {key_of(key): str(value)[:_LONGEST] for key, value in parameters.items()}
        try:
            self._client.log_batch(
                run,
                metrics=[Metric(*each, now, 0) for each in numbers.items()][:_MOST_METRICS],
                params=[Param(*each) for each in given.items()][:_MOST_PARAMETERS],
            )
        except MlflowException as error:
            logger.warning("MLflow keeps no metrics and parameters of %s: %s", run, error)
        self._client.set_terminated(run)

    def _model(self, name: str, what: str) -> dict[str, str]:
        """The aliases or tags of a model; none where it is not registered."""
        from mlflow.exceptions import MlflowException

        try:
            return dict(getattr(self._client.get_registered_model(name), what))
        except MlflowException as error:
            if error.error_code != "RESOURCE_DOES_NOT_EXIST":
                raise
            return {}

    @property
    def _is_new(self) -> bool:
        """An embedded one that nothing was written to; looking at it does not make it."""
        file = file_of(self._url)
        return file is not None and not file.exists()

    @cached_property
    def _client(self) -> MlflowClient:
        return client_of(self._url)


_HOW = "None is registered: a run that saves one does that"
_TOLD = ("place", "stamp", "digest", "run", "commit", "saved_at")
"""What the tags of a version say."""


def _version(found: Any, aliases: Mapping[str, int]) -> ModelVersion:
    tags = {
        key.removeprefix(_TAG): value for key, value in found.tags.items() if key.startswith(_TAG)
    }
    number = int(found.version)
    return ModelVersion(
        name=found.name,
        number=number,
        **{key: tags.get(key, "") for key in _TOLD},
        metrics=json.loads(tags.get("metrics", "{}")),
        aliases=tuple(sorted((each for each in aliases if aliases[each] == number), key=_order)),
    )


def _age(version: ModelVersion) -> tuple[str, int]:
    """When it was made; one may be registered long after that."""
    return version.stamp, version.number


def _order(alias: str) -> tuple[int, str]:
    return (ALIASES.index(alias) if alias in ALIASES else len(ALIASES), alias)
