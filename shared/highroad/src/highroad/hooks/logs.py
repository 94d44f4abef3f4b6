"""The platform's log format in every process of a run, with the run's credentials hidden."""

from __future__ import annotations

import logging.config
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kedro.framework.hooks import hook_impl
from kedro.utils import find_config_file

from highroad.config.platform import find_platform_conf
from highroad.errors import ConfigError
from highroad.hooks.children import tell, told
from highroad.logs import configure
from highroad.secrets.redaction import learn, learned, secrets_of

_TOLD = "hidden"
# What Kedro logs of an error that is raised, and told, anyway: its text, and how to resume.
_TWICE = (
    "Node %s failed with error",
    "No nodes ran. Repeat the previous command",
    "You can resume the pipeline run from",
)


class LogsHook:
    """Use the platform's log format where nothing else was chosen, and learn what to hide."""

    def __init__(self) -> None:
        if not os.environ.get("KEDRO_LOGGING_CONFIG") and not find_config_file("conf/logging"):
            _use_platform_logging()
        logging.captureWarnings(True)  # a warning is a line of the log, too, and has secrets in it
        # On the logger, which stays when the logs of a child are configured again.
        logging.getLogger("kedro.pipeline.node").addFilter(_is_told_once)
        learn(secrets_of())
        learn(told(_TOLD))  # a child is told by the process that runs the pipeline

    @hook_impl
    def after_catalog_created(self, conf_creds: Mapping[str, Any] | None) -> None:
        learn(conf_creds)

    @hook_impl
    def before_pipeline_run(self) -> None:
        tell(_TOLD, learned() or None)
        for handler in logging.getLogger().handlers:  # each runner has a logger of its own
            handler.addFilter(_is_told_once)

    @hook_impl
    def after_pipeline_run(self) -> None:
        tell(_TOLD, None)

    @hook_impl
    def on_pipeline_error(self) -> None:
        tell(_TOLD, None)


def _is_told_once(record: logging.LogRecord) -> bool:
    return record.levelno < logging.WARNING or not any(text in str(record.msg) for text in _TWICE)


def _use_platform_logging() -> None:
    """platform-conf/base/logging.yml, else the same in its simplest form."""
    try:
        _configure_as(find_platform_conf() / "base" / "logging.yml")
    except (ConfigError, OSError, ValueError):
        configure()


def _configure_as(path: Path) -> None:
    import yaml
    from kedro.framework.project import LOGGING, PACKAGE_NAME

    config = yaml.safe_load(path.read_text(encoding="utf-8"))
    # Kedro applies its own copy again for each task of a spawned child, so the copy must be this
    # one; it lets a formatter in by a list that it read when it was imported, before any hook.
    allowed = getattr(LOGGING, "_logging_module_allowlist", ())
    LOGGING._logging_module_allowlist = (*allowed, "highroad")
    if PACKAGE_NAME:  # as Kedro does
        config.setdefault("loggers", {}).setdefault(PACKAGE_NAME, {"level": "INFO"})
    LOGGING.configure(config)


hook = LogsHook()
