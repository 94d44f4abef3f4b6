"""Events are those of Open Lineage's own client, and hold no secret."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace

import pytest
from conftest import write
from lineage.client import validate

from highroad.lineage.events import event_of
from highroad.lineage.job import Job
from highroad.lineage.naming import dataset_name, job_name, run_uuid
from highroad.runs import new_run_id
from highroad.secrets.redaction import learn
from highroad.tracking.record import DatasetUse, Record

LOGGED_IN = "https://u:tok3n@e.org/o/r.git"  # pragma: allowlist secret
BEGUN = Record(
    "01a20000000000000000000000000001",
    "delays",
    "prod",
    "running",
    "2026-01-01T00:00:00.000+00:00",
    code={"commit": "c" * 40, "dirty": False, "diff": None, "lock": None},
    versions={"kedro": "1.7.0", "highroad": "0.1.0", "python": "3.12.1"},
    parameters={"seed": 1},
)
ENDED = replace(
    BEGUN,
    status="finished",
    ended_at="2026-01-01T00:01:00.000+00:00",
    seconds=60.0,
    inputs=(
        DatasetUse("flights.departures@pandas", "/s/products/flights.departures", "delta", "3", 10),
        DatasetUse("api", "APIDataset"),
    ),
    outputs=(
        DatasetUse("delays.scores@pandas", "s3://b/products/delays.scores", "delta", "1", 10),
        DatasetUse("model#models", "/s/delays/model.pickle", "sha256", "ab" * 32, 0, 99),
    ),
    metrics={"metrics": {"auc": 0.5}},
)
NOTED = [
    {
        "loaded": "flights.departures@pandas",
        "data": {
            "fields": [["origin", "string"]],
            "assertions": [{"assertion": "contract 1.0.0", "success": True}],
        },
    },
    {"loaded": "flights.departures@pandas", "data": {"fields": []}},  # asked again, without the data
    {
        "saved": "delays.scores@pandas",
        "data": {
            "fields": [("origin", "string"), ("token", "string")],
            "sources": {
                "origin": {"from": ["flights.departures.origin"], "how": None},
                "token": {"from": ["flights.departures.origin", "flights.fleet.seats"], "how": "Both"},
                "other": {"from": ["flights.fleet.seats"], "how": "Not read by this run"},
            },
            "assertions": [{"assertion": "origin.enum", "success": False, "column": "origin"}],
        },
    },
]  # fmt: skip


@pytest.fixture
def job(tmp_path) -> Job:
    root = tmp_path / "repository"
    folder = root / "projects" / "delays"
    write(
        folder / "pyproject.toml",
        '[tool.highroad]\ndescription = "Late?"\nowner = "passenger-care"\n',
    )
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    return Job(folder)


def remote(job: Job, url: str) -> Job:
    subprocess.run(["git", "remote", "add", "origin", url], cwd=job.folder, check=True)
    return Job(job.folder)


def test_every_event_and_facet_is_what_open_lineages_own_client_makes(job):
    of_any = {
        "processing_engine",
        "highroad_run",
        "jobType",
        "documentation",
        "ownership",
        "sourceCodeLocation",
    }
    of_data = {"dataSource", "highroad_dataset", "version", "schema"}
    whole = of_any | of_data | {"columnLineage", "dataQualityAssertions", "outputStatistics"}
    assert validate(event_of(BEGUN, job)) == of_any
    assert validate(event_of(ENDED, job, NOTED)) == whole
    failed = replace(ENDED, status="failed", error="boom")
    assert validate(event_of(failed, job, NOTED)) == whole | {"errorMessage"}
    assert event_of(failed, job)["eventType"] == "FAIL"


def test_what_a_contract_kept_out_is_told(job):
    refusal = {
        "product": "delays.scores",
        "place": "/s/p",
        "assertions": NOTED[2]["data"]["assertions"],
    }
    event = event_of(replace(ENDED, status="failed", outputs=()), job, [{"refused": refusal}])
    validate(event)
    (kept_out,) = event["outputs"]
    assert kept_out["name"] == "/s/p" and "outputFacets" not in kept_out
    assert kept_out["facets"]["dataQualityAssertions"]["assertions"][0]["success"] is False


def test_the_client_would_notice(job):
    """What validates everything would prove nothing."""
    event = event_of(ENDED, job, NOTED)
    for spoil in (
        lambda each: each.update(eventTime="yesterday"),
        lambda each: each["run"].update(runId="01a2"),
        lambda each: each["outputs"][0]["facets"]["schema"]["fields"][0].pop("name"),
        lambda each: each["job"]["facets"]["sourceCodeLocation"].update(url="no uri"),
        lambda each: each["inputs"][0]["inputFacets"]["dataQualityAssertions"].pop("_producer"),
    ):
        copy = json.loads(json.dumps(event))
        spoil(copy)
        with pytest.raises((KeyError, TypeError, ValueError)):
            validate(copy)


def test_columns_come_from_what_the_run_read_and_contracts_declare(job):
    event = event_of(ENDED, job, NOTED)
    columns = event["outputs"][0]["facets"]["columnLineage"]["fields"]
    source = {"namespace": "file", "name": "/s/products/flights.departures", "field": "origin"}
    assert columns == {
        "origin": {"inputFields": [{**source, "transformations": [{"type": "DIRECT"}]}]},
        "token": {
            "inputFields": [
                {**source, "transformations": [{"type": "DIRECT", "description": "Both"}]}
            ]
        },
    }
    (api,) = [each for each in event["inputs"] if each["name"] == "delays.api"]
    assert api["namespace"] == "highroad.prod" and "uri" not in api["facets"]["dataSource"]
    assert event["inputs"][0]["facets"]["schema"]["fields"] == [
        {"name": "origin", "type": "string"}
    ]
    assert "outputFacets" not in event["outputs"][1]  # a model has no rows


@pytest.mark.parametrize(
    ("url", "told", "repository"),
    [
        (LOGGED_IN, "git+https://e.org/o/r.git@", "https://e.org/o/r.git"),
        ("git@e.org:o/r.git", "git+ssh://git@e.org/o/r.git@", "ssh://git@e.org/o/r.git"),
        ("../elsewhere", "git+file:///", None),
    ],
)
def test_the_code_is_where_origin_is_without_who_logs_in(job, url, told, repository):
    event = event_of(ENDED, remote(job, url))
    validate(event)
    found = event["job"]["facets"]["sourceCodeLocation"]
    assert found["url"].startswith(told) and found.get("repoUrl") == repository
    assert found["url"].endswith(f"@{'c' * 40}#subdirectory=projects/delays")
    assert (found["path"], found["version"]) == ("projects/delays", "c" * 40)


def test_what_is_not_known_of_a_job_is_left_out(tmp_path):
    event = event_of(replace(BEGUN, code={}), Job(tmp_path))
    validate(event)
    assert event["job"]["facets"].keys() == {"jobType"}


def test_names_are_by_the_specification():
    assert dataset_name("s3://b/a/t.parquet", BEGUN, "t") == ("s3://b", "a/t.parquet")
    assert dataset_name("/a/t.parquet", BEGUN, "t") == ("file", "/a/t.parquet")
    place = "https://u:pw@e.org/x"  # pragma: allowlist secret
    assert dataset_name(place, BEGUN, "t") == ("https://e.org", "x")
    assert job_name(BEGUN) == ("highroad.prod", "delays")
    narrowed = replace(BEGUN, selection={"pipeline_names": ["train"], "tags": ["a"]})
    assert job_name(narrowed) == ("highroad.prod", "delays.train")


def test_a_runs_uuid_is_one_of_version_7_and_sorts_as_its_id():
    import uuid

    ids = [new_run_id() for _ in range(50)]
    found = [uuid.UUID(run_uuid(each)) for each in ids]
    assert {each.version for each in found} == {7} and len(set(found)) == 50
    assert {each.variant for each in found} == {uuid.RFC_4122}
    assert [each.hex[:12] for each in found] == [each[:12] for each in ids]
    assert run_uuid(ids[0]) == run_uuid(ids[0])


def test_no_known_secret_is_in_an_event(job):
    secret = "swordfish-in-an-event"  # pragma: allowlist secret
    learn({"key": secret})
    planted = replace(
        ENDED,
        status="failed",
        error=f"refused {secret}",
        parameters={secret: f"x {secret}"},
        outputs=(DatasetUse(secret, f"s3://{secret}/a?token={secret}"),),
    )
    noted = [{"saved": secret, "data": {"fields": [(secret, "int")]}}]
    assert secret not in json.dumps(event_of(planted, job, noted))
