"""One run of a project and environment at a time."""

from __future__ import annotations

import hashlib
import logging
import tempfile
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from kedro.framework.hooks import hook_impl

from highroad.config.loader import PlatformConfigLoader
from highroad.datasets.atomic_files import A_DAY_S, sweep
from highroad.errors import BusyError
from highroad.hooks.run_summary import project_name
from highroad.runs import current_task

logger = logging.getLogger("highroad.run")


class RunLockHook:
    """Wait for another run of the same project on the same store; give up after a while.

    The lock is the operating system's, so it goes with its process, however that ends. It
    covers the processes of one machine; a store that several machines write to needs the
    schedule to keep runs apart. A lock that cannot be had for another reason (a full or
    read-only disk) is a warning: the run's own errors say more. A task of a run takes none: others of
    the same run may be at work beside it, and its scheduler keeps runs apart.
    """

    def __init__(self) -> None:
        self._lock: FileLock | None = None
        self._path = Path()
        self._timeout_s = 0.0
        self._own_folder = ""

    @hook_impl
    def after_context_created(self, context: Any) -> None:
        loader = context.config_loader
        if not isinstance(loader, PlatformConfigLoader) or current_task() is not None:
            self._path = Path()
            return
        store = loader.platform_value("store")
        project = project_name(context)
        self._path = lock_path(store, project)
        self._timeout_s = loader.platform.lock_timeout_s
        self._own_folder = f"{store}/{project}"

    # Around all other hooks: none of them acts without the lock, and one that refuses the run
    # (Kedro calls no other hook then) gives it back.
    @hook_impl(wrapper=True, tryfirst=True)
    def before_pipeline_run(self) -> Generator[None, Any, Any]:
        self._take()
        try:
            return (yield)
        except BaseException:
            self._release()
            raise

    def _take(self) -> None:
        if self._path == Path():
            return
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._lock = FileLock(self._path)
            self._acquire(self._lock)
            self._sweep_daily()
        except OSError as problem:
            logger.warning("This run goes on without its lock %s: %s", self._path, problem)

    def _acquire(self, lock: FileLock) -> None:
        try:
            lock.acquire(timeout=0)
        except Timeout:
            logger.warning(
                "Another run of '%s' is at work; waiting up to %g s.",
                self._path.stem,
                self._timeout_s,
            )
            try:
                lock.acquire(timeout=self._timeout_s)
            except Timeout:
                self._lock = None
                raise BusyError(
                    f"Another run of '{self._path.stem}' still holds {self._path} after {self._timeout_s:g} s. "
                    "Wait for it to end and run again; `lock_timeout_s` in platform-conf/platform.yml "
                    "sets the patience."
                ) from None

    def _sweep_daily(self) -> None:
        """Remove what killed runs left. Nobody else writes for this project now.

        Only what is a day old goes, so once a day is enough, and a folder of many partitions is
        not walked for every small run.
        """
        swept = self._path.with_suffix(".swept")
        if swept.exists() and time.time() - swept.stat().st_mtime < A_DAY_S:
            return
        sweep(self._own_folder)
        swept.touch()

    @hook_impl(wrapper=True, tryfirst=True)
    def after_pipeline_run(self) -> Generator[None, Any, Any]:
        try:
            return (yield)
        finally:
            self._release()

    @hook_impl(wrapper=True, tryfirst=True)
    def on_pipeline_error(self) -> Generator[None, Any, Any]:
        try:
            return (yield)
        finally:
            self._release()

    def _release(self) -> None:
        lock, self._lock = self._lock, None
        if lock is not None:
            try:
                lock.release()
            except OSError as problem:
                logger.warning("The lock %s could not be given back: %s", self._path, problem)


def lock_path(store: str, project: str) -> Path:
    """Where the lock of a project on a store lies; for an object store, on this machine."""
    if "://" not in store:
        return Path(store) / ".locks" / f"{project}.lock"
    name = f"highroad-{hashlib.sha256(store.encode()).hexdigest()[:16]}"
    return Path(tempfile.gettempdir()) / name / f"{project}.lock"


hook = RunLockHook()
