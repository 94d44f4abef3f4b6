"""How commands name a product, a version of it, and a partition of that: `flights.departures@3/2013-01`."""

from __future__ import annotations

import re
from typing import NamedTuple

from highroad_workspace.names import PRODUCT, name_fault

_REFERENCE = re.compile(
    r"(?P<product>[^@/]+)(@(?P<version>\d{1,18}))?(/(?P<partition>.+))?", re.ASCII
)


class Reference(NamedTuple):
    """A product, at a version or the latest, whole or one partition of it."""

    product: str
    version: int | None
    partition: str


def parse_reference(text: str) -> Reference | None:
    """`PRODUCT[@VERSION][/PARTITION]` as its parts; None for what is no such thing."""
    found = _REFERENCE.fullmatch(text)
    if found is None or name_fault(PRODUCT, found["product"]):
        return None
    version = int(found["version"]) if found["version"] else None
    return Reference(found["product"], version, found["partition"] or "")
