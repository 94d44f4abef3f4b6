"""Change several files so that a process which is killed leaves all of them old, or is finished by the next one.

The new contents are written beside git's own files first, and moved to their name in one step. From then on the
change is decided: whoever comes next carries out what is left of it.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from highroad.errors import UpgradeError

_INDEX = "index.json"


def change(root: Path, contents: Mapping[str, str | None]) -> None:
    """Give files new contents, or remove them.

    Args:
        root: The repository; paths are relative to it.
        contents: The new text of each; None removes it.

    Raises:
        UpgradeError: There is no git repository.
    """
    decided = place(root)
    stage = decided.with_name(f"{decided.name}-{os.getpid()}")
    shutil.rmtree(stage, ignore_errors=True)
    stage.mkdir(parents=True)
    index = []
    for number, (name, text) in enumerate(sorted(contents.items())):
        if text is not None:
            _write(stage / str(number), text.encode())
        new = None if text is None else hashlib.sha256(text.encode()).hexdigest()
        index.append({"name": name, "old": _digest(root / name), "new": new})
    _write(stage / _INDEX, json.dumps(index).encode())
    stage.rename(decided)
    finish(root)


def finish(root: Path) -> list[str]:
    """Carry out a change that was decided, if there is one.

    Returns:
        The paths of its files.

    Raises:
        UpgradeError: A file of it has been edited since, or there is no git repository.
    """
    decided = place(root)
    if not (decided / _INDEX).is_file():
        return []
    index = json.loads((decided / _INDEX).read_text(encoding="utf-8"))
    for each in index:
        if _digest(root / each["name"]) not in (each["old"], each["new"]):
            raise UpgradeError(
                f"{each['name']} was edited after an upgrade was stopped half way. To keep the edit, remove "
                f"'{decided}' and upgrade again; to let the upgrade be finished: git checkout -- {each['name']}"
            )
    for number, each in enumerate(index):
        path = root / each["name"]
        if each["new"] is None:
            path.unlink(missing_ok=True)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            unfinished = path.with_name(f".{path.name}.highroad-upgrade")
            shutil.copyfile(decided / str(number), unfinished)
            if path.exists():
                shutil.copymode(path, unfinished)
            unfinished.replace(path)
    done = decided.with_name(f"{decided.name}-done-{os.getpid()}")
    decided.rename(done)
    shutil.rmtree(done, ignore_errors=True)
    return [each["name"] for each in index]


def place(root: Path) -> Path:
    """Where a decided change lies, beside git's own files."""
    words = ["git", "rev-parse", "--git-path", "highroad-upgrade"]
    try:
        done = subprocess.run(words, cwd=root, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise UpgradeError("git is not installed, which an upgrade needs to merge.") from None
    if done.returncode:
        raise UpgradeError(
            f"'{root}' is no git repository, so nothing could be undone: git init, and commit what is there."
        )
    return root / done.stdout.strip()


def _digest(path: Path) -> str | None:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
