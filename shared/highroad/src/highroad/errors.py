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
    """Configuration is missing, misspelt, contradictory or of the wrong type."""

    exit_code = 4


class CatalogError(HighroadError):
    """Catalog entries, pipelines and data products do not fit together."""

    exit_code = 5


class BusyError(HighroadError):
    """Another run of the same project is at work."""

    exit_code = 7


class DataError(HighroadError):
    """Data could not be read or written whole."""

    exit_code = 8


class ContractError(HighroadError):
    """A contract is malformed, or changed more than its version says."""

    exit_code = 9


class QualityError(HighroadError):
    """Data breaks its contract, or is older than the contract promises."""

    exit_code = 10


class EngineError(HighroadError):
    """There is no Docker engine, or it does not answer."""

    exit_code = 11


class ImageError(HighroadError):
    """An image cannot be built, or is not what it should be."""

    exit_code = 12


class ConformanceError(HighroadError):
    """A project does not hold the level of conformance that it must."""

    exit_code = 13


class DeploymentError(HighroadError):
    """A release must not go where it was to go, or did not hold there; what was there stays."""

    exit_code = 14


class StarterError(HighroadError):
    """A new project cannot be what was asked for, or its lock cannot be written; nothing was made."""

    exit_code = 15


class UpgradeError(HighroadError):
    """A project cannot be held against its template as it is, or its merge left conflicts."""

    exit_code = 16


class RegistryError(HighroadError):
    """The registry of images does not answer, refuses, or has something else than what was put there."""

    exit_code = 17


class AdoptionError(HighroadError):
    """A project that was made elsewhere cannot be brought in; nothing was changed."""

    exit_code = 18


class AccessError(HighroadError):
    """No grant allows it, or one denies it; says who owns the product and how to ask."""

    exit_code = 19
