"""Secrets in an image: in the files of every layer, in its environment, labels and build steps.

A file that a later layer removes is in the image all the same, so every layer is read. Of files
those that are text are, up to 2 MiB each.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

from highroad.releases.layers import Content
from highroad.secrets.shapes import findings_in

_MOST_BYTES = 2 * 2**20
_NAMES = re.compile(
    r"(^|/)(\.netrc|\.pypirc|\.env|id_(rsa|dsa|ecdsa|ed25519)|credentials[^/]*\.(ya?ml|json|toml|ini))$"
)
_CONFIGURATION = (".yml", ".yaml", ".json", ".toml", ".ini", ".cfg", ".conf", ".env", ".txt")
_OWN = "app/"
# Packages have some that open nothing: examples of their documentation, and the names of applications that
# people install, which Google does not treat as secrets.
_PUBLISHED = ("JSON Web Token", "Google OAuth")


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
        reads_all = is_own and entry.path.endswith(_CONFIGURATION)
        for line, what in findings_in(data.decode("utf-8", "replace"), tokens_only=not reads_all):
            if is_own or not what.endswith(_PUBLISHED):
                yield Finding(f"{where}:{line}", what)


def in_file(path: str, text: str) -> Iterator[tuple[int | None, str]]:
    """Every secret in a file of a repository, as its line, where there is one, and why it is thought to be one.

    Args:
        path: Relative, with `/`; what the file is for is told by its name.
        text: What is in it.
    """
    if _NAMES.search(f"/{path}"):
        yield None, "a file that by its name holds credentials"
    yield from findings_in(text, tokens_only=not path.endswith(_CONFIGURATION))


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
        else:
            for _, what in findings_in(text):
                yield Finding(f"{where}, {name}", what)
