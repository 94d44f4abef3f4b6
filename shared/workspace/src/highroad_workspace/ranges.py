"""Version ranges as PEP 440 defines them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from packaging.specifiers import SpecifierSet


def version_range(text: str) -> SpecifierSet:
    """The conditions that a version must all meet; none allows every version.

    Args:
        text: Such as `>=1,<2`, `~=1.4`, `==1.2.*`.

    Raises:
        ValueError: A part is no condition; names it.
    """
    from packaging.specifiers import InvalidSpecifier, SpecifierSet  # half of `highroad`'s start

    try:
        return SpecifierSet(text, prereleases=True)
    except InvalidSpecifier as error:
        raise ValueError(f"{error}; expected a range such as >=1.4 or ==1.2.*") from None


def newest_allowed(versions: Iterable[str], text: str) -> str | None:
    """The newest of the versions that a range allows; None where it allows none."""
    from packaging.version import Version

    return max(version_range(text).filter(versions), key=Version, default=None)
