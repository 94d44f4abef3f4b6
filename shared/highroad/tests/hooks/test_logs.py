"""Log lines: their form, and what they never show."""

from __future__ import annotations

import json
import logging
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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


@pytest.fixture
def nothing_learned(monkeypatch):
    monkeypatch.setattr(logs, "_secrets", set())


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("postgresql://me:hunter2@host/db", "postgresql://me:***@host/db"),  # pragma: allowlist secret
        ("s3://me:p@sshunter2@host/a b@c", "s3://me:***@host/a b@c"),  # pragma: allowlist secret
        ("password=hunter2 next", "password=*** next"),
        ('{"api_key": "hunter2"}', '{"api_key": "***"}'),  # pragma: allowlist secret
        ("MY_TOKEN: hunter2", "MY_TOKEN: ***"),
        ("AccountKey=hunter2==;Endpoint=x", "AccountKey=***;Endpoint=x"),
        ("Authorization: Bearer hunter2.x-y", "Authorization: Bearer ***"),
        ("{'Authorization': 'token hunter2'}", "{'Authorization': 'token ***'}"),
        ("sent bearer hunter2hunter2", "sent bearer ***"),
        ("it is hunter2-the-known", "it is ***"),
        ("it is hunter2-the-known-and-more", "it is ***"),
        ("-----BEGIN RSA PRIVATE KEY-----\nhunter2\n-----END RSA PRIVATE KEY----- x", "*** x"),  # pragma: allowlist secret
        ("cut: -----BEGIN PRIVATE KEY-----\nhunter2", "cut: ***"),  # pragma: allowlist secret
    ],
)  # fmt: skip
def test_secrets_are_hidden(text, hidden, nothing_learned):
    known = ["hunter2-the-known", "hunter2-the-known-and-more"]
    logs.learn({"db": {"con": known[0], "list": ["x" * 9, known[1]]}})
    shown = logs.hide(text)
    assert "hunter2" not in shown
    assert shown == hidden


def test_a_secret_within_a_secret_leaves_no_rest(nothing_learned):
    logs.learn({"one": "abcd", "two": "abcd1234", "three": "1234efgh"})
    assert logs.hide("it is abcd1234") == "it is ***"
    assert logs.hide("it is abcd1234efgh") == "it is ***"


SECRETS = st.lists(st.text(min_size=logs.SHORTEST, max_size=12), min_size=1, max_size=4)
TRICKY = st.lists(st.text("*ab\\\"'\n@:", min_size=logs.SHORTEST, max_size=8), min_size=1)


def values(found):
    if isinstance(found, dict):
        return [text for key, value in found.items() for text in [key, *values(value)]]
    if isinstance(found, list):
        return [text for value in found for text in values(value)]
    return [str(found)]


@settings(max_examples=200, deadline=None)
@given(SECRETS | TRICKY, st.data())
def test_what_is_learned_never_appears(secrets, data):
    kept = logs._secrets.copy()
    logs._secrets.clear()
    try:
        logs.learn({"nested": [{"value": secret} for secret in secrets]})
        parts = st.sampled_from(secrets) | st.text(max_size=5)
        text = "".join(data.draw(st.lists(parts, max_size=6)))
        for said in (text, repr(secrets), json.dumps(secrets), f"{text}{secrets[0]}"):
            shown = logs.hide(said)
            assert not [secret for secret in secrets if secret in shown]
        made = logging.LogRecord("x", logging.INFO, "f", 1, "%s", (text,), None)
        made.fields = {text: {"deep": [text, ValueError(text)]}}
        formatter = logs.Formatter()
        formatter._json = True
        line = json.loads(formatter.format(made))
        own = {"time", "level", "logger", line["time"], "x", "info", "message", "deep"}
        for shown in values(line):
            assert shown in own or not [secret for secret in secrets if secret in shown]
    finally:
        logs._secrets.clear()
        logs._secrets.update(kept)


def test_a_bad_call_of_a_logger_is_a_line_without_secrets(record, nothing_learned):
    logs.learn({"key": "swordfish"})
    made = record("%d rows")
    made.args = ("swordfish",)
    assert "swordfish" not in logs.Formatter().format(made)


def test_ordinary_text_stays():
    for text in (
        "42 tokens in s3://bucket/key at 10:30",
        "see https://host:8080/path",
        "a basic idea, a bearer of news",
    ):
        assert logs.hide(text) == text
