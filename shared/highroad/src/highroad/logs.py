"""Log lines: plain and quick to read on a terminal, JSON in CI and containers, never secrets."""

from __future__ import annotations

import json
import logging
import os
import shutil
import sys
import time
from pathlib import Path
from typing import Any, TextIO

from highroad.secrets.redaction import redact, redact_values

LIVE = "live"
"""The field of a log record that is the live line of a terminal."""


def wants_json() -> bool:
    """HIGHROAD_LOG decides; else a terminal has plain lines, and CI, Kubernetes and a container have JSON."""
    chosen = os.environ.get("HIGHROAD_LOG", "").lower()
    if chosen in ("json", "plain"):
        return chosen == "json"
    if (
        sys.stderr is not None and sys.stderr.isatty()
    ):  # a development container is somebody's terminal
        return False
    surroundings = os.environ.get("CI", "").lower() in ("1", "true")
    return surroundings or "KUBERNETES_SERVICE_HOST" in os.environ or Path("/.dockerenv").exists()


class Formatter(logging.Formatter):
    """One line a record; tracebacks keep their lines when plain. Times are UTC in JSON.

    `extra={"fields": {...}}` of a record are further keys of its JSON object.
    """

    def __init__(self, *_: Any, **__: Any) -> None:
        super().__init__()
        self._json = wants_json()

    def format(self, record: logging.LogRecord) -> str:
        message = _message(record)
        trace = self.formatException(record.exc_info) if record.exc_info else ""
        if not self._json:
            clock = time.strftime("%H:%M:%S", time.localtime(record.created))
            level = "" if record.levelno == logging.INFO else f"{record.levelname.lower()}: "
            return redact(f"{clock} {level}{message}" + (f"\n{trace}" if trace else ""))
        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        fields: dict[str, Any] = {
            **redact_values(getattr(record, "fields", {})),
            "time": f"{moment}.{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": redact(message),
        }
        if trace:
            fields["traceback"] = redact(trace)
        return json.dumps(fields, ensure_ascii=False)


class Console(logging.StreamHandler[TextIO]):
    """Standard error; on a terminal, a record with `extra={LIVE: True}` is written over the one before it."""

    def __init__(self) -> None:
        super().__init__(sys.stderr)
        self._is_live = False

    def emit(self, record: logging.LogRecord) -> None:
        was_live, self._is_live = self._is_live, bool(getattr(record, LIVE, False))
        if was_live:
            self.stream.write("\r\x1b[K")
        self.terminator = "" if self._is_live else "\n"
        if record.msg or not self._is_live:
            super().emit(record)

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        return text[: shutil.get_terminal_size().columns - 1] if self._is_live else text


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception:  # logging's own report of a bad call would print the arguments as they are
        return f"{record.msg} {record.args}"


def configure() -> None:
    """Log to stderr in the platform's format: `highroad` from INFO, everything else warnings."""
    handler = Console()
    handler.setFormatter(Formatter())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("kedro").setLevel(logging.WARNING)
    logging.getLogger("highroad").setLevel(logging.INFO)
