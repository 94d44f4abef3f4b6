"""What the name and the settings of a catalog entry say, of Kedro's own rules about them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def stem(name: str) -> str:
    """A dataset's name without the transcoding behind `@`; of a data product's, the product."""
    return name.partition("@")[0]


def class_of(settings: Any) -> type:
    """The class of a dataset.

    Args:
        settings: Of an entry, or of a dataset within one; a text is its type alone.

    Raises:
        DatasetError: It cannot be imported; or whatever its module raises on import.
    """
    from kedro.io.core import parse_dataset_definition

    definition = dict(settings) if isinstance(settings, Mapping) else {"type": settings}
    definition.pop("validator", None)  # the catalog's own; Kedro warns of it here
    return parse_dataset_definition(definition)[0]
