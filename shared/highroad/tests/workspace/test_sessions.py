"""What a noxfile of a few lines gives: its menu, its own sessions, and refusals in one line."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from highroad_workspace.commands import COMMANDS
from highroad_workspace.sessions import Sessions

ROOT = Path(__file__).parents[4]
_SESSION = re.compile(r"^[*-] (\w+)(?:\((?:project='(\w+)')?.*?\))?", re.MULTILINE)
OWN = """
@nox.session
def lint(session):
    \"\"\"Ours alone.\"\"\"
    print("OURS", *session.posargs)

@nox.session
def versions(session):
    \"\"\"One more.\"\"\"

"""


@pytest.fixture
def nox(repository: Any):
    """Call nox with this repository's noxfile in a small one."""
    repository.write(
        "shared/extensions/pyproject.toml", '[project]\nname = "platform-extensions"\n'
    )
    # As in a repository that has the library by version.
    noxfile = repository.write("noxfile.py", (ROOT / "noxfile.py").read_text(encoding="utf-8"))

    def call(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "nox", *words]
        return subprocess.run(
            command, cwd=repository.root, capture_output=True, text=True, check=False
        )

    call.noxfile = noxfile
    return call


def listed(nox: Any) -> dict[str, list[str]]:
    """The sessions, and the projects of each."""
    sessions: dict[str, list[str]] = {}
    for name, project in _SESSION.findall(nox("--list").stdout):
        sessions.setdefault(name, []).extend([project] if project else [])
    return sessions


def test_sessions_are_of_the_packages_that_there_are(nox):
    sessions = listed(nox)
    assert sessions["test"] == ["extensions", "demand", "flights", "delays"]
    assert sessions["deploy"] == ["demand", "flights", "delays"] and sessions["trace"] == []
    assert not {"airflow", "starter", "bench"} & set(sessions), "those are of the library's sources"


def test_the_menu_comes_first_and_fits_a_screen(nox):
    menu, _, _ = nox("--list").stdout.partition("Sessions defined in")
    assert len(menu.splitlines()) <= 24
    named = set(menu.replace("\n", " ").split())
    assert set(listed(nox)) - {"check"} <= named


def test_a_session_of_the_noxfile_takes_the_place_of_one_and_adds_one(nox):
    text = nox.noxfile.read_text(encoding="utf-8")
    head, register, tail = text.partition("__doc__ = ")
    nox.noxfile.write_text(head + OWN + register + tail, encoding="utf-8")
    assert listed(nox)["lint"] == [] and listed(nox)["versions"] == []
    done = nox("-s", "lint", "--", "x")
    assert "OURS x" in done.stdout and "already been registered" not in done.stderr


def test_a_project_behind_the_dashes_is_told_from_an_argument_of_the_tool(nox):
    done = nox("-s", "test(project='demand')", "--", "flights")
    assert done.returncode == 1
    assert "For one project: nox -s \"test(project='flights')\"" in done.stderr


def test_projects_that_do_not_hold_together_are_one_message(nox, repository):
    repository.project("broken", consumes=["nobody.knows"])
    done = nox("--list")
    assert done.returncode == 3 and done.stderr.startswith("error: ") and "broken" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_older_python_is_one_message():
    code = "import nox, sys; sys.version_info = (3, 10, 1); exec(open('noxfile.py').read())"
    words = [sys.executable, "-c", code]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stderr.startswith("error: Python 3.11 or newer is required")


class Session:
    """As much of a nox session as commands use."""

    posargs: tuple[str, ...] = ()

    def __init__(self, folder: Path) -> None:
        self.invoked_from = str(folder)

    def chdir(self, folder: Path) -> None:
        """Nothing is run here."""


@pytest.mark.parametrize(("level", "may_fail"), [("bronze", True), ("silver", False)])
def test_a_catalog_at_fault_is_shown_to_bronze_and_fails_silver(
    repository, monkeypatch, level, may_fail
):
    repository.project("late", more=f'conformance = "{level}"')
    sessions, ran = Sessions(repository.root), []
    monkeypatch.setattr(
        sessions.repository,
        "environment",
        lambda session, package: lambda *words, **how: ran.append((package, words, how)),
    )
    (catalog,) = (command for command in COMMANDS if command.session == "catalog")
    sessions.command(catalog, Session(repository.root), "late")
    assert ran == [("late", ("highroad", "catalog", "--project", "late"), {"may_fail": may_fail})]
