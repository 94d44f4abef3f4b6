"""Time whole processes in turn and state what came of it as ratios.

Machines are noisy and drift: two things are only compared pair by pair, one right after the
other, and the ratio is the median of the pairs' ratios.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

try:
    import resource
except ImportError:
    raise SystemExit(
        "The benchmarks read the CPU time of child processes, which needs Linux or macOS."
    ) from None

ROOT = Path(__file__).resolve().parents[3]
BIN = Path(sys.executable).parent
CLEAN = {"DO_NOT_TRACK": "1", "HIGHROAD_LOG": "plain"}
PLATFORM = {
    "HIGHROAD_PLATFORM_CONF": str(ROOT / "platform-conf"),
    "KEDRO_LOGGING_CONFIG": str(ROOT / "platform-conf" / "base" / "logging.yml"),
    "KEDRO_LOGGING_MODULE_ALLOWLIST": "highroad",
}
MAXRSS_PER_MIB = 1024**2 if sys.platform == "darwin" else 1024
NONE: Mapping[str, str] = MappingProxyType({})


class Figure(NamedTuple):
    """One row: a ratio, what it may be, and the two medians it came from.

    `at_least` turns the bound round: the ratio shall not be lower.
    """

    what: str
    ratio: float
    bound: float
    ours: float
    theirs: float
    unit: str = "s"
    at_least: bool = False

    @property
    def is_met(self) -> bool:
        """Does the ratio keep the bound?"""
        return self.ratio >= self.bound if self.at_least else self.ratio <= self.bound


class Command(NamedTuple):
    """A process to time: its words, its folder, what it adds to the environment."""

    words: Sequence[str]
    cwd: Path
    env: Mapping[str, str] = NONE


class Cost(NamedTuple):
    """What a process and its children took, and the largest one's memory so far in MiB."""

    cpu_s: float
    wall_s: float
    peak_mib: float


def cost(command: Command) -> Cost:
    """Run a command once.

    Raises:
        SystemExit: It failed; with the end of what it printed.
    """
    clean = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("HIGHROAD_", "KEDRO_"))
    }
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(
        command.words,
        cwd=command.cwd,
        env={**clean, **CLEAN, **command.env},
        capture_output=True,
        text=True,
        check=False,
    )
    wall = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        said = f"{done.stdout[-2000:]}{done.stderr[-2000:]}"
        raise SystemExit(f"{' '.join(command.words)} failed in {command.cwd}:\n{said}")
    cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return Cost(cpu, wall, after.ru_maxrss / MAXRSS_PER_MIB)


def against(
    what: str,
    bound: float,
    ours: Command,
    theirs: Sequence[Command],
    clock: str,
    runs: int,
    less: Command | None = None,
) -> Figure:
    """Time ours and the sum of theirs in turn.

    Args:
        what: What the row says.
        bound: What the ratio may be.
        ours: The command of ours.
        theirs: The commands it is held against, one after the other.
        clock: `cpu_s` or `wall_s`.
        runs: Pairs to time, after one that does not count; one alone shows only that it runs.
        less: A command whose time, taken within each pair, is no part of ours.
    """

    def pair() -> tuple[float, float]:
        one = getattr(cost(ours), clock) - (getattr(cost(less), clock) if less else 0.0)
        return one, sum(getattr(cost(each), clock) for each in theirs)

    if runs > 1:
        pair()
    pairs = [pair() for _ in range(runs)]
    return Figure(
        what,
        statistics.median(one / other for one, other in pairs),
        bound,
        statistics.median(one for one, _ in pairs),
        statistics.median(other for _, other in pairs),
    )


def find(tool: str) -> str:
    """The nox or uv of the repository's own environment, else the one on the path."""
    folder = ROOT / ".venv" / ("Scripts" if sys.platform == "win32" else "bin")
    path = f"{folder}{os.pathsep}{os.environ.get('PATH', '')}"
    return shutil.which(tool, path=path) or tool


def table(figures: Sequence[Figure]) -> str:
    """The figures as aligned text, each with its mark."""
    rows = [("what", "ratio", "bound", "", "ours", "theirs")]
    for each in figures:
        rows.append(
            (
                each.what,
                f"{each.ratio:.2f}",
                f"{'≥' if each.at_least else '≤'} {each.bound:.2f}",
                "ok" if each.is_met else "missed",
                f"{each.ours:.3f} {each.unit}",
                f"{each.theirs:.3f} {each.unit}",
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )
