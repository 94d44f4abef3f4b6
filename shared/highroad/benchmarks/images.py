"""A project's image beside the one that kedro-docker's own Dockerfile makes of it.

Both stand on the same base and hold the same locked packages. Theirs cannot see past the
project's folder, so there the library's sources and platform-conf are copied into it.
"""

from __future__ import annotations

import os
import random
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from measure import BIN, CLEAN, ROOT, Command, Figure, cost, find
from workloads import kedro_project, stock_environment

from highroad.config.platform import load_platform
from highroad.errors import EngineError, ImageError
from highroad.releases.base_image import BaseImage, base_image
from highroad.releases.engine import Engine, find_engine
from highroad.releases.host import index_settings
from highroad.releases.layers import saved
from highroad.releases.locks import requirements
from highroad_workspace.git import tracked_files

NAME = "delays"
OURS, THEIRS, COMPILED = (f"highroad-bench-{each}" for each in ("ours", "theirs", "compiled"))
BASES = {THEIRS: "highroad-bench-base", COMPILED: "highroad-bench-base-compiled"}
EDITED = Path("src", NAME, "options.py")
MORE = {
    "boltons": ("23.0.0", "23.1.1", "24.0.0", "24.1.0", "25.0.0"),
    "decorator": ("5.0.9", "5.1.0", "5.1.1", "5.2.1"),
    "iniconfig": ("1.1.1", "2.0.0", "2.1.0"),
    "sortedcontainers": ("2.3.0", "2.4.0"),
    "toolz": ("0.11.1", "0.11.2", "0.12.0", "0.12.1", "1.0.0"),
}
"""Small packages that neither image holds; drawn, for what was built before is in the engine's cache."""
_CERTIFICATES = ("SSL_CERT_FILE", "PIP_CERT")
MIB = 2**20
# What kedro-docker expects of a base, `python` and pip, and this machine's way to the index.
_BASE = """\
FROM {base}
COPY ca /etc/bench-ca
RUN rm -f /usr/lib/python3*/EXTERNALLY-MANAGED; \\
    command -v python || ln -s $(command -v python3) /usr/local/bin/python; \\
    python -m pip --version || PYTHONPATH=$(ls /usr/share/python-wheels/pip-*.whl) \\
    python -m pip install --no-index --find-links /usr/share/python-wheels pip
ENV DO_NOT_TRACK=1 {settings}
"""
_ONE_NODE = """\
from kedro.pipeline import node, pipeline


def first():
    print("first node", flush=True)
    return 0


def register_pipelines():
    return {"__default__": pipeline([node(first, None, "d0", name="n0")])}
"""


def figures(folder: Path, smoke: bool) -> list[Figure]:
    """Size, rebuilds and start; nothing, with the reason, where there is no engine or no base."""
    try:
        engine = find_engine()
        base = base_image(engine, load_platform(ROOT / "platform-conf").base_image)
    except (EngineError, ImageError) as error:
        print(f"images: nothing is measured: {str(error).splitlines()[0]}", file=sys.stderr)
        return []
    ours, theirs = _Ours(folder), _Theirs(folder, engine, base)
    try:
        return _figures(folder, engine, base, ours, theirs, runs=1 if smoke else 5)
    finally:
        for name in (OURS, THEIRS, COMPILED, *BASES.values()):
            subprocess.run(
                [engine.command, "image", "rm", "--force", name], capture_output=True, check=False
            )


def _figures(
    folder: Path, engine: Engine, base: BaseImage, ours: _Ours, theirs: _Theirs, runs: int
) -> list[Figure]:
    ours.build()
    theirs.build(COMPILED)
    theirs.build(THEIRS)
    sizes = {each: _size(engine, each) for each in (OURS, THEIRS, COMPILED, *BASES.values())}
    own = sizes[OURS] - _size(engine, base.reference)
    other = sizes[COMPILED] - sizes[BASES[COMPILED]]
    before = set(_layers(engine))
    edit = _pairs(
        lambda _: (ours.edit(), theirs.edit()), ours.build, lambda: theirs.build(THEIRS), runs
    )
    changed_kb = _bytes_not_in(engine, before) / 1000
    more = [f"{name}=={random.choice(MORE[name])}" for name in random.sample(sorted(MORE), 3)]
    dependency = _pairs(
        lambda n: (ours.add(more[n]), theirs.add(more[n])),
        ours.build,
        lambda: theirs.build(THEIRS),
        min(runs, 3),
    )
    start = _pairs(
        lambda _: None, _start(folder, engine, OURS), _start(folder, engine, THEIRS), runs
    )
    docker = f"`{NAME}`, against kedro-docker's Dockerfile"
    return [
        Figure(f"image beyond the base, with bytecode, {docker}", own / other, 0.9, own / MIB, other / MIB, "MiB"),
        _figure(f"rebuild after a code edit, {docker}", edit),
        Figure("layers changed by a code edit, against 300 kB", changed_kb / 300, 1, changed_kb, 300, "kB"),
        _figure(f"rebuild after one more dependency, {docker}", dependency),
        _figure("container start to first node, against kedro-docker's image", start),
    ]  # fmt: skip


