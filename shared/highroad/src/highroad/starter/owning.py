"""Make a clone of Highroad's repository an organisation's own."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Collection
from pathlib import Path

from highroad.access.grants import FOLDER as GRANTS
from highroad.config.platform import load_platform
from highroad.errors import StarterError
from highroad.starter.making import write_owners
from highroad.starter.platform_files import handle_of, owned
from highroad.starter.upgrading import require_committed
from highroad_workspace.projects import find_projects, no_project, upstream

_HANDLE = re.compile(r"@example/|@example\.org")


def own(root: Path, organisation: str, keep: Collection[str], say: Callable[[str], None]) -> None:
    """Rename the organisation, and remove the example projects that are not kept.

    Where an example is kept, the clock of the sample and the owners of the examples stay: the sample is of
    2013, and by today's time all of it would be stale.

    Args:
        root: The repository.
        organisation: The name, as people read it.
        keep: The examples to keep.
        say: Takes the path of each file and folder that was changed or removed.

    Raises:
        StarterError: A kept example reads what one that is removed publishes.
        UpgradeError: A file that would be changed is not committed.
        WorkspaceError: There is no such example.
    """
    projects = find_projects(root)
    for name in keep:
        if name not in {project.name for project in projects}:
            raise StarterError(no_project(name, [project.name for project in projects]))
        if missing := sorted(set(upstream(projects)[name]) - set(keep)):
            raise StarterError(
                f"'{name}' reads what {', '.join(missing)} publishes; keep both: "
                + " ".join(f"--keep {each}" for each in (*missing, name))
            )
    removed = [project for project in projects if project.name not in keep]
    platform = root / "platform-conf" / "platform.yml"
    folders = [f"projects/{project.name}" for project in removed]
    files = [
        f"platform-conf/contracts/{product}.yaml"
        for project in removed
        for product in project.publishes
        if (root / "platform-conf" / "contracts" / f"{product}.yaml").is_file()
    ]
    grants = root / "platform-conf" / GRANTS
    names = {project.name for project in removed}
    files += [
        path.relative_to(root).as_posix()
        for path in sorted(grants.glob("*.yml"))
        if path.stem.partition(".")[0] in names or not keep  # of no example, its teams go too
    ]
    require_committed(root, ["platform-conf", ".github/CODEOWNERS", *folders])
    text = platform.read_text(encoding="utf-8")
    if keep:
        renamed = _HANDLE.sub(lambda found: _own_handle(found[0], organisation), text)
        platform.write_text(owned(renamed, organisation, is_empty=False), encoding="utf-8")
    else:
        platform.write_text(owned(text, organisation), encoding="utf-8")
    say("platform-conf/platform.yml")
    for folder in folders:
        shutil.rmtree(root / folder)
        say(f"{folder} (removed)")
    for file in files:
        (root / file).unlink()
        say(f"{file} (removed)")
    if not keep:
        shutil.rmtree(grants, ignore_errors=True)
    write_owners(load_platform(root / "platform-conf"), root)
    say(".github/CODEOWNERS")


def _own_handle(text: str, organisation: str) -> str:
    name = handle_of(organisation)
    return f"@{name}/" if text.endswith("/") else f"@{name}.example"
