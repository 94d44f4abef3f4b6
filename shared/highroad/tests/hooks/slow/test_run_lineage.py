"""Every run is told as Open Lineage events, whatever its runner and its server, with no secret in them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import write
from hooks.demo import RUNNERS, kedro
from lineage.client import validate
from lineage.servers import serving

SECRET = "swordfish-in-a-barrel"  # pragma: allowlist secret


def lineage(project: Path) -> Path:
    return project.parents[1] / "store" / "runs" / "lineage"


def events(project: Path) -> list[dict]:
    """Those on disk, each as Open Lineage's own client would have it."""
    found = [
        json.loads(line)
        for path in sorted(lineage(project).glob("*.jsonl"))
        for line in path.read_text().splitlines()
    ]
    for each in found:
        validate(each)
    return found


@pytest.mark.parametrize(("runner", "method"), RUNNERS)
def test_a_run_is_told_under_every_runner(run_under, runner, method):
    start, end, _, again = events(run_under(runner, method).project)
    assert (start["eventType"], end["eventType"]) == ("START", "COMPLETE")
    assert start["run"]["runId"] == end["run"]["runId"] and start["job"] == end["job"]
    table = next(each for each in end["outputs"] if each["name"].endswith("table.parquet"))
    assert table["facets"]["schema"]["fields"] == [{"name": "a", "type": "int64"}]
    assert table["outputFacets"]["outputStatistics"]["rowCount"] == 3
    (read,) = again["inputs"]
    assert (read["namespace"], read["name"]) == (table["namespace"], table["name"])
    assert read["facets"]["version"] == table["facets"]["version"] and read["facets"]["schema"]


PRODUCTS = {
    "orders": "{name: id, logicalType: integer, required: true}",
    "sums": "{name: total, logicalType: integer, required: true, logicalTypeOptions: {maximum: 9},"
    " transformSourceObjects: [demo.orders.id], transformLogic: sum(id)}",
}
CONTRACT = """
kind: DataContract
apiVersion: v3.2.0
id: demo.{name}
version: 1.2.0
status: active
team: {{name: t}}
schema: [{{name: {name}, properties: [{column}]}}]
"""
ENTRY = """
"demo.{name}@{kind}":
  type: highroad.datasets.DataProductDataset
  product: "demo.{name}"
  kind: "{kind}"
  store: ${platform:store}
  platform_conf: ${platform:conf}
  project: demo
"""
REGISTRY = """
import pandas as pd
from kedro.pipeline import node, pipeline

def make():
    return pd.DataFrame({"id": [1, 2]})

def add(orders, more):
    return pd.DataFrame({"total": [int(orders["id"].sum()) + more]})

def register_pipelines():
    return {
        "make": pipeline([node(make, None, "demo.orders@pandas", name="make")]),
        "add": pipeline([node(add, ["demo.orders@pandas", "params:more"], "demo.sums@pandas", name="add")]),
        "__default__": pipeline([]),
    }
"""


def test_contracts_give_verdicts_and_the_sources_of_columns(project):
    conf = project.parents[1] / "platform-conf"
    for name, column in PRODUCTS.items():
        write(conf / "contracts" / f"demo.{name}.yaml", CONTRACT.format(name=name, column=column))
    write(project / "conf" / "base" / "catalog.yml", ENTRY)
    write(project / "conf" / "base" / "parameters.yml", "more: 1\n")
    write(project / "src" / "demo" / "pipeline_registry.py", REGISTRY)
    assert kedro(project, "--pipelines", "make").returncode == 0
    good = kedro(project, "--pipelines", "add")
    assert good.returncode == 0, good.stderr
    (made,) = events(project)[1]["outputs"]
    told = made["facets"]["dataQualityAssertions"]["assertions"]
    of_id = {"assertion": "id.required", "success": True, "severity": "error", "column": "id"}
    assert of_id in told
    end = events(project)[3]
    (read,), (wrote,) = end["inputs"], end["outputs"]
    assert read["inputFacets"]["dataQualityAssertions"]["assertions"] == [
        {"assertion": "contract 1.2.0", "success": True}
    ]
    assert wrote["facets"]["columnLineage"]["fields"] == {
        "total": {
            "inputFields": [
                {
                    "namespace": "file",
                    "name": made["name"],
                    "field": "id",
                    "transformations": [{"type": "DIRECT", "description": "sum(id)"}],
                }
            ]
        }
    }
    assert end["job"]["name"] == "demo.add"
    refused = kedro(project, "--pipelines", "add", "--params", "more=100")
    assert refused.returncode == 10, refused.stderr
    failed = events(project)[5]
    (kept_out,) = failed["outputs"]
    assert failed["eventType"] == "FAIL" and kept_out["name"] == wrote["name"]
    told = kept_out["facets"]["dataQualityAssertions"]["assertions"]
    of_total = {
        "assertion": "total.maximum",
        "success": False,
        "severity": "error",
        "column": "total",
    }
    assert of_total in told


