"""What the platform requires of the versions that projects lock: minimums, and versions that are forbidden."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from highroad.errors import ConfigError


class Constraint(NamedTuple):
    """One line of `constraints.txt`: a package, which of its versions, why, and where the line is."""

    name: str
    versions: SpecifierSet
    why: str
    where: str


def read_constraints(path: Path) -> tuple[Constraint, ...]:
    """The lines of a constraints file, such as `pandas>=2.2  # pandas 1 has no …`.

    Args:
        path: The file; none means no constraints.

    Raises:
        ConfigError: A line is no constraint, or gives no reason.
    """
    if not path.is_file():
        return ()
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        text, _, why = line.partition("#")
        if not (text := text.strip()):
            continue
        where = f"platform-conf/{path.name}:{number}"
        try:
            asked = Requirement(text)
        except InvalidRequirement as error:
            raise _no_constraint(where, text, str(error).splitlines()[0]) from None
        if asked.extras or asked.marker or asked.url or not asked.specifier:
            raise _no_constraint(where, text, "only a name and a range of versions are allowed")
        if not why.strip():
            raise ConfigError(f"{where}: '{text}' gives no reason; expected one after a #.")
        found.append(Constraint(canonicalize_name(asked.name), asked.specifier, why.strip(), where))
    return tuple(found)


def _no_constraint(where: str, text: str, why: str) -> ConfigError:
    return ConfigError(
        f"{where}: '{text}' is no constraint: {why}; expected one such as `pandas>=2.2,!=2.3.0  # why`."
    )
