"""Each example project's run on a machine that has other work to do."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from measure import PLATFORM, ROOT, Command, Figure, cost

LOOPS = 6
UNSET = {"GOMP_SPINCOUNT": "300000", "KMP_BLOCKTIME": "200"}
"""What the runtimes do by themselves; what is set by the user stays."""
PROJECTS = ("flights", "delays", "demand")  # each reads what those before it publish


def figures(folder: Path, smoke: bool) -> list[Figure]:
    """Beside six busy loops against alone, and alone against the runtimes' own waiting."""
    settings = {**PLATFORM, "HIGHROAD_STORE": str(folder / "store")}
    # The first is enough to show that it runs: each of them takes minutes beside busy loops.
    projects = PROJECTS[:1] if smoke else PROJECTS
    return [each for name in projects for each in _of_project(name, settings, smoke)]


def _of_project(name: str, settings: dict[str, str], smoke: bool) -> Iterator[Figure]:
    place = ROOT / "projects" / name
    metadata = tomllib.loads((place / "pyproject.toml").read_text(encoding="utf-8"))
    sample = metadata["tool"]["highroad"]["smoke"] if smoke else []
    words = [str(place / ".venv" / "bin" / "kedro"), "run", *sample]
    as_set, as_unset = Command(words, place, settings), Command(words, place, settings | UNSET)
    cost(as_set)
    turns = []
    for _ in range(1 if smoke else 5):
        unset, alone = cost(as_unset).wall_s, cost(as_set).wall_s
        with busy_loops(LOOPS):
            turns.append((unset, alone, cost(as_set).wall_s))
    unset, alone, beside = map(statistics.median, zip(*turns, strict=True))
    yield Figure(
        f"`{name}` beside {LOOPS} busy loops, wall, against alone",
        statistics.median(three / two for _, two, three in turns),
        6.0,
        beside,
        alone,
    )
    yield Figure(
        f"`{name}` alone, wall, against native threads that wait as by default",
        statistics.median(two / one for one, two, _ in turns),
        1.02,
        alone,
        unset,
    )


@contextmanager
def busy_loops(count: int) -> Iterator[None]:
    """Processes that use all the time they get, while this holds."""
    loop = [sys.executable, "-S", "-c", "while True: pass"]
    loops = [subprocess.Popen(loop) for _ in range(count)]
    try:
        yield
    finally:
        for each in loops:
            each.kill()
        for each in loops:
            each.wait()
