"""Nox command lines that cannot work, and the ones that must be left alone."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from highroad.workspace.arguments import check_request, sessions_written_in, value_of

SESSIONS = ["lint", "test", "run", "lock", "docs", "plan"]
PROJECTS = ["highroad", "flights", "delays", "demand"]


def check(line: str) -> str | None:
    return check_request(shlex.split(line), SESSIONS, PROJECTS, whole=["docs", "plan"])


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("""-s "test(project='dealys')" """, "No project 'dealys'. Did you mean 'delays'?"),
        ("""-s "test(project='dealys')" """, """nox -s "test(project='delays')\""""),
        ("""-s "test(project='xyzzy')" """, "(projects: delays, demand, flights, highroad)"),
        ("""--session="test(project='dealys')" """, "Did you mean 'delays'?"),
        ("""-s lint "test(project=\\"dealys\\")" """, "Did you mean 'delays'?"),
        ("-s test -- delays", """nox -s "test(project='delays')\""""),
        ("-s test -- dealys", "'dealys' looks like the project 'delays'"),
        ("-rs lint test -- delays", """"lint(project='delays')" "test(project='delays')\""""),
        ("-s docs test -- delays", """nox -s "test(project='delays')\""""),
        ("-s tets", "No session 'tets'. Did you mean: nox -s test"),
        ("""-s "tets(project='delays')" """, """nox -s "test(project='delays')\""""),
        ("-s xyzzy", "The menu: nox --list"),
        ("-s 'test(delays)'", """nox -s "test(project='delays')\""""),
        ("-s 'test(project=delays)'", "needs quotes"),
    ],
)
def test_names_the_command_that_was_meant(line: str, expected: str) -> None:
    message = check(line)
    assert message is not None and expected in message


@pytest.mark.parametrize(
    "line",
    [
        "",
        "--list --json -t ci",
        "-s test",
        "-s test lint -r",
        """-s "test(project='delays')" -- -k delays""",
        """-s "test-3.12(project='delays')" """,
        "-s test -- -k delays",
        "-s test -- tests/test_nodes.py",
        "-s run -- --pipelines score",
        "-s docs -- serve",
        "-s plan -- delays",
        "-ts -s test",
        "-fnoxfile.py -s test",
        "-f noxfile.py -k delays -s test",
        "-- delays",
    ],
)
def test_leaves_good_requests_alone(line: str) -> None:
    assert check(line) is None


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("key --project delays", "delays"),
        ("key --project=delays", "delays"),
        ("key -P delays", "delays"),
        ("key -Pdelays", "delays"),
        ("-P demand key --project delays", "delays"),
        ("key --projects delays", None),
        ("key --project", None),
        ("", None),
    ],
)
def test_an_option_is_read_in_every_spelling(line: str, expected: str | None) -> None:
    assert value_of(shlex.split(line), "--project", "-P") == expected


def test_sessions_are_found_in_the_source_wherever_they_stand(tmp_path: Path) -> None:
    noxfile = tmp_path / "noxfile.py"
    noxfile.write_text(
        '@nox.session(tags=["ci"])\ndef versions(session): ...\n\n'
        '@nox.session(python=False, name="all-versions")\ndef every(session): ...\n'
    )
    assert sessions_written_in(noxfile) == {"versions", "all-versions", "every"}
