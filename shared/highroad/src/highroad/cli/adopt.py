"""`highroad adopt`: a Kedro project that was made elsewhere becomes one of the repository's."""

from __future__ import annotations

from pathlib import Path

import click

from highroad.cli.errors import one_message
from highroad.cli.options import verbose_option


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option(
    "--owner",
    "-o",
    default="",
    help="The team that answers for it; default: the first of platform.yml.",
)
@click.option(
    "--description", "-d", default="", help="What it is for; default: what it says of itself."
)
@click.option(
    "--data",
    is_flag=True,
    help="Bring what lies below data/ although its .gitignore leaves it out.",
)
@click.option(
    "--allow-build",
    is_flag=True,
    help="Let the project's build backend run, as you, where nothing else says what it requires.",
)
@verbose_option
def adopt(
    path: Path, owner: str, description: str, data: bool, allow_build: bool, verbose: bool
) -> None:
    """Bring in the Kedro project at PATH: on a branch, as it is, with the few lines it cannot be without."""
    from highroad.adoption import adopting
    from highroad_workspace.projects import find_root

    with one_message(verbose):
        root = Path(find_root(Path.cwd()))
        branch = adopting.adopt(
            path,
            root,
            owner=owner,
            description=description,
            data=data,
            allow_build=allow_build,
            say=click.echo,
        )
        click.echo(f"The branch {branch} has it: git diff HEAD...{branch}; git switch {branch}")
