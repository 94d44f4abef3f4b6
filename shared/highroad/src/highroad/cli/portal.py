"""`highroad portal`: pages over what the library knows, and the launcher, in a browser."""

from __future__ import annotations

from pathlib import Path

import click

from highroad.cli.errors import one_message
from highroad.cli.options import env_option, verbose_option


@click.command()
@env_option
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option(
    "--port",
    default=8800,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="The port; 0 takes a free one.",
)
@click.option(
    "--name",
    "names",
    multiple=True,
    help="A name that it is called by, beside this machine's; `*` for any.",
)
@verbose_option
def portal(env: str, host: str, port: int, names: tuple[str, ...], verbose: bool) -> None:
    """Show products, projects, runs, models, releases and lineage in a browser, and launch projects.

    Nothing but this repository and its store is needed. Whoever reaches the address sees everything.
    """
    from highroad.portal.server import serve
    from highroad_workspace.projects import find_root

    with one_message(verbose):
        root = Path(find_root(Path.cwd()))
        serve(root, env, host, port, names, click.echo)
