"""The small project, run once under each runner for all that look at what comes of it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from conftest import platform_in, write
from hooks.conftest import demo
from hooks.demo import kedro


class Ran(NamedTuple):
    """A run of the whole pipeline, and then one of its second node."""

    project: Path
    said: str
    summary: dict[str, Any]


@pytest.fixture(scope="session")
def run_under(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], Ran]:
    """Run under a runner, with a start method of processes, in a folder under git with an edited file."""

    @cache
    def run(runner: str, method: str) -> Ran:
        project = demo(platform_in(tmp_path_factory.mktemp("ran")))
        who = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
        for words in (["init", "-q"], ["add", "."], [*who, "commit", "-qm", "m"]):
            subprocess.run(["git", *words], cwd=project, check=True)
        write(project / "uv.lock", "version = 1\n")
        how = ("--runner", runner)
        whole = kedro(project, *how, "--params", "rate=2", KEDRO_MP_CONTEXT=method)
        assert whole.returncode == 0, whole.stderr
        summary = (project.parents[1] / "store" / "runs" / "demo" / "run.json").read_text()
        part = kedro(project, *how, "--nodes", "count", KEDRO_MP_CONTEXT=method)
        assert part.returncode == 0, part.stderr
        return Ran(project, whole.stderr, json.loads(summary))

    return run
