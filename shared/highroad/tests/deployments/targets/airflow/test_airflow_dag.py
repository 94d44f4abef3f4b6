"""The file that Airflow reads: what it imports, what it says, and that nothing in it breaks out of its quotes."""

from __future__ import annotations

import ast
import json
import shlex
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from highroad.config.platform import load_platform
from highroad.deployments.targets.airflow.dag import (
    InImage,
    InProject,
    literal,
    release_line,
    render,
)
from highroad.orchestration.tasks import Task
from highroad.orchestration.workflow import Workflow, workflow_of
from highroad_workspace.projects import find_projects, project_named

ROOT = Path(__file__).parents[6]
PLATFORM = load_platform(ROOT / "platform-conf")
DELAYS = project_named(find_projects(ROOT), "delays")
TASKS = (
    Task("features", ("build",), ("flights.departures@pandas",), ("examples",)),
    Task("score", ("score it",), ("examples",), ("delays.scores@pandas",), ("features",)),
)
IMAGE = InImage(
    "registry.example/delays@sha256:12",
    "unix:///run/docker.sock",
    {"HIGHROAD_RELEASE": "ab"},
    ("TOKEN_OF_LAKE",),
    (("/srv/store", "/app/store", False), ("/srv/local", "/app/local", True)),
    "1:2",
    "900m",
)
TREE = InProject(Path("/src/pro jects/delays"), Path("/src/pro jects/delays/.venv"), {"A": "b"})


def workflow(**facts) -> Workflow:
    return workflow_of(DELAYS, "prod", TASKS, PLATFORM, ROOT / "platform-conf", **facts)


def calls(text: str, name: str) -> list[dict[str, ast.expr]]:
    """The keywords of each call of a name."""
    found = (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call))
    return [
        {str(each.arg): each.value for each in call.keywords}
        for call in found
        if isinstance(call.func, ast.Name) and call.func.id == name
    ]


@pytest.mark.parametrize("way", [IMAGE, TREE])
def test_it_imports_neither_kedro_nor_the_project(way):
    tree = ast.parse(render(workflow(), way))
    modules = {
        (node.module or "").partition(".")[0]
        if isinstance(node, ast.ImportFrom)
        else node.names[0].name.partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, (ast.Import, ast.ImportFrom))
    }
    assert modules <= {"json", "datetime", "airflow", "docker"} and "airflow" in modules


def test_it_carries_what_metadata_and_contracts_say():
    text = render(workflow(release="ab" * 32, commit="c" * 40), IMAGE)
    (dag,) = calls(text, "DAG")
    assert ast.literal_eval(dag["schedule"]) == "0 6 * * *"
    assert f"release-{'ab' * 6}" in ast.literal_eval(dag["tags"])
    assert release_line("ab" * 32) in text
    assert [ast.literal_eval(dag[key]) for key in ("catchup", "max_active_runs")] == [False, 1]
    assert "timedelta(seconds=3600)" in text and '"retries": 1' in text
    assert '"owner": "passenger-care"' in text and "passenger-care@example.org" in text
    assets = calls(text, "Asset")
    assert {ast.literal_eval(each["name"]) for each in assets} == {
        "delays.scores (prod)", "flights.departures (prod)", "flights.fleet (prod)", "flights.weather (prod)",
    }  # fmt: skip
    assert {"contract", "fresh_within"} == set(ast.literal_eval(assets[0]["extra"]))
    one, other = calls(text, "DockerOperator")
    assert ast.unparse(one["inlets"]).endswith("['flights.departures']]")
    assert ast.unparse(other["outlets"]).endswith("['delays.scores']]")
    assert ast.literal_eval(other["command"])[-2:] == ["--nodes", "score it"]
    assert "tasks['features'] >> tasks['score']" in ast.unparse(ast.parse(text))


def test_a_container_gets_what_one_of_docker_gets_and_airflow_s_own_variables():
    text = render(workflow(), IMAGE)
    assert '"image": "registry.example/delays@sha256:12"' in text and '"mem_limit": "900m"' in text
    assert '"TOKEN_OF_LAKE": "{{ var.value.TOKEN_OF_LAKE }}"' in text
    mounts = calls(text, "Mount")
    assert [ast.literal_eval(each["target"]) for each in mounts] == [
        "/tmp",
        "/app/store",
        "/app/local",
    ]
    assert ast.literal_eval(mounts[2]["read_only"]) is True


def test_in_a_working_tree_each_task_is_one_command_of_the_shell():
    way = InProject(TREE.folder, TREE.environment, {}, ("--params", "text=it's $HOME"))
    first, _ = calls(render(workflow(), way), "BashOperator")
    words = shlex.split(ast.literal_eval(first["bash_command"]))
    assert words[:2] == ["/src/pro jects/delays/.venv/bin/kedro", "run"]
    assert words[-2:] == ["--params", "text=it's $HOME"]


def test_what_is_run_on_demand_has_no_schedule_and_another_name():
    (dag,) = calls(render(workflow(), IMAGE, on_demand=True), "DAG")
    assert ast.literal_eval(dag["schedule"]) is None
    assert 'DAG(\n    "proof",' in render(workflow(), IMAGE, dag_id="proof")


def test_a_team_s_own_template_gets_the_same_facts():
    template = "{{ dag_id }} {% for task in tasks %}{{ task.name }} {% endfor %}{{ seconds }}"
    assert render(workflow(), TREE, template=template) == "delays-prod features score 3600"


def test_a_project_without_known_tasks_is_one():
    whole = workflow_of(DELAYS, "prod", (), PLATFORM, ROOT / "platform-conf")
    (only,) = calls(render(whole, IMAGE), "DockerOperator")
    assert ast.literal_eval(only["command"]) == ["kedro", "run", "--env", "prod"]
    assert ast.unparse(only["outlets"]).endswith("['delays.scores']]")


def test_retries_and_times_are_the_project_s_before_the_platform_s():
    own = DELAYS._replace(retries=0, timeout_min=5)
    found = workflow_of(own, "prod", TASKS, PLATFORM, ROOT / "platform-conf")
    assert (found.retries, found.timeout) == (0, timedelta(minutes=5))


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(values)
def test_whatever_is_written_is_read_again(value):
    assert ast.literal_eval(literal(value)) == value


@given(st.text(min_size=1, max_size=20), st.text(max_size=20))
def test_no_text_of_a_project_breaks_out_of_its_quotes(name, description):
    facts = workflow()
    wild = Workflow(
        facts.project, facts.environment, description, name, name, facts.kind, None, 1,
        facts.timeout, (Task("one", (name,)),),
    )  # fmt: skip
    text = render(wild, IMAGE)
    (only,) = calls(text, "DockerOperator")
    assert ast.literal_eval(only["command"])[-1] == name
    (dag,) = calls(text, "DAG")
    assert ast.literal_eval(dag["description"]) == description


def test_what_a_task_is_told_is_json_for_whatever_airflow_fills_in():
    text = render(workflow(), TREE)
    wanted = ("TASKS", "VARIABLES", "RUN", "told")
    kept = [
        node
        for node in ast.parse(text).body
        if getattr(node, "name", "") in wanted
        or (isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in wanted)
    ]
    space: dict[str, Any] = {"json": json}
    exec(compile(ast.Module(kept, []), "dag", "exec"), space)
    told = space["told"]("score")
    filled = told["HIGHROAD_TASK"]
    for template, value in (("{{ ti.try_number }}", "1"), ("{{ ti.max_tries + 1 }}", "2")):
        filled = filled.replace(template, value)
    assert json.loads(filled)["tasks"] == ["features", "score"] and told["A"] == "b"
