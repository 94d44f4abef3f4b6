"""A DAG of Airflow for a working tree, whose tasks run in the project's own environment."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from highroad.config.platform import Platform
from highroad.deployments.targets.airflow.dag import InProject, render
from highroad.orchestration.planning import DEFAULT, tasks_in
from highroad.orchestration.workflow import workflow_of
from highroad_workspace.projects import Project


def dag_of(
    project: Project,
    env: str,
    platform: Platform,
    root: Path,
    *,
    pipeline: str = DEFAULT,
    arguments: Sequence[str] = (),
    template: str | None = None,
) -> str:
    """The text of the DAG. Nothing of this process's environment is in it: workers have their own.

    Args:
        project: The project, in whose environment this runs.
        env: The environment.
        platform: The platform's settings.
        root: The repository.
        pipeline: One of the project's pipelines.
        arguments: More of `kedro run`, for every task.
        template: A Jinja template in place of the platform's.

    Raises:
        ConfigError: There is no such pipeline or environment.
        DeploymentError: Tags ask for tasks that cannot be.
    """
    folder, conf = Path(project.path), root / "platform-conf"
    found = workflow_of(project, env, tasks_in(folder, env, pipeline), platform, conf)
    variables = {
        "HIGHROAD_PLATFORM_CONF": str(conf),
        "KEDRO_LOGGING_CONFIG": str(conf / "base" / "logging.yml"),
        "KEDRO_LOGGING_MODULE_ALLOWLIST": "highroad",
        "DO_NOT_TRACK": "1",
    }
    chosen = () if pipeline == DEFAULT else ("--pipelines", pipeline)
    way = InProject(folder, folder / ".venv", variables, (*chosen, *arguments))
    return render(found, way, template=template)
