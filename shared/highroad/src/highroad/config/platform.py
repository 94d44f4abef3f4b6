"""The platform's settings: `platform-conf/platform.yml`, found, read and checked."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from datetime import datetime
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal, TypeVar

import yaml
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from highroad.config.positions import LOADER, duplicates, line_of, yaml_fault
from highroad.config.yaml_limits import require_modest_yaml
from highroad.errors import ConfigError
from highroad_workspace.metadata import MOST_RETRIES, meant
from highroad_workspace.names import ENVIRONMENT, OWNER, name_fault

FILE = "platform.yml"
VARIABLE = "HIGHROAD_PLATFORM_CONF"
STORE_VARIABLE = "HIGHROAD_STORE"
RECORDS_VARIABLE = "HIGHROAD_RECORDS"
MODELS_VARIABLE = "HIGHROAD_MODELS"
LINEAGE_VARIABLE = "HIGHROAD_LINEAGE"
REGISTRY_VARIABLE = "HIGHROAD_REGISTRY"
VARIABLES = (
    STORE_VARIABLE,
    RECORDS_VARIABLE,
    MODELS_VARIABLE,
    LINEAGE_VARIABLE,
    REGISTRY_VARIABLE,
)
"""What takes precedence over platform.yml."""
BASE, LOCAL = "base", "local"
"""The platform's own environment, and Kedro's for one machine."""
FILES, NOWHERE = "files", "nowhere"
"""Where lineage events go but to a server."""
DeploySettings = TypeVar("DeploySettings", bound="Deploy")


def _check_location(value: str) -> str:
    """A folder, or a URL with a protocol that fsspec knows and something behind it."""
    if "://" not in value:
        return value
    from fsspec.registry import known_implementations

    protocol, _, path = value.partition("://")
    if protocol not in known_implementations:
        raise ValueError(
            f"'{protocol}://' is not a protocol of fsspec, such as s3://, gs://, abfs://"
        )
    if not path.strip("/"):
        raise ValueError(f"'{value}' names no bucket or folder")
    return value.rstrip("/")


def _check_registry(value: str) -> str:
    """`host[:port][/path]`, as Docker writes it: no scheme."""
    if not re.fullmatch(r"[a-z0-9.-]+(:\d+)?(/[a-z0-9._/-]+)?", value):
        raise ValueError(
            "expected host[:port][/path] without https://, such as registry.example.com/team"
        )
    return value


def _check_environment(name: str) -> str:
    if fault := name_fault(ENVIRONMENT, name):
        raise ValueError(f"'{name}' {fault}")
    return name


def _check_owner(name: str) -> str:
    if fault := name_fault(OWNER, name):
        raise ValueError(f"'{name}' {fault}")
    return name


def _check_twins(named: dict[str, Any]) -> dict[str, Any]:
    """Two names that differ in capitals alone would be one page and one folder somewhere."""
    seen: dict[str, str] = {}
    for name in named:
        if (other := seen.setdefault(name.casefold(), name)) != name:
            raise ValueError(f"'{other}' and '{name}' differ in capitals alone; rename one")
    return named


def _as_time(value: object) -> object:
    """YAML reads an unquoted time as one; a quoted one is still text."""
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def _check_database(value: str) -> str:
    """`sqlite:///FILE` or `postgresql://…`."""
    if not re.match(r"(sqlite:///.|postgres(ql)?(\+psycopg)?://.)", value):
        raise ValueError("expected sqlite:///path/to/file.db or postgresql://user@host/database")
    return value


def _check_registry_of_models(value: str) -> str:
    """`sqlite:///FILE`, or an MLflow server's `http(s)://host…` without credentials."""
    if not re.fullmatch(r"sqlite:///.+|https?://[^/@\s?#]+(/[^@\s?#]*)?", value):
        raise ValueError(
            "expected sqlite:///path/to/file.db or the URL of an MLflow server such as "
            "https://mlflow.example.org; who logs in there belongs in MLFLOW_TRACKING_USERNAME and "
            "MLFLOW_TRACKING_PASSWORD"
        )
    return value


def _check_lineage(value: str) -> str:
    """`files`, `nowhere` or `http(s)://host…` without credentials."""
    if value in (FILES, NOWHERE):
        return value
    if not re.fullmatch(r"https?://[^/@\s?#]+(/[^@\s?#]*)?", value):
        raise ValueError(
            f"expected {FILES}, {NOWHERE} or the URL of a server such as https://marquez.example.org; "
            "a key for it belongs in OPENLINEAGE_API_KEY"
        )
    return value.rstrip("/")


