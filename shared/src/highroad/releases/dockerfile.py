"""The Dockerfile of every project: one template, rendered."""

from __future__ import annotations

from importlib.resources import files
from typing import NamedTuple

from highroad.threads import WAITS, mark_of
from highroad.workspace.projects import Project

_LOCKED = "--require-hashes -r"
_FROM_SOURCE = "--no-sources --build-constraints /build/tools.txt"


class Part(NamedTuple):
    """What is made in a stage and becomes a layer of its own.

    `source` is its file or folder in the build's context; `options` say how uv installs it.
    """

    name: str
    source: str
    options: str


HEAVY = Part("heavy", "heavy.txt", _LOCKED)
LIGHT = Part("light", "light.txt", _LOCKED)
LIBRARY = Part("library", "library", _FROM_SOURCE)
PROJECT = Part("project", "project", _FROM_SOURCE)


def parts_of(project: Project) -> tuple[Part, ...]:
    """The parts of a project's image, from what changes least to what changes most."""
    return (HEAVY, LIGHT, *([LIBRARY] if project.uses_library else []), PROJECT)


def render(project: Project, base: str) -> str:
    """A project's Dockerfile.

    Args:
        project: The project.
        base: What FROM says.
    """
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        undefined=StrictUndefined, trim_blocks=True, keep_trailing_newline=True, autoescape=False
    )
    template = environment.from_string(template_file("Dockerfile"))
    return template.render(
        project=project.name,
        base=base,
        parts=parts_of(project),
        serves=project.serves,
        waits=WAITS,
        mark=mark_of(WAITS),
    )


def template_file(name: str) -> str:
    """The text of a file that comes with this package."""
    return (files("highroad.releases") / "template" / name).read_text(encoding="utf-8")
