"""Log lines: plain and quick to read on a terminal, JSON in CI and containers, never secrets."""

from __future__ import annotations

import json
import logging
import os
import re
import shutil
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import quote

HIDDEN = "***"
LIVE = "live"
"""The field of a log record that is the live line of a terminal."""
SHORTEST = 4
"""Shorter values are not hidden: they are no secrets, and words would go with them."""
_secrets: set[str] = set()
_SHAPES = re.compile(
    r"""(?isx)
    (?P<url> :// [^\s:/@]* : ) [^\s/]+ (?= @ )                     # user:password@ in a URL
    | (?P<header> \b authorization ["']? \s* [=:] \s* ["']? (?: [a-z]+ \s+ )? ) [^\s"',;]+
    | (?P<bearer> \b (?:bearer|basic) \s+ ) [\w.~+/=-]{8,}
    | -----BEGIN\ [A-Z ]*PRIVATE\ KEY----- .*? (?: -----END\ [A-Z ]*PRIVATE\ KEY----- | \Z )
    | (?P<key> \b [\w-]* (?:password|passwd|secret|token|api_?key|account_?key|access_?key) [\w-]*
        ["']? \s* [=:] \s* ["']? ) [^\s"',;&]+                      # password=..., "token": "..."
    | \b (?:AKIA|ASIA) [0-9A-Z]{16} \b                              # an AWS access key
    """
)


def learn(credentials: Any) -> None:
    """Hide every value of these credentials from now on."""
    _secrets.update(each for value in _values(credentials) for each in _spellings(value))


def learned() -> list[str]:
    """What `learn` was told to hide."""
    return sorted(_secrets)


def hide(text: str) -> str:
    """The text without credentials: known values, and what has the shape of one."""
    while spans := _spans_of_secrets(text):
        text = _without(text, spans)  # what now meets may be a secret; each pass is shorter
    text = _SHAPES.sub(_shape_hidden, text)
    while spans := _spans_of_secrets(text):
        text = _without(text, spans)
    return text


def _shape_hidden(found: re.Match[str]) -> str:
    head = next((each for each in found.groups() if each is not None), "")
    return f"{head}{HIDDEN}"


def _spans_of_secrets(text: str) -> list[tuple[int, int]]:
    """Where known secrets stand, joined where they overlap: no rest of one may stay."""
    found = sorted(_occurrences(text))
    spans: list[tuple[int, int]] = []
    for start, end in found:
        if spans and start < spans[-1][1]:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((start, end))
    return spans


def _occurrences(text: str) -> Iterator[tuple[int, int]]:
    for secret in _secrets:
        start = text.find(secret)
        while start >= 0:
            yield start, start + len(secret)
            start = text.find(secret, start + 1)


def _without(text: str, spans: list[tuple[int, int]]) -> str:
    parts, done = [], 0
    for start, end in spans:
        parts += [text[done:start], HIDDEN]
        done = end
    return "".join([*parts, text[done:]])


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
            return hide(f"{clock} {level}{message}" + (f"\n{trace}" if trace else ""))
        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        fields: dict[str, Any] = {
            **hidden_in(getattr(record, "fields", {})),
            "time": f"{moment}.{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": hide(message),
        }
        if trace:
            fields["traceback"] = hide(trace)
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


def hidden_in(value: Any) -> Any:
    """A value as JSON has it, without secrets in its texts, keys included."""
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, Mapping):
        return {hide(str(key)): hidden_in(each) for key, each in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [hidden_in(each) for each in value]
    return hide(str(value))


def configure() -> None:
    """Log to stderr in the platform's format: `highroad` from INFO, everything else warnings."""
    handler = Console()
    handler.setFormatter(Formatter())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("kedro").setLevel(logging.WARNING)
    logging.getLogger("highroad").setLevel(logging.INFO)


def _values(credentials: Any) -> Iterable[str]:
    """Every text in nested credentials."""
    if isinstance(credentials, Mapping):
        for value in credentials.values():
            yield from _values(value)
    elif isinstance(credentials, (list, tuple)):
        for value in credentials:
            yield from _values(value)
    elif isinstance(credentials, str):
        yield credentials


def _spellings(value: str) -> Iterable[str]:
    """A secret as it is, and as it looks in JSON, in a `repr`, in a URL and line by line."""
    in_json = json.dumps(value)[1:-1]
    forms = {value, in_json, json.dumps(value, ensure_ascii=False)[1:-1], repr(value)[1:-1]}
    forms |= {quote(value, safe=""), *value.splitlines()}
    return (form for form in forms if len(form) >= SHORTEST)
