"""Sessions: the same words for every project, on a laptop and in CI. `nox --list` is the menu."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import nox

ROOT = Path(__file__).parent
SHARED = ROOT / "shared"
AIRFLOW = SHARED / "airflow"
"""Airflow's own lock."""
sys.path.insert(0, str(SHARED / "src"))

from highroad.errors import HighroadError  # noqa: E402
from highroad.workspace import arguments, environments, git  # noqa: E402
from highroad.workspace import plan as planning  # noqa: E402
from highroad.workspace.passed_files import PassedFiles  # noqa: E402
from highroad.workspace.projects import (  # noqa: E402
    find_projects,
    project_named,
    upstream,
    with_producers,
)

LIBRARY = "highroad"
NO_TESTS = 5
"""The exit code of pytest where no test has the marks."""

nox.needs_version = ">=2025.5.1"
nox.options.sessions = ["check"]
nox.options.default_venv_backend = "none"
nox.options.stop_on_first_error = False

try:
    FOUND = find_projects(ROOT)
except HighroadError as error:
    print(f"error: {error}", file=sys.stderr)
    raise SystemExit(error.exit_code) from None
PROJECTS = {project.name: Path(project.path) for project in FOUND}
PRODUCERS = upstream(FOUND)
USERS = {project.name for project in FOUND if project.uses_library}
"""Projects that depend on the library."""
LENIENT = {project.name for project in FOUND if project.conformance == "bronze"}
"""Projects of the first level: what only the next one asks for is shown, and fails nothing."""
FAILED: set[str] = set()
"""Projects whose run did not succeed in this nox process."""

Session = TypeVar("Session", bound=Callable[..., None])


def each_project(function: Session) -> Session:
    """One session per project, in the order of their data products."""
    return nox.parametrize("project", list(PROJECTS))(function)


def each_package(function: Session) -> Session:
    """One session per project and one for the shared library."""
    return nox.parametrize("project", [LIBRARY, *PROJECTS])(function)


def path_of(project: str) -> Path:
    """The folder of a project or of the library."""
    return SHARED if project == LIBRARY else PROJECTS[project]


def inside(session: nox.Session, project: str) -> environments.Tool:
    """Sync the project's own environment from its lock; gives a function that runs tools in it."""
    folder = path_of(project)
    environments.sync(session, project, folder, folder / ".venv")
    session.chdir(folder)
    return lambda *words, **how: environments.run_in(session, ROOT, folder / ".venv", *words, **how)


def tools(session: nox.Session, group: str) -> environments.Tool:
    """An environment of the platform's own tools, from one dependency group of the library."""
    environment = ROOT / ".nox" / group
    only = ["--group", group] if group == "docs" else ["--only-group", group]
    environments.sync(session, LIBRARY, SHARED, environment, "--no-default-groups", *only)
    return lambda *words, **how: environments.run_in(session, ROOT, environment, *words, **how)


def highroad(session: nox.Session, *words: str) -> None:
    """One of the library's commands about the whole repository."""
    run = inside(session, LIBRARY)
    session.chdir(ROOT)
    run("highroad", *words)


@nox.session
def check(session: nox.Session) -> None:
    """Lint, type-check and test what changed since origin/main, or since HEAD: -- HEAD; all: nox -t check."""
    base = session.posargs[0] if session.posargs else git.main_branch(ROOT)
    affected = planned(base, "check")
    for job in affected["matrix"]["include"]:
        for name in job["session"].splitlines():
            session.notify(name, posargs=[])
    changed = ", ".join(affected["reasons"]) or "nothing"
    session.log(f"Changed since {base}: {changed}. Everything: nox -t check")


@nox.session(tags=["ci", "check"])
@each_package
def lint(session: nox.Session, project: str) -> None:
    """Style, imports, spelling, secrets and workflows of one project or of all that is shared."""
    run, shown = tools(session, "lint"), project in LENIENT
    paths = [str(path_of(project))]
    # The library's sources, for tools that need nothing else of it.
    session.env["PYTHONPATH"] = str(SHARED / "src")
    if project == LIBRARY:
        paths += ["noxfile.py", "docs"]
    run("ruff", "check", *paths, may_fail=shown)
    run("ruff", "format", "--check", *paths, may_fail=shown)
    if project == LIBRARY:
        paths = [".", ":(exclude)projects"]
        run("lint-imports")
        run("zizmor", "--offline", "--quiet", ".github")
        workflows = map(str, (ROOT / ".github" / "workflows").glob("*.yml"))
        run("check-jsonschema", "--builtin-schema", "vendor.github-workflows", *workflows)
    else:
        run("python", "-m", "highroad.workspace", "imports", project, may_fail=shown)
    # By name, so that what git ignores is left out. Neither has a cache of its own, and detect-secrets
    # takes most of this session.
    passed = PassedFiles(
        ROOT / ".nox" / "lint" / f"passed-{project}.json",
        ROOT,
        ["pyproject.toml", "shared/uv.lock"],
    )
    for batch in git.tracked_files(ROOT, paths):
        if names := passed.others(batch):
            run("codespell", *names, may_fail=shown)
            # What is a secret without doubt, `nox -s conform` finds at each level.
            run("detect-secrets-hook", "--exclude-files", r"uv\.lock$", *names, may_fail=shown)
            if not shown:
                passed.add(names)


