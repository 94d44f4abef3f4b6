"""CODEOWNERS, from what projects say of their owners."""

from __future__ import annotations

from highroad.access.grants import FOLDER as GRANTS
from highroad.conformance.facts.repository import RepositoryFacts

FILE = ".github/CODEOWNERS"
PLATFORM = "platform"
"""The owner, in `owners` of platform.yml, of all that is no project's."""
_HEAD = "# Written by `nox -s codeowners -- --write` from the owners of projects. The last line that fits counts.\n"
_SHARED = (
    "/.ci/",
    "/.github/",
    "/docs/",
    "/noxfile.py",
    "/platform-conf/*",
    "/pyproject.toml",
    "/shared/",
)


def render(facts: RepositoryFacts) -> str:
    """The file: projects by name with their contracts and grants, then the platform's paths.

    A project whose owner is unknown is left to the platform; a check says so.
    """
    owners = facts.platform.owners
    rules: list[tuple[str, str]] = []
    platform = owners.get(PLATFORM)
    if platform:
        rules.append(("*", platform.handle))
    for project in sorted(facts.projects, key=lambda each: each.name):
        owner = owners.get(project.owner) or platform
        if owner:
            rules.append((f"/projects/{project.name}/", owner.handle))
            rules.append((f"/platform-conf/contracts/{project.name}.*", owner.handle))
            if (facts.conf / GRANTS).is_dir():
                rules.append((f"/platform-conf/{GRANTS}/{project.name}.*", owner.handle))
    if platform:
        rules += [(path, platform.handle) for path in _SHARED]
    # Unaligned: a longer path of one branch must not change the lines of another.
    return _HEAD + "".join(f"{path} {handle}\n" for path, handle in rules)
