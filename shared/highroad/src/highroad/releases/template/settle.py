"""Runs inside a build: take out what no run needs, compile, and give every file the same time.

    settle.py FOLDER                 for packages that were installed below FOLDER
    settle.py --without-installers   for the base image itself

Equal packages then make an equal layer, whenever and in whatever order they were installed.
"""

import base64
import csv
import hashlib
import os
import py_compile
import shutil
import struct
import sys
from importlib.util import cache_from_source
from multiprocessing import get_context
from pathlib import Path

KEPT = Path.home() / ".cache" / "bytecode"
BLOCK = 4096  # what a disk gives to any file
EPOCH = 315532800  # 1980-01-01, the first day that a zip archive can name
INSTALLERS = (
    "ensurepip", "python-wheels", "*-packages/pip", "*-packages/pip-*", "*-packages/setuptools*", "bin/pip*",
)  # fmt: skip
# What compiles against a package, and what shows how to use it.
NEEDLESS = {
    ".h",
    ".hpp",
    ".hh",
    ".c",
    ".cc",
    ".cpp",
    ".pyx",
    ".pxd",
    ".pxi",
    ".a",
    ".f",
    ".f90",
    ".ipynb",
}
# Of which botocore's documentation is made.
EXAMPLES = "botocore/data/*/*/examples-1.json"
# Where uv found a package and when: true of this build only.
OF_THE_BUILD = {"direct_url.json", "uv_cache.json", "uv_build.json", ".lock"}


def without_tests(root: Path) -> None:
    """Remove folders of tests: called so, and with a file that a test runner would collect."""
    for folder, folders, _ in os.walk(root):
        for name in [each for each in folders if each in ("tests", "test")]:
            path = Path(folder, name)
            if any(path.rglob("test_*.py")) or any(path.rglob("conftest.py")):
                shutil.rmtree(path)
                folders.remove(name)


def without_needless_files(root: Path) -> None:
    """Remove what only builds or explains."""
    for path in root.rglob("*"):
        is_needless = path.suffix in NEEDLESS or path.match(EXAMPLES) or is_stub(path)
        if is_needless or path.name in OF_THE_BUILD:
            path.unlink()


def is_stub(path: Path) -> bool:
    """Whether only type checkers read a file; a module may load what it has from its own stub."""
    source = path.with_suffix(".py")
    return path.suffix == ".pyi" and not (source.is_file() and b"stub" in source.read_bytes())


def without_symbols(root: Path) -> set[Path]:
    """Cut what a debugger reads off shared libraries; gives those that were cut.

    It stands behind all that is ever loaded, with the table that describes it. A file with
    something else at its end stays as it is.
    """
    cut = set()
    for path in root.rglob("*.so*"):
        if path.is_symlink() or not path.is_file():
            continue
        with path.open("r+b") as file:
            head = file.read(64)
            if len(head) < 64 or head[:6] != b"\x7fELF\x02\x01":  # 64 bits, little-endian
                continue
            segments, sections = struct.unpack_from("<QQ", head, 32)
            size, count, section_size, section_count = struct.unpack_from("<HHHH", head, 54)
            file.seek(segments)
            table = file.read(size * count)
            ends = [
                sum(struct.unpack_from("<Q", table, n * size + at)[0] for at in (8, 32))
                for n in range(count)
            ]
            end = max(segments + size * count, *ends)
            if sections < end or sections + section_size * section_count != path.stat().st_size:
                continue
            file.seek(40)
            file.write(bytes(8))
            file.seek(58)
            file.write(bytes(6))
            file.truncate(end)
            cut.add(path)
    return cut


def with_true_records(site: Path, changed: set[Path]) -> None:
    """Let each package's RECORD name the files that are there, as they are."""
    own = {str(path) for path in changed}
    for record in site.glob("*.dist-info/RECORD"):
        with record.open(newline="", encoding="utf-8") as file:
            # Text, for there are ten thousand of them.
            rows = [row for row in csv.reader(file) if row and os.path.exists(f"{site}/{row[0]}")]  # noqa: PTH110
        for row in rows:
            if f"{site}/{row[0]}" in own:
                content = (site / row[0]).read_bytes()
                digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest())
                row[1:] = [f"sha256={digest.decode().rstrip('=')}", str(len(content))]
        with record.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file, lineterminator="\n").writerows(sorted(rows))


def compiled(site: Path, top: Path) -> None:
    """Bytecode that is never held against its source's time, which says nothing here.

    It names its source by where that will be, and is kept beside the installer's cache: a change
    of one package compiles that package.
    """
    KEPT.mkdir(parents=True, exist_ok=True)
    sources, missing = list(site.rglob("*.py")), []
    for folder in {source.parent for source in sources}:
        (folder / "__pycache__").mkdir(exist_ok=True)
    for source in sources:
        place = f"/{source.relative_to(top)}" if top.name == "out" else str(source)
        digest = hashlib.sha256(f"{sys.version}{place}".encode() + source.read_bytes())
        bytecode, kept = Path(cache_from_source(str(source))), KEPT / digest.hexdigest()
        try:
            bytecode.write_bytes(kept.read_bytes())
        except FileNotFoundError:
            missing.append((source, place, bytecode, kept))
    # What a process compiled before shows in the bytes of what it compiles next, so each compiles the
    # same few files and ends.
    with get_context("fork").Pool(maxtasksperchild=1) as pool:
        pool.map(compile_one, sorted(missing), chunksize=16)


def compile_one(task: tuple[Path, str, Path, Path]) -> None:
    """Compile a file; one that is for another Python is left as it is, as pip does."""
    source, place, bytecode, kept = task
    mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
    if py_compile.compile(str(source), str(bytecode), place, quiet=2, invalidation_mode=mode):
        whole = kept.with_suffix(f".{os.getpid()}")
        shutil.copyfile(bytecode, whole)
        whole.replace(kept)


def with_one_copy(root: Path) -> None:
    """Let files that are equal be one file with several names, such as a library under each of its versions."""
    alike: dict[tuple[int, int], list[Path]] = {}
    for folder, _, files in os.walk(root):
        for name in files:
            path = Path(folder, name)
            found = path.lstat()
            if found.st_size >= BLOCK and not path.is_symlink():
                alike.setdefault((found.st_size, found.st_mode), []).append(path)
    for paths in alike.values():
        if len(paths) == 1:  # as of nearly all that is large
            continue
        first: dict[bytes, Path] = {}
        for path in sorted(paths):
            kept = first.setdefault(path.read_bytes(), path)
            if kept is not path:
                path.unlink()
                os.link(kept, path)


def with_one_time(root: Path) -> None:
    """Set the time of everything at and below a folder."""
    for folder, folders, files in os.walk(root):
        for name in (*folders, *files):
            os.utime(Path(folder, name), (EPOCH, EPOCH), follow_symlinks=False)
    os.utime(root, (EPOCH, EPOCH))


def without_installers() -> None:
    """Remove pip and what brings it, wherever Python or Debian keeps it; folders keep their time."""
    for top in map(Path, ("/usr/bin", "/usr/lib", "/usr/local", "/usr/share")):
        for path in [each for pattern in INSTALLERS for each in top.rglob(pattern)]:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
            if path.parent.is_dir():
                os.utime(path.parent, (EPOCH, EPOCH))


if __name__ == "__main__":
    if sys.argv[1] == "--without-installers":
        without_installers()
    else:
        top = Path(sys.argv[1])
        without_needless_files(top)
        for packages in top.rglob("site-packages"):
            without_tests(packages)
            with_true_records(packages, without_symbols(packages))
            compiled(packages, top)
        with_one_copy(top)
        with_one_time(top)