ModelsURL = Annotated[str, AfterValidator(_check_registry_of_models)]
DatabaseURL = Annotated[str, AfterValidator(_check_database)]
Lineage = Annotated[str, AfterValidator(_check_lineage)]
Location = Annotated[str, AfterValidator(_check_location)]
Registry = Annotated[str, AfterValidator(_check_registry)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Deploy(_Strict):
    """How releases come to an environment: what every target takes; a target's own settings inherit it.

    `target` is an entry point of `highroad.targets`; `after` the environment a release has to be in first; `passes`
    the variables that runs get from whoever deploys, or from what starts them.
    """

    target: str = "docker"
    after: str | None = None
    passes: list[Annotated[str, Field(pattern=r"^[A-Za-z_]\w*$")]] = Field(default_factory=list)


class UnreadDeploy(Deploy, extra="allow"):
    """As it stands in platform.yml; its target's own keys are read once something is deployed."""


class Environment(_Strict):
    """A Kedro environment and a place to deploy to; what it names overrides the platform's.

    `access` says who applies grants: with `advisory` the readers' own processes do. `models` is the registry's URL; where `deploy` is missing, nothing is deployed there. Where contracts are
    `enforced`, which they are unless platform.yml says otherwise or the environment is `base`, nobody switches
    them off.
    """

    description: str = ""
    enforced: bool = True
    access: Literal["advisory", "enforced"] = "advisory"
    store: Location | None = None
    records: DatabaseURL | None = None
    models: ModelsURL | None = None
    lineage: Lineage | None = None
    deploy: UnreadDeploy | None = None

    @field_validator("access")
    @classmethod
    def _has_a_broker(cls, value: str) -> str:
        if value == "enforced":
            raise ValueError(
                "enforced needs a broker that alone holds the store's credentials, and this version has none; "
                "expected advisory, which the processes of readers apply themselves"
            )
        return value


class Records(_Strict):
    """Where records of runs are kept, and whether they name the user and the host."""

    url: DatabaseURL | None = None
    who: bool = True


class Models(_Strict):
    """Where models are registered, what may be loaded, and what promotion asks for.

    `trusted` are types that skops makes beside its own; `oldest_data_days` is how old the data a
    model was trained on may be when it is promoted; `may_lose` how much worse by its metric than
    the one in place.
    """

    registry: ModelsURL | None = None
    pickles: bool = False
    trusted: list[str] = Field(default_factory=list)
    oldest_data_days: float = Field(default=45, gt=0)
    may_lose: float = Field(default=0, ge=0)


class Owner(_Strict):
    """A team: `handle` is how the code host knows it, `contact` how people reach it."""

    handle: Annotated[str, Field(pattern=r"^(@[\w.-]+(/[\w.-]+)?|[^@\s]+@[^@\s]+)$")]
    contact: str = ""


class Licences(_Strict):
    """Licences, by their SPDX names, of what projects may run with; `exceptions` are packages, with a reason."""

    allowed: list[str] = Field(default_factory=list)
    exceptions: dict[str, Annotated[str, Field(min_length=1)]] = Field(default_factory=dict)


class Platform(_Strict):
    """`platform.yml`, checked. Paths in it are relative to the folder that holds platform-conf."""

    organisation: str
    store: Location
    pythons: list[Annotated[str, Field(pattern=r"^3\.\d+$")]] = Field(min_length=1)
    registry: Registry | None = None
    base_image: str
    image_budget_mib: int = Field(default=1000, gt=0)
    memory_mib: int = Field(default=4096, gt=0)
    timeout_min: float = Field(default=60, gt=0)
    retries: int = Field(default=1, ge=0, le=MOST_RETRIES)
    front_image: str | None = None
    runner: str = "SequentialRunner"
    lock_timeout_s: float = Field(default=60, ge=0)
    clock: Annotated[AwareDatetime, BeforeValidator(_as_time)] | None = None
    records: Records = Field(default_factory=Records)
    models: Models = Field(default_factory=Models)
    lineage: Lineage = FILES
    layers: list[str] = Field(min_length=1)
    owners: Annotated[
        dict[Annotated[str, AfterValidator(_check_owner)], Owner], AfterValidator(_check_twins)
    ] = Field(default_factory=dict)
    licences: Licences = Field(default_factory=Licences)
    conformance: Literal["bronze", "silver", "gold"] = "bronze"
    environments: dict[Annotated[str, AfterValidator(_check_environment)], Environment] = Field(
        min_length=1
    )

    @model_validator(mode="after")
    def _base_is_free(self) -> Platform:
        base = self.environments.get(BASE)
        if base is not None and "enforced" not in base.model_fields_set:
            self.environments[BASE] = base.model_copy(update={"enforced": False})
        return self

    def is_enforced(self, env: str) -> bool:
        """Whether contracts cannot be switched off in a Kedro environment; in an unknown one they cannot.

        `local`, which is Kedro's own and of one machine, is as `base`.
        """
        settings = self.environments.get(BASE if env == LOCAL else env)
        return settings is None or settings.enforced

    def store_choices(self, env: str) -> list[tuple[str, str]]:
        """What is said of the store for an environment, strongest first, as (key, value).

        The key is a dotted one of platform.yml, or the variable's name.
        """
        chosen = self.environments[env].store if env in self.environments else None
        said = (
            (STORE_VARIABLE, os.environ.get(STORE_VARIABLE)),
            (f"environments.{env}.store", chosen),
            ("store", self.store),
        )
        return [(key, value) for key, value in said if value]

    def store_root(self, env: str, home: Path) -> str:
        """The store's root for an environment: a URL, or an absolute folder with `/`.

        Raises:
            ConfigError: HIGHROAD_STORE holds no location.
        """
        key, root = self.store_choices(env)[0]
        try:
            root = _check_location(root)
        except ValueError as error:
            raise ConfigError(
                f"{key}: {error}; found '{root}', expected a folder or a URL such as s3://bucket/store. "
                "Correct the variable, or unset it to use what platform.yml says."
            ) from None
        return root if "://" in root else (home / root).resolve().as_posix()

    def records_url(self, env: str, home: Path) -> str:
        """The database of run records for an environment; by default a file beside its runs.

        Raises:
            ConfigError: HIGHROAD_RECORDS, or the store's variable, holds no location.
        """
        chosen = self.environments[env].records if env in self.environments else None
        named = _from_variable(RECORDS_VARIABLE, _check_database)
        return named or chosen or self.records.url or self._embedded("records", env, home)

    def models_url(self, env: str, home: Path) -> str:
        """The registry of models for an environment; by default a file beside its runs.

        Raises:
            ConfigError: HIGHROAD_MODELS, or the store's variable, holds no location.
        """
        chosen = self.environments[env].models if env in self.environments else None
        named = _from_variable(MODELS_VARIABLE, _check_registry_of_models)
        url = named or chosen or self.models.registry or self._embedded("models", env, home)
        file = url.removeprefix("sqlite:///")
        return url if file == url else f"sqlite:///{(home / file).as_posix()}"

    @property
    def image_registry(self) -> str | None:
        """Where images and releases are pushed to, `host[:port][/path]`; None keeps them on this machine.

        Raises:
            ConfigError: HIGHROAD_REGISTRY holds something else.
        """
        return _from_variable(REGISTRY_VARIABLE, _check_registry) or self.registry

    def runs_folder(self, env: str, home: Path) -> Path:
        """What is kept of runs on this machine: beside the store's runs, or at home where it is remote."""
        store = self.store_root(env, home)
        return home / "records" if "://" in store else Path(store, "runs")

    def lineage_to(self, env: str) -> str:
        """Where an environment's lineage events go: `files`, `nowhere`, or a server's URL.

        Raises:
            ConfigError: HIGHROAD_LINEAGE holds none of these.
        """
        chosen = self.environments[env].lineage if env in self.environments else None
        return _from_variable(LINEAGE_VARIABLE, _check_lineage) or chosen or self.lineage

    def _embedded(self, what: str, env: str, home: Path) -> str:
        """An SQLite file beside what is kept of runs."""
        return f"sqlite:///{self.runs_folder(env, home).as_posix()}/{what}.db"


def _from_variable(variable: str, check: Callable[[str], str]) -> str | None:
    named = os.environ.get(variable)
    try:
        return check(named) if named else None
    except ValueError as error:
        raise ConfigError(f"{variable}: {error}.") from None


def find_platform_conf(start: Path | None = None) -> Path:
    """The platform-conf folder: the environment variable, else upwards from `start`.

    Raises:
        ConfigError: There is none; says where it was looked for.
    """
    if named := os.environ.get(VARIABLE):
        if (Path(named) / FILE).is_file():
            return Path(named).resolve()
        raise ConfigError(f"{VARIABLE} is '{named}', which holds no {FILE}.")
    start = (start or Path.cwd()).resolve()
    for folder in (start, *start.parents):
        if (folder / "platform-conf" / FILE).is_file():
            return folder / "platform-conf"
    raise ConfigError(
        f"No platform-conf/{FILE} in '{start}' or any folder above it. "
        f"Run inside the repository, or set {VARIABLE} to the folder."
    )


@cache
def load_platform(folder: Path) -> Platform:
    """Read and check `platform.yml`.

    Raises:
        ConfigError: With the file, the line, the key and what was expected, for every fault.
    """
    path = folder / FILE
    text = path.read_text(encoding="utf-8")
    try:
        require_modest_yaml(text)
        values = yaml.load(text, LOADER)
    except yaml.YAMLError as error:
        raise ConfigError(yaml_fault(str(path), error)) from error
    except ValueError as error:
        raise ConfigError(f"{path}:{error}") from error
    faults = [
        f"{path}:{line}: '{key}' stands here and on line {first}; expected each key once. Delete one of them."
        for key, line, first in duplicates(text)
    ]
    try:
        platform = Platform.model_validate(values)
    except ValidationError as error:
        faults += [_fault(path, text, fault) for fault in error.errors()]
    else:
        faults += [*_nested_stores(path, text, platform), *_unknown_before(path, text, platform)]
    if faults:
        raise ConfigError("\n".join(faults))
    return platform


def _nested_stores(path: Path, text: str, platform: Platform) -> list[str]:
    """A store within another one would lie where that one keeps a project of its name."""
    stores = {"store": platform.store}
    for env, settings in platform.environments.items():
        if settings.store:
            stores[f"environments.{env}.store"] = settings.store
    return [
        f"{path}:{line_of(text, inner.split('.'))}: {inner} '{stores[inner]}' lies within {outer} "
        f"'{stores[outer]}', among its projects; expected folders side by side, such as "
        f"'{stores[outer]}-{inner.split('.')[1] if '.' in inner else 'base'}'."
        for inner in stores
        for outer in stores
        if PurePosixPath(stores[outer]) in PurePosixPath(stores[inner]).parents
    ]


def _unknown_before(path: Path, text: str, platform: Platform) -> list[str]:
    """An environment that comes after one where nothing is deployed, or after itself."""
    places = {env: each.deploy for env, each in platform.environments.items() if each.deploy}
    faults = []
    for env, deploy in places.items():
        if deploy.after is None:
            continue
        keys = ["environments", env, "deploy", "after"]
        before = [name for name in places if name != env and places[name].after is None]
        if deploy.after not in before:
            faults.append(
                f"{path}:{line_of(text, keys)}: {'.'.join(keys)} is '{deploy.after}'; expected an "
                f"environment that comes first: {', '.join(before) or 'none has deploy without after'}."
            )
    return faults


def settings_for(
    environment: str, deploy: Deploy, kind: type[DeploySettings], conf: Path
) -> DeploySettings:
    """An environment's `deploy`, read by its target.

    Args:
        environment: The environment.
        deploy: As it stands in platform.yml.
        kind: The settings of its target.
        conf: The folder platform-conf.

    Raises:
        ConfigError: With the file, the line, the key and what was expected, for every fault.
    """
    try:
        return kind.model_validate(deploy.model_dump(exclude_unset=True))
    except ValidationError as error:
        path, within = conf / FILE, ("environments", environment, "deploy")
        text = path.read_text(encoding="utf-8")
        faults = [_fault(path, text, fault, kind, within) for fault in error.errors()]
        raise ConfigError("\n".join(faults)) from error


def _fault(
    path: Path,
    text: str,
    fault: Any,
    model: type[BaseModel] | None = None,
    within: tuple[str, ...] = (),
) -> str:
    keys = [*within, *(str(part) for part in fault["loc"])]
    line = line_of(text, keys) or line_of(text, keys[:-1]) or 1
    name = ".".join(keys) or "the whole file"
    if fault["type"] == "extra_forbidden":
        model = model or (Environment if keys[0] == "environments" else Platform)
        known = list(model.model_fields)
        return f"{path}:{line}: unknown key '{name}'.{meant(keys[-1], known)} Known: {', '.join(known)}."
    if fault["type"] == "missing" and model is not None:
        about = model.model_fields[str(fault["loc"][-1])].description or "a value"
        return f"{path}:{line}: '{name}' is missing; expected {about}."
    return f"{path}:{line}: '{name}': {fault['msg']}; found {fault['input']!r}."
