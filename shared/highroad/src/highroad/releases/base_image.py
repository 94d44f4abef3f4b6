"""The base image: the one that platform.yml names, or a stand-in made of Debian's packages."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from highroad.errors import ImageError
from highroad.releases.engine import Engine, ImageFacts
from highroad_workspace.leftovers import temporary_folder

STAND_IN = "highroad-base"
MADE_OF = "highroad.base.made-of"
"""The label of a stand-in; an image that has it is not built on what platform.yml names."""
SUITE = "bookworm"
PACKAGES = ("ca-certificates", "python3", "python3-venv")
# What Debian's own slim images leave out, and what the making left behind.
_LEFT_OUT = ("usr/share/man", "usr/share/locale", "var/cache/apt", "var/lib/apt/lists", "var/log")
_PYTHON = re.compile(r"^PYTHON_VERSION=(\d+\.\d+)")


class BaseImage(NamedTuple):
    """What an image is built on.

    `reference` is for FROM: it names a digest, or the content of a stand-in. `python` is the
    minor version, such as 3.12, where the image tells it.
    """

    reference: str
    id: str
    layers: tuple[str, ...]
    architecture: str
    python: str | None
    is_stand_in: bool


def base_image(engine: Engine, named: str) -> BaseImage:
    """The image that platform.yml names, pulled where it must be, else the stand-in.

    Raises:
        ImageError: Neither is to be had, or it is for another architecture than the engine's.
    """
    facts, stand_in = engine.facts(named), None
    if facts is None:
        stand_in = engine.facts(STAND_IN)
    if facts is None and stand_in is None:
        facts = _pulled(engine, named)
    found = _from_registry(named, facts) if facts else _stand_in(stand_in)
    if found.architecture != (wanted := engine.architecture()):
        raise ImageError(
            f"The base image {found.reference} is for {found.architecture}, and the engine builds for "
            f"{wanted}. Name one for {wanted} in `base_image` of platform-conf/platform.yml, or remove "
            f"it (`docker image rm {named if facts else STAND_IN}`) so that the right one is pulled."
        )
    return found


def make_base_image(
    engine: Engine, named: str, tell: Callable[[str], None], *, again: bool = False
) -> BaseImage:
    """The image that platform.yml names where its registry answers, else the stand-in.

    Args:
        engine: Where it shall be.
        named: What platform.yml names.
        tell: Takes a line for each thing that is done.
        again: Make the stand-in anew, with today's packages, where there is one.

    Raises:
        ImageError: Neither can be had.
    """
    try:
        facts = engine.facts(named) or _pulled(engine, named)
        return _from_registry(named, facts)
    except ImageError as error:
        stand_in = engine.facts(STAND_IN)
        if stand_in and not again:
            return _stand_in(stand_in)
        tell(str(error).splitlines()[0])
    tell(f"making {STAND_IN} from Debian's packages ({SUITE}: {', '.join(PACKAGES)})")
    with temporary_folder("base") as parent:
        folder = Path(parent) / "root"
        _bootstrap(folder)
        _import(engine, folder)
    return _stand_in(engine.facts(STAND_IN))


def _pulled(engine: Engine, named: str) -> ImageFacts:
    try:
        engine.call("pull", "--quiet", named)
    except ImageError as error:
        raise ImageError(
            f"The base image {named} is not here and cannot be pulled. Where its registry is out of "
            "reach, `nox -s base_image` makes an equivalent one of Debian's packages; or name a "
            f"mirror in `base_image` of platform-conf/platform.yml.\n{error}"
        ) from None
    facts = engine.facts(named)
    assert facts is not None
    return facts


def _from_registry(named: str, facts: ImageFacts) -> BaseImage:
    reference = named
    if "@" not in named and facts.digests:
        reference = f"{named}@{facts.digests[0].partition('@')[2]}"
    return BaseImage(
        reference, facts.id, facts.layers, facts.architecture, _python_of(facts), False
    )


def _stand_in(facts: ImageFacts | None) -> BaseImage:
    assert facts is not None
    tag = facts.id.partition(":")[2][:12]
    return BaseImage(
        f"{STAND_IN}:{tag}", facts.id, facts.layers, facts.architecture, _python_of(facts), True
    )


def _python_of(facts: ImageFacts) -> str | None:
    found = [match[1] for each in facts.environment if (match := _PYTHON.match(each))]
    return found[0] if found else None


def _bootstrap(folder: Path) -> None:
    """Debian's packages, unpacked and configured, without what no container needs."""
    command = shutil.which("debootstrap", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if command is None:
        raise ImageError(
            "debootstrap is not installed, so no base image can be made. Install it (Debian: "
            "`apt-get install debootstrap`)."
        )
    if os.geteuid():
        raise ImageError("debootstrap makes a base image only as root; repeat this with sudo.")
    words = [command, "--variant=minbase", f"--include={','.join(PACKAGES)}", SUITE, str(folder)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        said = "\n".join(f"  {line}" for line in done.stdout.splitlines()[-5:])
        raise ImageError(f"debootstrap could not make a base image:\n{said}")
    for name in _LEFT_OUT:
        shutil.rmtree(folder / name)
        (folder / name).mkdir()


def _import(engine: Engine, folder: Path) -> None:
    """The folder as an image of one layer, named after its content."""
    python = (folder / "usr/bin/python3").readlink().name.removeprefix("python")
    archive = folder.parent / "root.tar"
    subprocess.run(
        ["tar", "--sort=name", "--numeric-owner", "-C", str(folder), "-cf", str(archive), "."],
        check=True,
    )
    made_of = f"Debian {SUITE}: {' '.join(PACKAGES)}"
    image = engine.call(
        "import",
        *("--change", f"ENV PYTHON_VERSION={python}", "--change", f'LABEL {MADE_OF}="{made_of}"'),
        *(str(archive), STAND_IN),
    )
    engine.call("tag", STAND_IN, f"{STAND_IN}:{image.partition(':')[2][:12]}")
