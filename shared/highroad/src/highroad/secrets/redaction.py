"""Keep secrets out of texts and plain values: known ones, and what has the shape of one."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

from highroad.secrets.shapes import is_secret_name, secrets_in

HIDDEN = "***"
SHORTEST = 4
"""Shorter values are not hidden: they are no secrets, and words would go with them."""
_known: set[str] = set()


def learn(credentials: Any) -> None:
    """Hide every value of these credentials from now on."""
    _known.update(each for value in _values(credentials) for each in _spellings(value))


def learned() -> list[str]:
    """What `learn` was told to hide."""
    return sorted(_known)


def secrets_of(environ: Mapping[str, str] = os.environ, *, shortest: int = 8) -> set[str]:
    """The values of variables whose name says that they are secret.

    Paths are left out, and what may be a word of its own: values that are short, or of letters only.
    """
    return {
        value
        for name, value in environ.items()
        if len(value) >= (12 if value.isalpha() else shortest)
        and not value.startswith(("/", "file:"))
        and is_secret_name(name)
    }


def redact(text: str) -> str:
    """The text without secrets: known values, and what has the shape of one."""
    while spans := list(_occurrences(text)):
        text = _without(text, spans)  # what now meets may be a secret; each pass is shorter
    if spans := [(start, end) for start, end, _ in secrets_in(text)]:
        text = _without(text, spans)
        while spans := list(_occurrences(text)):
            text = _without(text, spans)
    return text


def redact_texts(value: Any) -> Any:
    """A value as JSON has it, without secrets in its texts and keys.

    For what Highroad itself composes, where a name such as `token` may be that of a column.
    """
    return _plain(value, by_name=False)


def redact_values(value: Any) -> Any:
    """A value as JSON has it, without secrets: in its texts, its keys, and under names that say so."""
    return _plain(value, by_name=True)


def _plain(value: Any, *, by_name: bool) -> Any:
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, Mapping):
        # Kubernetes writes a variable as {name: …, value: …}.
        is_variable = by_name and is_secret_name(str(value.get("name") or ""))
        return {
            redact(str(key)): HIDDEN
            if by_name and ((is_variable and key == "value") or _is_secret(str(key), each))
            else _plain(each, by_name=by_name)
            for key, each in value.items()
        }
    if isinstance(value, (list, tuple, set, frozenset)):
        return list(_items(value, by_name))
    return redact(str(value))


def _is_secret(name: str, value: Any) -> bool:
    if value in (None, "", {}, []) or isinstance(value, bool) or not is_secret_name(name):
        return False
    return not ("tokens" in name.lower() and isinstance(value, (int, float)))


def _items(values: Iterable[Any], by_name: bool) -> Iterator[Any]:
    """The items of a list; what follows `--password` in one is hidden."""
    before = ""
    for each in values:
        is_value = before.startswith("-") and "=" not in before and is_secret_name(before)
        yield HIDDEN if is_value and isinstance(each, str) else _plain(each, by_name=by_name)
        before = each if isinstance(each, str) else ""


def _occurrences(text: str) -> Iterator[tuple[int, int]]:
    for secret in _known:
        start = text.find(secret)
        while start >= 0:
            yield start, start + len(secret)
            start = text.find(secret, start + 1)


def _without(text: str, spans: list[tuple[int, int]]) -> str:
    """The text with `HIDDEN` for each span; of those that overlap no rest may stay."""
    parts, done = [], 0
    for start, end in sorted(spans):
        if start >= done:
            parts += [text[done:start], HIDDEN]
        done = max(done, end)
    return "".join([*parts, text[done:]])


def _values(credentials: Any) -> Iterable[str]:
    """Every text in nested credentials."""
    if isinstance(credentials, Mapping):
        for value in credentials.values():
            yield from _values(value)
    elif isinstance(credentials, (list, tuple, set)):
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
