"""`kedro run` with everything of Highroad's on, against stock Kedro in an equal environment."""

from __future__ import annotations

import statistics
from functools import cache
from pathlib import Path

from measure import BIN, PLATFORM, Command, Figure, against, cost
from workloads import kedro_project, stock_environment


def figures(folder: Path, smoke: bool) -> list[Figure]:
    """One node, many nodes, and how the time per node grows."""
    runs, (one, many, most) = (1, (1, 5, 10)) if smoke else (7, (1, 500, 1000))
    hundred = min(100, most // 2)
    stock = stock_environment(folder / "stock")
    settings = {**PLATFORM, "HIGHROAD_STORE": str(folder / "store")}

    @cache
    def ours(count: int) -> Command:
        project = kedro_project(folder / f"ours{count}", count, highroad=True)
        return Command([str(BIN / "kedro"), "run"], project, settings)

    def theirs(count: int) -> Command:
        project = kedro_project(folder / f"stock{count}", count, highroad=False)
        return Command([str(stock / "kedro"), "run"], project)

    single = ours(one)
    return [
        against(
            "one-node run, CPU, against stock Kedro", 0.8, single, [theirs(one)], "cpu_s", runs
        ),
        against(
            f"{many}-node run, CPU, against stock Kedro",
            0.35,
            ours(many),
            [theirs(many)],
            "cpu_s",
            runs,
        ),
        _growth(single, ours(hundred), ours(most), hundred, most, runs),
    ]


def _growth(
    single: Command, small: Command, large: Command, few: int, many: int, runs: int
) -> Figure:
    """Time per node beyond a run of one, of many nodes against few; the three timed in turn."""
    for command in (single, small, large):
        cost(command)
    turns = [(cost(single).cpu_s, cost(small).cpu_s, cost(large).cpu_s) for _ in range(runs)]
    floor = statistics.median(one for one, _, _ in turns)
    per_small = max((statistics.median(two for _, two, _ in turns) - floor) / few, 1e-9)
    per_large = (statistics.median(three for _, _, three in turns) - floor) / many
    what = f"{many} nodes, time per node, against {few}"
    return Figure(what, per_large / per_small, 1.3, 1000 * per_large, 1000 * per_small, "ms")
