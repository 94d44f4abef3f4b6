"""What the platform asks of the versions that projects lock: floors, and versions that are forbidden."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from highroad.errors import ConfigError
from highroad_workspace.ranges import Range

_LINE = re.compile(r"^(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)\s*(?P<range>[<>=!~].*)$")


class Constraint(NamedTuple):
    """One line of `constraints.txt`: a package, which of its versions, why, and where it stands."""

    name: str
    versions: Range
    why: str
    where: str


def read_constraints(path: Path) -> tuple[Constraint, ...]:
    """The lines of a constraints file, such as `pandas>=2.2  # pandas 1 has no …`.

    Args:
        path: The file; none means no constraints.

    Raises:
        ConfigError: A line is no constraint, or says no reason.
    """
    if not path.is_file():
        return ()
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        text, _, why = line.partition("#")
        if not text.strip():
            continue
        where = f"platform-conf/{path.name}:{number}"
        match = _LINE.match(text.strip())
        try:
            if match is None:
                raise ValueError("it is no constraint")
            versions = Range(match["range"])
        except ValueError as error:
            raise ConfigError(
                f"{where}: '{text.strip()}': {error}; expected one such as `pandas>=2.2,!=2.3.0  # why`."
            ) from None
        if not why.strip():
            raise ConfigError(f"{where}: '{text.strip()}' says no reason; expected it behind a #.")
        found.append(Constraint(normal(match["name"]), versions, why.strip(), where))
    return tuple(found)


def normal(name: str) -> str:
    """A package's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()
