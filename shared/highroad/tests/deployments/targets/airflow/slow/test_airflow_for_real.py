"""A real Airflow outlives deployments: its DAG processor is shared, and must never die of one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from releases.test_release import ONE

from highroad.config.platform import load_platform
from highroad.deployments.place import Place
from highroad.deployments.targets.airflow.client import Airflow
from highroad.deployments.targets.airflow.target import AirflowSettings, AirflowTarget
from highroad.errors import DeploymentError
from highroad.testing import airflow, postgresql
from highroad_workspace.projects import find_projects, project_named

ROOT = Path(__file__).parents[7]
SLOW_DELETION = """
CREATE FUNCTION linger() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(3); RETURN NULL; END';
CREATE TRIGGER linger AFTER DELETE ON dag FOR EACH ROW EXECUTE FUNCTION linger();
"""
"""A deleted DAG stays visible to the DAG processor for 3 s, which looks for changes every 2 s."""
RELEASE = replace(
    ONE,
    image=f"127.0.0.1:9/delays@{ONE.image}",
    tasks={"staging": {"tasks": [{"name": "all", "nodes": ["x"]}]}},
)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[airflow.Served]:
    if airflow.environment() is None or not postgresql.is_installed():
        pytest.skip(
            'needs PostgreSQL and Airflow: nox -s "airflow(project=…)" -- --database postgresql'
        )
    with postgresql.server() as url:
        own = url.replace("://", "+psycopg2://", 1)
        with airflow.serving(tmp_path_factory.mktemp("airflow"), own) as found:
            with psycopg.connect(url) as connection:
                connection.execute(SLOW_DELETION)
            yield found


def test_the_dag_processor_outlives_the_removal_of_dags(served, tmp_path, monkeypatch):
    monkeypatch.setenv("HIGHROAD_STORE", str(tmp_path / "store"))
    project = project_named(find_projects(ROOT), "delays")._replace(serves=None, retries=0)
    settings = AirflowSettings(target="airflow", api=served.url, dags=str(served.dags))
    place = Place(project, "staging", settings, load_platform(ROOT / "platform-conf"), ROOT)
    target = AirflowTarget(place, within_s=60)
    for _ in range(3):
        with pytest.raises(DeploymentError, match="failed"):  # the image is nowhere
            target.smoke_test(RELEASE, print)
    target.retire_others(None)
    assert list(served.dags.glob("*.py")) == []
    assert Airflow(served.url).is_well()
