"""Sessions that end badly say why, and with which exit code."""

from __future__ import annotations

import shutil
import subprocess

from slow.repository import NOX, ROOT, environment


def test_consumers_of_a_failed_run_are_skipped_and_the_table_is_printed(tmp_path):
    command = [*NOX, "-s", "run", "--", "--params", "landing.keep_every=0"]
    done = subprocess.run(
        command, cwd=ROOT, env=environment(tmp_path), capture_output=True, text=True, check=False
    )
    said = done.stdout + done.stderr
    assert done.returncode and "landing.keep_every: expected a whole number >= 1" in said
    assert "skipped: flights failed, whose products 'delays' reads" in said
    assert "flights (failed)" in said and "Traceback" not in said


def test_a_misspelt_or_misplaced_project_is_one_message(tmp_path):
    for words, code, said in (
        (["-s", "test(project='dealys')"], 3, "Sessions not found: test(project='dealys')"),
        (["-s", "catalog", "--", "delays"], 1, "nox -s \"catalog(project='delays')\""),
        (["-s", "tset"], 3, "Sessions not found: tset"),
    ):
        done = subprocess.run(
            [*NOX, *words],
            cwd=ROOT,
            env=environment(tmp_path),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code and said in done.stderr and "Traceback" not in done.stderr


def test_a_missing_and_a_stale_lock_end_with_the_command_that_mends_them(copy, tmp_path):
    lock = copy / "projects" / "demand" / "uv.lock"
    lock.unlink()
    command = [*NOX, "-s", "test(project='demand')"]
    done = subprocess.run(
        command, cwd=copy, env=environment(tmp_path), capture_output=True, text=True, check=False
    )
    said = done.stdout + done.stderr
    assert done.returncode == 1 and "has no uv.lock" in said
    assert "lock(project='demand')" in said
    shutil.copy(ROOT / "projects" / "demand" / "uv.lock", lock)
    path = copy / "projects" / "demand" / "pyproject.toml"
    path.write_text(path.read_text().replace('"numpy>=2"', '"numpy>=2.1"'))
    done = subprocess.run(
        command, cwd=copy, env=environment(tmp_path), capture_output=True, text=True, check=False
    )
    said = done.stdout + done.stderr
    assert done.returncode == 1 and "does not match its pyproject.toml" in said
    assert "lock(project='demand')" in said
