"""The nox sessions of a repository: `register` makes them, one for each package where they are of packages.

A session that is in the noxfile already stays as it is there.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import nox
from nox import registry

from highroad_workspace import environments, git
from highroad_workspace import plan as planning
from highroad_workspace.changes import EXTENSIONS, LIBRARY
from highroad_workspace.commands import CARE, CHECK, COMMANDS, LOOK, SHIP, START, Command
from highroad_workspace.errors import HighroadError
from highroad_workspace.imports import import_faults
from highroad_workspace.passed_files import PassedFiles
from highroad_workspace.projects import with_producers
from highroad_workspace.repository import Repository

NO_TESTS = 5
"""The exit code of pytest where no test has the marks."""
PACKAGE, PROJECT = "packages", "projects"
Method = TypeVar("Method", bound=Callable[..., None])


def session(
    group: str, of: str | None = None, tags: Sequence[str] = (), *, library: bool = False
) -> Callable[[Method], Method]:
    """Mark a method of `Sessions` as a session.

    Args:
        group: Under which heading of the menu it stands.
        of: `packages` or `projects` for one session of each; None for a single one.
        tags: The session's tags.
        library: Whether it is of the library's sources, and there only where they are.
    """

    def marked(method: Method) -> Method:
        method.session = (group, of, tuple(tags), library)  # type: ignore[attr-defined]
        return method

    return marked


class Sessions:
    """What the sessions do, a line a step."""

    def __init__(self, root: Path):
        self.repository = Repository(root)
        self.root = root
        self.failed: set[str] = set()

    @session(CHECK)
    def check(self, session: nox.Session) -> None:
        """Lint, type-check and test what changed since origin/main, or since HEAD: -- HEAD; all: nox -t check."""
        base = session.posargs[0] if session.posargs else git.main_branch(self.root)
        affected = self._planned(base, "check")
        for job in affected["matrix"]["include"]:
            for name in job["session"].splitlines():
                session.notify(name, posargs=[])
        changed = ", ".join(affected["reasons"]) or "nothing"
        session.log(f"Changed since {base}: {changed}. Everything: nox -t check")

    @session(CHECK, PACKAGE, ("ci", "check"))
    def lint(self, session: nox.Session, project: str) -> None:
        """Check style, imports, spelling, secrets and workflows of a package; `extensions` has all that is shared."""
        run, bronze = self.repository.tools(session, "lint"), self.repository.is_bronze(project)
        paths = [str(self.repository.folder(project))]
        if project == LIBRARY:
            paths.append("shared/workspace")
            sources = ("shared/highroad/src", "shared/workspace/src")
            session.env["PYTHONPATH"] = os.pathsep.join(sources)
            run("lint-imports", "shared/highroad/pyproject.toml")
        elif project == EXTENSIONS:
            paths += ["noxfile.py", "docs"]
            workflows = map(str, (self.root / ".github" / "workflows").glob("*.yml"))
            run("zizmor", "--offline", "--quiet", "--persona=auditor", ".github")
            run("check-jsonschema", "--builtin-schema", "vendor.github-workflows", *workflows)
        else:
            self._import_faults(session, project)
        run("ruff", "check", *paths, may_fail=bronze)
        run("ruff", "format", "--check", *paths, may_fail=bronze)
        if project == EXTENSIONS:
            paths = [
                ".",
                ":(exclude)projects",
                ":(exclude)shared/highroad",
                ":(exclude)shared/workspace",
            ]
        # By name, so that what git ignores is left out. Neither tool has a cache of its own, and
        # detect-secrets takes most of this session.
        passed = PassedFiles(
            self.root / ".nox" / "lint" / f"passed-{project}.json",
            self.root,
            ["pyproject.toml", "shared/extensions/uv.lock"],
        )
        for batch in git.tracked_files(self.root, paths):
            if names := passed.others(batch):
                run("codespell", *names, may_fail=bronze)
                # What is a secret without doubt, `nox -s conform` finds at each level.
                run("detect-secrets-hook", "--exclude-files", r"uv\.lock$", *names, may_fail=bronze)
                if not bronze:
                    passed.add(names)

    @session(CHECK, PACKAGE, ("ci", "check"))
    def typecheck(self, session: nox.Session, project: str) -> None:
        """Check the types of a package against its own environment."""
        self._require_silver(session, project, "types are required")
        run = self.repository.environment(session, project)
        run("mypy", "src", *(["../workspace/src"] if project == LIBRARY else []))

    @session(CHECK, PACKAGE, ("ci", "check"))
    def test(self, session: nox.Session, project: str) -> None:
        """Test a package, all but its slow tests; arguments after -- go to pytest."""
        self._pytest(session, project, "not slow", passing=[0])

    @session(CHECK, PACKAGE, ("ci",))
    def test_slow(self, session: nox.Session, project: str) -> None:
        """Run the slow tests: real engines, kills, and docs followed command by command."""
        self._pytest(session, project, "slow", passing=[0, NO_TESTS])

    @session(CHECK, tags=("ci",))
    def precommit(self, session: nox.Session) -> None:
        """Run every pre-commit hook on every file."""
        self.repository.tools(session, "lint")("pre-commit", "run", "--all-files", *session.posargs)

    @session(START, PROJECT)
    def run(self, session: nox.Session, project: str) -> None:
        """Run a project end to end; arguments after -- go to `kedro run`."""
        parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
        parser.add_argument("--env", "-e")
        env = parser.parse_known_args(session.posargs)[0].env
        session.notify("summary", posargs=["--env", env] if env else [])
        if stale := sorted(self.repository.producers[project] & self.failed):
            self.failed.add(project)
            session.error(f"skipped: {', '.join(stale)} failed, whose products '{project}' reads")
        self.failed.add(project)
        self.repository.environment(session, project)("kedro", "run", *session.posargs)
        self.failed.discard(project)

    @session(SHIP, PROJECT, ("ci",))
    def containerize(self, session: nox.Session, project: str) -> None:
        """Build a project's image, report on every layer, and run it on the sample."""
        self._require_silver(session, project, "an image is required")
        self._image(session, project, *session.posargs)

    @session(SHIP, PROJECT, ("release",))
    def release(self, session: nox.Session, project: str) -> None:
        """Test a project, build and prove its image, and record the release.

        `-- --passed test` leaves out what passed before for the same commit, in a job without credentials.
        """
        self._require_silver(session, project, "a release is made")
        own = self.repository.environment(session, project)
        steps: dict[str, Callable[[], Any]] = {
            "typecheck": lambda: own("mypy", "src"),
            "test": lambda: own("pytest"),
            "catalog": lambda: own("highroad", "catalog"),
            "conform": lambda: self.repository.highroad(session, "doctor", "--project", project),
            "containerize": lambda: self._image(session, project),
        }
        parser = argparse.ArgumentParser(prog="nox -s release --", allow_abbrev=False)
        parser.add_argument("--passed", action="append", choices=[*steps][:-1], default=[])
        passed = parser.parse_args(session.posargs).passed
        for name, step in steps.items():
            if name not in passed:
                step()
        words = [f"--passed={name}" for name in steps]
        self.repository.highroad(session, "releases", "make", "--project", project, *words)

    @session(CHECK, PROJECT, ("ci",), library=True)
    def airflow(self, session: nox.Session, project: str) -> None:
        """Run a project on a real Airflow, in its environment and in its image: the same comes out."""
        self._require_silver(session, project, "a release is deployed")
        folder, environment = self.repository.folder(LIBRARY), self.root / ".nox" / "airflow"
        environments.sync(session, LIBRARY, folder / "airflow", environment)
        of_project = self.repository.projects[project]
        for name in with_producers(of_project, self.repository.in_order):
            self.repository.environment(session, name)
        run = self.repository.environment(session, LIBRARY)
        session.chdir(self.root)
        session.env["HIGHROAD_AIRFLOW_ENVIRONMENT"] = str(environment)
        run("python", "-m", "highroad.testing.rehearsal", project, *session.posargs)
        if "postgresql" in session.posargs:
            run("pytest", "-q", "-n0", str(folder / "tests/deployments/targets/airflow/slow"))

    @session(CHECK, library=True)
    @nox.parametrize("combinations", [nox.param("pairwise", tags=["ci"]), nox.param("all")])
    def starter(self, session: nox.Session, combinations: str) -> None:
        """Make new projects of the template in a copy of the repository, and run every session of each."""
        self.repository.highroad(
            session, "starter", "--combinations", combinations, package=LIBRARY
        )

    @session(CARE, library=True)
    def wheels(self, session: nox.Session) -> None:
        """Build wheels and sdists into dist/, and test the wheels; arguments after -- go to pytest."""
        run, dist = self.repository.environment(session, LIBRARY), self.root / "dist"
        session.chdir(self.root)
        run("towncrier", "build", "--draft", "--version", "next")
        shutil.rmtree(dist, ignore_errors=True)
        for package in ("workspace", LIBRARY):
            run("uv", "build", "--quiet", "--out-dir", str(dist), f"shared/{package}")
        environment, folder = self.root / ".nox" / "wheels", self.repository.folder(LIBRARY)
        own = ("--no-install-project", "--no-install-package", "highroad-workspace")
        environments.sync(session, LIBRARY, folder, environment, *own)
        python = str(environments.programs_of(environment) / "python")
        found = map(str, dist.glob("*.whl"))
        run(
            "uv",
            "pip",
            "install",
            "--quiet",
            "--no-deps",
            "--reinstall",
            "--python",
            python,
            *found,
        )
        session.chdir(folder)
        arguments = session.posargs or ["-m", "not slow"]
        environments.run_in(session, self.root, environment, "pytest", *arguments)

    @session(CHECK, library=True)
    def bench(self, session: nox.Session) -> None:
        """Measure the ratios that the docs state; `-- --smoke` only shows that every benchmark runs."""
        self.repository.environment(session, LIBRARY)(
            "python", "benchmarks/bench.py", *session.posargs
        )

    @session(CHECK, tags=("ci",))
    def docs(self, session: nox.Session) -> None:
        """Follow the pages' commands and build docs/site; `-- build` only builds, `-- serve` shows it.

        `-- record` makes the pictures of the home page anew, of a run on the sample.
        """
        if not session.posargs and LIBRARY in self.repository.shared:
            self.repository.environment(session, LIBRARY)("pytest", "-m", "pages")
        run = self.repository.tools(session, "docs")
        if (self.root / "docs" / "reference.py").is_file():
            run("python", "docs/reference.py")
        if session.posargs == ["record"]:
            run("python", "docs/record.py")
            return
        session.chdir(self.root / "docs")
        command, *options = session.posargs or ["build"]
        options += ["--strict", "--clean"] if command == "build" else []
        run("zensical", command, "--config-file", "zensical.toml", *options)

    @session(CARE, PACKAGE)
    def lock(self, session: nox.Session, project: str) -> None:
        """Write a package's uv.lock; `-- --upgrade` takes newer versions."""
        folder = self.repository.folder(project)
        for each in [folder] + [folder / "airflow"] * (project == LIBRARY):
            if not environments.uv(
                session, "lock", "--project", str(each), *session.posargs, env={}
            ):
                session.error(f"uv could not lock '{each}'; see its message above.")

    @session(CARE)
    def plan(self, session: nox.Session) -> None:
        """Print, as JSON, the sessions that what changed since a revision affects: -- origin/main --tag ci."""
        parser = argparse.ArgumentParser(prog="nox -s plan --", allow_abbrev=False)
        parser.add_argument("base", nargs="?", default="origin/main")
        parser.add_argument("--tag", default=planning.CI_TAG)
        asked = parser.parse_args(session.posargs)
        print(json.dumps(self._planned(asked.base, asked.tag), indent=2))

    def command(self, command: Command, session: nox.Session, project: str | None = None) -> None:
        """Run a command of the library as its session."""
        words = [*command.words.split(), *(["--project", project] if project else [])]
        arguments = session.posargs or command.default
        package = EXTENSIONS
        if command.scope == "deployable":
            self._require_silver(session, str(project), "a release is deployed")
        elif command.scope == "project":
            package = str(project)
            if not self.repository.uses_library(package):
                session.skip(f"'{project}' does not depend on highroad")
        elif command.scope == "owner":
            # A model is loaded where it was made: in the environment of its project.
            owners = (word.partition(".")[0] for word in arguments if "." in word)
            package = next((name for name in owners if name in self.repository.projects), package)
        may_fail = not command.fails_bronze and self.repository.is_bronze(str(project))
        self.repository.highroad(session, *words, *arguments, package=package, may_fail=may_fail)

    def _pytest(
        self, session: nox.Session, project: str, marked: str, passing: Sequence[int]
    ) -> None:
        """Run the tests of a package that have these marks; `-m` after -- chooses others."""
        run = self.repository.environment(session, project)
        environment = self.repository.folder(project) / ".venv"
        if (
            self.repository.is_bronze(project)
            and environments.program(environment, "pytest") is None
        ):
            session.skip(f"'{project}' has no tests; they are required from silver on")
        run("pytest", "-m", marked, *session.posargs, success_codes=passing)

    def _image(self, session: nox.Session, project: str, *report: str) -> None:
        for words in (("build",), ("report", *report), ("smoke",)):
            self.repository.highroad(session, "image", words[0], "--project", project, *words[1:])

    def _require_silver(self, session: nox.Session, project: str, what: str) -> None:
        if self.repository.is_bronze(project):
            session.skip(f"'{project}' is held to bronze; {what} from silver on")

    def _import_faults(self, session: nox.Session, project: str) -> None:
        projects = self.repository.in_order
        if faults := "\n".join(import_faults(self.repository.projects[project], projects)):
            if not self.repository.is_bronze(project):
                session.error(faults)
            session.warn(faults)

    def _planned(self, base: str, tag: str) -> dict[str, Any]:
        """The sessions with a tag that what changed since a revision affects."""
        try:
            noxfile = self.root / "noxfile.py"
            return planning.plan(self.root, base, planning.listed(noxfile, tag), tag)
        except HighroadError as error:
            raise _leave(error) from None


