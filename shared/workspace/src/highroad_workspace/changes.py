"""What changed since a revision, and whom it affects, with the reason in words."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from highroad_workspace.projects import upstream

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from highroad_workspace.projects import Project

    Reasons = dict[str, list[str]]

LIBRARY = "highroad"
"""The library, where its sources are in the repository."""
EXTENSIONS = "extensions"
"""The organisation's own package; its lock has the platform's tools too."""
DOCS = "docs"
CODEOWNERS = ".github/CODEOWNERS"
"""Who looks at a change changes nothing that runs; and it changes with every new project."""
SHOWN = 5


def changed_paths(root: str | os.PathLike[str], base: str) -> list[str]:
    """Paths that differ between `base` and the working tree; see `git.ChangedPaths`.

    Raises:
        WorkspaceError: git does not know `base`, or this is no repository.
    """
    from highroad_workspace.git import ChangedPaths

    with ChangedPaths(root, base) as changes:
        return changes.result()


class _Rule(NamedTuple):
    """Whom a path affects, and the reason with `{}` for the path."""

    names: tuple[str, ...]
    reason: str


def affected(projects: Sequence[Project], paths: Iterable[str]) -> Reasons:
    """Who must be checked again, and why.

    A path inside a project selects the project; `shared/` the library and the extensions (those alone, if
    it is theirs), those that depend on it and the docs, whose reference is made from it; a contract those that publish or consume its
    product; the rest of `platform-conf/` all projects. `docs/`, `changelog.d/`, CODEOWNERS and Markdown
    outside projects/ and shared/ select the docs alone. Any other path selects everything.

    Args:
        projects: All projects, producers before consumers.
        paths: Changed paths, relative to the root, with `/`.

    Returns:
        Reasons by name: of projects, of the library (`highroad`) and of the `docs`. Consumers
        follow their producers.
    """
    rules = _Rules(projects)
    by_rule: dict[_Rule, list[str]] = {}
    for path in paths:
        by_rule.setdefault(rules.of(path), []).append(path)
    reasons: Reasons = {}
    for rule, found in by_rule.items():
        said = [rule.reason.format(path) for path in found[:SHOWN]]
        if len(found) > SHOWN:
            said[-1] += f" (and {len(found) - SHOWN} more such paths)"
        for name in rule.names:
            reasons.setdefault(name, []).extend(said)
    needs = upstream(projects)
    for project in projects:  # in dependency order, so one pass closes over all
        for producer in sorted(needs[project.name] & reasons.keys()):
            reasons.setdefault(project.name, []).append(f"consumes what '{producer}' publishes")
    return {name: reasons[name] for name in rules.everyone if name in reasons}


class _Rules:
    """The rule for each path, with what it needs to know of the projects at hand."""

    def __init__(self, projects: Sequence[Project]) -> None:
        self._projects = projects
        self._folders = {os.path.basename(project.path): project.name for project in projects}
        names = tuple(project.name for project in projects)
        users = tuple(project.name for project in projects if project.uses_library)
        self.everyone = (LIBRARY, EXTENSIONS, *names, DOCS)
        self._docs = _Rule((DOCS,), "{} changed")
        self._library = _Rule((LIBRARY, EXTENSIONS, *users, DOCS), "{} changed")
        self._extensions = _Rule((EXTENSIONS, *users, DOCS), "{} changed")
        # The docs show platform-conf, the library's tests read it.
        self._conf = _Rule(self.everyone, "{} changed; every project inherits platform-conf")
        self._gone = _Rule(self.everyone, "{} changed, in a folder that is no project (any more)")
        self._unknown = _Rule(self.everyone, "{} changed, which could affect anything")

    def of(self, path: str) -> _Rule:
        """The rule for one path."""
        top, below, rest = path.partition("/")
        if top == "projects" and "/" in rest:
            name = self._folders.get(rest.partition("/")[0])
            return _Rule((name,), "{} changed") if name else self._gone
        if top == "shared" and below:
            return self._extensions if rest.startswith("extensions/") else self._library
        if (top in ("docs", "changelog.d") and below) or path.endswith(".md"):
            return self._docs
        if path == CODEOWNERS:
            return self._docs
        if path.startswith("platform-conf/contracts/") and path.endswith((".yaml", ".yml")):
            return self._contract(os.path.basename(path).rpartition(".")[0])
        if top == "platform-conf" and below:
            return self._conf
        return self._unknown

    def _contract(self, product: str) -> _Rule:
        touched = [p.name for p in self._projects if product in (*p.publishes, *p.consumes)]
        if touched:
            return _Rule(tuple(touched), "{} changed, the contract of " + product)
        return _Rule(self.everyone, "{} changed, a contract of no product that a project names")
