"""The platform's settings: `platform-conf/platform.yml`, found, read and checked."""

from __future__ import annotations

import os
import re
from datetime import datetime
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Annotated, Any

import yaml
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
)

from highroad.config.positions import duplicates, line_of
from highroad.errors import ConfigError
from highroad.workspace.metadata import meant

FILE = "platform.yml"
VARIABLE = "HIGHROAD_PLATFORM_CONF"
STORE_VARIABLE = "HIGHROAD_STORE"
RECORDS_VARIABLE = "HIGHROAD_RECORDS"


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


def _as_time(value: object) -> object:
    """YAML reads an unquoted time as one; a quoted one is still text."""
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def _check_database(value: str) -> str:
    """`sqlite:///FILE` or `postgresql://…`."""
    if not re.match(r"(sqlite:///.|postgres(ql)?(\+psycopg)?://.)", value):
        raise ValueError("expected sqlite:///path/to/file.db or postgresql://user@host/database")
    return value


DatabaseURL = Annotated[str, AfterValidator(_check_database)]
Location = Annotated[str, AfterValidator(_check_location)]
Registry = Annotated[str, AfterValidator(_check_registry)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Environment(_Strict):
    """A Kedro environment and a place to deploy to. `store` and `records` override the platform's."""

    description: str = ""
    store: Location | None = None
    records: DatabaseURL | None = None


class Records(_Strict):
    """Where records of runs are kept, and whether they name the user and the host."""

    url: DatabaseURL | None = None
    who: bool = True


class Platform(_Strict):
    """`platform.yml`, checked. Paths in it are relative to the folder that holds platform-conf."""

    organisation: str
    store: Location
    pythons: list[Annotated[str, Field(pattern=r"^3\.\d+$")]] = Field(min_length=1)
    registry: Registry | None = None
    base_image: str
    image_budget_mib: int = Field(default=1000, gt=0)
    runner: str = "SequentialRunner"
    lock_timeout_s: float = Field(default=60, ge=0)
    clock: Annotated[AwareDatetime, BeforeValidator(_as_time)] | None = None
    records: Records = Field(default_factory=Records)
    layers: list[str] = Field(min_length=1)
    environments: dict[str, Environment] = Field(min_length=1)

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
        if named := os.environ.get(RECORDS_VARIABLE):
            try:
                return _check_database(named)
            except ValueError as error:
                raise ConfigError(f"{RECORDS_VARIABLE}: {error}.") from None
        chosen = self.environments[env].records if env in self.environments else None
        if chosen or self.records.url:
            return str(chosen or self.records.url)
        store = self.store_root(env, home)
        folder = (home / "records").as_posix() if "://" in store else f"{store}/runs"
        return f"sqlite:///{folder}/records.db"


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
        values = yaml.safe_load(text)
    except yaml.YAMLError as error:
        from highroad.config.faults import yaml_fault

        raise ConfigError(yaml_fault(str(path), error)) from error
    faults = [
        f"{path}:{line}: '{key}' stands here and on line {first}; expected each key once. Delete one of them."
        for key, line, first in duplicates(text)
    ]
    try:
        platform = Platform.model_validate(values)
    except ValidationError as error:
        faults += [_fault(path, text, fault) for fault in error.errors()]
    else:
        faults += _nested_stores(path, text, platform)
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


def _fault(path: Path, text: str, fault: Any) -> str:
    keys = [str(part) for part in fault["loc"]]
    line = line_of(text, keys) or line_of(text, keys[:-1]) or 1
    name = ".".join(keys) or "the whole file"
    if fault["type"] == "extra_forbidden":
        model = Environment if keys[0] == "environments" else Platform
        known = list(model.model_fields)
        return f"{path}:{line}: unknown key '{name}'.{meant(keys[-1], known)} Known: {', '.join(known)}."
    return f"{path}:{line}: '{name}': {fault['msg']}; found {fault['input']!r}."
