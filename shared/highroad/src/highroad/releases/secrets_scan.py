"""Secrets in an image: in the files of every layer, in its environment, labels and build steps.

A file that a later layer removes is in the image all the same, so every layer is read. Of files
those that are text are, up to 2 MiB each.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

from highroad.releases.layers import Content

_MOST_BYTES = 2 * 2**20
# Tokens that say by themselves what they are; examples of manuals say that they are none.
_TOKENS = re.compile(
    rb"""(?x)
      \b(?:AKIA|ASIA)(?![0-9A-Z]*EXAMPLE)[0-9A-Z]{16}\b          # AWS
    | \bgh[pousr]_[A-Za-z0-9]{36,}\b | \bgithub_pat_\w{60,}      # GitHub
    | \bglpat-[\w-]{20,} | \bpypi-AgEI[\w-]{50,}                 # GitLab, PyPI
    | \bxox[abprs]-[\w-]{20,} | \b[sr]k_live_\w{20,}             # Slack, Stripe
    | \bAIza[\w-]{35}\b                                          # Google
    | -----BEGIN\ (?:[A-Z]+\ )*PRIVATE\ KEY-----\s+(?:[A-Za-z0-9+/=]{60,}\s+){3}
    """
)
# Any of these bytes must be there for a token to be; looked for first, they cost far less.
_SIGNS = (
    b"AKIA",
    b"ASIA",
    b"ghp_",
    b"gho_",
    b"ghu_",
    b"ghs_",
    b"ghr_",
    b"github_pat_",
    b"glpat-",
    b"pypi-AgEI",
    b"xox",
    b"k_live_",
    b"AIza",
    b"PRIVATE KEY",
)
_NAMES = re.compile(
    r"(^|/)(\.netrc|\.pypirc|\.env|id_(rsa|dsa|ecdsa|ed25519)|credentials[^/]*\.(ya?ml|json|toml|ini))$"
)
_ASSIGNED = re.compile(
    r"""(?ix) ["']? [\w.-]* (?:pass(?:word|wd|phrase)|secret|token|api_?key|access_?key|private_?key)
    [\w.-]* ["']? \s* [:=] \s* ["']? (?P<value> [^\s"',;}{$<&#]{8,} )"""
)
# Likewise: without one of these in it, in small letters, a line is not worth the expression.
_ASSIGNED_SIGNS = ("passw", "passp", "secret", "token", "key")
_IN_ADDRESS = re.compile(r"://[^\s:/@]*:(?P<value>[^\s/@$<{*]{3,})@")
_CONFIGURATION = (".yml", ".yaml", ".json", ".toml", ".ini", ".cfg", ".conf", ".env", ".txt")
_OWN = "app/"
_ALLOWED = "pragma: allowlist secret"


class Finding(NamedTuple):
    """Where a secret is, and why it is thought to be one; never the secret itself."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


def findings(content: Content, known: Collection[str] = ()) -> Iterator[Finding]:
    """Every secret in an image.

    Args:
        content: The image.
        known: Values that must be nowhere, such as the package index's password.
    """
    yield from _in_configuration(content.config, known)
    values = [each.encode() for each in known]
    for entry in content.entries():
        where = f"layer {entry.layer + 1}, /{entry.path}"
        is_own = entry.path.startswith(_OWN) and "/site-packages/" not in entry.path
        if is_own and _NAMES.search(f"/{entry.path}"):
            yield Finding(where, "a file that by its name holds credentials")
        if not entry.size or entry.size > _MOST_BYTES:
            continue
        data = entry.read()
        if b"\0" in data[:4096]:
            continue
        if any(value in data for value in values):
            yield Finding(where, "a secret of this machine's environment or package index")
        if any(sign in data for sign in _SIGNS) and _TOKENS.search(data):
            yield Finding(where, "a token or a private key")
        if is_own and entry.path.endswith(_CONFIGURATION):
            yield from _assigned(where, data.decode("utf-8", "replace"))


def in_file(path: str, text: str) -> Iterator[tuple[int | None, str]]:
    """Every secret in a file of a repository, as its line, where there is one, and why it is thought to be one.

    Args:
        path: Relative, with `/`; what the file is for is told by its name.
        text: What is in it.
    """
    if _NAMES.search(f"/{path}"):
        yield None, "a file that by its name holds credentials"
    data = text.encode()
    if any(sign in data for sign in _SIGNS):
        for match in _TOKENS.finditer(data):
            line = data.count(b"\n", 0, match.start())
            if _ALLOWED not in text.splitlines()[line]:
                yield line + 1, "a token or a private key"
    if path.endswith(_CONFIGURATION):
        for each in _assigned("", text):
            yield int(each.where.removeprefix(":")), each.what


def _in_configuration(config: Any, known: Collection[str]) -> Iterator[Finding]:
    """The environment, the labels and how each layer was made, arguments of the build included."""
    inner = config.get("config") or {}
    texts = [("the environment", each) for each in inner.get("Env") or ()]
    labels = inner.get("Labels") or {}
    texts += [("the labels", f"{key}={value}") for key, value in labels.items()]
    steps = [
        ("the build's steps", each.get("created_by", "")) for each in config.get("history", ())
    ]
    for where, text in texts + steps:
        name = text.partition("=")[0] if where != "the build's steps" else text.split(" ")[0]
        if any(value in text for value in known):
            yield Finding(f"{where}, {name}", "a secret of this machine's environment")
        elif _TOKENS.search(text.encode()):
            yield Finding(f"{where}, {name}", "a token or a private key")
        else:
            yield from _assigned(f"{where}, {name}", text)


def _assigned(where: str, text: str) -> Iterator[Finding]:
    for number, line in enumerate(text.splitlines(), 1):
        if _ALLOWED in line:
            continue
        small = line.lower()
        if any(sign in small for sign in _ASSIGNED_SIGNS) and _ASSIGNED.search(line):
            yield Finding(f"{where}:{number}", "a value under a name that says it is secret")
        elif "://" in line and _IN_ADDRESS.search(line):
            yield Finding(f"{where}:{number}", "a password in an address")
