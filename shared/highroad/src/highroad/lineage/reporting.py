"""Tell of one run after the other: that it began, that it ended, and with what."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from highroad.lineage.events import IN_PROGRESS, event_of, event_type
from highroad.lineage.job import Job
from highroad.lineage.writing import EventWriter
from highroad.tracking.record import RUNNING, Record

logger = logging.getLogger("highroad.lineage")


class LineageReporter:
    """Events of one project's runs; none of its faults is the run's.

    A pipeline run is one job: what a node hands to the next in memory is nothing outside of it, and a
    thousand nodes would be two thousand events.

    Args:
        writer: Takes the events.
        job: The project.
    """

    def __init__(self, writer: EventWriter, job: Job):
        self._writer = writer
        self._job = job

    def began(self, record: Record) -> None:
        """A run began."""
        self._put(f"{record.id}-0", record, (), event_type(record.status))

    def ended(self, record: Record, noted: Sequence[Mapping[str, Any]], status: str) -> None:
        """A run ended, or failed; with what the hooks noted of it.

        Args:
            record: The run, or the task of it that ended while others are still to come.
            noted: What the hooks noted in this process.
            status: The run's; `running` where others are still to come.
        """
        kind = IN_PROGRESS if status == RUNNING else event_type(status)
        self._put(f"{record.key}-1", record, noted, kind)
        self._writer.close()

    def _put(
        self, name: str, record: Record, noted: Sequence[Mapping[str, Any]], kind: str
    ) -> None:
        try:
            self._writer.put(name, event_of(record, self._job, noted, kind))
        except Exception as problem:
            logger.warning("This run is in no lineage: %s", problem)
