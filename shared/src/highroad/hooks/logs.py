"""The platform's log format in every process of a run, with the run's credentials hidden."""

from __future__ import annotations

import json
import logging.config
import os
from collections.abc import Mapping
from typing import Any

from kedro.framework.hooks import hook_impl
from kedro.utils import find_config_file

from highroad.config.platform import find_platform_conf
from highroad.errors import ConfigError
from highroad.logs import configure, learn, learned

VARIABLE = "HIGHROAD_HIDDEN"
"""Tells the processes of a parallel run what to hide; set for the length of the run."""


class LogsHook:
    """Use the platform's log format where nothing else was chosen, and learn what to hide."""

    def __init__(self) -> None:
        if not os.environ.get("KEDRO_LOGGING_CONFIG") and not find_config_file("conf/logging"):
            _use_platform_logging()
        if told := os.environ.get(VARIABLE):
            learn(json.loads(told))

    @hook_impl
    def after_catalog_created(self, conf_creds: Mapping[str, Any] | None) -> None:
        learn(conf_creds)

    @hook_impl
    def before_pipeline_run(self, run_params: Mapping[str, Any]) -> None:
        if learned() and "ParallelRunner" in str(run_params.get("runner")):
            os.environ[VARIABLE] = json.dumps(learned())

    @hook_impl
    def after_pipeline_run(self) -> None:
        os.environ.pop(VARIABLE, None)

    @hook_impl
    def on_pipeline_error(self) -> None:
        os.environ.pop(VARIABLE, None)


def _use_platform_logging() -> None:
    """platform-conf/base/logging.yml, else the same in its simplest form."""
    import yaml

    try:
        path = find_platform_conf() / "base" / "logging.yml"
        logging.config.dictConfig(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (ConfigError, OSError, ValueError):
        configure()


hook = LogsHook()
