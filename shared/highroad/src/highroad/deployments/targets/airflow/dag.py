"""A workflow as a file that Airflow reads: it imports neither Kedro nor the project.

What Airflow knows at a run only (which run, which try) stays a template of Airflow's in it.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

from highroad.orchestration.tasks import Task
from highroad.orchestration.workflow import Promise, Workflow
from highroad.products.freshness import words
from highroad.runs import TASK_VARIABLE

SHORT = 12
RETRY_AFTER_S = 30
_RUN = {
    "run": "{{ dag.dag_id }}/{{ run_id }}",
    "began": "{{ dag_run.run_after.isoformat() }}",
    "try": "{{ ti.try_number }}",
    "tries": "{{ ti.max_tries + 1 }}",
}
"""What a task is told of its run, as Airflow fills it in; see `highroad.runs.current_task`."""


@dataclass(frozen=True)
class InProject:
    """Run in the project's own environment, on the worker.

    Attributes:
        folder: The project's.
        environment: The folder of its environment.
        variables: What the process gets beside the worker's own.
        arguments: More of `kedro run`.
    """

    folder: Path
    environment: Path
    variables: Mapping[str, str] = field(default_factory=dict)
    arguments: tuple[str, ...] = ()


@dataclass(frozen=True)
class InImage:
    """Run in containers of a release's image.

    Attributes:
        image: By its digest, so that it is the release's and no other.
        engine: As DOCKER_HOST names it where tasks run; None is the worker's own.
        variables: What containers get.
        passes: Variables that they get from Airflow's own of the same names.
        mounts: `source`, `target`, and whether it is only read, of each folder of the engine's machine.
        user: `uid:gid`; None is the image's own.
        memory: The most that one may use, as Docker writes it.
        arguments: More of `kedro run`.
    """

    image: str
    engine: str | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    passes: tuple[str, ...] = ()
    mounts: tuple[tuple[str, str, bool], ...] = ()
    user: str | None = None
    memory: str = "4096m"
    arguments: tuple[str, ...] = ()


def render(
    workflow: Workflow,
    way: InProject | InImage,
    *,
    dag_id: str = "",
    on_demand: bool = False,
    template: str | None = None,
) -> str:
    """The file.

    Args:
        workflow: What it runs.
        way: What a task runs in.
        dag_id: Another than the workflow's name.
        on_demand: Without its schedule.
        template: Another than the platform's.
    """
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=StrictUndefined,
        autoescape=False,
    )
    environment.filters["python"] = literal
    text = files("highroad.deployments.targets.airflow") / "template" / "airflow_dag.py.jinja"
    return environment.from_string(template or text.read_text(encoding="utf-8")).render(
        dag_id=dag_id or workflow.name,
        workflow=workflow,
        schedule=None if on_demand else workflow.schedule,
        way=way,
        in_image=isinstance(way, InImage),
        variables=_variables(way),
        run=_RUN,
        task_variable=TASK_VARIABLE,
        tasks=[_facts(workflow, task, way) for task in workflow.tasks],
        assets={name: _asset(name, workflow) for name in (*workflow.produces, *workflow.consumes)},
        documentation=_documentation(workflow, way).splitlines(keepends=True),
        tags=tags_of(workflow),
        retry_after_s=RETRY_AFTER_S,
        seconds=int(workflow.timeout.total_seconds()),
    )


def tags_of(workflow: Workflow) -> list[str]:
    """What the DAG can be found by."""
    told = [workflow.environment, workflow.kind, workflow.owner]
    return [*told, f"release-{workflow.release[:SHORT]}"] if workflow.release else told


def release_line(release: str) -> str:
    """How its documentation begins to name the release; a deployment sees by it what Airflow has read."""
    return f"- release: `{release}`"


def literal(value: Any) -> str:
    """A plain value as Python writes it, texts in double quotes."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{literal(k)}: {literal(v)}" for k, v in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(literal, value)) + "]"
    return repr(value)


def _variables(way: InProject | InImage) -> dict[str, str]:
    passes = way.passes if isinstance(way, InImage) else ()
    return {**way.variables, **{name: f"{{{{ var.value.{name} }}}}" for name in passes}}


def _facts(workflow: Workflow, task: Task, way: InProject | InImage) -> dict[str, Any]:
    program, *words = (*workflow.command(task), *way.arguments)
    command: str | list[str] = [program, *words]
    if isinstance(way, InProject):
        command = shlex.join([str(way.environment / "bin" / program), *words])
    read, wrote = workflow.products_of(task)
    return {
        "name": task.name,
        "after": task.after,
        "command": command,
        "reads": read,
        "writes": wrote,
    }


def _asset(product: str, workflow: Workflow) -> dict[str, Any]:
    promise = workflow.produces.get(product) or workflow.consumes[product]
    return {
        "name": f"{product} ({workflow.environment})",
        "uri": f"highroad://{workflow.environment}/{product}",
        "extra": {"contract": promise.version, "fresh_within": _within(promise)},
    }


def _within(promise: Promise) -> str:
    return words(promise.fresh_within) if promise.fresh_within else "no promise"


def _documentation(workflow: Workflow, way: InProject | InImage) -> str:
    contact = f", {workflow.contact}" if workflow.contact else ""
    lines = [workflow.description, "", f"- owner: {workflow.owner}{contact}"]
    if workflow.release:
        lines.append(f"{release_line(workflow.release)}, of commit `{workflow.commit}`")
    runs_in = way.image if isinstance(way, InImage) else f"the working tree {way.folder}"
    lines.append(f"- runs in: `{runs_in}`")
    for title, products in (("publishes", workflow.produces), ("reads", workflow.consumes)):
        lines += [
            f"- {title} `{name}`, contract {promise.version}, fresh within: {_within(promise)}"
            for name, promise in products.items()
        ]
    return "\n".join(lines)
