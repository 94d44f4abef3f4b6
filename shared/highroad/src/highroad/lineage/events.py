"""A run's record as Open Lineage run events: plain values, ready for JSON.

`openlineage-python` would make the same ones (a test holds them against it), but importing it costs a
small run more than a tenth of its CPU.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from highroad.lineage.datasets import inputs, outputs, refused, seen_in
from highroad.lineage.facets import EVENT, PRODUCER, facet, own
from highroad.lineage.job import Job
from highroad.lineage.naming import job_name, run_uuid
from highroad.secrets.redaction import redact_texts
from highroad.tracking.record import FAILED, FINISHED, RUNNING, Record

START, IN_PROGRESS, COMPLETE, FAIL = "START", "RUNNING", "COMPLETE", "FAIL"
_TYPES = {RUNNING: START, FINISHED: COMPLETE, FAILED: FAIL}


def event_type(status: str) -> str:
    """What Open Lineage calls a run's status."""
    return _TYPES[status]


def event_of(
    record: Record, job: Job, noted: Iterable[Mapping[str, Any]] = (), kind: str | None = None
) -> dict[str, Any]:
    """The event that a run began, ended or failed, without secrets.

    Args:
        record: The run, as it stands.
        job: What it is one of.
        noted: What the hooks noted, see `highroad.hooks.measuring`.
        kind: The event's type; None is the one of the record's status.
    """
    noted = list(noted)
    name, seen = job_name(record), seen_in(noted)
    kept_out = [refused(record, each["refused"]) for each in noted if "refused" in each]
    event = {
        "eventType": kind or _TYPES[record.status],
        "eventTime": record.ended_at or record.began_at,
        "producer": PRODUCER,
        "schemaURL": EVENT,
        "run": {"runId": run_uuid(record.id), "facets": _run_facets(record)},
        "job": {
            "namespace": name.namespace,
            "name": name.name,
            "facets": job.facets(str(record.code.get("commit") or "")),
        },
        "inputs": inputs(record, seen),
        "outputs": outputs(record, seen) + kept_out,
    }
    clean: dict[str, Any] = redact_texts(event)
    return clean


def _run_facets(record: Record) -> dict[str, Any]:
    versions = record.versions
    found = {
        "processing_engine": facet(
            "ProcessingEngineRunFacet",
            name="Kedro",
            version=versions.get("kedro", "unknown"),
            openlineageAdapterVersion=versions.get("highroad"),
        ),
        "highroad_run": own(
            "RunFacet",
            id=record.id,
            project=record.project,
            environment=record.environment,
            code=dict(record.code),
            versions=dict(versions),
            selection=dict(record.selection),
            config=record.config,
            parameters=dict(record.parameters),
            metrics=dict(record.metrics),
            seconds=record.seconds,
        ),
    }
    if record.error is not None:
        found["errorMessage"] = facet(
            "ErrorMessageRunFacet", message=record.error, programmingLanguage="PYTHON"
        )
    return found
