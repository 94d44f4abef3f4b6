"""A new project: until its files are there, and until it has run for the first time."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
from pathlib import Path

from measure import BIN, ROOT, Command, Figure, against, cost, find

from highroad_workspace.git import tracked_files

_PARTS = ("platform-conf", "projects", "shared", "noxfile.py", "pyproject.toml", ".github", ".ci")


def figures(folder: Path, smoke: bool) -> list[Figure]:
    """`highroad new` against `kedro new`, and a first run against what installing alone takes."""
    runs = 1 if smoke else 9
    copy = _copy(folder / "repository")
    stock = folder / "stock"
    stock.mkdir()
    new = [
        str(BIN / "highroad"),
        "new",
        "arrivals",
        "--kind",
        "data-product",
        "--owner",
        "flight-data",
    ]
    new += ["--no-lock"]
    theirs = [str(BIN / "kedro"), "new", "--name", "arrivals", "--tools", "none", "--example", "n"]
    made = against(
        "`highroad new`, until its files are there, against `kedro new`",
        0.7,
        Command(["sh", "-c", f"rm -rf projects/arrivals && {' '.join(new)}"], copy),
        [Command(["sh", "-c", f"rm -rf arrivals && {' '.join(theirs)} --telemetry no"], stock)],
        "wall_s",
        runs,
    )
    return [made, _first_run(copy, new[:-1], 1 if smoke else 5)]


def _first_run(copy: Path, new: list[str], runs: int) -> Figure:
    project = copy / "projects" / "arrivals"
    nox, uv = find("nox"), find("uv")
    env = {
        "HIGHROAD_STORE": str(copy.parent / "store"),
        "PATH": f"{Path(uv).parent}{os.pathsep}{os.environ['PATH']}",
    }
    shutil.rmtree(project, ignore_errors=True)
    cost(Command(new, copy, env))
    pairs = []
    for number in range(runs + 1):
        shutil.rmtree(project / ".venv", ignore_errors=True)
        ours = cost(Command([nox, "-s", "run(project='arrivals')"], copy, env)).wall_s
        shutil.rmtree(project / ".venv", ignore_errors=True)
        theirs = cost(
            Command([uv, "sync", "--locked", "--project", str(project)], copy, env)
        ).wall_s
        pairs += [(ours, theirs)] if number else []  # the first one warms the caches
    ratio = statistics.median(one / other for one, other in pairs)
    ours, theirs = (statistics.median(each) for each in zip(*pairs, strict=True))
    return Figure(
        "new project to its first run, against `uv sync` of its lock", ratio, 1.5, ours, theirs
    )


def _copy(copy: Path) -> Path:
    for piece in tracked_files(ROOT, list(_PARTS)):
        for name in piece:
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, copy / name)
    identity = ["-c", "user.name=bench", "-c", "user.email=bench@example.com"]
    for words in (["init", "-q"], ["add", "-A"], [*identity, "commit", "-qm", "start"]):
        subprocess.run(["git", *words], cwd=copy, check=True)
    return copy
