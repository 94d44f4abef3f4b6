"""The CI plan: the sessions nox lists, cut down to what a change affects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from highroad_workspace.changes import DOCS, EXTENSIONS, LIBRARY, affected
from highroad_workspace.errors import WorkspaceError
from highroad_workspace.projects import find_projects
from highroad_workspace.pythons import python_of, python_of_library, pythons_of

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from highroad_workspace.projects import Project

__all__ = ["CI_TAG", "MOST_JOBS", "listed", "plan", "reasons", "select"]

CI_TAG = "ci"
MOST_JOBS = 256  # GitHub refuses a longer matrix


def reasons(root: str | os.PathLike[str], base: str) -> dict[str, list[str]]:
    """Who is affected since `base`, with reasons."""
    return _survey(root, base)[1]


def plan(
    root: str | os.PathLike[str],
    base: str,
    sessions: Sequence[Mapping[str, Any]],
    tag: str = CI_TAG,
) -> dict[str, Any]:
    """The plan for what changed since a revision.

    Args:
        root: The repository.
        base: The revision to compare with.
        sessions: What `nox --list --json` prints; those without the tag are left out.
        tag: Which of them: `ci`, `release` or `deploy`.

    Returns:
        `base`, and what `select` returns.

    Raises:
        WorkspaceError: The base is unknown, or a session is of a project that does not exist.
    """
    projects, why = _survey(root, base)
    pythons = pythons_of(root)
    shared = python_of_library(root, pythons)
    return {"base": base, **select(sessions, projects, why, pythons, shared, tag)}


def select(
    sessions: Iterable[Mapping[str, Any]],
    projects: Sequence[Project],
    why: Mapping[str, Sequence[str]],
    pythons: Sequence[str] = (),
    shared: str | None = None,
    tag: str = CI_TAG,
) -> dict[str, Any]:
    """The part of a plan that does not depend on git.

    A session of a project or of the library runs when that is affected, `docs` when the docs
    are; any other checks the whole repository, so it runs when anything changed.

    Args:
        sessions: What `nox --list --json` prints.
        projects: All projects.
        why: Who is affected, with reasons; see `affected`.
        pythons: The platform's Pythons.
        shared: The one for the library's sessions and those of the whole repository.
        tag: Which sessions.

    Returns:
        `reasons` by name; `matrix`, whose `include` has a `name` to show, `session` (one, or
        one a line where GitHub's limit forces several into a job) and `python` (null: any)
        for each job; `empty`; and `skipped`, the reason for each session left out.

    Raises:
        WorkspaceError: A session is of a project that does not exist, or no session has the tag.
    """
    known = {LIBRARY, EXTENSIONS, *(project.name for project in projects)}
    chosen = {project.name: python_of(project, pythons) for project in projects}
    include: list[dict[str, Any]] = []
    skipped: dict[str, str] = {}
    some = False
    for session in sessions:
        if tag not in session.get("tags", ()):
            continue
        some = True
        name = str(session["session"])
        project = (session.get("call_spec") or {}).get("project")
        if project is not None and project not in known:
            raise WorkspaceError(
                f"Session {name} is of '{project}', which is no project (projects: "
                f"{', '.join(sorted(known))})."
            )
        if _wanted(str(session["name"]), project, why):
            shown = f"{session['name']} {project}" if project else name
            python = session.get("python") or chosen.get(str(project), shared)
            include.append({"name": shown, "session": name, "python": python})
        else:
            skipped[name] = f"nothing changed that affects {project or name}"
    if not some:
        raise WorkspaceError(
            f"nox lists no session with the tag '{tag}'; a plan of none checks nothing."
        )
    return {
        "reasons": {name: list(each) for name, each in why.items()},
        "matrix": {"include": list(_packed(include))},
        "empty": not include,
        "skipped": skipped,
    }


def listed(noxfile: str | os.PathLike[str], tag: str = CI_TAG) -> list[dict[str, Any]]:
    """What `nox --list --json` says of the sessions with a tag, by the nox of this Python.

    Raises:
        WorkspaceError: nox did not answer with JSON; with what it said instead.
    """
    import json
    import subprocess
    import sys

    words = [sys.executable, "-m", "nox", "--list", "--json", "-f", str(noxfile), "-t", tag]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    try:
        return list(json.loads(done.stdout))
    except ValueError:
        said = done.stderr.strip() or done.stdout.strip() or f"exit code {done.returncode}"
        raise WorkspaceError(f"nox could not list the sessions of {noxfile}: {said}") from None


def _wanted(session: str, project: str | None, why: Mapping[str, Sequence[str]]) -> bool:
    if project is not None:
        return project in why
    return DOCS in why if session == DOCS else bool(why)


def _packed(jobs: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The jobs as they are, or neighbours of one Python joined until there are few enough."""
    size = -(-len(jobs) // MOST_JOBS)
    while size > 1 and sum(1 for _ in _runs(jobs, size)) > MOST_JOBS:
        size += 1
    for run in _runs(jobs, max(size, 1)):
        more = f" … {run[-1]['name']}" if len(run) > 1 else ""
        session = "\n".join(job["session"] for job in run)
        yield {**run[0], "name": run[0]["name"] + more, "session": session}


def _runs(jobs: Sequence[dict[str, Any]], size: int) -> Iterator[list[dict[str, Any]]]:
    run: list[dict[str, Any]] = []
    for job in jobs:
        if run and (len(run) == size or job["python"] != run[0]["python"]):
            yield run
            run = []
        run.append(job)
    if run:
        yield run


def _survey(
    root: str | os.PathLike[str], base: str
) -> tuple[tuple[Project, ...], dict[str, list[str]]]:
    from highroad_workspace.git import ChangedPaths

    with ChangedPaths(root, base) as changes:  # git works while the projects are read
        projects = find_projects(root)
        return projects, affected(projects, changes.result())
