"""`highroad plan` and `nox --list` over many projects."""

from __future__ import annotations

import sys
from pathlib import Path

from measure import BIN, ROOT, Command, Figure, against, find
from workloads import many_projects


def figures(folder: Path, smoke: bool) -> list[Figure]:
    """What planning costs against the least that it could, and how it grows with projects."""
    runs, projects = (1, 5) if smoke else (9, 100)
    many = many_projects(folder / "many", projects, ROOT)
    few = many_projects(folder / "few", 3, ROOT)
    floor = [
        Command([sys.executable, "-c", "import json"], many),
        Command(["git", "diff", "--name-status", "HEAD"], many),
    ]
    nox = find("nox")
    return [
        against(
            f"`highroad plan`, {projects} projects, against python + git diff",
            3,
            Command([str(BIN / "highroad"), "plan", "HEAD"], many),
            floor,
            "wall_s",
            runs,
        ),
        against(
            f"`nox --list`, {projects} projects, against 3",
            2,
            Command([nox, "--list"], many),
            [Command([nox, "--list"], few)],
            "wall_s",
            runs,
        ),
    ]
