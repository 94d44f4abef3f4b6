"""How a model is written down: skops under the platform's allow-list; pickles where it says so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from highroad.errors import ConfigError, DataError
from highroad.limits import require_modest_zip
from highroad.models.canonical import canonical

SKOPS, PICKLE = "skops", "pickle"
NAMES = {SKOPS: "model.skops", PICKLE: "model.pickle"}


def require_allowed(kind: str, pickles: bool, where: str) -> None:
    """Refuse pickles, which run what is in them, where the platform does not allow them.

    Raises:
        DataError: The kind is refused, or unknown.
    """
    if kind not in NAMES:
        raise DataError(
            f"{where}: models are not kept as '{kind}'; expected one of {', '.join(NAMES)}."
        )
    if kind == PICKLE and not pickles:
        raise DataError(
            f"{where}: a pickle runs whatever is in it when it is loaded, and the platform does not "
            "allow that. Save the model as skops, or set models.pickles in platform.yml."
        )


def encode(kept: Any, kind: str, trusted: Sequence[str], where: str) -> bytes:
    """The bytes of a model.

    Raises:
        DataError: It has types that could not be loaded again.
        ConfigError: skops is not installed.
    """
    if kind == PICKLE:
        import pickle

        return pickle.dumps(kept)
    io = import_skops()
    try:
        data: bytes = io.dumps(kept)
    except Exception as error:
        raise DataError(f"{where}: skops cannot keep this model: {error}") from error
    _require_trust(io, data, trusted, where)
    return canonical(data)


def decode(data: bytes, kind: str, trusted: Sequence[str], where: str) -> Any:
    """The model in the bytes; of a type that is not allowed, nothing is made.

    Raises:
        DataError: It has other types, or cannot be read.
        ConfigError: skops is not installed.
    """
    if kind == PICKLE:
        import pickle

        return pickle.loads(data)
    io = import_skops()
    try:
        require_modest_zip(data)
    except ValueError as error:
        raise DataError(f"{where}: no file of skops that can be read: {error}.") from error
    _require_trust(io, data, trusted, where)
    try:
        return io.loads(data, trusted=list(trusted))
    except Exception as error:
        raise DataError(f"{where}: skops cannot read this model here: {error}") from error


def import_skops() -> Any:
    """`skops.io`, which is imported when a model is saved or loaded.

    Raises:
        ConfigError: It is not installed.
    """
    try:
        import skops.io
    except ImportError as error:
        raise ConfigError(
            "models are kept with skops, which is not installed here: depend on highroad[models]."
        ) from error
    return skops.io


def _require_trust(io: Any, data: bytes, trusted: Sequence[str], where: str) -> None:
    try:
        strange = sorted(set(io.get_untrusted_types(data=data)) - set(trusted))
    except Exception as error:
        raise DataError(f"{where}: no file of skops: {error}") from error
    if strange:
        raise DataError(
            f"{where}: has types that the platform does not trust: {', '.join(strange)}. Somebody who "
            "knows what they do when loaded adds them to models.trusted in platform.yml."
        )