def register(noxfile: str) -> str:
    """Register every session that the noxfile has not; to be called at its end.

    Args:
        noxfile: Its path, `__file__`.

    Returns:
        The menu, for the noxfile's `__doc__`: `nox --list` begins with it.
    """
    try:
        sessions = Sessions(Path(noxfile).resolve().parent)
    except HighroadError as error:
        raise _leave(error) from None
    menu: dict[str, list[str]] = {group: [] for group in (START, CHECK, SHIP, LOOK, CARE)}
    own = set(registry.get())
    for name, method in vars(Sessions).items():
        if (marks := getattr(method, "session", None)) is None:
            continue
        group, of, tags, library = marks
        if library and LIBRARY not in sessions.repository.shared:
            continue
        names = list(getattr(sessions.repository, of)) if of else None
        _register(name, getattr(sessions, name), method.__doc__, names, tags, own)
        menu[group].append(name)
    for command in COMMANDS:
        per_project = command.scope in ("project", "deployable")
        names = list(sessions.repository.projects) if per_project else None
        _register(command.session, _of(sessions, command), command.help, names, command.tags, own)
        menu[command.group].append(command.session)
    return _text(menu)


def _of(sessions: Sessions, command: Command) -> Callable[..., None]:
    def run(session: nox.Session, project: str | None = None) -> None:
        sessions.command(command, session, project)

    return run


