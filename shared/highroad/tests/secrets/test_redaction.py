"""What is learned is hidden wherever and however it appears."""

from __future__ import annotations

import json
import logging

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from highroad import logs
from highroad.secrets import redaction


@pytest.fixture
def nothing_learned(monkeypatch):
    monkeypatch.setattr(redaction, "_known", set())


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
    redaction.learn({"db": {"con": known[0], "list": ["x" * 9, known[1]]}})
    shown = redaction.redact(text)
    assert "hunter2" not in shown
    assert shown == hidden


def test_a_secret_within_a_secret_leaves_no_rest(nothing_learned):
    redaction.learn({"one": "abcd", "two": "abcd1234", "three": "1234efgh"})
    assert redaction.redact("it is abcd1234") == "it is ***"
    assert redaction.redact("it is abcd1234efgh") == "it is ***"


SECRETS = st.lists(st.text(min_size=redaction.SHORTEST, max_size=12), min_size=1, max_size=4)
TRICKY = st.lists(st.text("*ab\\\"'\n@:", min_size=redaction.SHORTEST, max_size=8), min_size=1)


def texts(value):
    if isinstance(value, dict):
        return [text for key, each in value.items() for text in [key, *texts(each)]]
    if isinstance(value, list):
        return [text for each in value for text in texts(each)]
    return [str(value)]


@settings(max_examples=200, deadline=None)
@given(SECRETS | TRICKY, st.data())
def test_what_is_learned_never_appears(secrets, data):
    kept = redaction._known.copy()
    redaction._known.clear()
    try:
        redaction.learn({"nested": [{"value": secret} for secret in secrets]})
        parts = st.sampled_from(secrets) | st.text(max_size=5)
        text = "".join(data.draw(st.lists(parts, max_size=6)))
        for said in (text, repr(secrets), json.dumps(secrets), f"{text}{secrets[0]}"):
            shown = redaction.redact(said)
            assert not [secret for secret in secrets if secret in shown]
        made = logging.LogRecord("x", logging.INFO, "f", 1, "%s", (text,), None)
        made.fields = {text: {"deep": [text, ValueError(text)]}}
        formatter = logs.Formatter()
        formatter._json = True
        line = json.loads(formatter.format(made))
        own = {"time", "level", "logger", line["time"], "x", "info", "message", "deep"}
        for shown in texts(line):
            assert shown in own or not [secret for secret in secrets if secret in shown]
    finally:
        redaction._known.clear()
        redaction._known.update(kept)
