"""Options that several commands have."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

verbose_option = click.option(
    "--verbose", "-v", is_flag=True, help="Show the traceback of an error."
)
json_option = click.option("--json", "as_json", is_flag=True, help="As JSON instead of text.")
project_option = click.option(
    "--project", "-P", "project", help="The project; default: the one you are in."
)
env_option = click.option(
    "--env", "-e", "env", default="base", show_default=True, help="Whose records."
)
html_option = click.option(
    "--html",
    "html",
    is_flag=False,
    flag_value=Path("-"),
    type=click.Path(path_type=Path),
    metavar="[PATH]",
    help="Draw it on a page: this one, or one in dist/ of the repository.",
)


def write_page(text: str, path: Path, name: str, *, err: bool = False) -> None:
    """Write a page and print where it is: on a terminal as a link.

    Args:
        text: The page.
        path: What `html_option` was given.
        name: What the page is called in dist/, where no path was given.
        err: Whether to print to standard error.
    """
    if path == Path("-"):
        from highroad_workspace.projects import find_root

        path = Path(os.path.relpath(find_root(Path.cwd())), "dist", f"{name}.html")
        path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    click.echo(f"wrote {path.resolve().as_uri() if sys.stdout.isatty() else path}", err=err)