@nox.session(tags=["ci", "check"])
@each_package
def typecheck(session: nox.Session, project: str) -> None:
    """Check the types of one project or of the library, against its own environment."""
    if project in LENIENT:
        session.skip(f"'{project}' holds bronze; types are asked for from silver on")
    inside(session, project)("mypy", "src")


@nox.session(tags=["ci", "check"])
@each_package
def test(session: nox.Session, project: str) -> None:
    """Test one project or the library, all but its slow tests; arguments after -- go to pytest."""
    run_tests(session, project, "not slow", passing=[0])


@nox.session(tags=["ci"])
@each_package
def test_slow(session: nox.Session, project: str) -> None:
    """Run the slow tests: real engines, kills, and docs followed command by command."""
    run_tests(session, project, "slow", passing=[0, NO_TESTS])


def run_tests(session: nox.Session, project: str, marked: str, passing: list[int]) -> None:
    """Run the tests of a package that have these marks; `-m` after -- chooses others."""
    run = inside(session, project)
    if project in LENIENT and environments.program(path_of(project) / ".venv", "pytest") is None:
        session.skip(f"'{project}' has no tests; they are required from silver on")
    run("pytest", "-m", marked, *session.posargs, success_codes=passing)


@nox.session(tags=["ci", "check"])
@each_project
def catalog(session: nox.Session, project: str) -> None:
    """Check a project's merged catalog, and the contracts it lives by, in every environment."""
    if project not in USERS:
        session.skip(f"'{project}' does not depend on highroad, whose rules these are")
    shown = project in LENIENT
    inside(session, project)("highroad", "catalog", *session.posargs, may_fail=shown)


@nox.session(tags=["ci"])
@each_project
def containerize(session: nox.Session, project: str) -> None:
    """Build a project's image, look into every layer of it, and run it on the sample."""
    if project in LENIENT:
        session.skip(f"'{project}' holds bronze; an image is asked for from silver on")
    make_image(session, project)


def make_image(session: nox.Session, project: str) -> environments.Tool:
    """Build, report, smoke run; gives what runs the library's tools."""
    run = inside(session, LIBRARY)
    session.chdir(ROOT)
    run("highroad", "image", "build", "--project", project)
    run("highroad", "image", "report", "--project", project, *session.posargs)
    run("highroad", "image", "smoke", "--project", project)
    return run


@nox.session(tags=["release"])
@each_project
def release(session: nox.Session, project: str) -> None:
    """Test a project, make and prove its image, and put on record what that is."""
    if project in LENIENT:
        session.error(
            f"'{project}' asks for bronze only, and a release is of silver: "
            f"nox -s conform -- --project {project} says what it lacks"
        )
    own = inside(session, project)
    own("mypy", "src")
    own("pytest")
    own("highroad", "catalog")
    run = make_image(session, project)
    passed = ("typecheck", "test", "catalog", "containerize")
    run(
        "highroad",
        "releases",
        "make",
        "--project",
        project,
        *(f"--passed={each}" for each in passed),
    )


@nox.session
def releases(session: nox.Session) -> None:
    """Releases on record: list; -- show delays; -- compare delays~1 delays; -- verify delays."""
    highroad(session, "releases", *(session.posargs or ["list"]))


@nox.session(tags=["deploy"])
@each_project
def deploy(session: nox.Session, project: str) -> None:
    """Bring a project's release to an environment: -- --env staging; -- --env prod."""
    highroad(session, "deploy", "--project", project, *session.posargs)


@nox.session
@each_project
def rollback(session: nox.Session, project: str) -> None:
    """Return to a project's good release before, without building anything: -- --env prod."""
    highroad(session, "rollback", "--project", project, *session.posargs)


@nox.session(tags=["ci"])
@each_project
def drill(session: nox.Session, project: str) -> None:
    """Deploy a good release of a project and broken ones, apart from all else: the good one stays."""
    if project in LENIENT:
        session.skip(f"'{project}' holds bronze; a release, which is of silver, is deployed")
    highroad(session, "deployments", "drill", "--project", project)


