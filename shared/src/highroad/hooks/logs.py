"""The platform's log format in every process of a run, with the run's credentials hidden."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from kedro.framework.hooks import hook_impl
from kedro.utils import find_config_file

from highroad.logs import configure, learn


class LogsHook:
    """Use the platform's log format where nothing else was chosen, and learn what to hide."""

    def __init__(self) -> None:
        chosen = os.environ.get("KEDRO_LOGGING_CONFIG") or find_config_file("conf/logging")
        if not chosen:
            configure()

    @hook_impl
    def after_catalog_created(self, conf_creds: Mapping[str, Any] | None) -> None:
        learn(conf_creds)


hook = LogsHook()
