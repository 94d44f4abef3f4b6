"""What is said of a real Airflow for tests that does not start; `test_airflow_for_real` has one that does."""

from __future__ import annotations

import sys

import pytest

from highroad.errors import WorkspaceError
from highroad.testing import airflow

PROGRAM = """#!/bin/sh
case "$1" in
  db) exit {migrated} ;;
  scheduler) echo "boom in the scheduler" >&2; exit 3 ;;
  *) exec sleep 600 ;;
esac
"""


@pytest.fixture
def program(tmp_path, monkeypatch):
    """A program in place of Airflow's, whose scheduler ends at once."""
    path = tmp_path / "environment" / "bin" / "airflow"
    path.parent.mkdir(parents=True)
    path.write_text(PROGRAM.format(migrated=0))
    path.chmod(0o755)
    monkeypatch.setenv(airflow.VARIABLE, str(tmp_path / "environment"))
    return path


pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the program is a shell script")


def test_a_part_that_ends_is_named_with_the_end_of_its_log(program, tmp_path):
    with (
        pytest.raises(WorkspaceError, match=r"ended with 3: scheduler\.log: boom in the scheduler"),
        airflow.serving(tmp_path / "home"),
    ):
        pass


def test_a_database_that_cannot_be_migrated_is_said(program, tmp_path):
    program.write_text(PROGRAM.format(migrated=1))
    with (
        pytest.raises(WorkspaceError, match="`airflow db migrate` failed"),
        airflow.serving(tmp_path / "home"),
    ):
        pass


def test_where_there_is_none_the_session_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv(airflow.VARIABLE, str(tmp_path))
    with pytest.raises(WorkspaceError, match="nox -s"), airflow.serving(tmp_path):
        pass
