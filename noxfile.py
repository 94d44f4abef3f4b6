"""Sessions: the same words for every project, on a laptop and in CI. `nox --list` is the menu."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import nox

ROOT = Path(__file__).parent
SHARED = ROOT / "shared"
sys.path.insert(0, str(SHARED / "src"))

from highroad.errors import HighroadError  # noqa: E402
from highroad.workspace import arguments  # noqa: E402
from highroad.workspace import plan as planning  # noqa: E402
from highroad.workspace.projects import find_projects  # noqa: E402

LIBRARY = "highroad"

nox.needs_version = ">=2025.5.1"
nox.options.sessions = ["lint", "typecheck", "test", "catalog"]
nox.options.default_venv_backend = "none"
nox.options.stop_on_first_error = False

try:
    PROJECTS = {project.name: Path(project.path) for project in find_projects(ROOT)}
except HighroadError as error:
    print(f"error: {error}", file=sys.stderr)
    raise SystemExit(error.exit_code) from None

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


def inside(session: nox.Session, project: str) -> Callable[..., None]:
    """Sync the project's own environment from its lock; gives a function that runs tools in it."""
    folder = path_of(project)
    if not (folder / "uv.lock").is_file():
        session.error(f"'{project}' has no uv.lock. Make it: nox -s \"lock(project='{project}')\"")
    sync(session, project, folder / ".venv")
    session.chdir(folder)
    return lambda *command: tool(session, folder / ".venv", *command)


def tools(session: nox.Session, group: str) -> Callable[..., None]:
    """An environment of the platform's own tools, from one dependency group of the library."""
    environment = ROOT / ".nox" / group
    only = ["--group", group] if group == "docs" else ["--only-group", group]
    sync(session, LIBRARY, environment, "--no-default-groups", *only)
    return lambda *command: tool(session, environment, *command)


def sync(session: nox.Session, project: str, environment: Path, *options: str) -> None:
    """Bring an environment to its lock, bytecode compiled."""
    folder = path_of(project)
    compiled_from = environment / "compiled-from-lock"
    lock_hash = hashlib.sha256((folder / "uv.lock").read_bytes()).hexdigest()
    variables = {"UV_PROJECT_ENVIRONMENT": str(environment)}
    # uv looks at every file of the environment to compile it, also where nothing changed.
    is_compiled = compiled_from.is_file() and compiled_from.read_text() == lock_hash
    if not is_compiled:
        variables["UV_COMPILE_BYTECODE"] = "1"
    command = ("sync", "--locked", "--quiet", "--project", str(folder), *options)
    uv(session, *command, env=variables, project=project)
    if not is_compiled:
        compiled_from.write_text(lock_hash)


def uv(session: nox.Session, *command: str, env: dict[str, str], project: str) -> None:
    """Run uv; a stale lock ends with the command that mends it."""
    try:
        session.run(
            find_uv(), *command, env=os.environ | env | {"DO_NOT_TRACK": "1"}, external=True
        )
    except nox.command.CommandFailed:
        session.error(
            f"The environment of '{project}' could not be made from its lock. If uv says the lock "
            f"needs to be updated: nox -s \"lock(project='{project}')\""
        )


def find_uv() -> str:
    """The uv beside this nox, else the one on the path."""
    from nox.virtualenv import UV

    return UV


def tool(session: nox.Session, environment: Path, name: str, *arguments: str) -> None:
    """Run a tool of an environment with the platform's settings around it."""
    bin_folder = environment / ("Scripts" if sys.platform == "win32" else "bin")
    session.run(
        str(bin_folder / name),
        *arguments,
        external=True,
        env={
            "DO_NOT_TRACK": "1",
            "PATH": f"{bin_folder}{os.pathsep}{os.environ.get('PATH', '')}",
            "VIRTUAL_ENV": str(environment),
            "HIGHROAD_PLATFORM_CONF": str(ROOT / "platform-conf"),
            "KEDRO_LOGGING_CONFIG": str(ROOT / "platform-conf" / "base" / "logging.yml"),
            "KEDRO_LOGGING_MODULE_ALLOWLIST": "highroad",
        },
    )


