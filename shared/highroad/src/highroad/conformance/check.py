"""What a check of conformance is, and what it finds."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar, Generic, NamedTuple, TypeVar

from highroad.conformance.facts.project import ProjectFacts
from highroad.conformance.facts.repository import RepositoryFacts
from highroad.errors import ConfigError, HighroadError
from highroad_workspace.metadata import LEVELS

if TYPE_CHECKING:
    from highroad.conformance.facts.catalog import Merged

BRONZE, SILVER, GOLD = LEVELS


class Outcome(Enum):
    """What a check comes to. What is unknown is no pass: whoever wants to know can find out."""

    PASS = "pass"
    FAIL = "fail"
    NOT_APPLICABLE = "n/a"
    UNKNOWN = "unknown"


class Finding(NamedTuple):
    """One thing wrong: where (`file` or `file:line`, relative to the repository) and what."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


class Result(NamedTuple):
    """What a check found. `reason` is a sentence; `findings` are there where it failed, or passed with a warning."""

    outcome: Outcome
    reason: str
    findings: tuple[Finding, ...] = ()


def passed(reason: str) -> Result:
    """All is as it should be."""
    return Result(Outcome.PASS, reason)


def unless(findings: Iterable[Finding], reason: str) -> Result:
    """Passed for a reason, unless something was found."""
    found = tuple(findings)
    if not found:
        return passed(reason)
    more = f" and {len(found) - 1} more" if len(found) > 1 else ""
    return Result(Outcome.FAIL, f"{found[0].what}{more}", found)


def warned(findings: Iterable[Finding], reason: str) -> Result:
    """Passed, and something is going to fail one day."""
    found = tuple(findings)
    return Result(Outcome.PASS, found[0].what if found else reason, found)


def not_applicable(reason: str) -> Result:
    """There is nothing of what it is about."""
    return Result(Outcome.NOT_APPLICABLE, reason)


def unknown(reason: str) -> Result:
    """It cannot be told here and now; the reason says how it could be."""
    return Result(Outcome.UNKNOWN, reason)


GROUP = "highroad.checks"
"""Entry points of checks, the platform's and those that a team adds: each names a class."""
Facts = TypeVar("Facts")


class Check(ABC, Generic[Facts]):
    """One rule. The first line of a check's docstring says what is true where it passes.

    Attributes:
        level: From which level on it counts.
        why: Why it matters, a sentence.
        remedy: A command, or a sentence, that mends it; `{project}` stands for the project's name.
    """

    level: ClassVar[str]
    why: ClassVar[str]
    remedy: ClassVar[str]

    @property
    def name(self) -> str:
        """How it is named on the command line: the class's name, `LockIsCurrent` as `lock-is-current`."""
        return re.sub(r"(?<!^)(?=[A-Z])", "-", type(self).__name__).lower()

    @property
    def message(self) -> str:
        """What is true where it passes."""
        return (type(self).__doc__ or "").strip().partition("\n")[0]

    @abstractmethod
    def run(self, facts: Facts) -> Result:
        """Look at the facts; nothing is changed."""


class ProjectCheck(Check[ProjectFacts]):
    """A rule about a project."""


class RepositoryCheck(Check[RepositoryFacts]):
    """A rule about the repository as a whole."""


class CatalogCheck(Check["Merged"]):
    """A rule about a project's merged catalog in one environment. They run as a group: `nox -s catalog`."""

    level = SILVER
    why = "A catalog is what a run reads first, and every fault in it is found at the worst time."
    remedy = "Each finding says what to change."

    def run(self, facts: Merged) -> Result:
        return unless(self.findings(facts), f"holds in {facts.env}")

    @abstractmethod
    def findings(self, merged: Merged) -> Iterator[Finding]:
        """Every breach in one environment."""


def result_of(check: Check[Any], facts: Any) -> Result:
    """What a check says of some facts; unknown, with the reason, where it raises.

    Raises:
        ConfigError: Configuration cannot be read, which is no one check's matter.
    """
    try:
        return check.run(facts)
    except ConfigError:
        raise
    except HighroadError as error:
        return unknown(str(error))
    except Exception as error:  # a check that a team added must not take the others with it
        return unknown(f"the check failed: {type(error).__name__}: {error}")
