"""What a warm session adds to its tool, and how much of the main job is spent in nodes."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from measure import BIN, ROOT, Command, Figure, against, cost, find

SAMPLE = ["--", "--params", "landing.keep_every=40,train.max_iter=20,evaluation.max_iter=10"]


def figures(folder: Path, smoke: bool) -> list[Figure]:
    """The session's own time, then the main job's share inside nodes; on a store of its own."""
    store = {"HIGHROAD_STORE": str(folder / "session-store")}
    nox, uv = find("nox"), find("uv")
    tool = Command([str(BIN / "highroad"), "summary"], ROOT, store)
    sync = Command(
        [uv, "sync", "--locked", "--quiet", "--project", str(ROOT / "shared" / "highroad")], ROOT
    )
    session = against(
        "a warm session less its tool, against `nox --version` + `uv sync --locked`",
        1.5,
        Command([nox, "-s", "summary"], ROOT, store),
        [Command([nox, "--version"], ROOT), sync],
        "wall_s",
        1 if smoke else 9,
        less=tool,
    )
    job = Command([nox, "-s", "run", *(SAMPLE if smoke else [])], ROOT, store)
    cost(job)
    shares = []
    for _ in range(1 if smoke else 3):
        wall = cost(job).wall_s
        text = subprocess.run(
            [*tool.words, "--json"],
            cwd=ROOT,
            env={**_environment(), **store},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        told = json.loads(text)
        tasks = sum(each["task_seconds"] for each in told)
        nodes = sum(each["node_seconds"] for each in told)
        shares.append((tasks / wall, tasks, nodes, wall))
    share, tasks, nodes, wall = sorted(shares)[len(shares) // 2]
    what = "warm `nox -s run`: share of wall time inside nodes"
    return [
        session,
        Figure(f"{what}, their loads and saves", share, 0.7, tasks, wall, at_least=True),
        Figure(f"{what} alone", nodes / wall, 0.7, nodes, wall, at_least=True),
    ]


def _environment() -> dict[str, str]:
    import os

    return {key: value for key, value in os.environ.items() if not key.startswith("HIGHROAD_")}
