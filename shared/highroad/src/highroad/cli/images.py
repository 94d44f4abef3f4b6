"""`highroad image`: build a project's image, look into it, run it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from highroad.cli.context import ProjectContext, project_context
from highroad.cli.errors import one_message
from highroad.cli.options import project_option, verbose_option

if TYPE_CHECKING:
    from highroad.releases.engine import Engine
    from highroad.releases.image import Image


@click.group()
def image() -> None:
    """Images: one Dockerfile for every project, and the proof that what it gives runs."""


@image.command()
@project_option
@click.option("--image", "name", help="Its name; default: the project's, beneath the registry.")
@verbose_option
def build(project: str | None, name: str | None, verbose: bool) -> None:
    """Build a project's image from the working tree."""
    from highroad.releases.engine import find_engine
    from highroad.releases.image import build as built

    with one_message(verbose):
        here = project_context(project)
        found = built(here.project, here.root, find_engine(), tell, name=name)
        click.echo(f"{found.name} {found.facts.id}")


@image.command()
@project_option
@click.option("--twice", is_flag=True, help="Build it again without the cache: is it the same?")
@verbose_option
def report(project: str | None, twice: bool, verbose: bool) -> None:
    """What an image is made of; exit 12 if it is too large or holds what it must not.

    The bill of materials, the Dockerfile and the figures are written to dist/images/PROJECT.
    """
    from highroad.releases.report import must_be_sound
    from highroad.releases.report import report as reported

    with one_message(verbose):
        here = project_context(project)
        engine, found = image_of(here)
        told = reported(here.project, here.root, engine, found, here.platform)
        click.echo(str(told))
        if twice:
            _compare(here, engine, found)
        must_be_sound(told)


@image.command()
@project_option
@verbose_option
def smoke(project: str | None, verbose: bool) -> None:
    """Run an image on the sample, after those of its producers: no network, nothing else written."""
    from highroad.releases.engine import find_engine
    from highroad.releases.smoke import smoke as smoked

    with one_message(verbose):
        here = project_context(project)
        smoked(here.project, here.projects, here.root, find_engine(), click.echo)


@image.command()
@project_option
@verbose_option
def dockerfile(project: str | None, verbose: bool) -> None:
    """Print a project's Dockerfile, which is the platform's; no engine is needed."""
    from highroad.releases.dockerfile import render
    from highroad.releases.locks import local_packages

    with one_message(verbose):
        here = project_context(project)
        local = bool(local_packages(Path(here.project.path)))
        click.echo(render(here.project, here.platform.base_image, local), nl=False)


@image.command()
@click.option("--again", is_flag=True, help="Make the stand-in anew, with today's packages.")
@verbose_option
def base(again: bool, verbose: bool) -> None:
    """Have the base image here: pulled, or where its registry is out of reach, made of Debian's packages."""
    from highroad.config.platform import find_platform_conf, load_platform
    from highroad.releases.base_image import make_base_image
    from highroad.releases.engine import find_engine

    with one_message(verbose):
        named = load_platform(find_platform_conf()).base_image
        found = make_base_image(find_engine(), named, tell, again=again)
        click.echo(f"{found.reference}{', a stand-in' if found.is_stand_in else ''}")


def image_of(here: ProjectContext) -> tuple[Engine, Image]:
    """The engine, and the image that was built of a project."""
    from highroad.releases.base_image import base_image
    from highroad.releases.engine import find_engine
    from highroad.releases.image import image_named, name_of

    engine = find_engine()
    base = base_image(engine, here.platform.base_image)
    return engine, image_named(engine, name_of(here.project, here.platform), base)


def tell(line: str) -> None:
    """A step of something long, shortened to what tells where it is."""
    click.echo(line[:100], err=True)


def _compare(here: ProjectContext, engine: Engine, found: Image) -> None:
    from highroad.releases.image import build as built
    from highroad.releases.report import differences

    name = f"{found.name}-again"
    again = built(here.project, here.root, engine, tell, name=name, options=["--no-cache"])
    differing = list(differences(found, again))
    engine.call("image", "rm", name)
    count = len(found.own_layers)
    click.echo(f"built twice: {count - len(differing)} of {count} layers are the same")
    for each in differing:
        click.echo(f"  {each}")
