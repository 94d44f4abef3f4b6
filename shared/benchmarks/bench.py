"""Measure what the docs state, each as a ratio of two things timed in turn.

`nox -s bench` prints a table and writes bench.json at the repository's root;
`nox -s bench -- --smoke` runs everything once, small, and states no figure.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from workloads import kedro_project, many_projects, stock_environment

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
CLEAN = {"DO_NOT_TRACK": "1", "HIGHROAD_LOG": "plain"}


class Figure(NamedTuple):
    """One row: a ratio, its bound, and the two medians (seconds) it came from."""

    what: str
    ratio: float
    bound: float
    ours_s: float
    theirs_s: float


class Command(NamedTuple):
    """A process to time: its words, its folder, what it adds to the environment."""

    words: Sequence[str]
    cwd: Path
    env: Mapping[str, str] = MappingProxyType({})


def _surroundings() -> dict[str, str]:
    """The environment without what a session sets for the platform: stock Kedro must not see it."""
    return {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("HIGHROAD_", "KEDRO_"))
    }


def cost(command: Command, clock: str) -> float:
    """CPU or wall seconds of one whole process and its children."""
    before = os.times()
    began = time.perf_counter()
    done = subprocess.run(
        command.words,
        cwd=command.cwd,
        env={**_surroundings(), **CLEAN, **command.env},
        capture_output=True,
        text=True,
        check=False,
    )
    wall = time.perf_counter() - began
    after = os.times()
    if done.returncode:
        raise SystemExit(
            f"{' '.join(command.words)} failed in {command.cwd}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
        )
    cpu = (
        after.children_user - before.children_user + after.children_system - before.children_system
    )
    return cpu if clock == "cpu" else wall


def against(
    what: str, bound: float, ours: Command, theirs: Sequence[Command], clock: str, runs: int
) -> Figure:
    """Time ours and the sum of theirs in turn; the ratio is of the medians of the pairs."""
    for command in (ours, *theirs):
        cost(command, clock)
    pairs = [(cost(ours, clock), sum(cost(each, clock) for each in theirs)) for _ in range(runs)]
    ratio = statistics.median(a / b for a, b in pairs)
    return Figure(
        what,
        ratio,
        bound,
        statistics.median(a for a, _ in pairs),
        statistics.median(b for _, b in pairs),
    )


def pipelines(folder: Path, runs: int, nodes: Sequence[int]) -> list[Figure]:
    """`kedro run` with every hook on against stock Kedro, one node and many."""
    stock = stock_environment(folder / "stock")
    settings = {
        "HIGHROAD_PLATFORM_CONF": str(ROOT / "platform-conf"),
        "HIGHROAD_STORE": str(folder / "store"),
        "KEDRO_LOGGING_CONFIG": str(ROOT / "platform-conf" / "base" / "logging.yml"),
        "KEDRO_LOGGING_MODULE_ALLOWLIST": "highroad",
    }
    one, many, most = nodes
    commands = {}
    for count in sorted({one, min(100, most), many, most}):
        ours = kedro_project(folder / f"ours{count}", count, highroad=True)
        theirs = kedro_project(folder / f"stock{count}", count, highroad=False)
        commands[count] = (
            Command([str(BIN / "kedro"), "run"], ours, settings),
            Command([str(stock / "kedro"), "run"], theirs),
        )
    figures = [
        against(
            "one-node run, CPU, against stock Kedro",
            0.8,
            commands[one][0],
            [commands[one][1]],
            "cpu",
            runs,
        ),
        against(
            f"{many}-node run, CPU, against stock Kedro",
            0.35,
            commands[many][0],
            [commands[many][1]],
            "cpu",
            runs,
        ),
    ]
    hundred = 100 if most > 100 else most
    base, small, large = (
        [cost(commands[count][0], "cpu") for _ in range(runs)] for count in (one, hundred, most)
    )
    floor = min(base)
    per_large = (statistics.median(large) - floor) / most
    per_small = max((statistics.median(small) - floor) / hundred, 1e-9)
    figures.append(
        Figure(
            f"{most} nodes, time per node beyond one, against {hundred}",
            per_large / per_small,
            1.3,
            per_large,
            per_small,
        )
    )
    return figures


def planning(folder: Path, runs: int, projects: int) -> list[Figure]:
    """`highroad plan` and `nox --list` over many projects."""
    many = many_projects(folder / "many", projects, ROOT)
    few = many_projects(folder / "few", 3, ROOT)
    plan = Command([str(BIN / "highroad"), "plan", "HEAD"], many)
    floor = [
        Command([sys.executable, "-c", "import json"], many),
        Command(["git", "diff", "--name-status", "HEAD"], many),
    ]
    nox = (
        shutil.which(
            "nox", path=f"{os.environ.get('PATH', '')}{os.pathsep}{ROOT / '.venv' / 'bin'}"
        )
        or "nox"
    )
    return [
        against(
            f"`highroad plan`, {projects} projects, against python + git diff",
            3,
            plan,
            floor,
            "wall",
            runs,
        ),
        against(
            f"`nox --list`, {projects} projects, against 3",
            2,
            Command([nox, "--list"], many),
            [Command([nox, "--list"], few)],
            "wall",
            runs,
        ),
    ]


def sessions(runs: int) -> list[Figure]:
    """A warm session's own cost, and the share of a warm main job that is inside nodes."""
    path = f"{ROOT / '.venv' / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
    nox = shutil.which("nox", path=path) or "nox"
    uv = shutil.which("uv", path=path) or "uv"
    tool = Command([str(BIN / "highroad"), "summary"], ROOT)
    sync = Command([uv, "sync", "--locked", "--quiet", "--project", str(ROOT / "shared")], ROOT)
    session = against(
        "a warm session beside the tool it runs, against `nox --version` + `uv sync --locked`",
        1.5,
        Command([nox, "-s", "summary"], ROOT),
        [tool, Command([nox, "--version"], ROOT), sync],
        "wall",
        runs,
    )
    tool_s = statistics.median(cost(tool, "wall") for _ in range(runs))
    session = session._replace(
        ratio=(session.ours_s - tool_s) / (session.theirs_s - tool_s),
        ours_s=session.ours_s - tool_s,
        theirs_s=session.theirs_s - tool_s,
    )
    job = Command([nox, "-s", "run"], ROOT)
    cost(job, "wall")
    shares = []
    for _ in range(min(runs, 3)):
        wall = cost(job, "wall")
        text = subprocess.run(
            [*tool.words, "--json"], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout
        inside = sum(each["task_seconds"] for each in json.loads(text))
        shares.append((inside / wall, inside, wall))
    share, inside, wall = sorted(shares)[len(shares) // 2]
    return [
        session,
        Figure(
            "warm `nox -s run`: share of wall time inside nodes (at least)",
            share,
            0.7,
            inside,
            wall,
        ),
    ]


def table(figures: Sequence[Figure]) -> str:
    """The figures as text."""
    width = max(len(figure.what) for figure in figures)
    lines = [f"{'what'.ljust(width)}  ratio  bound  ours       theirs"]
    for figure in figures:
        lines.append(
            f"{figure.what.ljust(width)}  {figure.ratio:5.2f}  {figure.bound:5.2f}  {figure.ours_s * 1000:7.1f} ms  {figure.theirs_s * 1000:.1f} ms"
        )
    return "\n".join(lines)


def main() -> None:
    """Run the benchmarks asked for and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--smoke", action="store_true", help="run everything once, small; the figures mean nothing"
    )
    parser.add_argument("--only", choices=["pipelines", "planning", "sessions"])
    options = parser.parse_args()
    runs = 1 if options.smoke else 5
    folder = Path(tempfile.mkdtemp(prefix="highroad-bench-"))
    parts: dict[str, Callable[[], list[Figure]]] = {
        "pipelines": lambda: pipelines(
            folder, runs, (1, 5, 10) if options.smoke else (1, 500, 1000)
        ),
        "planning": lambda: planning(folder, runs, 5 if options.smoke else 100),
        "sessions": lambda: sessions(runs),
    }
    try:
        figures = [
            figure
            for name, part in parts.items()
            if options.only in (None, name)
            for figure in part()
        ]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(table(figures))
    (ROOT / "bench.json").write_text(
        json.dumps([figure._asdict() for figure in figures], indent=2) + "\n", encoding="utf-8"
    )


if __name__ == "__main__":
    main()
