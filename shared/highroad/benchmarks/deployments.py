"""Promotion and rollback, each as a whole command, beside the least that Docker does for the same.

A copy of this repository has a store, a record store and a registry of its own. `flights` is promoted as
a batch project as it is, and taken back as a service of which requests are asked without pause.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from measure import BIN, ROOT, Command, Figure, cost

from highroad.config.platform import load_platform
from highroad.deployments.asking import asking
from highroad.errors import EngineError, ImageError
from highroad.releases.base_image import base_image
from highroad.releases.engine import Engine, find_engine
from highroad.testing import registry
from highroad_workspace.git import tracked_files

PROJECT = "flights"
SCOPE = f"highroad-bench-{os.getpid()}"
_SERVES = "\n[tool.highroad]\n", "\n[tool.highroad]\nserves = { port = 8080 }\n"


def figures(folder: Path, smoke: bool) -> list[Figure]:
    """Promotion and rollback; nothing, with the reason, where there is no engine or no registry."""
    try:
        engine = find_engine()
        base_image(engine, load_platform(ROOT / "platform-conf").base_image)
    except (EngineError, ImageError) as error:
        print(f"deployments: nothing is measured: {str(error).splitlines()[0]}", file=sys.stderr)
        return []
    if not registry.is_installed():
        print("deployments: nothing is measured: docker-registry is not there", file=sys.stderr)
        return []
    folder.chmod(0o1777)
    with ExitStack() as stack:
        address = stack.enter_context(registry.serving(folder / "registry"))
        copy = _Copy(folder, engine, address)
        stack.callback(copy.clear)
        runs = 1 if smoke else 7
        return [_promotion(copy, runs), _rollback(copy, runs)]


def _promotion(copy: _Copy, runs: int) -> Figure:
    one, two = copy.releases()
    pairs = []
    for number in range(runs):
        chosen = (one, two)[number % 2]
        copy.run("deploy", "--env", "staging", "--release", chosen.id)
        ours = copy.run("deploy", "--env", "prod")
        pairs.append((ours, copy.retag_and_run(chosen.image)))
    return _figure("promotion of a batch project, against a retag and a container", pairs)


def _rollback(copy: _Copy, runs: int) -> Figure:
    copy.has_service()
    one, two = copy.releases()
    copy.run("deploy", "--env", "staging", "--release", one.id)
    pairs = []
    with asking(copy.address(), clients=1) as answers:
        for _ in range(runs):
            copy.run("deploy", "--env", "staging", "--release", two.id)
            ours = copy.run("rollback", "--env", "staging")
            pairs.append((ours, copy.start_to_healthy(one.image)))
    if answers.failed:
        raise SystemExit(f"{len(answers.failed)} requests failed: {answers.failed[:3]}")
    what = f"rollback of a service, {answers.well:,} requests and none lost, against a container until healthy"
    return _figure(what, pairs)


def _figure(what: str, pairs: list[tuple[float, float]]) -> Figure:
    ratio = statistics.median(one / other for one, other in pairs)
    ours, theirs = (statistics.median(each) for each in zip(*pairs, strict=True))
    return Figure(what, ratio, 2, ours, theirs)


class _Made(NamedTuple):
    id: str
    image: str


class _Copy:
    """A copy of the repository, whose releases go to places of its own."""

    def __init__(self, folder: Path, engine: Engine, address: str) -> None:
        self._root, self._engine = folder / "repository", engine
        self._env = {
            "HIGHROAD_STORE": str(folder / "store"),
            "HIGHROAD_REGISTRY": f"{address}/bench",
            "HIGHROAD_SCOPE": SCOPE,
        }
        (folder / "store").mkdir()
        (folder / "store").chmod(0o1777)
        self._name = f"{address}/bench/{PROJECT}"
        for piece in tracked_files(ROOT, ["."]):
            for name in piece:
                (self._root / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, self._root / name)
        self._commit("init", "-q")

    def run(self, *words: str) -> float:
        """A command about the project; its wall time in seconds."""
        command = [str(BIN / "highroad"), words[0], "--project", PROJECT, *words[1:]]
        return cost(Command(command, self._root, self._env)).wall_s

    def releases(self) -> tuple[_Made, _Made]:
        """Two releases of one image, which differ in what passed."""
        self._output("image", "build", "--project", PROJECT)
        found = []
        for passed in ("test", "catalog"):
            words = ["releases", "make", "--project", PROJECT, f"--passed={passed}"]
            self._output(*words)
            made = json.loads(self._output("releases", "show", PROJECT, "--json"))
            found.append(_Made(made["id"], made["image"]))
        one, two = found
        return one, two

    def has_service(self) -> None:
        path = self._root / "projects" / PROJECT / "pyproject.toml"
        path.write_text(path.read_text("utf-8").replace(*_SERVES, 1), encoding="utf-8")
        self._commit("status", "-s")

    def address(self) -> str:
        shown = self._output("deployments", "reconcile", "--project", PROJECT, "--env", "staging")
        return shown.strip().rpartition("http://")[2]

    def retag_and_run(self, image: str) -> float:
        """What is left of a promotion where nothing is looked at, locked or written down; in seconds."""
        began = time.perf_counter()
        self._engine.call("tag", image, f"{self._name}:peer")
        self._engine.call("push", "--quiet", f"{self._name}:peer")
        self._engine.call("run", "--rm", image, "true")
        return time.perf_counter() - began

    def start_to_healthy(self, image: str) -> float:
        """A bare container until it answers; in seconds."""
        name = f"{SCOPE}-peer"
        words = ["--env", "HIGHROAD_RELEASE=peer", "--publish", "127.0.0.1::8080", image]
        command = ["python", "-m", "highroad.serving", PROJECT, "8080"]
        began = time.perf_counter()
        self._engine.call("run", "--detach", "--name", name, *words, *command)
        try:
            address = self._engine.call("port", name, "8080").splitlines()[0]
            with asking(address, clients=1) as answers:
                while not answers.well:
                    time.sleep(0.005)
                return time.perf_counter() - began
        finally:
            self._engine.call("rm", "--force", name)

    def clear(self) -> None:
        """Leave nothing on the engine."""
        words = ("ps", "--all", "--quiet", "--filter", f"label=highroad.scope={SCOPE}")
        if ids := self._engine.call(*words).split():
            self._engine.call("rm", "--force", *ids)
        names = self._engine.call(
            "image", "ls", "--quiet", "--filter", f"reference={self._name}"
        ).split()
        if names:
            self._engine.call("image", "rm", "--force", *dict.fromkeys(names))

    def _output(self, *words: str) -> str:
        done = subprocess.run(
            [str(BIN / "highroad"), *words],
            cwd=self._root,
            env=os.environ | self._env,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SystemExit(f"highroad {' '.join(words)} failed:\n{done.stderr[-2000:]}")
        return done.stdout

    def _commit(self, *first: str) -> None:
        identity = ["-c", "user.name=bench", "-c", "user.email=bench@example.com"]
        for words in ([*first], ["add", "-A"], [*identity, "commit", "-qm", "bench"]):
            subprocess.run(["git", *words], cwd=self._root, check=True, stdout=subprocess.DEVNULL)
