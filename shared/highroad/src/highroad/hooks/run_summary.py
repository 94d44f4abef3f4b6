"""The summary of a run: nodes and their times, rows, metrics, outputs, as JSON and as a page."""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Callable, Generator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kedro.framework.hooks import hook_impl

from highroad.config.loader import PlatformConfigLoader
from highroad.hooks.measuring import Measuring
from highroad.hooks.messages import told
from highroad.hooks.recording import RunRecorder
from highroad.hooks.registering import ModelRegistration
from highroad.hooks.rows import is_in_memory
from highroad.hooks.summarising import summarise, summary_of
from highroad.lineage.job import Job
from highroad.lineage.reporting import LineageReporter
from highroad.lineage.writing import writer_to
from highroad.products.refusals import refusal_in
from highroad.runs import Run, announce, current_task, new_run_id
from highroad.secrets.redaction import redact
from highroad.tracking.record import FINISHED, Record
from highroad.tracking.writing import writer_of

logger = logging.getLogger("highroad.run")


class RunSummaryHook(Measuring):
    """Time nodes, count rows, keep metrics; write `run.json` and `run.html` when the run ends.

    Both lie in `<store>/runs/<project>/`; `run.json` says `running` from the start, so that a
    run that was killed is not taken for the one before it. What goes wrong here is a warning:
    the outcome of the run is the run's own. Where a scheduler runs it as several tasks, each writes the
    two anew, of what is on record of the whole.
    """

    def __init__(self, clock: Callable[[], float] = time.perf_counter):
        super().__init__(clock)
        self._folder: str | None = None
        self._recorder: RunRecorder | None = None
        self._config: dict[str, Any] = {}
        self._parameters: dict[str, Any] = {}
        self._project = ""
        self._env = ""
        self._run_id: str | None = None
        self._models: ModelRegistration | None = None
        self._has_begun = self._is_told = False
        self._began = 0.0
        self._began_at = datetime.now(UTC)

    @hook_impl
    def after_context_created(self, context: Any) -> None:
        self._project = project_name(context)
        loader = context.config_loader
        self._env = str(context.env or "local")
        self._folder, self._recorder = None, None
        self._has_begun = self._is_told = False
        self._config, self._parameters, self._models = {}, {}, None
        if isinstance(loader, PlatformConfigLoader):
            self._folder = f"{loader.platform_value('store')}/runs/{self._project}"
            platform, home = loader.platform, loader.platform_conf.parent
            folder, env = Path(context.project_path), loader.platform_env
            events = writer_to(platform, env, home)
            self._recorder = RunRecorder(
                writer_of(platform, env, home),
                folder,
                principal=loader.principal if platform.records.who else None,
                lineage=LineageReporter(events, Job(folder)) if events is not None else None,
            )
            self._models = ModelRegistration(platform.models_url(loader.platform_env, home))

    @hook_impl
    def after_catalog_created(
        self, catalog: Any, conf_catalog: dict[str, Any], parameters: dict[str, Any]
    ) -> None:
        self._catalog, self._config, self._parameters = catalog, conf_catalog, parameters

    @hook_impl
    def after_dataset_saved(self, dataset_name: str, data: Any, node: Any) -> None:
        super().after_dataset_saved(dataset_name, data, node)
        if self._models is not None and hasattr(self._dataset(dataset_name), "model_facts"):
            self._models.prepare()

    # Around the other hooks: where one of them refuses the run, Kedro calls no other hook.
    @hook_impl(wrapper=True)
    def before_pipeline_run(
        self, catalog: Any, pipeline: Any, run_params: dict[str, Any]
    ) -> Generator[None, Any, Any]:
        self._begin(catalog, run_params)
        try:
            result = yield
        except Exception as error:
            self._finish("failed", error)
            raise
        if self._is_structured:
            fields = {**self._who(), "nodes": len(pipeline.nodes)}
            logger.info("%s begins", self._project, extra={"fields": fields})
        return result

    @hook_impl
    def after_pipeline_run(self) -> None:
        self._finish("finished", None)

    @hook_impl
    def on_pipeline_error(self, error: Exception) -> None:
        if refusal := refusal_in(error):
            self._events.add({"refused": refusal})
        self._finish("failed", error)

    def failed_elsewhere(self, error: Exception) -> None:
        """Record a run that failed where Kedro has no hook: at a pipeline that does not exist, by Ctrl-C.

        One that never began replaces no summary: the last run stays the last.
        """
        if self._folder is not None and not self._is_told:
            if not self._has_begun:
                self._folder = None
                self._begin(self._catalog, {})
            self._finish("failed", error)

    def _begin(self, catalog: Any, run_params: dict[str, Any]) -> None:
        self._catalog, self._tasks = catalog, {}
        self._has_begun, self._is_told = True, False
        self._events.start()
        self._began, self._began_at = self._clock(), datetime.now(UTC)
        task = current_task()
        run = Run(task.run if task else new_run_id(), self._project, self._env)
        self._run_id = run.id
        if self._recorder is not None:
            try:
                run = self._recorder.begin(run, run_params, self._config, self._parameters, task)
            except Exception as problem:
                logger.warning("This run is on no record: %s", problem)
        announce(run)
        self._write({"run.json": self._begun()})

    def _begun(self) -> dict[str, Any]:
        """What is to be told at the start: of a task, what the tasks before it have done."""
        whole = self._recorder.on_record if self._recorder is not None else None
        if whole is not None and whole.tasks:
            return {**summary_of(whole), "pid": os.getpid()}
        return {**self._head("running", None), **summarise([], {})}

    def _who(self) -> dict[str, Any]:
        return {"run": self._run_id, "project": self._project, "environment": self._env}

    def _head(self, status: str, error: Exception | None) -> dict[str, Any]:
        return {
            **self._who(),
            "status": status,
            "pid": os.getpid(),
            "error": redact(told(error).text) if error else None,
            "began_at": self._began_at.isoformat(timespec="seconds"),
            "seconds": round(self._clock() - self._began, 3),
        }

    def _finish(self, status: str, error: Exception | None) -> None:
        self._is_told = True
        announce(None)
        head = self._head(status, error)
        events: list[dict[str, Any]] = []
        places: dict[str, str | None] = {}
        summary: dict[str, Any] = {}
        try:
            events = self._events.finish()
            names = {event.get("saved") or event.get("loaded") for event in events}
            places = {name: self._place(name) for name in names if name}
            summary = {**head, **summarise(events, places)}
        except Exception as problem:
            logger.warning("No summary of this run: %s", problem)
        record = self._record_end(status, head, events, summary, places)
        # A part of its own, which waits in the spool, tells nothing of the other tasks.
        if record is not None and record.part is None:
            if self._models is not None and record.status == FINISHED:
                self._models.register(record)
            if record.tasks:
                summary = {**summary_of(record), "pid": os.getpid()}
        if not summary:
            return
        self._write({"run.json": summary, "run.html": summary})
        self._say(summary)

    def _record_end(self, status: str, head: dict[str, Any], *what: Any) -> Record | None:
        """That it ended is on record also where nothing else could be told."""
        if self._recorder is None:
            return None
        try:
            return self._recorder.end(status, head["error"], head["seconds"], *what)
        except Exception as problem:
            logger.warning("The end of this run is on no record: %s", problem)
            return None

    def _say(self, summary: dict[str, Any]) -> None:
        if self._is_structured:
            wanted = (*self._who(), "status", "seconds", "rows_read", "rows_written")
            fields = {key: summary[key] for key in wanted}
            message = f"{self._project}: {summary['status']}"
            logger.info(message, extra={"fields": {**fields, "nodes": len(summary["nodes"])}})
        elif summary["status"] == "finished" and self._folder is not None:
            logger.info(
                "%s: %d nodes in %.1f s. Report: %s/run.html",
                self._project,
                len(summary["nodes"]),
                summary["seconds"],
                self._folder,
            )

    def _place(self, name: str) -> str | None:
        """Where a dataset lies, or its class where it does not say; None for one in memory."""
        dataset = self._dataset(name)
        if dataset is None or is_in_memory(dataset):
            return None
        path = getattr(dataset, "_filepath", None) or getattr(dataset, "_path", None)
        if path is None:
            return type(dataset).__name__
        protocol = getattr(dataset, "_protocol", "file")
        return str(path) if protocol == "file" or "://" in str(path) else f"{protocol}://{path}"

    def _write(self, summaries: dict[str, dict[str, Any]]) -> None:
        if self._folder is None:
            return
        try:
            import fsspec

            for name, summary in summaries.items():
                text = _page(summary) if name.endswith(".html") else _json(summary)
                place = f"{self._folder}/{name}"
                with fsspec.open(place, "w", encoding="utf-8", auto_mkdir=True) as file:
                    file.write(text)
        except Exception as problem:
            logger.warning("The summary could not be written to %s: %s", self._folder, problem)


def project_name(context: Any) -> str:
    """The package's name, which is the same in a container; else the folder's."""
    from kedro.framework.project import PACKAGE_NAME

    return PACKAGE_NAME or Path(context.project_path).name


def _page(summary: dict[str, Any]) -> str:
    from highroad.hooks.run_page import render

    return render(summary)


def _json(summary: dict[str, Any]) -> str:
    return json.dumps(summary, indent=2, default=str)


hook = RunSummaryHook()
