"""The data products that a model was made from, however many runs lie between."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from highroad.tracking.record import DatasetUse, Record
from highroad.tracking.tracing import Step, Tracer


@dataclass(frozen=True)
class Sources:
    """What is behind a run.

    Attributes:
        products: Versions of data products, each once.
        unknown: Names of what else it was made from, which no contract vouches for and no run on
            record made of products.
    """

    products: tuple[DatasetUse, ...]
    unknown: tuple[str, ...]


def sources_of(record: Record, tracer: Tracer) -> Sources:
    """Walk up from a run to the first products on every way."""
    products: dict[tuple[str | None, str | None], DatasetUse] = {}
    unknown: dict[str, None] = {}
    for step in _first_products(tracer.of_run(record).up):
        facts = step.facts
        if facts["kind"] == "delta" and facts["version"] is not None:
            use = DatasetUse(
                facts["name"], facts["place"], "delta", facts["version"], contract=facts["contract"]
            )
            products[use.place, use.version] = use
        else:
            unknown[facts["name"]] = None
    return Sources(tuple(products.values()), tuple(unknown))


def _first_products(run: Step) -> Iterator[Step]:
    for data in run.beyond:
        if data.facts["kind"] != "delta" and data.beyond:
            yield from _first_products(data.beyond[0])
        elif not data.facts.get("made_here"):
            yield data
