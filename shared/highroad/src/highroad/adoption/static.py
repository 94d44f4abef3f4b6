"""What a foreign project requires, without running any of its code.

To lock a project whose metadata is dynamic, uv asks its build backend, which is code that the project
names or has in itself.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from highroad.errors import AdoptionError
from highroad_workspace.metadata import table

_VERSION = 'version = "0+unknown"\n'
_DYNAMIC = re.compile(r"(?m)^dynamic\s*=\s*\[[^\]]*\]")
_BUILT_FROM = ("path", "git", "url", "workspace")


@contextmanager
def static_metadata(project: Path, where: Path) -> Iterator[None]:
    """Let the project be locked without its build backend.

    Where its version alone is dynamic, which is no part of a lock, another stands in for it meanwhile.

    Args:
        project: The folder in which it is locked.
        where: The project that messages name.

    Raises:
        AdoptionError: Nothing but code says what it requires.
    """
    path, lock = project / "pyproject.toml", project / "uv.lock"
    text = path.read_text(encoding="utf-8")
    content = tomllib.loads(text)
    dynamic = list(table(content, "project").get("dynamic") or [])
    if reasons := [*_unsaid(dynamic), *_built(content)]:
        backend = table(content, "build-system").get("build-backend", "setuptools")
        raise AdoptionError(
            f"{where}: {'; '.join(reasons)}, so locking would run '{backend}' and what it loads from there, as you. "
            "Read it and adopt with --allow-build, or write what is required into [project]."
        )
    if not dynamic:
        yield
        return
    static = _DYNAMIC.sub(_VERSION.rstrip(), text, count=1)
    if table(tomllib.loads(static), "project").get("dynamic"):
        raise AdoptionError(
            f"{where}: `dynamic` is written such that nothing can stand in for it; give it a line of its own in [project]."
        )
    path.write_text(static, encoding="utf-8")
    try:
        yield
        if lock.is_file():
            locked = lock.read_text(encoding="utf-8")
            lock.write_text(locked.replace(_VERSION, "", 1), encoding="utf-8")
    finally:
        path.write_text(text, encoding="utf-8")


def _unsaid(dynamic: list[str]) -> Iterator[str]:
    if more := sorted(set(dynamic) - {"version"}):
        yield f"its {', '.join(more)} are dynamic"


def _built(content: dict[str, Any]) -> Iterator[str]:
    """Sources that are built: folders, repositories and archives of others, and the project's own."""
    for name, source in table(content, "tool", "uv", "sources").items():
        for each in source if isinstance(source, list) else [source]:
            if isinstance(each, dict) and any(kind in each for kind in _BUILT_FROM):
                yield f"'{name}' is built from a source in [tool.uv.sources]"
    for each in table(content, "project").get("dependencies") or []:
        if "@" in str(each).partition(";")[0]:
            yield f"'{each}' is built from a source"
