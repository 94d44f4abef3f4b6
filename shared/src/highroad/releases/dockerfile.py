"""The Dockerfile of every project: one template, rendered."""

from __future__ import annotations

from importlib.resources import files

from highroad.workspace.projects import Project

LIBRARY, PROJECT = "library", "project"


def parts_of(project: Project) -> tuple[str, ...]:
    """What is built from source, each in a stage and a layer of its own."""
    return (LIBRARY, PROJECT) if project.uses_library else (PROJECT,)


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
    return template.render(project=project.name, base=base, parts=parts_of(project))


def template_file(name: str) -> str:
    """The text of a file that comes with this package."""
    return (files("highroad.releases") / "template" / name).read_text(encoding="utf-8")
