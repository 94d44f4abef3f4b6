"""Checks of the repository as a whole."""

from __future__ import annotations

import re
from collections.abc import Iterator

from highroad.conformance.check import (
    BRONZE,
    SILVER,
    Finding,
    RepositoryCheck,
    Result,
    not_applicable,
    unless,
)
from highroad.conformance.codeowners import FILE, render
from highroad.conformance.facts.repository import RepositoryFacts

_USES = re.compile(r"^\s*(?:-\s*)?uses:\s*[\"']?(?P<action>[^\s\"'#]+)")
_PINNED = re.compile(r"@[0-9a-f]{40}$|@sha256:[0-9a-f]{64}$")
_WORKFLOWS = ".github/workflows/"


class ActionsArePinned(RepositoryCheck):
    """Every action that a workflow uses is pinned to a commit."""

    level = BRONZE
    why = "A tag is whatever its owner, or a thief of the owner's key, makes it tomorrow."
    remedy = "Write the commit's 40 signs behind the @, and the version as a comment."

    def run(self, facts: RepositoryFacts) -> Result:
        files = [
            name
            for name in facts.files
            if name.startswith(_WORKFLOWS) and name.endswith((".yml", ".yaml"))
        ]
        if not files:
            return not_applicable("there are no workflows")
        return unless(self._findings(facts, files), f"{len(files)} workflows use pinned actions")

    def _findings(self, facts: RepositoryFacts, files: list[str]) -> Iterator[Finding]:
        for name in files:
            for number, line in enumerate(facts.text(name).splitlines(), 1):
                match = _USES.match(line)
                if (
                    match
                    and not match["action"].startswith("./")
                    and not _PINNED.search(match["action"])
                ):
                    yield Finding(
                        f"{name}:{number}", f"{match['action']} is not pinned to a commit"
                    )


class CodeownersAreFresh(RepositoryCheck):
    """.github/CODEOWNERS is what the projects' owners make it."""

    level = SILVER
    why = "A change is looked at by those whom it concerns, without anybody keeping a list."
    remedy = "nox -s codeowners -- --write"

    def run(self, facts: RepositoryFacts) -> Result:
        if not facts.platform.owners:
            return not_applicable("platform.yml names no owners")
        found = (
            []
            if facts.text(FILE) == render(facts)
            else [Finding(FILE, "is not what the projects' owners make it")]
        )
        return unless(found, f"{FILE} has every project's owner")
