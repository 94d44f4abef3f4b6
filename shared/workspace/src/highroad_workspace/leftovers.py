"""Temporary folders that a killed command leaves, and the next one of its kind removes."""

from __future__ import annotations

import os
import re
import socket
import tempfile
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def temporary_folder(purpose: str) -> Iterator[str]:
    """A temporary folder; those of the same purpose whose process is gone are removed first.

    Args:
        purpose: What it is for, a word in its name.
    """
    import shutil

    folder = new_folder(purpose)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def new_folder(purpose: str, parent: str | os.PathLike[str] | None = None) -> str:
    """Make a folder that says in its name which process has it, for whoever removes what is left.

    Those of the same purpose whose process is gone, on this machine and of this user, are removed first.

    Args:
        purpose: What it is for, a word in its name; after a dot where the folder is to be hidden.
        parent: Where; None is the system's folder for temporary files.
    """
    import shutil

    dot, purpose = purpose[: purpose.startswith(".")], purpose.removeprefix(".")
    # Resolved, as git names what it makes there.
    parent = os.path.realpath(parent or tempfile.gettempdir())
    for name in os.listdir(parent):
        path = os.path.join(parent, name)
        if name.startswith(f"{dot}highroad-{purpose}-") and is_left(path) and _is_mine(path):
            shutil.rmtree(path, ignore_errors=True)
    return tempfile.mkdtemp(prefix=f"{dot}highroad-{purpose}-{_host()}-{os.getpid()}-", dir=parent)


def is_left(path: str) -> bool:
    """Whether a folder was made by `new_folder` in a process of this machine that is gone."""
    pattern = rf"\.?highroad-[a-z]+-{re.escape(_host())}-(\d+)-\w+"
    made = re.fullmatch(pattern, os.path.basename(path))
    if made is None or os.name == "nt":  # where asking for a process would end it
        return False
    try:
        os.kill(int(made[1]), 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        return False
    return False


def _host() -> str:
    """A machine, or a container: each counts its processes on its own."""
    return re.sub(r"[^a-z0-9]", "", socket.gethostname().lower())[:16]


def _is_mine(path: str) -> bool:
    try:
        return not hasattr(os, "getuid") or os.lstat(path).st_uid == os.getuid()
    except OSError:
        return False
