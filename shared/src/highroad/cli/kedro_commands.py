"""Kedro's own commands with the platform's defaults; plugins win over built-ins of the same name."""

from __future__ import annotations

from typing import Any

import click
from kedro.framework.cli.project import run as kedro_run

from highroad.cli.errors import one_message


class _Run(click.Command):
    """`kedro run` as Kedro has it: the platform's runner, and one message for an error."""

    def invoke(self, context: click.Context) -> Any:
        verbose = context.params.pop("verbose")
        with one_message(verbose):
            if not context.params["runner"]:
                context.params["runner"] = _platform_runner()
            return super().invoke(context)


def _platform_runner() -> str | None:
    from highroad.config.platform import find_platform_conf, load_platform
    from highroad.errors import ConfigError

    try:
        folder = find_platform_conf()
    except ConfigError:
        return None  # a project outside a platform keeps Kedro's own
    return load_platform(folder).runner


@click.group(name="highroad")
def commands() -> None:
    """Highroad's commands within a project."""


commands.add_command(
    _Run(
        name="run",
        callback=kedro_run.callback,
        params=[
            *kedro_run.params,
            click.Option(["--verbose", "-v"], is_flag=True, help="Show the traceback of an error."),
        ],
        help=kedro_run.help,
    )
)
