"""The Dockerfile of every project: one template, rendered."""

from __future__ import annotations

from importlib.resources import files
from typing import NamedTuple

from packaging.version import Version

from highroad import __version__
from highroad_workspace.projects import Project
from highroad_workspace.threads import WAITS, mark_of


class Part(NamedTuple):
    """What is made in a stage and becomes a layer of its own.

    `source` is its file, folder or folders in the build's context: locked requirements, or packages that are built.
    """

    name: str
    source: str
    is_built: bool

    @property
    def folder(self) -> str:
        """What of the context is copied."""
        return self.source.removesuffix("/*")


HEAVY = Part("heavy", "heavy.txt", is_built=False)
LIGHT = Part("light", "light.txt", is_built=False)
LIBRARY = Part("library", "library/*", is_built=True)
"""Packages of the repository that the project depends on by path: one folder each."""
PROJECT = Part("project", "project/*", is_built=True)


def parts_of(has_local_packages: bool) -> tuple[Part, ...]:
    """The parts of an image, from what changes least to what changes most."""
    return (HEAVY, LIGHT, *([LIBRARY] if has_local_packages else []), PROJECT)


def render(project: Project, base: str, has_local_packages: bool) -> str:
    """A project's Dockerfile.

    Args:
        project: The project.
        base: What FROM says.
        has_local_packages: Whether it runs with packages of the repository, by path.
    """
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        undefined=StrictUndefined, trim_blocks=True, keep_trailing_newline=True, autoescape=False
    )
    template = environment.from_string(template_file("Dockerfile"))
    return template.render(
        project=project.name,
        base=base,
        parts=parts_of(has_local_packages),
        serves=project.serves,
        version=Version(__version__).base_version,
        waits=WAITS,
        mark=mark_of(WAITS),
    )


def template_file(name: str) -> str:
    """The text of a file that comes with this package."""
    return (files("highroad.releases") / "template" / name).read_text(encoding="utf-8")
