"""Kedro's own commands with the platform's defaults; plugins win over built-ins of the same name."""

from __future__ import annotations

import logging
import os
from typing import Any

import click
from kedro.framework.cli.cli import project_commands as kedro_commands
from kedro.framework.cli.project import run as kedro_run
from kedro.framework.cli.utils import LazyGroup

from highroad.cli import airflow_commands, docker_commands
from highroad.cli.errors import one_message
from highroad.cli.stopping import Stopped, stoppable
from highroad.errors import BusyError, HighroadError
from highroad.runs import RunTask, current_task
from highroad_workspace.threads import prepare, usable_cores

logger = logging.getLogger("highroad.run")
_VERBOSE = "highroad.verbose"
PARALLEL = ("ParallelRunner", "ThreadRunner")
"""Kedro's runners that run nodes beside each other."""


class _Run(click.Command):
    """`kedro run` as Kedro has it: the platform's runner, and one message for an error."""

    def invoke(self, context: click.Context) -> Any:
        verbose = context.params.pop("verbose")
        with one_message(verbose, in_log=True):
            if not context.params["runner"]:
                context.params["runner"] = _platform_runner()
            name = (context.params["runner"] or "").rpartition(".")[2]
            if name in PARALLEL:  # one node a core; before the pipelines load
                prepare(usable_cores(), are_threads=name == "ThreadRunner")
            if task := current_task():
                made = _made_before(task)
                context.params["load_versions"] = {**made, **context.params["load_versions"]}
            try:
                with stoppable():
                    return super().invoke(context)
            except click.exceptions.ClickException:
                raise
            except Stopped as stop:
                _note_failure(HighroadError(str(stop)))
                click.echo(f"error: {stop}", err=True)
                raise click.exceptions.Exit(stop.exit_code) from None
            except Exception as error:
                _note_failure(error)
                raise


def _note_failure(error: Exception) -> None:
    """Whatever fails, the last run on record is this one, unless another is at work."""
    from highroad.hooks.run_summary import hook

    if not isinstance(error, BusyError):
        hook.failed_elsewhere(error)


def _made_before(task: RunTask) -> dict[str, str]:
    """The versions, as Kedro names them, that tasks before this one saved: it loads them, not the latest."""
    from highroad.config.platform import find_platform_conf, load_platform
    from highroad.errors import ConfigError, DataError
    from highroad.tracking.database import database_of
    from highroad.tracking.pins import Pins

    context = click.get_current_context()
    env = context.params["env"] or os.environ.get("KEDRO_ENV") or "local"
    try:
        folder = find_platform_conf()
        url = load_platform(folder).records_url("base" if env == "local" else env, folder.parent)
        return Pins(database_of(url, folder.parent), task.run).written("kedro")
    except ConfigError:
        return {}  # a project outside a platform keeps no records
    except DataError as problem:
        logger.warning("What earlier tasks of this run saved is not known: %s", problem)
        return {}


def _platform_runner() -> str | None:
    from highroad.config.platform import find_platform_conf, load_platform
    from highroad.errors import ConfigError

    try:
        folder = find_platform_conf()
    except ConfigError:
        return None  # a project outside a platform keeps Kedro's own
    return load_platform(folder).runner


class _OneMessage(LazyGroup):
    """Kedro's other commands, imported when asked for, each with one message for an error."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)  # `kedro --help` lists the others as Kedro's own

    def _lazy_load(self, cmd_name: str) -> click.Command:
        command = super()._lazy_load(cmd_name)
        invoke = command.invoke
        if any("--verbose" in option.opts for option in command.params):
            return command  # tells its errors by itself

        def told(context: click.Context) -> Any:
            verbose = bool(context.meta.get(_VERBOSE))
            with one_message(verbose, retry=f"`kedro {cmd_name} --verbose …`"):
                return invoke(context)

        command.params.append(_verbose_option())
        setattr(command, "invoke", told)  # noqa: B010 - a method, for this one command
        return command


def _verbose_option() -> click.Option:
    def keep(context: click.Context, _: click.Parameter, value: bool) -> None:
        context.meta[_VERBOSE] = value

    return click.Option(
        ["--verbose", "-v"],
        is_flag=True,
        expose_value=False,
        callback=keep,
        help="Show the traceback of an error.",
    )


commands = _OneMessage(
    name="highroad",
    help="Kedro's commands, with the platform's defaults and messages.",
    lazy_subcommands={
        name: place for name, place in kedro_commands.lazy_subcommands.items() if name != "run"
    },
)
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
docker_commands.adapt()
airflow_commands.adapt()