PLANTED = f"""
import logging
import pandas as pd
from kedro.pipeline import node, pipeline

def leak(frame, all_):
    logging.getLogger("highroad.demo").warning("connecting with {SECRET}")
    raise ValueError("refused by https://user:{SECRET}@example.org/?token={SECRET}")

def make():
    return pd.DataFrame({{"{SECRET}": ["{SECRET}"]}})

def register_pipelines():
    return {{"__default__": pipeline([
        node(make, None, "table", name="make"),
        node(leak, ["table", "parameters"], "never", name="leak"),
    ])}}
"""


def test_a_planted_credential_is_in_no_event(project):
    write(project / "src" / "demo" / "pipeline_registry.py", PLANTED)
    write(
        project / "conf" / "base" / "parameters.yml",
        f"db: {{password: {SECRET}, url: 'postgresql://u:{SECRET}@h/d', api_token: [{SECRET}]}}\n"
        f"plain: {SECRET}\n",
    )
    write(project / "conf" / "local" / "credentials.yml", f"db: {{key: {SECRET}}}\n")
    with serving() as server:
        for where in ("files", server.url):
            words = ("--params", f"more={SECRET}")
            done = kedro(project, *words, HIGHROAD_LINEAGE=where, OPENLINEAGE_API_KEY=SECRET)
            assert done.returncode == 8
    for start, end in (events(project), server.events):
        validate(end)
        assert (
            end["eventType"] == "FAIL" and "***" in end["run"]["facets"]["errorMessage"]["message"]
        )
        assert SECRET not in json.dumps([start, end])
        assert end["outputs"][0]["facets"]["schema"]["fields"][0]["name"] == "***"
    assert {headers["Authorization"] for _, headers, _ in server.requests} == {f"Bearer {SECRET}"}


def test_the_run_is_the_same_where_its_server_is_dead_and_its_events_come_later(project):
    without = kedro(project, HIGHROAD_LINEAGE="nowhere")
    assert without.returncode == 0 and not lineage(project).exists()
    with serving() as server:
        dead = f"http://127.0.0.1:{server.server_address[1]}"
    done = kedro(project, HIGHROAD_LINEAGE=dead)
    assert done.returncode == 0 and done.stderr.count("events wait in") == 1
    failed = kedro(project, "--pipelines", "bad", HIGHROAD_LINEAGE=dead)
    assert failed.returncode == 8 and failed.stderr.count("events wait in") == 1
    assert len([*(lineage(project) / ".spool").glob("*.json")]) == 4
    with serving() as server:
        again = kedro(project, HIGHROAD_LINEAGE=server.url)
        assert again.returncode == 0 and "wait in" not in again.stderr
    kinds = [each["eventType"] for each in server.events]
    assert kinds == ["START", "COMPLETE", "START", "FAIL", "START", "COMPLETE"]
    assert not [*(lineage(project) / ".spool").iterdir()]


def test_a_server_that_hangs_holds_no_run(project):
    with serving() as server:
        server.hold.clear()
        done = kedro(project, HIGHROAD_LINEAGE=server.url)
        assert done.returncode == 0 and done.stderr.count("events wait in") == 1
        server.hold.set()


def test_what_is_no_place_for_events_is_said_before_the_run(project):
    done = kedro(project, HIGHROAD_LINEAGE="marquez")
    assert done.returncode == 4 and "HIGHROAD_LINEAGE: expected files, nowhere" in done.stderr
