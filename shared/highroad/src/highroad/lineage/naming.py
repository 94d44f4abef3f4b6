"""What runs, jobs and datasets are called in Open Lineage, by its naming specification."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import urlsplit

from highroad.tracking.record import Record


class Name(NamedTuple):
    """A namespace and a name in it."""

    namespace: str
    name: str


def run_uuid(run: str) -> str:
    """The UUID of a run: its id in the shape of version 7, the same on every call.

    An id is 48 bits of time and 80 random ones already; six of these make room for the version and
    the variant, so UUIDs sort by the start of their runs as ids do.

    Args:
        run: 32 hexadecimal digits, see `highroad.runs`.
    """
    variant = "89ab"[int(run[16], 16) & 3]
    return f"{run[:8]}-{run[8:12]}-7{run[13:16]}-{variant}{run[17:20]}-{run[20:]}"


def job_name(record: Record) -> Name:
    """The job that a run was one of: its project in its environment, and the pipelines it named.

    Tags and nodes that narrow a run make it no other job.
    """
    pipelines = record.selection.get("pipeline_names") or []
    return Name(f"highroad.{record.environment}", ".".join([record.project, *map(str, pipelines)]))


def dataset_name(place: str, record: Record, name: str) -> Name:
    """The dataset at a place: `file` and a path, `s3://bucket` and a key.

    Args:
        place: As records have it; where a dataset does not say where it lies, its class.
        record: The run.
        name: In the run's catalog; names what has no place, within its project.
    """
    if "://" in place:
        parts = urlsplit(place)
        host = (
            parts.netloc.rpartition("@")[2] if parts.scheme in ("http", "https") else parts.netloc
        )
        return Name(f"{parts.scheme}://{host}", parts.path.strip("/") or "/")
    if "/" in place or "\\" in place:
        return Name("file", place)
    return Name(f"highroad.{record.environment}", f"{record.project}.{name}")
