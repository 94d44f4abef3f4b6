"""Log lines: plain and quick to read on a terminal, JSON in CI and containers, never secrets."""

from __future__ import annotations

import json
import logging
import os
import re
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

HIDDEN = "***"
_secrets: set[str] = set()
_SHAPES = re.compile(
    r"""(?isx)
    (?P<head> :// [^\s:/@]* : ) [^\s/]+ (?= @ )                    # user:password@ in a URL
    | (?P<bearer> \b (?:bearer|basic) \s+ ) [\w.~+/=-]{8,}          # an Authorization header
    | -----BEGIN\ [A-Z ]*PRIVATE\ KEY----- .*? (?: -----END\ [A-Z ]*PRIVATE\ KEY----- | \Z )
    | (?P<key> \b [\w-]* (?:password|passwd|secret|token|api_?key|account_?key) [\w-]* ["']? \s* [=:] \s* ["']? )
      [^\s"',;&]+                                                    # password=..., "token": "..."
    | \b (?:AKIA|ASIA) [0-9A-Z]{16} \b                               # an AWS access key
    """
)


def learn(credentials: Any) -> None:
    """Hide every value of these credentials from now on."""
    _secrets.update(_values(credentials))


def learned() -> list[str]:
    """What `learn` was told to hide."""
    return sorted(_secrets)


def hide(text: str) -> str:
    """The text without credentials: known values, and what has the shape of one."""
    for secret in sorted(_secrets, key=len, reverse=True):  # one may be part of another
        text = text.replace(secret, HIDDEN)
    return _SHAPES.sub(
        lambda found: f"{found['head'] or found['bearer'] or found['key'] or ''}{HIDDEN}", text
    )


def wants_json() -> bool:
    """HIGHROAD_LOG decides; else JSON in CI, in Kubernetes and in a Docker container."""
    chosen = os.environ.get("HIGHROAD_LOG", "").lower()
    if chosen in ("json", "plain"):
        return chosen == "json"
    surroundings = os.environ.get("CI", "").lower() in ("1", "true")
    return surroundings or "KUBERNETES_SERVICE_HOST" in os.environ or Path("/.dockerenv").exists()


class Formatter(logging.Formatter):
    """One line a record; tracebacks keep their lines when plain. Times are UTC in JSON."""

    def __init__(self, *_: Any, **__: Any) -> None:
        super().__init__()
        self._json = wants_json()

    def format(self, record: logging.LogRecord) -> str:
        message = record.getMessage()
        trace = self.formatException(record.exc_info) if record.exc_info else ""
        if not self._json:
            clock = time.strftime("%H:%M:%S", time.localtime(record.created))
            level = "" if record.levelno == logging.INFO else f"{record.levelname.lower()}: "
            return hide(f"{clock} {level}{message}" + (f"\n{trace}" if trace else ""))
        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        fields: dict[str, Any] = {
            "time": f"{moment}.{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": hide(message),
            **{key: _clean(value) for key, value in getattr(record, "fields", {}).items()},
        }
        if trace:
            fields["traceback"] = hide(trace)
        return json.dumps(fields, default=str, ensure_ascii=False)


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return hide(value)
    if isinstance(value, Mapping):
        return {key: _clean(each) for key, each in value.items()}
    return [_clean(each) for each in value] if isinstance(value, (list, tuple)) else value


def configure() -> None:
    """Log to stderr in the platform's format: `highroad` from INFO, everything else warnings."""
    handler = logging.StreamHandler()
    handler.setFormatter(Formatter())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    logging.getLogger("kedro").setLevel(logging.WARNING)


def _values(credentials: Any) -> Iterable[str]:
    """Every string in nested credentials that is long enough to be a secret."""
    if isinstance(credentials, Mapping):
        for value in credentials.values():
            yield from _values(value)
    elif isinstance(credentials, (list, tuple)):
        for value in credentials:
            yield from _values(value)
    elif isinstance(credentials, str) and len(credentials) >= 4:
        yield credentials
