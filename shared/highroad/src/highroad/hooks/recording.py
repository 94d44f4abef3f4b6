"""Keep a run's record: written when it begins, while it lives, and when it ends."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from highroad.lineage.reporting import LineageReporter
from highroad.principal import Principal
from highroad.runs import Run, RunTask
from highroad.secrets.redaction import redact, redact_values
from highroad.tracking.process import this_process
from highroad.tracking.record import RUNNING, UNKNOWN, DatasetUse, Record, settled
from highroad.tracking.surroundings import code_of, digest, versions, who
from highroad.tracking.writing import RecordWriter

BEAT_S = 30.0
MOST_WARNINGS = 20
_OBJECT = re.compile(r"<(?P<type>\S+) object at ")
_CHOSEN = (
    "pipeline_names", "tags", "node_names", "from_nodes", "to_nodes", "from_inputs", "to_outputs",
    "namespaces", "load_versions", "only_missing_outputs", "runtime_params", "runner",
)  # fmt: skip


class RunRecorder:
    """One run's record.

    Args:
        writer: Takes the record.
        project: The project's folder.
        principal: Who runs it; None where neither that nor the host is recorded.
        lineage: Told of the run, too; None where nobody asks for lineage.
    """

    def __init__(
        self,
        writer: RecordWriter,
        project: Path,
        *,
        principal: Principal | None,
        lineage: LineageReporter | None = None,
    ):
        self._writer = writer
        self._project = project
        self._principal = principal
        self._lineage = lineage
        self._warnings = _Warnings()
        self._ended = threading.Event()
        self._record: Record | None = None
        self.on_record: Record | None = None
        """What the record store has of the run: of one of several tasks, with what the others told."""

    def begin(
        self,
        run: Run,
        chosen: Mapping[str, Any],
        config: Any,
        parameters: Mapping[str, Any],
        task: RunTask | None = None,
    ) -> Run:
        """Write that the run began, or one task of it.

        Args:
            run: Its id, project and environment.
            chosen: Kedro's `run_params`.
            config: The merged configuration of the catalog.
            parameters: The merged parameters.
            task: Which task of it this process is; None for all of it.

        Returns:
            The run with its commit.
        """
        self._ended, self._warnings = threading.Event(), _Warnings()
        plain = redact_values({"catalog": config, "parameters": parameters.get("parameters", {})})
        self._record = Record(
            run.id,
            run.project,
            run.environment,
            RUNNING,
            _now(),
            process=this_process(),
            code=code_of(self._project),
            versions=versions(),
            who=who(self._principal) if self._principal else {},
            selection=_selection(chosen),
            config=digest(plain),
            parameters=plain["parameters"],
            part=_part(task) if task is not None else None,
        )
        logging.getLogger().addHandler(self._warnings)
        self.on_record = whole = self._writer.put(self._record)
        if self._lineage is not None and not (whole and len(whole.tasks) > 1):
            self._lineage.began(self._record)
        threading.Thread(
            target=self._live, args=(run.id, self._ended), name="highroad-beat", daemon=True
        ).start()
        return run._replace(commit=self._record.commit)

    def end(
        self,
        status: str,
        error: str | None,
        seconds: float,
        events: Sequence[Mapping[str, Any]],
        summary: Mapping[str, Any],
        places: Mapping[str, str | None],
    ) -> Record | None:
        """Write how the run ended and what it did.

        Returns:
            What is on record of the run: of a task, with what other tasks told, where the record store has
            it. None where the run never began.
        """
        self._ended.set()
        logging.getLogger().removeHandler(self._warnings)
        if self._record is None:
            return None
        inputs, outputs = _uses(events, places)
        record = replace(
            self._record,
            status=status,
            ended_at=_now(),
            seconds=round(seconds, 3),
            inputs=inputs,
            outputs=outputs,
            nodes=tuple(_rounded(each) for each in summary.get("nodes", ())),
            metrics=redact_values(summary.get("metrics", {})),
            warnings=tuple(self._warnings.texts),
            error=error,
            report=summary.get("report"),
        )
        whole = self._writer.put(record) or record
        if self._lineage is not None:
            # Where a task's part waits in the spool, nothing is known of the other tasks.
            status = RUNNING if whole.part is not None else whole.status
            self._lineage.ended(record if status == RUNNING else whole, events, status)
        return whole

    def _live(self, run: str, ended: threading.Event) -> None:
        while not ended.wait(BEAT_S):
            self._writer.beat(run)


class _Warnings(logging.Handler):
    """The first warnings of a run, without secrets."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if len(self.texts) < MOST_WARNINGS:
            with suppress(Exception):  # a bad call of logging is reported by logging
                self.texts.append(redact(record.getMessage()))


def _uses(
    events: Sequence[Mapping[str, Any]], places: Mapping[str, str | None]
) -> tuple[tuple[DatasetUse, ...], tuple[DatasetUse, ...]]:
    """Datasets read and written: of a dataset's loads the last counts, its saves add up.

    What a run wrote and read again as it was is among the outputs alone.
    """
    inputs: dict[str, DatasetUse] = {}
    outputs: dict[str, DatasetUse] = {}
    for event in events:
        name = event.get("loaded") or event.get("saved")
        if name is None or places.get(name) is None:
            continue
        data, rows = event.get("data") or {}, event["rows"]
        use = DatasetUse(
            name,
            redact(str(places[name])),
            data.get("kind", UNKNOWN),
            data.get("version"),
            rows,
            data.get("bytes"),
            data.get("contract") or None,
            data.get("model") or None,
        )
        if "loaded" in event:
            inputs[name] = replace(use, access=data.get("access") or None)
            continue
        before = outputs.get(name)
        counts = (before.rows, rows) if before is not None else (0, rows)
        total = None if None in counts else sum(each or 0 for each in counts)
        outputs[name] = replace(use, rows=total)
    return settled(inputs.values(), outputs.values())


def _part(task: RunTask) -> dict[str, Any]:
    return {
        "name": task.name,
        "names": list(task.names),
        "attempt": task.attempt,
        "is_last": task.is_last,
    }


def _selection(chosen: Mapping[str, Any]) -> dict[str, Any]:
    found = {key: redact_values(chosen[key]) for key in _CHOSEN if chosen.get(key)}
    if is_object := _OBJECT.match(str(found.get("runner", ""))):  # as Kedro has it
        found["runner"] = is_object["type"]
    return found


def _rounded(node: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: round(value, 3) if isinstance(value, float) else value for key, value in node.items()
    }


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
