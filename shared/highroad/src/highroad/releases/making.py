"""Make the manifest of what a project is now."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from highroad import __version__
from highroad.config.platform import Platform
from highroad.errors import ImageError
from highroad.products.contract import contract_of
from highroad.releases.engine import Engine
from highroad.releases.needs import needs
from highroad.releases.release import Release
from highroad.tracking.surroundings import hash_of
from highroad_workspace.git import commit_of
from highroad_workspace.metadata import table
from highroad_workspace.projects import Project


def release_of(
    project: Project,
    root: Path,
    platform: Platform,
    *,
    image: str,
    sbom: Path | None = None,
    models: Mapping[str, str] | None = None,
    passed: Sequence[str] = (),
    tasks: Mapping[str, Mapping[str, Any]] | None = None,
) -> Release:
    """A project's release.

    Args:
        project: The project.
        root: The repository.
        platform: The platform's settings.
        image: The image's digest.
        sbom: The bill of materials beside it.
        models: The digests of its models, see `Release`.
        passed: Sessions that passed on this commit.
        tasks: Of its pipeline by environment, see `Release`.

    Raises:
        ContractError: A product of the project has no contract that can be read.
    """
    conf = root / "platform-conf"
    content = tomllib.loads(Path(project.path, "pyproject.toml").read_text(encoding="utf-8"))
    return Release(
        project.name,
        str(table(content, "project").get("version", "")),
        commit_of(root),
        image,
        hash_of(Path(project.path) / "uv.lock") or "",
        {env: _configuration(project, root, env) for env in platform.environments},
        {each: contract_of(each, conf).version for each in project.publishes},
        {each: contract_of(each, conf).version for each in project.consumes},
        dict(models or {}),
        __version__,
        _template(project),
        tuple(sorted(set(passed))),
        (hash_of(sbom) or "") if sbom is not None else "",
        {env: told for env in platform.environments if (told := needs(project, env))},
        dict(tasks or {}),
    )


def tasks_in(project: Project, engine: Engine, image: str) -> dict[str, dict[str, Any]]:
    """What an image says of its project's tasks, by environment; nothing for one without the library.

    Raises:
        ImageError: It does not run.
    """
    if not project.uses_library:
        return {}
    words = ("highroad", "workflow", "tasks", "--json")
    told = engine.call("run", "--rm", "--network", "none", image, *words)
    found: dict[str, dict[str, Any]] = json.loads(told.strip().splitlines()[-1])
    return found


def require_same_commit(labels: Mapping[str, str], root: Path, image: str) -> None:
    """Refuse an image of another commit than the repository is at.

    Raises:
        ImageError: It is.
    """
    built, here = labels.get("org.opencontainers.image.revision", ""), commit_of(root)
    if built != here:
        raise ImageError(
            f"'{image}' was built at commit {built or 'unknown'}, and the repository is at {here or 'none'}. "
            "Build it again: highroad image build"
        )


def _template(project: Project) -> str:
    """The version of the template that a project was made from; empty where it was made from none."""
    try:
        told = tomllib.loads(Path(project.path, ".highroad.toml").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ""
    return str(table(told, "template").get("version", ""))


def _configuration(project: Project, root: Path, env: str) -> str:
    """Over the files that decide an environment's configuration, whatever machine reads them."""
    told = hashlib.sha256()
    for name, path in _files(project, root, env):
        told.update(f"{name} {hash_of(path)}\n".encode())
    return told.hexdigest()


def _files(project: Project, root: Path, env: str) -> Iterator[tuple[str, Path]]:
    conf, own = root / "platform-conf", Path(project.path, "conf")
    yield "platform.yml", conf / "platform.yml"
    for folder in dict.fromkeys((conf / "base", conf / env, own / "base", own / env)):
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                yield path.relative_to(root).as_posix(), path