def _register(
    name: str,
    act: Callable[..., None],
    help: str | None,
    names: Sequence[str] | None,
    tags: Sequence[str],
    own: set[str],
) -> None:
    if name in own:
        return

    def function(session: nox.Session, **parameters: str) -> None:
        """Run it; the name and the help are set below."""
        if session.posargs and parameters.get("project") and session.posargs[0] in (names or ()):
            call = f"nox -s \"{name}(project='{session.posargs[0]}')\""
            session.error(f"Arguments after -- go to the tool. For one project: {call}")
        act(session, **parameters)

    function.__name__, function.__doc__ = name, help
    if hasattr(act, "parametrize"):
        function.parametrize = act.parametrize  # type: ignore[attr-defined]
    if names is not None:
        function = nox.parametrize("project", names)(function)
    nox.session(name=name, tags=list(tags))(function)


def _text(menu: dict[str, list[str]]) -> str:
    lines = [f"{group:<7}{' '.join(sorted(names))}" for group, names in menu.items()]
    return "\n".join(
        [
            "The same sessions for every project, on a laptop and in CI:",
            "",
            *lines,
            "",
            "One project: nox -s \"test(project='NAME')\". What changed: nox. Everything: nox -t check.",
        ]
    )


def _leave(error: HighroadError) -> SystemExit:
    print(f"error: {error}", file=sys.stderr)
    return SystemExit(error.exit_code)
