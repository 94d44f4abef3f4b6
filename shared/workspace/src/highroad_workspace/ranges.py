"""Version ranges as PEP 440 writes them, for plain versions such as 3.12 or 1.4.0.

`packaging` knows all of PEP 440 and is not there when `noxfile.py` is read; the tests hold this
to it on what both know.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_VERSION = re.compile(r"^\d+(\.\d+)*$")
_PART = re.compile(r"^(?P<operator>~=|==|!=|<=|>=|<|>)\s*(?P<version>\d+(\.\d+)*)(?P<any>\.\*)?$")


class _Condition(NamedTuple):
    operator: str
    version: tuple[int, ...]
    prefix: bool


class Range:
    """Conditions that a version must all keep; no condition allows everything.

    Args:
        text: Such as `>=1,<2`, `~=1.4`, `==1.2.*`.

    Raises:
        ValueError: A part is no condition; names it.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._conditions = [_condition(part.strip()) for part in text.split(",") if part.strip()]

    def allows(self, version: str) -> bool:
        """Does a version keep every condition?

        Raises:
            ValueError: It is no version such as 1.4.0.
        """
        found = numbers(version)
        return all(_keeps(condition, found) for condition in self._conditions)

    def __str__(self) -> str:
        return self.text


def numbers(version: str) -> tuple[int, ...]:
    """The parts of a version.

    Raises:
        ValueError: It is no version such as 1.4.0.
    """
    if not _VERSION.match(version):
        raise ValueError(f"'{version}' is no version; expected numbers and dots, such as 1.4.0")
    return tuple(map(int, version.split(".")))


def newest_allowed(versions: list[str], text: str) -> str | None:
    """The newest of the versions that a range allows; None where it allows none."""
    allowed = [each for each in versions if Range(text).allows(each)]
    return max(allowed, key=numbers, default=None)


def _condition(part: str) -> _Condition:
    found = _PART.match(part)
    if not found or (found["any"] and found["operator"] not in ("==", "!=")):
        raise ValueError(f"'{part}' is no version condition; expected one such as >=1.4 or ==1.2.*")
    version = numbers(found["version"])
    if found["operator"] == "~=" and len(version) < 2:
        raise ValueError(f"'{part}' leaves nothing to vary; expected one such as ~=1.4")
    return _Condition(found["operator"], version, bool(found["any"]))


def _keeps(condition: _Condition, version: tuple[int, ...]) -> bool:
    wanted = condition.version
    if condition.operator == "~=":
        return _compare(version, wanted) >= 0 and _starts(version, wanted[:-1])
    if condition.operator in ("==", "!="):
        same = _starts(version, wanted) if condition.prefix else _compare(version, wanted) == 0
        return same == (condition.operator == "==")
    order = _compare(version, wanted)
    return {"<": order < 0, "<=": order <= 0, ">": order > 0, ">=": order >= 0}[condition.operator]


def _compare(one: tuple[int, ...], two: tuple[int, ...]) -> int:
    length = max(len(one), len(two))
    first, second = ((*each, *[0] * (length - len(each))) for each in (one, two))
    return (first > second) - (first < second)


def _starts(version: tuple[int, ...], prefix: tuple[int, ...]) -> bool:
    padded = (*version, *[0] * (len(prefix) - len(version)))
    return padded[: len(prefix)] == prefix
