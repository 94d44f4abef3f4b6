"""A run killed at any moment and repeated gives what an undisturbed one gives."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from filelock import FileLock
from slow.repository import ROOT, SAMPLE, environment

from highroad.products.commits import contents
from highroad.products.store import Table
from highroad_workspace.projects import find_projects

KILLS = 3
PROJECTS = {project.name: project for project in find_projects(ROOT)}


def outputs(store: Path) -> dict[str, str]:
    """What readers can see: products by their rows, every other file by its bytes.

    Run summaries, locks and what a kill left unfinished are left out; a product's part files
    have random names and its log has times, so its rows count, in order. A model's versions have
    times for names, and manifest and card say which run made them.
    """
    found = {}
    for path in sorted(store.rglob("*")):
        name = path.relative_to(store)
        is_ours = name.parts[0] in ("runs", ".locks", "products") or name.suffix == ".partial"
        if "06_models" in name.parts:
            is_ours = is_ours or name.name in ("manifest.json", "README.md")
            name = Path(*name.parts[:3], name.name)
        if path.is_file() and not is_ours:
            found[name.as_posix()] = hashlib.sha256(path.read_bytes()).hexdigest()
    for folder in (store / "products").glob("*"):
        table = Table(folder.as_posix())
        if table.exists():
            rows = table.dataset().to_table()
            found[f"products/{folder.name}"] = json.dumps(contents(rows, []))
    return found


def start(project: str, store: Path) -> subprocess.Popen[str]:
    """Start a run of one project in its own environment."""
    folder = ROOT / PROJECTS[project].path
    programs = folder / ".venv" / "bin"
    env = environment(store) | {
        "HIGHROAD_PLATFORM_CONF": str(ROOT / "platform-conf"),
        "KEDRO_LOGGING_CONFIG": str(ROOT / "platform-conf" / "base" / "logging.yml"),
        "KEDRO_LOGGING_MODULE_ALLOWLIST": "highroad",
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
    }
    return subprocess.Popen(
        [str(programs / "kedro"), "run", *SAMPLE[1:]],
        cwd=folder,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def run(project: str, store: Path) -> None:
    """Run a project to its end."""
    printed, _ = (process := start(project, store)).communicate()
    assert process.returncode == 0, printed


def files(store: Path) -> int:
    """How many files a run has written, finished or not; records and locks are left out."""
    return sum(
        len(names)
        for folder, _, names in os.walk(store)
        if Path(folder).relative_to(store).parts[:1] not in (("runs",), (".locks",))
    )


def kill_at(project: str, store: Path, count: int) -> bool:
    """Kill a run once there are so many files; false where it ended before."""
    with start(project, store) as victim:
        while victim.poll() is None and files(store) < count:
            time.sleep(0.01)
        if victim.poll() is None:
            os.killpg(victim.pid, signal.SIGKILL)
        victim.communicate()
    return victim.returncode == -signal.SIGKILL


@pytest.fixture(scope="session")
def stores(tmp_path_factory, worker_id) -> Path:
    """A folder with the store before each project's undisturbed run, and after it; made once for all workers."""
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "stores"
    with FileLock(f"{folder}.lock"):
        if not folder.is_dir():
            whole = tmp_path_factory.mktemp("whole")
            for project in PROJECTS:
                shutil.copytree(whole, whole.with_name("made") / "before" / project)
                run(project, whole)
                shutil.copytree(whole, whole.with_name("made") / "after" / project)
            whole.with_name("made").rename(folder)
    return folder


@pytest.mark.skipif(sys.platform == "win32", reason="process groups are POSIX")
@pytest.mark.parametrize("project", PROJECTS)
def test_a_killed_run_that_is_repeated_gives_the_same_outputs(project, stores, tmp_path):
    inputs, whole, store = stores / "before" / project, stores / "after" / project, tmp_path / "s"
    expected, before = outputs(whole), outputs(inputs)
    assert expected.keys() > before.keys()
    first, last = files(inputs) + 1, files(whole)
    kills = amid = 0
    for attempt in range(3 * KILLS):  # from the first file on
        shutil.copytree(inputs, store)
        if kill_at(project, store, first + (last - first) * (attempt % KILLS) // KILLS):
            kills += 1
            amid += before != outputs(store) != expected
            run(project, store)
            assert outputs(store) == expected
        shutil.rmtree(store)
        if kills == KILLS:
            break
    assert kills == KILLS
    assert amid  # some kills fell between the first output and the last
