"""What a secret looks like: the one list for logs, records, lineage, pages, images and checks.

Compiling every expression would take longer than a small run may, so each is compiled when one of its
signs is first in a text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from highroad.secrets.tokens import TOKENS

ALLOWED = "pragma: allowlist secret"
"""On a line of a file that has no secret although it looks so."""


def _name(end: str) -> str:
    """The names of secrets: in a key, before `end` where the word alone says little."""
    return rf"""(?:
        pass(?:word|wd|phrase|code) | secret | credential | (?<![a-z]) pass {end} | auth {end} | pwd (?!=/) {end}
        | token (?! i[sz] | s\w* ["']? [ \t]* [=:] [ \t]* \d )
        | (?:api|access|account|client|encryption|license|master|private|shared|signing|storage|subscription) [_-]? key
    )"""


_NAME = _name(r"""(?= \\*["']? \]? [ \t]* [=:>] )""")
_OPTION = _name(r"""(?= [\s"'=,] )""")
# Each group is a value: in quotes, in the quotes of a quoted text, a block of YAML, or one word. What ends a
# word within a list is a part of the value where nothing follows that a list could go on with.
_VALUE = r"""(?: \\+ " (.*?) (?= \\+" | \Z ) | \\+ ' (.*?) (?= \\+' | \Z )
    | " ( (?: \\. | [^"\\] )+ ) | ' ( (?: \\. | '' | [^'\\] )+ )
    | [|>] [-+\d]* [ \t]* (?: \n | \\+n ) ( (?: [ \t]+ (?: (?! \\+n ) [^\n] )* (?: \n | \\+n )? )+ )
    | (?! (?: none | null | true | false ) \b )
      ( (?: [^\s"',;&] | [,;&] (?! [\s"'] | \Z | [\w. -]+ ["']? [=:] ) | (?<! ^ ) ["'] (?= \w ) )+ ) )"""


class Shape(NamedTuple):
    """How a secret is told from other text by what is around it.

    Attributes:
        what: What a reader of a finding is told.
        signs: In small letters; one of them is in every text that the pattern matches.
        pattern: A regular expression whose last group, or else all of it, is the secret.
    """

    what: str
    signs: tuple[str, ...]
    pattern: str


_ASSIGNED = "a value under a name that says it is secret"
_TOKEN = "a token: "
_KEY = "(?isx)"
# Of `api_key` and its like the end: a word such as `key` alone is in too many texts.
_KEYS = tuple(f"{end}{between}key" for end in "istnerdg" for between in ("", "_", "-"))
_WORDS = ("pass", "secret", "credential", "auth", "pwd", "token", *_KEYS)
_SHAPES = (
    Shape("a password in an address", ("://",), r"://[^\s:/@]*:([^\s/]+)(?=@)"),
    Shape("a token in an address", ("://",), r"""(?i)https?://([^\s:/@"'<>?#]+)(?=@)"""),
    Shape("a signature in an address", ("sig=",), r"(?i)(?<![a-z])sig=([\w%+/=.-]{8,})"),
    Shape(
        "an authorization header",
        ("authorization",),
        r"""(?i)\bauthorization\\*["']?\s*[=:,]\s*\\*["']?(?:[a-z]+\s+)?([^\s"',;\\]+)""",
    ),
    Shape(
        "an authorization header",
        ("bearer", "basic"),
        r"\b(?i:bearer|basic)\s+(?=\S*[\d=]|\w+[A-Z])([\w.~+/=-]{8,})",
    ),
    Shape(
        "a cookie", ("cookie",), r"""(?i)cookie\\*["']?\s*[:=]\s*\\*["']?[^\s=;"']+=([^\n"']+)"""
    ),
    Shape(
        _ASSIGNED,
        _WORDS,
        rf"""{_KEY} {_NAME} [\w.-]{{0,40}} \\*["']? \]? [ \t]*
            (?: : [ \t]* \w+ [ \t]* = (?!=) | => | [=:]{{1,2}} ) [ \t]* {_VALUE}""",
    ),
    Shape(_ASSIGNED, ("</",), rf"{_KEY} < [\w:]* {_NAME} \w* > ( [^<]+ )"),
    Shape(
        "an option with a secret",
        ("--",),
        rf"""{_KEY} (?<![\w-]) -- (?:\w+-)* {_OPTION} [\w-]{{0,40}} (?: ["'],?[ \t]* | [ \t]+ ) (?!-) {_VALUE}""",
    ),
    Shape(
        "a name and a password",
        ("-u ", "-u=", "--user"),
        r"""(?:^|\s)(?:-u|--user)[ =]["']?[^\s:"'/]+:(?!\d+\b)([^\s"']+)""",
    ),
    Shape(
        "a password in SQL",
        ("password", "identified"),
        r"""(?i)\b(?:password|identified\s+by)\s+(?:'([^']+)|"([^"]+))""",
    ),
)
_TOKEN_SIGNS = tuple((sign, token) for token in TOKENS for sign in token.signs)
_SIGNS = tuple((sign, shape) for shape in _SHAPES for sign in shape.signs)
_LARGE, _SHORTEST_TOKEN = 2000, 15
_PRIVATE_KEY = "a private key"  # pragma: allowlist secret
_PEM = (
    r"(?s)-----BEGIN [A-Z ]*PRIVATE KEY(?: BLOCK)?-----"
    r".*?(?:-----END [A-Z ]*PRIVATE KEY(?: BLOCK)?-----|\Z)"
)
# A key that is quoted in documents or tests has no body, and is none.
_BODY = r"KEY(?: BLOCK)?-----(?:\s|\\[nr])+(?:[\w-]+: [^\n]*\n|\s)*(?:[A-Za-z0-9+/=]{60,}(?:\s|\\[nr])+)*[A-Za-z0-9+/=]{40,}"


class Secret(NamedTuple):
    """A secret in a text: where it begins and ends, and why it is thought to be one."""

    start: int
    end: int
    what: str


def is_secret_name(name: str) -> bool:
    """Whether what has this name is a secret: a mapping's key, a variable of the environment."""
    small = name.lower()
    return (
        any(word in small for word in _WORDS)
        and bool(_compiled(f"{_KEY}{_NAME}").search(f"{name}="))
    ) or small == "sig"


def secrets_in(text: str, *, tokens_only: bool = False) -> Iterator[Secret]:
    """Every part of a text that has the shape of a secret, shape by shape; parts may overlap.

    Args:
        text: Any text.
        tokens_only: Only what is a secret whatever is around it.
    """
    words = text
    if len(text) > _LARGE:  # a third of the time in the files of an image
        words = "\n".join([word for word in text.split() if len(word) >= _SHORTEST_TOKEN])
    for token in dict.fromkeys([token for sign, token in _TOKEN_SIGNS if sign in words]):
        for match in _compiled(rf"(?<![A-Za-z0-9])(?:{token.pattern})").finditer(text):
            yield Secret(match.start(), match.end(), f"{_TOKEN}{token.kind}")
    if "PRIVATE KEY" in text:
        for match in _compiled(_PEM).finditer(text):
            yield Secret(match.start(), match.end(), _PRIVATE_KEY)
    if tokens_only:
        return
    small = text.lower()
    for shape in dict.fromkeys([shape for sign, shape in _SIGNS if sign in small]):
        for match in _compiled(shape.pattern).finditer(text):
            yield Secret(*match.span(match.lastindex or 0), shape.what)


def findings_in(text: str, *, tokens_only: bool = False) -> Iterator[tuple[int, str]]:
    """Secrets in a file as a reader is told of them: the line and the reason.

    References, placeholders and short values are left out, and lines that say `pragma: allowlist secret`.
    """
    seen = set()
    for secret in secrets_in(text, tokens_only=tokens_only):
        number = text.count("\n", 0, secret.start) + 1
        line = text[text.rfind("\n", 0, secret.start) + 1 :].split("\n", 1)[0]
        if (
            number not in seen
            and ALLOWED not in line
            and _is_kept(text[secret.start : secret.end], secret.what)
        ):
            seen.add(number)
            yield number, secret.what


def _is_kept(value: str, what: str) -> bool:
    """Whether a value of a file is one that somebody keeps secret."""
    if what == _PRIVATE_KEY:
        return bool(_compiled(_BODY).search(value))
    if what.startswith(_TOKEN):
        return True
    if what == "a token in an address":  # a name without a password is none
        return len(value) >= 16 and any(each.isdigit() for each in value)
    least = 3 if what == "a password in an address" else 8
    return len(value) >= least and not set("{}$<>*%") & set(value[:3])


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)
