"""A contract's patterns mean in every engine what they mean in RE2, which DuckDB has."""

from __future__ import annotations

import re

_CLASSES = {"d": "0-9", "w": "0-9A-Za-z_", "s": r"\t\n\f\r "}
_TOKEN = re.compile(
    r"(?P<set>\[\^?\]?(?:\\.|\[:\^?\w+:\]|[^\]\\])*\])|\\.|.",
    re.DOTALL,
)
_INSIDE = re.compile(r"\\.|\[:\^?\w+:\]|.", re.DOTALL)


def as_rust(pattern: str) -> str:
    r"""The same pattern for Rust's engine, which Polars has.

    There `\d`, `\w`, `\s` and `\b` know all of Unicode, and within brackets a bracket, `&&` and
    `~~` combine sets; in RE2 neither is so.
    """
    return _TOKEN.sub(lambda found: _set(found[0]) if found["set"] else _escape(found[0]), pattern)


def _escape(sign: str) -> str:
    if sign == r"\b":
        return r"(?-u:\b)"
    named = _CLASSES.get(sign[1:].lower()) if sign[0] == "\\" else None
    return f"[{'^' if sign[1].isupper() else ''}{named}]" if named else sign


def _set(text: str) -> str:
    start = "[^" if text.startswith("[^") else "["
    signs = _INSIDE.findall(text[len(start) : -1])
    return start + "".join(rf"\{sign}" if sign in "[]&~" else _escape(sign) for sign in signs) + "]"
