"""Releases of a drill: a good one, and ones that are broken on purpose, to see that the good one stays.

Each of these is the good image and one more layer, whose code every Python process in it runs first. So
whatever the project is, the fault is the same, and everything else is what was released.
"""

from __future__ import annotations

import secrets
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from highroad.deployments.drill import BREAKS_CONTRACT
from highroad.deployments.targets.docker.place import DockerPlace
from highroad.errors import HighroadError
from highroad.releases.engine import Engine, find_engine
from highroad.releases.image import build
from highroad.releases.making import release_of
from highroad.releases.release import Release
from highroad_workspace.leftovers import temporary_folder

CRASHES, NEVER_WELL, TAKES_MEMORY = "crashes at start", "is never healthy", "exceeds memory"
_FAULTS = {
    CRASHES: 'raise SystemExit("broken on purpose: it crashes at start")',
    NEVER_WELL: """
import sys, time
if {"highroad.serving", "highroad.deployments.schedule"} & set(sys.orig_argv):
    time.sleep(3600)
""",
    BREAKS_CONTRACT: """
import sys
if "run" in sys.orig_argv:
    from highroad.products.publishing import Publication
    prepare, add = Publication.prepare, Publication.add
    def without_first_column(data):
        if callable(data):
            return lambda: without_first_column(data())
        if isinstance(data, dict):
            return {name: without_first_column(part) for name, part in data.items()}
        if hasattr(data, "iloc"):
            return data.iloc[:, 1:]
        if hasattr(data, "drop_columns"):
            return data.drop_columns(data.column_names[:1])
        return data.drop(data.lazy().collect_schema().names()[0])
    Publication.prepare = lambda self, data: prepare(self, without_first_column(data))
    Publication.add = lambda self, data: add(self, without_first_column(data))
""",
    TAKES_MEMORY: """
import sys
if "run" in sys.orig_argv:
    taken = []
    while True:
        taken.append(b"x" * (64 << 20))
""",
}
_DOCKERFILE = """\
FROM {image}
USER 0
COPY fault.py /tmp/fault.py
RUN cd "$(python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')" \\
    && mv /tmp/fault.py highroad_drill_fault.py && echo 'import highroad_drill_fault' > highroad_drill_fault.pth
USER 10001:10001
"""


def drill_releases(place: DockerPlace) -> Generator[tuple[str, Release], None, None]:
    """A good release of the working tree, then broken ones, each with what is wrong.

    Args:
        place: The drill's.
    """
    engine = find_engine()  # one that builds
    image = build(place.project, place.root, engine, lambda _: None)
    good = release_of(place.project, place.root, place.platform, image=image.facts.id)
    yield "", good
    for fault in _FAULTS:
        with broken(good, fault, engine) as release:
            yield fault, release


@contextmanager
def broken(good: Release, fault: str, engine: Engine) -> Iterator[Release]:
    """A release that is like a good one, with a fault; its image goes with the block.

    Args:
        good: The good one.
        fault: One of those above.
        engine: Which has its image, and gets the broken one.
    """
    # Of its own: others may do the same on this engine.
    name = f"highroad-drill-{good.project}-{secrets.token_hex(4)}"
    # FROM takes a name, not the digest of a configuration.
    reference, tag = f"{name}:good", f"{name}:{fault.replace(' ', '-')}"
    try:
        engine.call("tag", good.image, reference)
        with temporary_folder("drill") as folder:
            Path(folder, "fault.py").write_text(_FAULTS[fault], encoding="utf-8")
            dockerfile = _DOCKERFILE.format(image=reference)
            Path(folder, "Dockerfile").write_text(dockerfile, encoding="utf-8")
            engine.call("build", "--quiet", "--tag", tag, folder)
        facts = engine.facts(tag)
        assert facts is not None
        version = f"{good.version}-{fault.replace(' ', '-')}"
        yield replace(good, version=version, image=facts.id)
    finally:
        for each in (reference, tag):
            with suppress(HighroadError):
                engine.call("image", "rm", "--force", each)
