"""What keeps a release from Airflow, all at once; the session `airflow` deploys to a real one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from releases.test_release import ONE

from highroad.config.platform import UnreadDeploy, load_platform
from highroad.deployments.place import Place
from highroad.deployments.routes import place_of, route_to
from highroad.deployments.target import settings_of
from highroad.deployments.targets.airflow.client import TOKEN
from highroad.deployments.targets.airflow.target import AirflowSettings, AirflowTarget
from highroad.errors import ConfigError
from highroad_workspace.projects import find_projects, project_named

ROOT = Path(__file__).parents[6]
PLATFORM = load_platform(ROOT / "platform-conf")
PROJECTS = find_projects(ROOT)
WITH_WORD = (
    "{target: airflow, api: 'https://me:word@a.example', dags: d}"  # pragma: allowlist secret
)
AWAY = "http://127.0.0.1:9"


@pytest.fixture
def place(tmp_path, monkeypatch) -> Place:
    monkeypatch.setenv("HIGHROAD_STORE", str(tmp_path / "store"))
    monkeypatch.setenv(TOKEN, "t")
    settings = AirflowSettings(
        target="airflow", api=AWAY, dags=str(tmp_path / "dags"), passes=["LAKE"]
    )
    delays = project_named(PROJECTS, "delays")
    return Place(delays, "prod", settings, PLATFORM, ROOT)


def test_all_that_forbids_it_is_told_at_once(place):
    lost = "'frame' is in memory and would be lost between the tasks 'a' and 'b'"
    tasks = {"prod": {"faults": [lost]}, "staging": {"faults": ["of another environment"]}}
    told = list(AirflowTarget(place).faults(replace(ONE, tasks=tasks)))
    assert told[0] == lost
    assert "was pushed nowhere that Airflow's engine could pull it from" in told[1]
    assert f"{AWAY} does not answer" in told[2]
    assert "serves, and Airflow runs no services" in told[3]
    assert len(told) == 4


def test_dags_that_cannot_be_written_are_a_fault(place, tmp_path):
    (tmp_path / "dags").write_text("no folder")
    told = list(AirflowTarget(place).faults(ONE))
    assert any("DAGs cannot be written to" in each for each in told)


def test_no_engine_is_looked_for_where_airflow_runs_releases(place, monkeypatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere.sock")
    environments = {**PLATFORM.environments}
    environments["prod"] = environments["prod"].model_copy(
        update={"deploy": UnreadDeploy(**place.settings.model_dump(exclude_unset=True))}
    )
    platform = PLATFORM.model_copy(update={"environments": environments})
    found = place_of(place.project, "prod", platform, ROOT)
    route = route_to(found, PROJECTS, "me", print)
    assert isinstance(route.target, AirflowTarget)


@pytest.mark.parametrize(
    ("deploy", "says"),
    [
        (
            "{target: airflow}",
            r"platform.yml:\d+: .*deploy.api' is missing; expected Airflow's URL, such",
        ),
        (
            "{target: airflow, api: 'https://a.example'}",
            "deploy.dags' is missing; expected the folder",
        ),
        (
            "{api: 'https://a.example', dags: dags}",
            "unknown key '.*deploy.api'.*Known: target, after",
        ),
        (WITH_WORD, "deploy.api"),
        ("{target: airflow, apl: x, dags: d}", r"unknown key.*deploy\.apl.*Did you mean 'api'"),
    ],
)
def test_settings_that_name_no_airflow_are_refused_where_they_stand(tmp_path, deploy, says):
    text = (ROOT / "platform-conf" / "platform.yml").read_text()
    changed = text.replace("    deploy:\n      after: staging\n", f"    deploy: {deploy}\n")
    assert changed != text
    (tmp_path / "platform.yml").write_text(changed)
    with pytest.raises(ConfigError, match=says):
        settings_of(load_platform(tmp_path), "prod", tmp_path)


def test_a_plan_is_the_environment_s_own(place):
    tasks = {"prod": {"tasks": [{"name": "all", "nodes": ["x"]}]}}
    target = AirflowTarget(replace(place, project=place.project._replace(serves=None)))
    pushed = replace(ONE, image=f"registry.example/delays@{ONE.image}", tasks=tasks)
    text = target._render(pushed)
    assert '"--nodes", "x"' in text and f'"HIGHROAD_IMAGE": "{pushed.image}"' in text
    assert 'DAG(\n    "delays-prod"' in text
