"""What an image is made of, and everything that stands against using it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from highroad.config.platform import Platform
from highroad.errors import ImageError
from highroad.releases.dockerfile import parts_of, render
from highroad.releases.engine import Engine
from highroad.releases.host import secret_values
from highroad.releases.image import Image
from highroad.releases.layers import Entry, saved
from highroad.releases.locks import bill_of_materials, local_packages
from highroad.releases.sbom import bill
from highroad.releases.secrets_scan import findings
from highroad_workspace.projects import Project

MIB = 2**20
_SHOWN = 12
_SITE = re.compile(r"^app/venv/lib/[^/]+/site-packages/([^/]+)")
# What an image is built with, and what proves it, has no place in it.
_UNWANTED = re.compile(
    r"""(?x)
      /bin/(?:pip[\d.]*|uvx?|gcc|g\+\+|cc|c\+\+|make|rustc|cargo)$
    | (?:site|dist)-packages/(?:pip|uv|jupyter[^/]*|notebook|ipykernel|pytest|mypy)/
    | ^app/.*\.ipynb$ | ^app/(?!venv/).*/tests?/
    """
)

_STAND_IN = (
    "the base is a stand-in of Debian's packages, not {}: good for trials, not for production"
)


class Report(NamedTuple):
    """An image in figures (MiB), and the faults for which it must not be used."""

    project: str
    image: str
    base: str
    size_mib: float
    base_mib: float
    budget_mib: int
    layers: list[tuple[str, float, str]]
    packages: list[tuple[str, float]]
    notes: list[str]
    faults: list[str]

    @property
    def own_mib(self) -> float:
        """What is beyond the base."""
        return self.size_mib - self.base_mib

    def __str__(self) -> str:
        lines = [
            f"{self.project}: {self.own_mib:.0f} MiB beyond {self.base} ({self.base_mib:.0f} MiB), "
            f"of {self.budget_mib} allowed",
            f"  image {self.image}",
            *(f"  {size:8.2f} MiB  {digest[7:19]}  {what}" for digest, size, what in self.layers),
            "  most of it: " + ", ".join(f"{name} {size:.0f}" for name, size in self.packages),
            *(f"  note: {each}" for each in self.notes),
        ]
        return "\n".join(lines)


def report(
    project: Project, root: Path, engine: Engine, image: Image, platform: Platform
) -> Report:
    """Look at an image from all sides, and write what was found beside it.

    Args:
        project: The project.
        root: The repository; the files go to its `dist/images/<project>`.
        engine: What has the image.
        image: The image.
        platform: The platform's settings.
    """
    budget = project.image_budget_mib or platform.image_budget_mib
    with saved(engine, image.name) as content:
        files, sizes = content.visible(), content.sizes()
        secret = [f"secret in {each}" for each in findings(content, secret_values())]
        document = bill(bill_of_materials(Path(project.path)), files, image.facts.id)
    base = len(image.base.layers)
    base_mib, size_mib = sum(sizes[:base]) / MIB, sum(sizes) / MIB
    local = bool(local_packages(Path(project.path)))
    dockerfile = render(project, image.base.reference, local)
    faults = [*secret, *(f"unwanted: /{path}" for path in files if _UNWANTED.search(path))]
    if size_mib - base_mib > budget:
        faults.append(
            f"it has {size_mib - base_mib:.0f} MiB beyond its base, and {budget} are allowed; take "
            "dependencies out, or raise image_budget_mib in [tool.highroad] of its pyproject.toml"
        )
    notes = [_STAND_IN.format(platform.base_image)] if image.base.is_stand_in else []
    lint = linted(dockerfile)
    if lint is None:
        notes.append("hadolint is not installed, so its rules were not checked")
    found = Report(
        project.name,
        image.facts.id,
        image.base.reference,
        round(size_mib, 2),
        round(base_mib, 2),
        budget,
        [
            (digest, round(size / MIB, 2), what)
            for digest, size, what in zip(
                image.own_layers, sizes[base:], _layers_of(project), strict=True
            )
        ],
        _largest(files),
        notes,
        [*faults, *(lint or ())],
    )
    _write(root / "dist" / "images" / project.name, found, document, dockerfile)
    return found


def must_be_sound(found: Report) -> None:
    """Refuse an image with faults.

    Raises:
        ImageError: With all of them.
    """
    if found.faults:
        listed = "\n".join(f"  {each}" for each in found.faults[:_SHOWN])
        more = len(found.faults) - _SHOWN
        raise ImageError(
            f"The image of '{found.project}' must not be used:\n{listed}"
            + (f"\n  and {more} more" if more > 0 else "")
        )


def _largest(files: Mapping[str, Entry]) -> list[tuple[str, float]]:
    """The packages that weigh most, in MiB; libraries beside a package count as its own."""
    sizes: Counter[str] = Counter()
    for path, entry in files.items():
        if found := _SITE.match(path):
            name = found[1].removesuffix(".libs").partition(".")[0].partition("-")[0].lstrip("_")
            sizes[name] += entry.size
    return [(name, round(size / MIB, 1)) for name, size in sizes.most_common(_SHOWN)]


def _layers_of(project: Project) -> list[str]:
    """What each layer above the base is, as the Dockerfile makes them."""
    parts = [part.name for part in parts_of(bool(local_packages(Path(project.path))))]
    return [
        "skeleton",
        "the base without installers",
        *parts,
        "configuration",
        "the working folder",
    ]


def linted(dockerfile: str) -> list[str] | None:
    """What hadolint has against a Dockerfile; None where it is not installed."""
    command = shutil.which("hadolint", path=str(Path(sys.executable).parent)) or shutil.which(
        "hadolint"
    )
    if command is None:
        return None
    done = subprocess.run(
        [command, "--no-color", "-"], input=dockerfile, capture_output=True, text=True, check=False
    )  # fmt: skip
    said = f"{done.stdout}{done.stderr}".splitlines()
    return [f"hadolint: {line}" for line in said] if done.returncode else []


def _write(folder: Path, found: Report, document: Mapping[str, Any], dockerfile: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "Dockerfile").write_text(dockerfile, encoding="utf-8")
    for name, value in (("report.json", found._asdict()), ("sbom.cdx.json", document)):
        (folder / name).write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")


def differences(one: Image, two: Image) -> Iterator[str]:
    """Which layers of two builds of one commit are not the same, by their place."""
    for place, (first, second) in enumerate(zip(one.own_layers, two.own_layers, strict=True), 1):
        if first != second:
            yield f"layer {place} above the base: {first[7:19]} and {second[7:19]}"
