"""Every error a user can cause, one tree, one exit code per family.

    HighroadError            1
    ├── WorkspaceError       3   no such project, a broken pyproject, an unknown revision
    ├── ConfigError          4   platform-conf and project configuration
    ├── CatalogError         5   a catalog that does not hold together
    ├── LockError            6   a project's uv.lock is missing or stale
    ├── BusyError            7   another run holds the project
    ├── DataError            8   data that cannot be read or written whole
    ├── ContractError        9   a contract that cannot be read, or whose version says too little
    ├── QualityError        10   data that breaks its contract
    ├── EngineError         11   no Docker engine that answers
    ├── ImageError          12   an image that cannot be built, or must not be used
    ├── ConformanceError    13   a project that holds less than the level it must
    ├── DeploymentError     14   a release that must not, or cannot, be deployed where it was to go
    ├── StarterError        15   a project that cannot be made as it was asked for
    ├── UpgradeError        16   a project that cannot be merged with its template as it is, or has conflicts
    ├── RegistryError       17   a registry of images that does not answer, or has something else
    ├── AdoptionError       18   a project from elsewhere that cannot be brought in as it is
    └── AccessError         19   something that no grant allows

An error's text says what is wrong, where (file, line or key), what was expected and the
way out. Commands print it as it is; the traceback shows only with `--verbose`.
"""

from highroad_workspace.errors import HighroadError, LockError, WorkspaceError

__all__ = [
    "AccessError",
    "AdoptionError",
    "BusyError",
    "CatalogError",
    "ConfigError",
    "ConformanceError",
    "ContractError",
    "DataError",
    "DeploymentError",
    "EngineError",
    "HighroadError",
    "ImageError",
    "LockError",
    "QualityError",
    "RegistryError",
    "StarterError",
    "UpgradeError",
    "WorkspaceError",
]


class ConfigError(HighroadError):
    """Configuration is missing, misspelt, contradictory or of the wrong type.

    Typical causes: a misspelt key in `platform.yml` or `conf/`, an environment that does not exist, a URL of an
    unknown kind. `nox -s explain -- KEY --project NAME` shows the file and line that a value comes from.
    """

    exit_code = 4


class CatalogError(HighroadError):
    """Catalog entries, pipelines and data products do not fit together.

    Typical causes: a node reads a name that nothing makes, a product is read that the project does not list
    under `consumes`, a data product is written by a project that does not own it.
    `nox -s "catalog(project='NAME')"` lists all of them with file and line.
    """

    exit_code = 5


class BusyError(HighroadError):
    """Another run of the same project is at work.

    Wait for the other run, or end it; a lock of a process that was killed is free again. `nox -s summary` shows
    which projects are running.
    """

    exit_code = 7


class DataError(HighroadError):
    """Data could not be read or written whole.

    Typical causes: a file that is missing, cut off or of another format, a full disk, a store that does not
    answer, a run or version that does not exist. The message names the node, the file and often the row.
    """

    exit_code = 8


class ContractError(HighroadError):
    """A contract is malformed, or changed more than its version says.

    Typical causes: a key that the standard does not know, a stricter contract under a version that does not
    announce it. `nox -s contracts` lints all; `nox -s contracts -- diff origin/main` says which version a change needs.
    """

    exit_code = 9


class QualityError(HighroadError):
    """Data breaks its contract, or is older than the contract promises.

    Nothing was published; rows that broke a rule are in the quarantine folder that the message names. Correct the
    data or the code; change the contract only together with its consumers. For stale input run its producer.
    """

    exit_code = 10


class EngineError(HighroadError):
    """There is no Docker engine, or it does not answer.

    Start Docker, or point `DOCKER_HOST` to an engine that runs; `docker info` must answer. Only images,
    releases and deployments need one.
    """

    exit_code = 11


class ImageError(HighroadError):
    """An image cannot be built, or is not what it should be.

    Typical causes: a lock that is stale, a Dockerfile that leaves root as user, a file with a secret, a size over
    the budget. `nox -s "containerize(project='NAME')"` reports on every layer.
    """

    exit_code = 12


class ConformanceError(HighroadError):
    """A project does not hold the level of conformance that it must.

    `nox -s conform -- --project NAME` lists each check that fails, with its remedy. A check that cannot apply to
    a project is waived in its `pyproject.toml`, with a reason and a date.
    """

    exit_code = 13


class DeploymentError(HighroadError):
    """A release must not go where it was to go, or did not hold there; what was there stays.

    Typical causes: a release that did not pass in the environment before, a health check that fails, a target
    that does not answer. `nox -s deployments` shows what runs where; `nox -s "rollback(project='NAME')"` goes back.
    """

    exit_code = 14


class StarterError(HighroadError):
    """A new project cannot be what was asked for, or its lock cannot be written; nothing was made.

    The message lists every fault of the answers at once, with a suggestion for each name.
    """

    exit_code = 15


class UpgradeError(HighroadError):
    """A project cannot be held against its template as it is, or its merge left conflicts.

    Resolve the conflicts that the message lists and run `nox -s upgrade` again; edits of a team are never
    overwritten.
    """

    exit_code = 16


class RegistryError(HighroadError):
    """The registry of images does not answer, refuses, or has something else than what was put there.

    Check the registry's address in `platform.yml` and your login (`docker login`). A tag that was moved is not
    used: make the release again.
    """

    exit_code = 17


class AdoptionError(HighroadError):
    """A project that was made elsewhere cannot be brought in; nothing was changed.

    The message says what of the project stands in the way and what to change in it before the next attempt.
    """

    exit_code = 18


class AccessError(HighroadError):
    """No grant allows it, or one denies it; says who owns the product and how to ask.

    `highroad access why WHO ACTION PRODUCT` shows the grant that decided; `highroad access request PRODUCT --why …`
    asks the owner for one.
    """

    exit_code = 19
