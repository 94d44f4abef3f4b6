"""`highroad doctor` over many projects, each of the size of a real one."""

from __future__ import annotations

import shutil
import statistics
import subprocess
from pathlib import Path

from measure import BIN, ROOT, Command, Figure, cost

from highroad_workspace.git import tracked_files

MODEL = "flights"


def figures(folder: Path, smoke: bool) -> list[Figure]:
    """CPU of a project beyond start-up, and whether twice as many take twice as long."""
    runs, sizes = (1, (1, 2, 3)) if smoke else (7, (1, 50, 99))
    repositories = [repository(folder / str(size), size) for size in sizes]
    commands = [Command([str(BIN / "highroad"), "doctor"], each) for each in repositories]
    for each in commands:
        cost(each)
    taken = [[cost(each).cpu_s for each in commands] for _ in range(runs)]
    return linear("`highroad doctor`, CPU a project of {}", 10, taken, sizes)


def linear(
    what: str, bound_ms: float, taken: list[list[float]], sizes: tuple[int, int, int]
) -> list[Figure]:
    """What a project more costs, and whether twice as many more cost twice as much.

    Args:
        what: With `{}` for how many projects there are.
        bound_ms: What a project may cost.
        taken: CPU seconds, of each size, in each run.
        sizes: How many projects: one, half, all.
    """
    most = sizes[2] - sizes[0]
    each_ms = statistics.median(1000 * (many - one) / most for one, _, many in taken)
    half, whole = (statistics.median(row[n] - row[0] for row in taken) for n in (1, 2))
    growth = statistics.median((many - one) / (some - one) / 2 for one, some, many in taken)
    name = what.partition(",")[0]
    return [
        Figure(f"{what.format(sizes[2])}, against {bound_ms:g} ms", each_ms / bound_ms, 1, each_ms, bound_ms, "ms"),
        Figure(f"{name}, {most} projects more, against twice half as many", growth, 1.2, whole, 2 * half),
    ]  # fmt: skip


def repository(folder: Path, count: int) -> Path:
    """A repository with so many projects, each of them as flights is."""
    shutil.copytree(ROOT / "platform-conf", folder / "platform-conf")
    shutil.copytree(ROOT / ".github", folder / ".github")
    (folder / "shared" / "highroad").mkdir(parents=True)
    shutil.copy(ROOT / "shared" / "highroad" / "pyproject.toml", folder / "shared" / "highroad")
    contracts = sorted((ROOT / "platform-conf" / "contracts").glob(f"{MODEL}.*"))
    for name in (f"p{number}" for number in range(count)):
        for piece in tracked_files(ROOT, [f"projects/{MODEL}"]):
            for file in piece:
                _copy(ROOT / file, folder / file.replace(MODEL, name), name)
        for contract in contracts:
            _copy(
                contract,
                folder / "platform-conf" / "contracts" / contract.name.replace(MODEL, name),
                name,
            )
    for words in (["init", "-q"], ["add", "-A"]):
        subprocess.run(["git", *words], cwd=folder, check=True)
    words = [str(BIN / "highroad"), "codeowners", "--write"]
    subprocess.run(words, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return folder


def _copy(source: Path, target: Path, name: str) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(source.read_text("utf-8").replace(MODEL, name), encoding="utf-8")