@nox.session(tags=["ci"])
@each_project
def airflow(session: nox.Session, project: str) -> None:
    """Run a project on a real Airflow, in its environment and in its image: the same comes out."""
    if project in LENIENT:
        session.skip(f"'{project}' holds bronze; a release, which is of silver, is deployed")
    environment = ROOT / ".nox" / "airflow"
    environments.sync(session, LIBRARY, AIRFLOW, environment)
    for each in with_producers(project_named(FOUND, project), FOUND):
        inside(session, each)
    run = inside(session, LIBRARY)
    session.chdir(ROOT)
    session.env["HIGHROAD_AIRFLOW_ENVIRONMENT"] = str(environment)
    run("python", "-m", "highroad.testing.rehearsal", project, *session.posargs)
    if "postgresql" in session.posargs:
        run("pytest", "-q", "-n0", str(SHARED / "tests" / "orchestration" / "slow"))


@nox.session
@each_project
def tasks(session: nox.Session, project: str) -> None:
    """The tasks that a scheduler runs a project's pipeline as, grouped from its nodes: -- --env prod."""
    if project not in USERS:
        session.skip(f"'{project}' does not depend on highroad, which would look into it")
    inside(session, project)("highroad", "workflow", "tasks", *session.posargs)


@nox.session
@each_project
def dag(session: nox.Session, project: str) -> None:
    """Write a DAG of Airflow that runs a project's working tree in its environment: -- --env base --to dags."""
    if project not in USERS:
        session.skip(f"'{project}' does not depend on highroad, which would look into it")
    run = inside(session, project)
    session.chdir(session.invoked_from)  # where the folder is meant from
    run("highroad", "workflow", "dag", "--project", project, *session.posargs)


@nox.session
def deployments(session: nox.Session) -> None:
    """What is where: status; -- list is the ledger; -- run --project flights --env prod."""
    highroad(session, "deployments", *(session.posargs or ["status"]))


@nox.session
def base_image(session: nox.Session) -> None:
    """Have the base image here: pulled, or made of Debian's packages where no registry answers."""
    highroad(session, "image", "base", *session.posargs)


@nox.session
@each_project
def run(session: nox.Session, project: str) -> None:
    """Run a project end to end; arguments after -- go to `kedro run`."""
    words = list(session.posargs)
    named = arguments.value_of(words, "--env", "-e")
    session.notify("summary", posargs=["--env", named] if named else [])
    if stale := sorted(PRODUCERS[project] & FAILED):
        FAILED.add(project)
        session.error(f"skipped: {', '.join(stale)} failed, whose products '{project}' reads")
    FAILED.add(project)
    inside(session, project)("kedro", "run", *words)
    FAILED.discard(project)


@nox.session
def summary(session: nox.Session) -> None:
    """Print the table of every project's last run."""
    highroad(session, "summary", *session.posargs)


@nox.session
def new(session: nox.Session) -> None:
    """Make a project: -- arrivals --kind model --consumes flights.departures --owner flight-data."""
    highroad(session, "new", *(session.posargs or ["--help"]))


@nox.session
def adopt(session: nox.Session) -> None:
    """Bring in a Kedro project from elsewhere, on a branch: -- ../churn --owner passenger-care."""
    path, *options = session.posargs or ["--help"]
    if not path.startswith("-"):  # meant from where nox was called
        path = str(Path(session.invoked_from, path))
    highroad(session, "adopt", path, *options)


@nox.session
def upgrade(session: nox.Session) -> None:
    """Bring every project to today's template, and keep what its team changed: -- delays; -- --report."""
    highroad(session, "upgrade", *session.posargs)


@nox.session
@nox.parametrize("combinations", [nox.param("pairwise", tags=["ci"]), nox.param("all")])
def starter(session: nox.Session, combinations: str) -> None:
    """Make new projects of the template in a copy of the repository, and run every session of each."""
    highroad(session, "starter", "--combinations", combinations)


@nox.session(tags=["ci"])
def conform(session: nox.Session) -> None:
    """Which level of conformance each project holds, and the next step: -- --all; -- --project delays."""
    highroad(session, "doctor", *session.posargs)


@nox.session
def codeowners(session: nox.Session) -> None:
    """Print CODEOWNERS, from the owners of projects; `-- --write` writes it."""
    highroad(session, "codeowners", *session.posargs)


@nox.session(tags=["ci", "check"])
def contracts(session: nox.Session) -> None:
    """Lint every contract; `-- diff origin/main` says what changed, for whom, and which version it asks."""
    highroad(session, "contracts", *(session.posargs or ["lint"]))


@nox.session
def products(session: nox.Session) -> None:
    """Data products, one a line: version, rows, age against promise, owner, consumers."""
    highroad(session, "products", *(session.posargs or ["status"]))


