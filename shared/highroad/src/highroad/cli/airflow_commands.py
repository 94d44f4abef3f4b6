"""kedro-airflow's own command, with the platform's tasks and its template."""

from __future__ import annotations

from pathlib import Path

import click

from highroad.cli.errors import one_message
from highroad.cli.options import verbose_option


def adapt() -> None:
    """Let `kedro airflow create` write the platform's DAG, where kedro-airflow is installed.

    Its own takes each node, or what memory joins, for a task: the first loses what is in memory between two, the
    second makes a circle of A → B → C where A hands C something in memory. And its template imports Kedro
    whenever Airflow reads it.
    """
    try:
        from kedro_airflow import plugin
    except ImportError:
        return
    plugin.airflow_commands.add_command(create)


@click.command("create")
@click.option("-p", "--pipeline", default="__default__", help="Which of the project's pipelines.")
@click.option("-e", "--env", default="local", show_default=True, help="The environment.")
@click.option(
    "-t",
    "--target-dir",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("airflow_dags"),
    show_default=True,
    help="The folder to write the DAG into.",
)
@click.option(
    "-j",
    "--jinja-file",
    "template",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A template in place of the platform's.",
)
@click.argument("arguments", nargs=-1)
@verbose_option
def create(
    pipeline: str,
    env: str,
    folder: Path,
    template: Path | None,
    arguments: tuple[str, ...],
    verbose: bool,
) -> None:
    """Create an Airflow DAG for a project: the platform's tasks, each a `kedro run` of its nodes.

    ARGUMENTS behind -- are more of `kedro run`, for every task.
    """
    from highroad.cli.workflows import write_dag

    with one_message(verbose):
        env = "base" if env == "local" else env
        click.echo(write_dag(None, env, pipeline, arguments, template, folder), nl=False)
