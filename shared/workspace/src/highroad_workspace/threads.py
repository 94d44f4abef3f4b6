"""How many native threads a process gets and how they wait, set before the libraries that start them load.

OpenMP, BLAS and Polars read environment variables once, when they load. A value that the user has
set stays; `docs/pages/explanation/threads.md` gives the reasons and the figures. Standard library
only: nox sessions call this before anything is installed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

MARK = "HIGHROAD_THREADS"
"""What a process of the platform has set, as `NAME=value` separated by spaces; all else is the user's."""

WAITS = {"GOMP_SPINCOUNT": "1000", "KMP_BLOCKTIME": "0"}
"""How long an OpenMP thread spins at a barrier before it sleeps: GNU's runtime, and LLVM's and Intel's."""
POLICY = "OMP_WAIT_POLICY"
"""OpenMP's own name for the same; both of the above would overrule it."""
PER_THREAD = "OMP_NUM_THREADS"
"""OpenMP starts this many for each thread that calls it; OpenBLAS, MKL and pyarrow read it too."""
COUNTS = (PER_THREAD, "POLARS_MAX_THREADS")


class Setting(NamedTuple):
    """A variable, its value (None where the libraries decide), and who decided it or why."""

    name: str
    value: str | None
    reason: str
    is_ours: bool = True


def prepare(workers: int = 1, are_threads: bool = False) -> None:
    """Set this process's variables, and so those of all processes that it starts.

    Args:
        workers: How many processes or threads like this one share the cores.
        are_threads: Whether these are threads of one process, which share its pools.
    """
    for name in _inherited(os.environ):
        if name in WAITS and os.environ.get(POLICY):
            del os.environ[name]
    os.environ.update(variables(os.environ, workers, are_threads))


def pytest_load_initial_conftests() -> None:
    """Divide the cores among the workers of pytest-xdist: this module is a plugin of pytest."""
    prepare(int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")))


def variables(
    environ: Mapping[str, str], workers: int = 1, are_threads: bool = False
) -> dict[str, str]:
    """What to add to an environment.

    Args:
        environ: The environment of a process that is to start, or of this one.
        workers: How many like it share the cores.
        are_threads: Whether these are threads of one process.
    """
    ours = {
        each.name: each.value
        for each in settings(environ, workers, are_threads)
        if each.is_ours and each.value is not None
    }
    return ours | {MARK: mark_of(ours)}


def mark_of(ours: Mapping[str, str]) -> str:
    """The value of `HIGHROAD_THREADS` beside variables that the platform sets."""
    return " ".join(f"{name}={value}" for name, value in ours.items())


def settings(
    environ: Mapping[str, str], workers: int = 1, are_threads: bool = False
) -> Iterator[Setting]:
    """Every variable that the platform decides, with its value and the reason.

    Args:
        environ: The environment to complete.
        workers: How many processes or threads like this one share the cores.
        are_threads: Whether these are threads of one process.
    """
    inherited = _inherited(environ)

    def of_user(name: str) -> Setting | None:
        if not environ.get(name) or name in inherited:
            return None
        return Setting(name, environ[name], "set in the environment", False)

    for name, value in WAITS.items():
        if environ.get(POLICY):
            default = Setting(name, None, f"{POLICY} is set in the environment")
        else:
            default = Setting(name, value, "a short spin, then sleep")
        yield of_user(name) or default
    for name in COUNTS:
        divisor = 1 if are_threads and name != PER_THREAD else workers
        yield of_user(name) or _count(name, inherited.get(name), divisor)


def _inherited(environ: Mapping[str, str]) -> dict[str, str]:
    """What a process of the platform set before and nobody changed since."""
    pairs = (each.partition("=") for each in environ.get(MARK, "").split())
    return {name: value for name, _, value in pairs if environ.get(name) == value}


def _count(name: str, inherited: str | None, workers: int) -> Setting:
    cores, quota = usable_cores(), cpu_quota()
    share, reasons = cores, [f"{cores} cores"]
    if quota is not None and quota < cores:
        share = int(quota)
        reasons.append(f"CPU quota {quota:g}")
    if inherited:
        share = min(share, int(inherited))
        reasons.append(f"{inherited} in the process that started this one")
    if workers > 1:
        share //= workers
        reasons.append(f"{workers} workers")
    share = max(share, 1)
    if share == 2 and name == PER_THREAD:
        share = 1
        reasons.append("a second thread waits more than it works")
    if share == cores and not inherited:  # libraries count by themselves, some physical cores only
        return Setting(name, None, f"the library counts {cores} cores")
    return Setting(name, str(share), ", ".join(reasons))


def usable_cores() -> int:
    """The cores that this process may run on."""
    if hasattr(os, "sched_getaffinity"):  # not on macOS and Windows
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def cpu_quota(root: Path = Path("/")) -> float | None:
    """How many cores' time the control groups of this process allow, the least of them; None is all.

    Args:
        root: Where `proc` and `sys` are.
    """
    try:
        lines = (root / "proc/self/cgroup").read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    quotas = []
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers and "cpu" not in controllers.split(","):
            continue
        top = root / "sys/fs/cgroup" / ("cpu" if controllers else "")
        # A container may see the path that its host has for it, and finds its own group at the top.
        own = top / path.strip("/")
        for folder in (own, *own.parents):
            quotas.append(_quota_of(folder))
            if folder == top:
                break
    return min((each for each in quotas if each), default=None)


def _quota_of(folder: Path) -> float | None:
    """The quota of one group, of version 2 or 1."""
    try:
        if (folder / "cpu.max").is_file():
            quota, period = (folder / "cpu.max").read_text(encoding="utf-8").split()
        else:
            quota, period = (
                (folder / f"cpu.cfs_{each}_us").read_text(encoding="utf-8")
                for each in ("quota", "period")
            )
        return int(quota) / int(period) if int(quota) > 0 else None
    except (OSError, ValueError):  # no limit is `max`, or -1
        return None