@nox.session
def drift(session: nox.Session) -> None:
    """How partitions of a product moved: -- flights.departures --reference 2013-01 --html drift.html."""
    highroad(session, "drift", *(session.posargs or ["--help"]))


@nox.session
def runs(session: nox.Session) -> None:
    """Runs on record: list; -- show delays; -- compare delays~1 delays."""
    highroad(session, "runs", *(session.posargs or ["list"]))


@nox.session
def trace(session: nox.Session) -> None:
    """The chain around a file, a product, a model or a run: -- delays.scores; -- delays.classifier@prod."""
    highroad(session, "trace", *(session.posargs or ["--help"]))


@nox.session
def lineage(session: nox.Session) -> None:
    """What was made from what, across all projects: -- delays --html lineage.html."""
    highroad(session, "lineage", *session.posargs)


@nox.session
def reproduce(session: nox.Session) -> None:
    """A run again at its commit, lock and data: does the same come out? -- delays."""
    highroad(session, "reproduce", *(session.posargs or ["--help"]))


@nox.session
def models(session: nox.Session) -> None:
    """Registered models: list; -- show delays.classifier; -- promote delays.classifier@3 --to staging --why …"""
    words = session.posargs or ["list"]
    # A model is loaded where it was made: in the environment of its project.
    owners = [word.partition(".")[0] for word in words if "." in word]
    run = inside(session, next((each for each in owners if each in PROJECTS), LIBRARY))
    session.chdir(ROOT)
    run("highroad", "models", *words)


@nox.session
def retention(session: nox.Session) -> None:
    """Say which old rows and files of products would go; `-- --apply` removes them."""
    highroad(session, "products", "retention", *session.posargs)


@nox.session
def explain(session: nox.Session) -> None:
    """Say where a configuration value comes from: -- platform.store --project delays."""
    words = list(session.posargs)
    if arguments.value_of(words, "--project", "-P") is None:
        words += ["--project", next(iter(PROJECTS))]
    highroad(session, "config", "explain", *words)


@nox.session
@each_package
def lock(session: nox.Session, project: str) -> None:
    """Write a project's uv.lock anew; `-- --upgrade` takes newer versions."""
    for folder in [path_of(project)] + [AIRFLOW] * (project == LIBRARY):
        words = ("lock", "--project", str(folder), *session.posargs)
        if not environments.uv(session, *words, env={}):
            session.error(f"uv could not lock '{folder}'; it says why above.")


@nox.session
def plan(session: nox.Session) -> None:
    """Print, as JSON, the sessions that what changed since a revision affects: -- origin/main --tag ci."""
    words = list(session.posargs)
    tag = arguments.value_of(words, "--tag") or planning.CI_TAG
    base = words[0] if words and not words[0].startswith("-") else "origin/main"
    print(json.dumps(planned(base, tag), indent=2))


def planned(base: str, tag: str) -> dict[str, Any]:
    """The sessions with a tag that what changed since a revision affects."""
    try:
        return planning.plan(ROOT, base, planning.listed(__file__, tag), tag)
    except HighroadError as error:
        print(f"error: {error}", file=sys.stderr)
        raise SystemExit(error.exit_code) from None


@nox.session
def bench(session: nox.Session) -> None:
    """Measure the ratios the docs state; `-- --smoke` only shows that every benchmark runs."""
    inside(session, LIBRARY)("python", "benchmarks/bench.py", *session.posargs)


@nox.session(tags=["ci"])
def docs(session: nox.Session) -> None:
    """Follow the pages' commands and build docs/site; `-- build` only builds, `-- serve` shows it."""
    if not session.posargs:
        inside(session, LIBRARY)("pytest", "-m", "pages")
        session.chdir(ROOT)
    run = tools(session, "docs")
    run("python", "docs/reference.py")
    session.chdir(ROOT / "docs")
    command, *options = session.posargs or ["build"]
    options += ["--strict", "--clean"] if command == "build" else []
    run("zensical", command, "--config-file", "zensical.toml", *options)


@nox.session(tags=["ci"])
def precommit(session: nox.Session) -> None:
    """Run every pre-commit hook on every file."""
    tools(session, "lint")("pre-commit", "run", "--all-files", *session.posargs)


SESSIONS = nox.registry.get()
# A session that is written below is not registered yet.
LATER = arguments.sessions_written_in(__file__) - set(SESSIONS)
if message := arguments.check_request(
    sys.argv[1:],
    sessions=[*SESSIONS, *LATER],
    projects=[LIBRARY, *PROJECTS],
    whole=[name for name, each in SESSIONS.items() if not hasattr(each.func, "parametrize")]
    + [*LATER],
):
    print(f"error: {message}", file=sys.stderr)
    raise SystemExit(3)
