"""Log lines: their form, and what they never show."""

from __future__ import annotations

import json
import logging

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


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://me:hunter2@host/db",  # pragma: allowlist secret
        "password=hunter2 next",
        '{"api_key": "hunter2"}',  # pragma: allowlist secret
        "MY_TOKEN: hunter2",
        "it is hunter2-the-known",
    ],
)
def test_secrets_are_hidden(text, monkeypatch):
    monkeypatch.setattr(logs, "_secrets", set())
    logs.learn({"db": {"con": "hunter2-the-known", "list": ["x" * 9]}})
    assert "hunter2" not in logs.hide(text)
    assert logs.HIDDEN in logs.hide(text)


def test_ordinary_text_stays():
    assert (
        logs.hide("42 tokens in s3://bucket/key at 10:30")
        == "42 tokens in s3://bucket/key at 10:30"
    )
