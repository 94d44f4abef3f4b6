"""What surrounds a run and decides what comes of it: code, lock, configuration, versions, people."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import socket
from pathlib import Path
from typing import Any

from highroad.principal import Principal
from highroad_workspace.git import Snapshot, snapshot

IMAGE = "HIGHROAD_IMAGE"
"""The variable that holds the digest of the image a process runs in."""
COMMIT = "HIGHROAD_COMMIT"
"""The variable that holds the commit where there is no repository, as in an image; `+` behind it
says that files differed."""


def code_of(project: Path) -> dict[str, Any]:
    """The commit, whether files differ from it, the hash of what differs, and of the lock."""
    found = snapshot(project)
    if found is None:
        built_from = os.environ.get(COMMIT, "")
        found, is_dirty = Snapshot(built_from.rstrip("+"), ""), built_from.endswith("+")
    else:
        is_dirty = bool(found.diff)
    return {
        "commit": found.commit,
        "dirty": is_dirty,
        "diff": found.diff or None,
        "lock": hash_of(project / "uv.lock"),
    }


def versions() -> dict[str, str]:
    """The versions of platform, Kedro and Python, and the image's digest inside one."""
    from kedro import __version__ as kedro

    from highroad import __version__

    found = {"highroad": __version__, "kedro": kedro, "python": platform.python_version()}
    image = os.environ.get(IMAGE)
    return {**found, "image": image} if image else found


def who(principal: Principal) -> dict[str, str]:
    """Who acts, and on which host."""
    return {"host": socket.gethostname(), "user": str(principal)}


def digest(value: Any) -> str:
    """SHA-256 of plain values, whatever the order of keys."""
    text = json.dumps(value, sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def hash_of(path: Path) -> str | None:
    """SHA-256 of a file; None where there is none."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None
