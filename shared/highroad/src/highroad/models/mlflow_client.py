"""MLflow's client, imported when something is asked of a registry and never before: it takes over a second."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from highroad.errors import ConfigError, DataError
from highroad.secrets.redaction import redact

if TYPE_CHECKING:
    from mlflow import MlflowClient

_EMBEDDED = "sqlite:///"
_LONGEST_KEY = 250
# A server that is away is tried again by the next run, not by this one for minutes.
_SETTINGS = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_CONFIGURE_LOGGING": "false",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
}


def import_mlflow(*, embedded: bool = False) -> None:
    """Import MLflow with the settings that a run wants of it.

    Args:
        embedded: What it needs for an SQLite file too; it would import that later by itself.

    Raises:
        ConfigError: It is not installed.
    """
    for key, value in _SETTINGS.items():
        os.environ.setdefault(key, value)
    try:
        import mlflow

        if embedded:
            import mlflow.store.model_registry.sqlalchemy_store
            import mlflow.store.tracking.sqlalchemy_store  # noqa: F401
    except ImportError as error:
        raise ConfigError(
            "models are registered with MLflow, which is not installed here: depend on highroad[models]."
        ) from error


def file_of(url: str) -> Path | None:
    """The file of an embedded registry; None of a server."""
    return Path(url.removeprefix(_EMBEDDED)) if url.startswith(_EMBEDDED) else None


def client_of(url: str) -> MlflowClient:
    """A client, with the registry's tables in place.

    Raises:
        ConfigError: MLflow is not installed.
    """
    import_mlflow()
    from mlflow import MlflowClient

    for name in ("alembic", "mlflow"):  # whoever imported MLflow before had it log as it likes
        logging.getLogger(name).setLevel(logging.WARNING)
    if file_of(url) is None:
        return MlflowClient(url, url)
    with alone(url):  # MLflow makes its tables without looking whether another does
        client = MlflowClient(url, url)
        client.search_experiments(max_results=1)
        client.search_registered_models(max_results=1)
        return client


@contextmanager
def alone(url: str) -> Iterator[None]:
    """One process of a machine at a time; a server has nobody to keep apart from here."""
    file = file_of(url)
    if file is None:
        yield
        return
    from filelock import FileLock

    file.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{file}.lock", is_singleton=True):
        yield


@contextmanager
def told_plainly(url: str) -> Iterator[None]:
    """What MLflow, the database beneath it, or the system says becomes one message.

    Raises:
        DataError: With what it said.
    """
    try:
        yield
    except OSError as error:
        raise DataError(f"{redact(url)}: {error}") from error
    except Exception as error:
        from mlflow.exceptions import MlflowException
        from sqlalchemy.exc import DBAPIError

        if isinstance(error, DBAPIError):
            said = str(error.orig)
        elif isinstance(error, MlflowException):
            said = str(error)
        else:
            raise
        raise DataError(f"{redact(url)}: {redact(said.strip().splitlines()[0])}") from error


def key_of(name: str) -> str:
    """A name as MLflow takes it: letters, digits and `_-. /`, a path within itself."""
    plain = "".join(each if each.isalnum() or each in "_-. /" else "_" for each in name)
    parts = [part for part in plain.split("/") if part.strip(". ")]
    return "/".join(parts)[:_LONGEST_KEY] or "_"
