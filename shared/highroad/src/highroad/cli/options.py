"""Options that several commands have."""

from __future__ import annotations

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
