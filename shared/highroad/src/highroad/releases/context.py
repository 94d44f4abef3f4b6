"""What is sent to the engine: exactly what an image is made of, nothing that lies about.

The folder is assembled, not filtered: what git does not track or would not, tests, notebooks,
local configuration and other projects are never in it.
"""

from __future__ import annotations

import io
import shutil
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from highroad.releases.dockerfile import (
    HEAVY,
    LIBRARY,
    LIGHT,
    PROJECT,
    render,
    template_file,
)
from highroad.releases.locks import by_weight, local_packages, requirements, tools
from highroad_workspace.git import tracked_files
from highroad_workspace.projects import Project

EPOCH = 315532800
"""The time of every file, 1980-01-01: equal content is an equal layer, whatever the commit."""
HOME = PurePosixPath("app")
_METADATA = ("pyproject.toml", "README", "LICENSE", "LICENCE", "NOTICE", "setup.", "hatch_build.py", "MANIFEST.in")  # fmt: skip

_Packed = tarfile.TarInfo | tuple[tarfile.TarInfo, Path]
"""An entry of an archive, and for a file that is not empty where its content is."""


def assemble(project: Project, root: Path, base: str, folder: Path) -> None:
    """Fill a folder with a project's build context.

    Args:
        project: The project.
        root: The repository.
        base: What FROM says.
        folder: An empty folder.

    Raises:
        LockError: The project's lock, or the library's, is missing or stale.
        WorkspaceError: This is no git repository.
    """
    own = Path(project.path)
    heavy, light = by_weight(requirements(own), own / "uv.lock")
    local = local_packages(own)
    texts = {
        "Dockerfile": render(project, base, bool(local)),
        "bytecode.py": template_file("bytecode.py"),
        HEAVY.source: heavy,
        LIGHT.source: light,
        "tools.txt": tools(root / "shared" / "extensions"),
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    for source in local:
        _copy(source, folder / LIBRARY.folder / source.name)
    _copy(own, folder / PROJECT.folder / own.name)
    _pack(folder / "skeleton.tar", _skeleton())
    _pack(folder / "configuration.tar", _configuration(own, root))


def _copy(source: Path, target: Path) -> None:
    """A package's sources and what its build reads beside them."""
    for name in _tracked(source):
        if name.parts[0] == "src" or (name.name.startswith(_METADATA) and len(name.parts) == 1):
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source / name, target / name)


def _skeleton() -> Iterator[_Packed]:
    """Folders and files that later steps would else make, each with the time of its making."""
    yield _entry("etc", 0o755)
    # The engine mounts these two over, and leaves a trace in /etc where they are not.
    yield _entry("etc/hosts", 0o644, is_folder=False)
    yield _entry("etc/resolv.conf", 0o644, is_folder=False)
    yield _entry(str(HOME), 0o755)
    # Where a store is mounted; without one, any user may still run.
    yield _entry(str(HOME / "store"), 0o1777)


def _configuration(own: Path, root: Path) -> Iterator[_Packed]:
    """platform-conf and the project without its code, where a run looks for them."""
    home = HOME / "projects" / own.name
    yield from (_entry(str(each), 0o755) for each in (HOME, HOME / "projects", home))
    conf = root / "platform-conf"
    yield from _below(conf, HOME / "platform-conf", _tracked(conf))
    names = [each for each in _tracked(own) if each.parts[0] == "conf"]
    yield from _below(own, home, [*names, Path("pyproject.toml"), Path("uv.lock")])
    # `kedro` wants the folder of sources to be there; the package itself is installed.
    yield _entry(str(home / "src"), 0o755)


def _below(source: Path, target: PurePosixPath, names: list[Path]) -> Iterator[_Packed]:
    folders = {target / parent for name in names for parent in name.parents}
    yield from (_entry(str(each), 0o755) for each in sorted(folders | {target}))
    for name in names:
        yield _entry(str(target / name), 0o644, is_folder=False), source / name


def _tracked(folder: Path) -> list[Path]:
    """Files below a folder that git tracks or would track, without local configuration."""
    pieces = tracked_files(folder, ["."])
    names = sorted(Path(name) for piece in pieces for name in piece)
    return [each for each in names if each.parts[:2] != ("conf", "local")]


def _entry(name: str, mode: int, *, is_folder: bool = True) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.type = tarfile.DIRTYPE if is_folder else tarfile.REGTYPE
    entry.mode, entry.mtime = mode, EPOCH
    return entry


def _pack(path: Path, entries: Iterable[_Packed]) -> None:
    with tarfile.open(path, "w", format=tarfile.GNU_FORMAT) as archive:
        for each in entries:
            entry, source = each if isinstance(each, tuple) else (each, None)
            content = source.read_bytes() if source else b""
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
