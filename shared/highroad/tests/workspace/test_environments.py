"""Environments from locks: what uv is told, what a bad lock ends with, where tools are found."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any, NoReturn

import pytest

from highroad_workspace import environments
from highroad_workspace.threads import MARK, POLICY, WAITS


class CommandFailed(Exception):  # noqa: N818
    """As nox calls it."""


class QuitError(Exception):
    """What nox's `session.error` raises."""


class Session:
    """As much of a nox session as environments use; runs nothing."""

    def __init__(self, fails: bool = False) -> None:
        self.fails = fails
        self.ran: list[tuple[tuple[str, ...], dict[str, str]]] = []
        self.succeeds_with: Any = None
        self.env: dict[str, str | None] = {}

    def run(
        self, *words: str, env: dict[str, str], external: bool, success_codes: Any = None
    ) -> None:
        self.ran.append((words, env))
        self.succeeds_with = success_codes
        if self.fails:
            raise CommandFailed

    def error(self, text: str) -> NoReturn:
        raise QuitError(text)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / ".venv").mkdir()
    (tmp_path / "uv.lock").write_text("one")
    return tmp_path


def sync(session: Session, folder: Path) -> None:
    environments.sync(session, "delays", folder, folder / ".venv")


def test_only_a_lock_not_seen_before_is_shown(folder: Path) -> None:
    session = Session()
    sync(session, folder)
    sync(session, folder)
    (folder / "uv.lock").write_text("two")
    sync(session, folder)
    (cold, _), (warm, _), (changed, _) = session.ran
    assert ["--quiet" in words for words in (cold, warm, changed)] == [False, True, False]


def test_no_interpreter_is_downloaded(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_PYTHON_DOWNLOADS", "automatic")
    session = Session()
    sync(session, folder)
    assert session.ran[0][1]["UV_PYTHON_DOWNLOADS"] == "never"


def test_a_missing_lock_is_named_with_the_way_to_it(folder: Path) -> None:
    (folder / "uv.lock").unlink()
    with pytest.raises(QuitError, match=r"'delays' has no uv\.lock.*lock\(project='delays'\)"):
        sync(Session(), folder)


@pytest.mark.parametrize(
    ("complaint", "said"),
    [
        ("The lockfile needs to be updated", "does not match its pyproject.toml.*lock\\("),
        ("No interpreter found", "install one; none is downloaded"),
    ],
)
def test_a_stale_lock_is_told_from_other_faults(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    complaint: str,
    said: str,
) -> None:
    def answer(words: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        assert "--check" in words
        return subprocess.CompletedProcess(words, 1, "", complaint)

    monkeypatch.setattr(environments.subprocess, "run", answer)
    with pytest.raises(QuitError, match=said):
        sync(Session(fails=True), folder)


def test_without_uv_the_way_to_it_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environments, "find_uv", lambda: None)
    with pytest.raises(QuitError, match=r'pip install "nox\[uv\]"'):
        sync(Session(), folder)


@pytest.mark.parametrize("platform", ["linux", "win32"])
def test_a_tool_is_looked_for_in_its_own_environment(
    folder: Path, monkeypatch: pytest.MonkeyPatch, platform: str
) -> None:
    name = "Scripts" if platform == "win32" else "bin"
    tool = folder / ".venv" / name / "kedro"
    found: list[tuple[str, str | None]] = []

    def which(command: str, path: str | None = None) -> str:
        found.append((command, path))
        return f"{path}/{command}.exe"

    monkeypatch.setattr(environments.sys, "platform", platform)
    monkeypatch.setattr(environments.shutil, "which", which)
    session = Session()
    environments.run_in(session, folder, folder / ".venv", "kedro", "run")
    # A name and a folder: of a whole path, Windows' Python 3.11 would not try `.exe`.
    assert found[:2] == [("kedro", str(tool.parent)), ("highroad", str(tool.parent))]
    words, env = session.ran[0]
    assert words == (f"{tool.parent}/kedro.exe", "run")
    assert env["PATH"].startswith(str(tool.parent)) and env["DO_NOT_TRACK"] == "1"
    assert session.succeeds_with == (0,) and env["KEDRO_LOGGING_MODULE_ALLOWLIST"] == "highroad"


def test_without_the_library_an_environment_gets_none_of_its_logging(folder: Path) -> None:
    session = Session()
    environments.run_in(session, folder, folder / ".venv", "kedro", "run", may_fail=True)
    (_, env) = session.ran[0]
    assert not [name for name in env if name.startswith("KEDRO_")]
    assert 1 in session.succeeds_with and 130 in session.succeeds_with


def test_uv_is_on_the_path_of_a_tool_where_nox_is_not(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/usr/bin")
    session = Session()
    environments.run_in(session, folder, folder / ".venv", "highroad", "new", "sales")
    (_, env) = session.ran[0]
    assert shutil.which("uv", path=env["PATH"]) and env["PATH"].split(os.pathsep)[1] == "/usr/bin"


def test_native_threads_are_set_but_not_over_the_users_choice(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (*WAITS, POLICY, MARK):
        monkeypatch.delenv(name, raising=False)
    session = Session()
    environments.run_in(session, folder, folder / ".venv", "pytest")
    session.env["GOMP_SPINCOUNT"] = "5"
    environments.run_in(session, folder, folder / ".venv", "pytest")
    monkeypatch.setenv("KMP_BLOCKTIME", "7")
    environments.run_in(session, folder, folder / ".venv", "pytest")
    assert [set(WAITS) & set(env) for _, env in session.ran] == [
        {"GOMP_SPINCOUNT", "KMP_BLOCKTIME"}, {"KMP_BLOCKTIME"}, set(),
    ]  # fmt: skip
