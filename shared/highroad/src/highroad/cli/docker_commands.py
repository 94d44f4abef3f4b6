"""kedro-docker's own commands, on the platform's Dockerfile and with what its images need."""

from __future__ import annotations

import argparse
import shlex
from typing import Any

import click

from highroad.cli.errors import one_message
from highroad.cli.options import verbose_option

_RUNS = ("run", "cmd", "ipython")
_NO_USE = "Not used: the image has one user, and any other may run it."


def adapt() -> None:
    """Let `kedro docker` build and run the platform's images, where kedro-docker is installed.

    Which of two plugins Kedro asks first is left to the order of their folders, so its group is
    given other commands instead of standing beside one of ours.
    """
    try:
        from kedro_docker import plugin
    except ImportError:
        return
    plugin.DOCKER_DEFAULT_VOLUMES = ()  # folders that only its own Dockerfile has
    group = plugin.docker_group
    group.callback = None  # asks for an engine in other words than ours, before --help even
    group.add_command(build)
    group.add_command(init)
    for name in _RUNS:
        _with_options_of_the_platform(group.commands[name])


@click.command("build")
@click.option("--image", help="The image's name. Default is the project directory name.")
@click.option("--docker-args", default="", help="Optional arguments for `docker build`.")
@click.option("--uid", type=int, help=_NO_USE)
@click.option("--gid", type=int, help=_NO_USE)
@verbose_option
def build(image: str | None, docker_args: str, verbose: bool, **_: Any) -> None:
    """Build a Docker image for the project, from the platform's Dockerfile."""
    from highroad.cli.context import project_context
    from highroad.cli.images import tell
    from highroad.releases.engine import find_engine
    from highroad.releases.image import build as built

    with one_message(verbose):
        here = project_context(None)
        options = shlex.split(docker_args)
        found = built(here.project, here.root, find_engine(), tell, name=image, options=options)
        click.echo(f"{found.name} {found.facts.id}")


@click.command("init")
def init() -> None:
    """Say where the Dockerfile is: projects have none of their own."""
    click.echo("The platform renders the Dockerfile: `highroad image dockerfile` prints it.")


def _with_options_of_the_platform(command: click.Command) -> None:
    """Add the store, the user and the image's digest to what the user gives `docker run`."""
    callback = command.callback
    assert callback is not None

    def run(image: str, docker_args: list[str], **given: Any) -> Any:
        with one_message(verbose=False):
            found = _options(image, tuple(given.get("args", ())))
        return callback(image=image, docker_args=[*found, *docker_args], **given)

    command.callback = run
    for parameter in command.params:
        if parameter.name == "image":
            parameter.callback = _image


def _image(context: click.Context, parameter: click.Parameter, value: str | None) -> str:
    """The image's name: the platform's for this project unless another was given."""
    from highroad.cli.context import project_context
    from highroad.releases.image import name_of

    with one_message(verbose=False):
        here = project_context(None)
        return value or name_of(here.project, here.platform)


def _options(image: str, words: tuple[str, ...]) -> list[str]:
    from highroad.cli.context import project_context
    from highroad.errors import ImageError
    from highroad.releases.engine import find_engine
    from highroad.releases.running import options_here

    here = project_context(None)
    facts = find_engine().facts(image)
    if facts is None:
        raise ImageError(f"No image '{image}' here. Build it: kedro docker build")
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--env", "-e", default="base")
    env = parser.parse_known_args(words)[0].env
    return options_here(
        here.project, facts, here.platform, here.root, "base" if env == "local" else env
    )