class _Ours:
    """A copy of this repository, which is edited and built."""

    def __init__(self, folder: Path) -> None:
        self._root = folder / "ours"
        for piece in tracked_files(ROOT, ["."]):
            for name in piece:
                (self._root / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, self._root / name)
        identity = ["-c", "user.name=bench", "-c", "user.email=bench@example.com"]
        for words in (["init", "-q"], ["add", "-A"], [*identity, "commit", "-qm", "start"]):
            subprocess.run(["git", *words], cwd=self._root, check=True)
        self._project = self._root / "projects" / NAME

    def build(self) -> float:
        words = [str(BIN / "highroad"), "image", "build", "--project", NAME, "--image", OURS]
        return cost(Command(words, self._root)).wall_s

    def edit(self) -> None:
        _append(self._project / EDITED, f"# {time.time_ns()}\n")

    def add(self, requirement: str) -> None:
        words = [find("uv"), "add", "--quiet", "--no-sync", "--project", str(self._project)]
        subprocess.run([*words, requirement], check=True)


class _Theirs:
    """The project alone, with what it needs copied into it, built by kedro-docker."""

    def __init__(self, folder: Path, engine: Engine, base: BaseImage) -> None:
        self._project = folder / "theirs" / NAME
        shutil.copytree(
            ROOT / "projects" / NAME, self._project, ignore=shutil.ignore_patterns(".*", "__pycache__")
        )  # fmt: skip
        for source, target in {
            "shared/highroad/src/highroad": "src/highroad",
            "shared/workspace/src/highroad_workspace": "src/highroad_workspace",
            "platform-conf": "platform-conf",
        }.items():
            ignore = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / source, self._project / target, ignore=ignore)
        (self._project / "requirements.txt").write_text(requirements(ROOT / "projects" / NAME))
        self._kedro = stock_environment(folder / "stock") / "kedro"
        self._env = {"PATH": f"{Path(engine.command).parent}{os.pathsep}{os.environ['PATH']}"}
        self._env |= {"DOCKER_BUILDKIT": "1"}
        _make_bases(folder / "bases", engine, base)

    def build(self, name: str) -> float:
        words = [str(self._kedro), "docker", "build", "--image", name, "--base-image", BASES[name]]
        words += ["--uid", "10001", "--gid", "10001", "--docker-args", "--network=host"]
        return cost(Command(words, self._project, self._env)).wall_s

    def edit(self) -> None:
        _append(self._project / EDITED, f"# {time.time_ns()}\n")

    def add(self, requirement: str) -> None:
        words = [find("uv"), "pip", "compile", "--quiet", "--generate-hashes", "--no-deps", "-"]
        done = subprocess.run(
            words, input=requirement, capture_output=True, text=True, check=True, cwd=self._project
        )
        _append(self._project / "requirements.txt", done.stdout)


def _make_bases(folder: Path, engine: Engine, base: BaseImage) -> None:
    folder.mkdir()
    bundle = os.environ.get("SSL_CERT_FILE", "/etc/ssl/certs/ca-certificates.crt")
    shutil.copy(bundle, folder / "ca")
    settings = index_settings(os.environ) | dict.fromkeys(_CERTIFICATES, "/etc/bench-ca")
    for name, tag in BASES.items():
        chosen = settings | ({"UV_COMPILE_BYTECODE": "1"} if name == COMPILED else {})
        words = " ".join(f'{key}="{value}"' for key, value in chosen.items())
        text = _BASE.format(base=base.reference, settings=words)
        (folder / "Dockerfile").write_text(text)
        engine.call("build", "--quiet", "--tag", tag, str(folder))


def _start(folder: Path, engine: Engine, image: str) -> Callable[[], float]:
    """Time a container from `docker run` to the first line that a node prints."""
    project = folder / f"start-{image}"
    kedro_project(project, 1, highroad=image == OURS)
    (project / "src" / "bench" / "pipeline_registry.py").write_text(_ONE_NODE)
    for path in (project, *project.rglob("*")):
        path.chmod(0o777)
    words = [engine.command, "run", "--rm", "--network", "none", "--volume", f"{project}:/bench"]
    words += ["--workdir", "/bench", "--env", "HIGHROAD_STORE=/tmp/store", image, "kedro", "run"]

    def once() -> float:
        began = time.perf_counter()
        with subprocess.Popen(
            words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=os.environ | CLEAN
        ) as process:  # fmt: skip
            assert process.stdout is not None
            said = []
            for line in process.stdout:
                said.append(line)
                if "first node" in line:
                    took = time.perf_counter() - began
                    process.stdout.read()
                    return took
        raise SystemExit(f"{' '.join(words)} ran no node:\n{''.join(said[-20:])}")

    return once


def _pairs(
    before: Callable[[int], object],
    ours: Callable[[], float],
    theirs: Callable[[], float],
    runs: int,
) -> list[tuple[float, float]]:
    found = []
    for number in range(runs):
        before(number)
        found.append((ours(), theirs()))
    return found


def _figure(what: str, pairs: Sequence[tuple[float, float]]) -> Figure:
    ratio = statistics.median(one / other for one, other in pairs)
    ours, theirs = (statistics.median(each) for each in zip(*pairs, strict=True))
    return Figure(what, ratio, 0.5, ours, theirs)


def _size(engine: Engine, image: str) -> int:
    facts = engine.facts(image)
    assert facts is not None, image
    return facts.size


def _layers(engine: Engine) -> tuple[str, ...]:
    facts = engine.facts(OURS)
    assert facts is not None
    return facts.layers


def _bytes_not_in(engine: Engine, before: set[str]) -> int:
    with saved(engine, OURS) as content:
        sizes = zip(_layers(engine), content.sizes(), strict=True)
        return sum(size for layer, size in sizes if layer not in before)


def _append(path: Path, text: str) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(text)
