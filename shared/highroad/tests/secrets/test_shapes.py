"""Every kind and every form of a secret is recognized, and ordinary text is not."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from highroad.secrets.redaction import redact, redact_values
from highroad.secrets.shapes import findings_in, is_secret_name
from highroad.secrets.tokens import TOKENS

from .samples import FORMS, kinds, unformatted

SEEDS = st.integers(0, 2**32)
AROUND = (
    "{}",
    "x={}",
    "'{}'",
    '"{}"',
    "({})",
    "https://h/{}?a",
    "{}, and",
    "\n{}\n",
    "a:{};",
    "<b>{}</b>",
    "_{}",
)


@given(SEEDS, st.sampled_from(sorted(kinds(0))), st.sampled_from(AROUND))
def test_tokens_are_found_whatever_is_around_them(seed, kind, around):
    secret = kinds(seed)[kind]
    shown = redact(around.format(secret))
    assert all(part not in shown for part in (secret, secret[-12:]))
    assert list(findings_in(around.format(secret), tokens_only=True))
    large = "some words of a page\n" * 200 + around.format(secret)
    assert secret not in redact(large)


@given(SEEDS, st.sampled_from(sorted(FORMS)))
def test_what_has_no_format_is_found_by_its_form(seed, form):
    secret = unformatted(seed)
    text = FORMS[form].format(secret)
    assert secret not in redact(text)
    assert list(findings_in(text))


@given(st.text(), st.sampled_from(sorted(FORMS)))
def test_redaction_of_any_text_ends_and_is_stable(text, form):
    once = redact(FORMS[form].format(text))
    assert redact(once) == redact(redact(once))


@pytest.mark.parametrize("token", TOKENS, ids=lambda token: token.kind)
def test_a_sign_is_in_whatever_the_pattern_matches(token):
    @settings(max_examples=5)
    @given(st.from_regex(token.pattern, fullmatch=True))
    def holds(text):
        assert any(sign in text for sign in token.signs)

    holds()


@pytest.mark.parametrize(
    "name",
    ["password", "DB_PASSWD", "pwd", "auth", "basicAuth", "passcode", "user_pass", "apiKey", "api-key", "token",
     "AccountKey", "SharedAccessKey", "client_secret", "credentials", "github_tokens", "sig"],
)  # fmt: skip
def test_names_of_secrets(name):
    assert is_secret_name(name)
    assert redact_values({name: "hunter2 x", "a": {name: ["hunter2"]}}) == {
        name: "***",
        "a": {name: "***"},
    }


@pytest.mark.parametrize(
    "name",
    ["author", "authority", "compass", "passed", "passengers", "tokenizer", "key", "primary_key", "keyboard",
     "signal", "sigma", "design", "OLDPWD_COUNT", "authors", "auth_type", "pass_count"],
)  # fmt: skip
def test_names_of_what_is_none(name):
    assert not is_secret_name(name)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ({"max_tokens": 512, "has_token": True}, {"max_tokens": 512, "has_token": True}),
        ({"password=hunter2": 1}, {"password=***": "***"}),
        (["run", "--password", "hunter2", "x"], ["run", "--password", "***", "x"]),
        ([{"name": "DB_PASSWORD", "value": "hunter2"}], [{"name": "DB_PASSWORD", "value": "***"}]),
        ({"token": None, "secret": ""}, {"token": None, "secret": ""}),
    ],
)
def test_plain_values(value, shown):
    assert redact_values(value) == shown


@pytest.mark.parametrize(
    "text",
    [
        "42 tokens in s3://bucket/key at 10:30", "see https://host:8080/path", "max_tokens=512",
        "a basic idea, a bearer of news", "Basic functionality", "author: Jane Doe, keyword=value",
        "PWD=/home/me", "3 passed, 1 failed", "password is wrong", "docker run -u 1000:1000 x",
        "token: null", "https://medium.com/@me", "git@github.com:a/b.git", "bypass: all",
        "commit 0fcae1c5d2b7f5f3a90b8a8b1c2d3e4f50617283", "sha256:" + "0a" * 32, "01JD8Q5K9T2M4N6P8R0S",
    ],
)  # fmt: skip
def test_ordinary_text_stays(text):
    assert redact(text) == text


@pytest.mark.parametrize(
    "line",
    ["password: ${oc.env:PASSWORD}", "token: null", "secret: short", "password: <yours>",
     "password: correct-horse  # pragma: allowlist secret", "https://somebody@example.org/x"],
)  # fmt: skip
def test_a_file_s_references_and_placeholders_are_no_findings(line):
    assert not list(findings_in(line))