@nox.session(tags=["ci"])
@each_package
def lint(session: nox.Session, project: str) -> None:
    """Style, imports, spelling, secrets and workflows of one project or of all that is shared."""
    run = tools(session, "lint")
    folder = path_of(project)
    run("ruff", "check", str(folder))
    run("ruff", "format", "--check", str(folder))
    paths = [str(folder)]
    if project == LIBRARY:
        run("ruff", "check", "noxfile.py")
        run("ruff", "format", "--check", "noxfile.py")
        # import-linter imports nothing, but must find the package.
        session.env["PYTHONPATH"] = str(SHARED / "src")
        run("lint-imports", "--no-cache")
        run("zizmor", "--offline", "--quiet", ".github")
        run(
            "check-jsonschema",
            "--builtin-schema",
            "vendor.github-workflows",
            *map(str, (ROOT / ".github" / "workflows").glob("*.yml")),
        )
        paths += [
            "README.md",
            "CONTRIBUTING.md",
            "docs",
            "platform-conf",
            "changelog.d",
            "noxfile.py",
        ]
    run("codespell", *paths)
    tracked = session.run(
        "git", "ls-files", "-co", "--exclude-standard", "--", *paths, external=True, silent=True
    )
    run("detect-secrets-hook", "--exclude-files", r"uv\.lock$", *str(tracked).split())


@nox.session(tags=["ci"])
@each_package
def typecheck(session: nox.Session, project: str) -> None:
    """Check the types of one project or of the library, against its own environment."""
    run = inside(session, project)
    run("mypy", "src")


@nox.session(tags=["ci"])
@each_package
def test(session: nox.Session, project: str) -> None:
    """Test one project or the library; arguments after -- go to pytest."""
    inside(session, project)("pytest", *session.posargs)


@nox.session(tags=["ci"])
@each_project
def catalog(session: nox.Session, project: str) -> None:
    """Check a project's merged catalog in every environment."""
    inside(session, project)("highroad", "catalog", *session.posargs)


@nox.session
@each_project
def run(session: nox.Session, project: str) -> None:
    """Run a project end to end; arguments after -- go to `kedro run`."""
    inside(session, project)("kedro", "run", *session.posargs)
    session.notify("summary", posargs=[])


@nox.session
def summary(session: nox.Session) -> None:
    """Print the table of every project's last run."""
    run = inside(session, LIBRARY)
    session.chdir(ROOT)
    run("highroad", "summary", *session.posargs)


@nox.session
def explain(session: nox.Session) -> None:
    """Say where a configuration value comes from: -- platform.store --project delays."""
    run = inside(session, LIBRARY)
    session.chdir(ROOT)
    words = (
        session.posargs
        if "--project" in session.posargs
        else [*session.posargs, "--project", next(iter(PROJECTS))]
    )
    run("highroad", "config", "explain", *words)


@nox.session
@each_package
def lock(session: nox.Session, project: str) -> None:
    """Write a project's uv.lock anew; `-- --upgrade` takes newer versions."""
    uv(
        session,
        "lock",
        "--project",
        str(path_of(project)),
        *session.posargs,
        env={},
        project=project,
    )


@nox.session
def plan(session: nox.Session) -> None:
    """Print, as JSON, the sessions that what changed since a revision affects: -- origin/main."""
    base = session.posargs[0] if session.posargs else "origin/main"
    listing = session.run(
        sys.executable,
        "-m",
        "nox",
        "--list",
        "--json",
        "-f",
        __file__,
        "-t",
        "ci",
        external=True,
        silent=True,
    )
    try:
        print(json.dumps(planning.plan(ROOT, base, json.loads(str(listing))), indent=2))
    except HighroadError as error:
        print(f"error: {error}", file=sys.stderr)
        raise SystemExit(error.exit_code) from None


@nox.session
def bench(session: nox.Session) -> None:
    """Measure the ratios the docs state; `-- --smoke` only shows that every benchmark runs."""
    inside(session, LIBRARY)("python", "benchmarks/bench.py", *session.posargs)


@nox.session(tags=["ci"])
def docs(session: nox.Session) -> None:
    """Build the site into docs/site; `-- serve` shows it while you write."""
    run = tools(session, "docs")
    run("python", "docs/reference.py")
    session.chdir(ROOT / "docs")
    command, *options = session.posargs or ["build", "--strict", "--clean"]
    run("zensical", command, "--config-file", "zensical.toml", *options)


@nox.session(tags=["ci"])
def precommit(session: nox.Session) -> None:
    """Run every pre-commit hook on every file."""
    tools(session, "lint")("pre-commit", "run", "--all-files", *session.posargs)


if message := arguments.check_request(
    sys.argv[1:],
    [
        "lint",
        "typecheck",
        "test",
        "catalog",
        "run",
        "summary",
        "explain",
        "lock",
        "plan",
        "bench",
        "docs",
        "precommit",
    ],
    [LIBRARY, *PROJECTS],
    whole=["summary", "explain", "plan", "bench", "docs", "precommit"],
):
    print(f"error: {message}", file=sys.stderr)
    raise SystemExit(3)
