"""`highroad workflow`: a project's pipeline as tasks of a scheduler, and the file that runs them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from highroad.cli.context import project_context
from highroad.cli.errors import one_message
from highroad.cli.options import json_option, project_option, verbose_option

if TYPE_CHECKING:
    from highroad.orchestration.tasks import Plan

pipeline_option = click.option(
    "--pipeline", default="__default__", show_default=True, help="Which of its pipelines."
)


@click.group()
def workflow() -> None:
    """What a scheduler runs of a project: tasks of one process each, grouped from the pipeline's nodes."""


@workflow.command()
@project_option
@click.option("--env", "-e", "envs", multiple=True, help="Only these environments.  [default: all]")
@pipeline_option
@json_option
@verbose_option
def tasks(
    project: str | None, envs: tuple[str, ...], pipeline: str, as_json: bool, verbose: bool
) -> None:
    """The tasks of a pipeline, each after those that it needs; run in the project's own environment.

    What nodes hand each other in memory stays inside a task, and so does what can only run one after the
    other; a tag `task.NAME` of nodes names a task of its own. Exit 14 where that cannot be.
    """
    from highroad.errors import DeploymentError

    with one_message(verbose):
        found = _plans(project, envs, pipeline)
        if as_json:
            click.echo(json.dumps({env: plan.to_dict() for env, plan in found.items()}))
            return
        for line in _told(found):
            click.echo(line)
        faults = [f"{env}: {fault}" for env, plan in found.items() for fault in plan.faults]
        if faults:
            raise DeploymentError("\n".join(faults))


@workflow.command()
@project_option
@click.option("--env", "-e", "env", default="base", show_default=True, help="The environment.")
@pipeline_option
@click.option(
    "--to",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write it into this folder, which Airflow reads; default: print it.",
)
@click.option(
    "--template",
    "-j",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A Jinja template of your own in place of the platform's.",
)
@verbose_option
@click.argument("arguments", nargs=-1)
def dag(
    project: str | None,
    env: str,
    pipeline: str,
    folder: Path | None,
    template: Path | None,
    arguments: tuple[str, ...],
    verbose: bool,
) -> None:
    """A DAG of Airflow that runs the working tree in the project's own environment, where there is no Docker.

    `highroad deploy` renders that of a release, whose tasks are containers of its image. ARGUMENTS behind -- are
    more of `kedro run`, for every task.
    """
    with one_message(verbose):
        click.echo(write_dag(project, env, pipeline, arguments, template, folder), nl=False)


def write_dag(
    project: str | None,
    env: str,
    pipeline: str,
    arguments: tuple[str, ...],
    template: Path | None,
    folder: Path | None,
) -> str:
    """The DAG of the working tree as text, or where it was written."""
    from highroad.deployments.targets.airflow.dag_folder import DagFolder
    from highroad.deployments.targets.airflow.working_tree import dag_of

    here = project_context(project)
    text = dag_of(
        here.project,
        env,
        here.platform,
        here.root,
        pipeline=pipeline,
        arguments=arguments,
        template=template.read_text(encoding="utf-8") if template else None,
    )
    if folder is None:
        return text
    dags, name = DagFolder(str(folder), Path.cwd()), f"{here.project.name}-{env}"
    dags.write(name, text)
    return f"{dags.place(name)}: Airflow reads it there\n"


def _plans(project: str | None, envs: tuple[str, ...], pipeline: str) -> dict[str, Plan]:
    from highroad.cli.context import project_path
    from highroad.config.platform import find_platform_conf, load_platform
    from highroad.orchestration.planning import plan_in

    chosen = envs or tuple(load_platform(find_platform_conf()).environments)
    folder = project_path(project)
    return {env: plan_in(folder, "local" if env == "base" else env, pipeline) for env in chosen}


def _told(found: Mapping[str, Plan]) -> list[str]:
    """Tasks by environment; environments that have the same ones together."""
    together: dict[Plan, list[str]] = {}
    for env, plan in found.items():
        together.setdefault(plan, []).append(env)
    lines = []
    for plan, envs in together.items():
        lines.append(f"{', '.join(envs)}: {len(plan.tasks)} tasks")
        for task in plan.tasks:
            after = f", after {', '.join(task.after)}" if task.after else ""
            lines += [f"  {task.name}{after}", f"    nodes: {', '.join(task.nodes)}"]
            for way, names in (("reads", task.reads), ("writes", task.writes)):
                lines += [f"    {way}: {', '.join(names)}"] if names else []
    return lines
