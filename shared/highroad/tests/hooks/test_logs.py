"""Log lines: their form, and what they never show."""

from __future__ import annotations

import json
import logging
from types import SimpleNamespace

import pytest

from highroad import logs


@pytest.fixture
def record():
    def make(message, **more):
        made = logging.LogRecord("highroad.x", logging.INFO, "f", 1, message, (), None)
        made.__dict__.update(more)
        return made

    return make


def test_plain_lines_are_short(record, monkeypatch):
    monkeypatch.setenv("HIGHROAD_LOG", "plain")
    assert logs.Formatter().format(record("hello"))[9:] == "hello"


def test_json_lines_have_fields(record, monkeypatch):
    monkeypatch.setenv("HIGHROAD_LOG", "json")
    line = json.loads(
        logs.Formatter().format(record("hello", fields={"node": "n", "seconds": 1.5}))
    )
    assert line["message"] == "hello" and line["level"] == "info" and line["seconds"] == 1.5
    assert line["time"].endswith("Z")


@pytest.mark.parametrize(
    ("ci", "chosen", "expected"), [("true", "", True), ("true", "plain", False), ("", "json", True)]
)
def test_the_surroundings_decide_unless_told(monkeypatch, ci, chosen, expected):
    monkeypatch.setenv("CI", ci)
    monkeypatch.setenv("HIGHROAD_LOG", chosen)
    assert logs.wants_json() is expected


def test_a_terminal_has_plain_lines_whatever_else_is_true(monkeypatch):
    monkeypatch.delenv("HIGHROAD_LOG", raising=False)
    monkeypatch.setenv("CI", "true")
    monkeypatch.setattr("sys.stderr", SimpleNamespace(isatty=lambda: True))
    assert not logs.wants_json()


def test_a_bad_call_of_a_logger_is_a_line_without_secrets(record):
    made = record("%d rows")
    made.args = ("https://me:swordfish@h",)  # pragma: allowlist secret
    assert "swordfish" not in logs.Formatter().format(made)
