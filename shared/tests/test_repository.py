"""The repository as a whole: killed runs, a copied project, and the commands that docs show."""

from __future__ import annotations

import hashlib
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NOX = [sys.executable, "-m", "nox"]
SAMPLE = ["--", "--params", "landing.keep_every=40,train.max_iter=20,evaluation.max_iter=10"]

pytestmark = pytest.mark.slow


def environment(store: Path) -> dict[str, str]:
    clean = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("HIGHROAD_", "KEDRO_", "VIRTUAL_ENV"))
    }
    return clean | {"HIGHROAD_STORE": str(store), "HIGHROAD_LOG": "plain", "DO_NOT_TRACK": "1"}


def outputs(store: Path) -> dict[str, str]:
    """What readers can see: every file but run summaries, locks and what a kill left unfinished."""
    return {
        path.relative_to(store).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(store.rglob("*"))
        if path.is_file()
        and path.relative_to(store).parts[0] not in ("runs", ".locks")
        and not path.name.endswith(".partial")
    }


def run(store: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*NOX, "-s", "run", *SAMPLE],
        cwd=ROOT,
        env=environment(store),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


@pytest.mark.skipif(sys.platform == "win32", reason="process groups are POSIX")
def test_a_run_killed_at_random_moments_and_repeated_gives_the_same_outputs(tmp_path):
    began = time.monotonic()
    undisturbed = run(tmp_path / "whole")
    printed, _ = undisturbed.communicate()
    assert undisturbed.returncode == 0, printed
    length = time.monotonic() - began
    expected = outputs(tmp_path / "whole")
    assert len(expected) > 30
    chance = random.Random(13)
    for attempt in range(10):
        store = tmp_path / f"killed{attempt}"
        victim = run(store)
        try:
            victim.communicate(timeout=chance.uniform(0.1, 0.95) * length)
        except subprocess.TimeoutExpired:
            os.killpg(victim.pid, signal.SIGKILL)
            victim.communicate()
        again = run(store)
        printed, _ = again.communicate()
        assert again.returncode == 0, printed
        assert outputs(store) == expected
        shutil.rmtree(store)


@pytest.fixture
def copy(tmp_path) -> Path:
    """A copy of what the sessions need, without environments and data, under git."""
    target = tmp_path / "copy"
    tracked = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in tracked.stdout.splitlines():
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, target / name)
    for words in (
        ["init", "-q"],
        ["add", "-A"],
        ["-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-qm", "start"],
    ):
        subprocess.run(["git", *words], cwd=target, check=True)
    return target


def test_a_copied_folder_is_a_project_in_every_session_and_in_the_plan(copy, tmp_path):
    shutil.copytree(copy / "projects" / "demand", copy / "projects" / "demand_copy")
    (copy / "projects" / "demand_copy" / "src" / "demand").rename(
        copy / "projects" / "demand_copy" / "src" / "demand_copy"
    )
    for path in (copy / "projects" / "demand_copy").rglob("*"):
        if path.suffix in (".py", ".toml", ".lock"):
            text = path.read_text(encoding="utf-8")
            path.write_text(re.sub(r"\bdemand\b", "demand_copy", text), encoding="utf-8")
    env = environment(tmp_path / "store")
    listing = subprocess.run(
        [*NOX, "--list"], cwd=copy, env=env, capture_output=True, text=True, check=True
    )
    kinds = ("lint", "typecheck", "test", "catalog", "run", "lock")
    assert {f"{kind}(project='demand_copy')" for kind in kinds} <= set(
        re.findall(r"\w+\(.*?\)", listing.stdout)
    )
    planned = subprocess.run(
        [*NOX, "-s", "plan", "--", "HEAD"],
        cwd=copy,
        env=env,
        capture_output=True,
        text=True,
        check=True,
    )
    plan = json.loads(planned.stdout[planned.stdout.index("{") :])
    assert "demand_copy" in plan["reasons"] and "flights" not in plan["reasons"]


def test_a_misspelt_or_misplaced_project_ends_with_the_right_command(tmp_path):
    for words, said in (
        (["-s", "test(project='dealys')"], "test(project='delays')"),
        (["-s", "test", "--", "delays"], "test(project='delays')"),
        (["-s", "tset"], "test"),
    ):
        done = subprocess.run(
            [*NOX, *words],
            cwd=ROOT,
            env=environment(tmp_path),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 3 and said in done.stderr and "Traceback" not in done.stderr


def test_a_missing_and_a_stale_lock_end_with_the_command_that_mends_them(copy, tmp_path):
    lock = copy / "projects" / "demand" / "uv.lock"
    lock.unlink()
    command = [*NOX, "-s", "test(project='demand')"]
    done = subprocess.run(
        command, cwd=copy, env=environment(tmp_path), capture_output=True, text=True, check=False
    )
    assert done.returncode and "lock(project='demand')" in done.stdout + done.stderr
    shutil.copy(ROOT / "projects" / "demand" / "uv.lock", lock)
    path = copy / "projects" / "demand" / "pyproject.toml"
    path.write_text(path.read_text().replace('"numpy>=2"', '"numpy>=2.1"'))
    done = subprocess.run(
        command, cwd=copy, env=environment(tmp_path), capture_output=True, text=True, check=False
    )
    assert done.returncode and "lock(project='demand')" in done.stdout + done.stderr


def test_the_tutorial_can_be_followed(tmp_path):
    text = (ROOT / "docs" / "pages" / "tutorial" / "first-run.md").read_text(encoding="utf-8")
    commands = [
        line for block in re.findall(r"```sh\n(.*?)```", text, re.S) for line in block.splitlines()
    ]
    assert len(commands) >= 6
    for command in commands:
        # .ci/run makes the environment as the first command says; here only what follows it counts.
        command = command.rpartition("&& ")[2]
        assert command.startswith(".venv/bin/nox")
        words = [*NOX, *re.findall(r'"[^"]*"|\S+', command.removeprefix(".venv/bin/nox "))]
        done = subprocess.run(
            [word.strip('"') for word in words],
            cwd=ROOT,
            env=environment(tmp_path),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
