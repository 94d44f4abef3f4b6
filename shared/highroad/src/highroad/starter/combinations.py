"""Combinations of choices, and the proof that a project of each passes every session."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from itertools import combinations, product
from pathlib import Path
from typing import NamedTuple

from highroad.errors import EngineError, StarterError
from highroad.releases.engine import find_engine
from highroad.starter.choices import CHOICES, MODEL, Answers, main_table
from highroad.starter.extension import contracts_of
from highroad.starter.making import make
from highroad_workspace.git import tracked_files
from highroad_workspace.leftovers import temporary_folder
from highroad_workspace.projects import find_projects

ALL, PAIRWISE = "all", "pairwise"
SESSIONS = ("lint", "typecheck", "test", "catalog", "run")
CONTAINERIZE = "containerize"
_SHOWN = 25


class Failure(NamedTuple):
    """The sessions of a project that failed, and the end of what they printed."""

    answers: Answers
    sessions: list[str]
    output: str


def every(root: Path, most: int | None = None) -> list[Answers]:
    """Every combination that makes a project: reading nothing, each product, and two of them.

    Args:
        root: The repository.
        most: How many products count; None means all.
    """
    contracts = contracts_of(root)
    published = [each for project in find_projects(root) for each in project.publishes]
    reads = ["", *published[:most], ", ".join(published[:2])]
    options = {each.name: [name for name, _ in each.options] for each in CHOICES}
    found: list[Answers] = []
    for kind, frame, consumes in product(options["kind"], options["frame"], reads):
        answers = Answers(f"trial_{len(found)}", kind, frame, consumes)
        if kind != MODEL or len(main_table(answers, contracts).numbers) >= 2:
            found.append(answers)
    return found


def pairwise(wanted: Sequence[Answers]) -> list[Answers]:
    """Few of them, such that every two values that stand together in one stand together in a chosen one."""
    left = {pair for each in wanted for pair in _pairs(each)}
    found: list[Answers] = []
    while left:
        best = max(wanted, key=lambda each: len(left & _pairs(each)))
        found.append(best)
        left -= _pairs(best)
    return found


def _pairs(answers: Answers) -> set[tuple[tuple[str, str], ...]]:
    told = [(name, getattr(answers, name)) for name in ("kind", "frame", "consumes")]
    return set(combinations(told, 2))


def prove(root: Path, chosen: str, tell: Callable[[str], None]) -> None:
    """Make a project of each combination in a copy of the repository, and run every session of it.

    Args:
        root: The repository.
        chosen: `all` or `pairwise`. Images are built of all, or of one of each kind, where an engine answers.
        tell: Takes a line for each project.

    Raises:
        StarterError: A session failed; says of what, with what it printed.
    """
    wanted = every(root) if chosen == ALL else pairwise(every(root, most=1))
    with temporary_folder("starter") as folder:
        copy = _copy(root, Path(folder) / "repository")
        env = os.environ | {"HIGHROAD_STORE": f"{folder}/store", "HIGHROAD_LOG": "plain"}
        for each in wanted:
            make(each, copy)
        subprocess.run(["git", "add", "-A"], cwd=copy, check=True)
        producers = {name.partition(".")[0] for each in wanted for name in each.products}
        for project in (each for each in find_projects(copy) if each.name in producers):
            words = ["--", *project.smoke] if project.smoke else []
            _must(_nox(copy, env, f"run(project='{project.name}')", *words), project.name)
        kinds = {each.kind: each for each in reversed(wanted)}
        images = wanted if chosen == ALL else list(kinds.values())
        if not _has_engine(tell):
            images = []
        failures = []
        for answers in wanted:
            sessions = (*SESSIONS, CONTAINERIZE) if answers in images else SESSIONS
            failure = _failure(copy, env, answers, sessions)
            failures += [failure] if failure else []
            verdict = f"failed: {', '.join(failure.sessions)}" if failure else "passed"
            tell(
                f"{verdict}  {answers.kind}, {answers.frame}, {answers.consumes or 'a sample'}: {', '.join(sessions)}"
            )
    if failures:
        output = "\n".join(
            f"{failure.answers} {', '.join(failure.sessions)}:\n{failure.output}"
            for failure in failures
        )
        raise StarterError(f"Sessions of {len(failures)} new projects failed.\n{output}")


def _failure(
    copy: Path, env: dict[str, str], answers: Answers, sessions: Sequence[str]
) -> Failure | None:
    """Run the sessions of a project; None where all pass."""
    report = copy.with_name(f"{answers.name}.json")
    names = [f"{session}(project='{answers.name}')" for session in sessions]
    output = _nox(copy, env, *names, "--report", str(report))
    if not output:
        return None
    # Without a report, nox itself failed.
    results = json.loads(report.read_text())["sessions"] if report.exists() else []
    failed = [each["name"] for each in results if each["result"] not in ("success", "skipped")]
    return Failure(answers, failed or [*sessions], output)


def _nox(copy: Path, env: dict[str, str], *words: str) -> str:
    """The end of what sessions printed if one failed; nothing if they passed."""
    command = [sys.executable, "-m", "nox", "--session", *words]
    done = subprocess.run(command, cwd=copy, env=env, capture_output=True, text=True, check=False)
    lines = (done.stdout + done.stderr).splitlines()
    return "\n".join(f"  {line}" for line in lines[-_SHOWN:]) if done.returncode else ""


def _must(said: str, project: str) -> None:
    if said:
        raise StarterError(f"{project}, whose products new projects read, does not run:\n{said}")


def _copy(root: Path, copy: Path) -> Path:
    for piece in tracked_files(root, ["."]):
        for name in piece:
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(root / name, copy / name)
    identity = ["-c", "user.name=starter", "-c", "user.email=starter@example.org"]
    for words in (["init", "-q"], ["add", "-A"], [*identity, "commit", "-qm", "start"]):
        subprocess.run(["git", *words], cwd=copy, check=True)
    return copy


def _has_engine(tell: Callable[[str], None]) -> bool:
    try:
        find_engine()
    except EngineError as error:
        tell(f"no image is built of new projects: {error}")
        return False
    return True
