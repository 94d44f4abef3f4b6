"""A run's record as somebody may see it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from highroad.config.entries import stem
from highroad.tracking.record import DatasetUse, Record

if TYPE_CHECKING:
    from highroad.products.visible import VisibleProducts

_TEXTS = ("selection", "parameters", "nodes", "metrics", "warnings", "error", "tasks")


def visible_record(record: Record, products: VisibleProducts) -> Record:
    """A record without the products that are hidden, wherever it names them."""
    if products.access.rules is None:
        return record

    def is_shown(use: DatasetUse) -> bool:
        if use.contract or use.kind == "delta":
            return products.shows(stem(use.name))
        named = [use.name, use.place]
        return products.redact(named) == named

    return replace(
        record,
        inputs=tuple(filter(is_shown, record.inputs)),
        outputs=tuple(filter(is_shown, record.outputs)),
        **{name: products.redact(getattr(record, name)) for name in _TEXTS},
    )
