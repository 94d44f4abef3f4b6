"""Runs inside a build: compile what was installed below a folder, and give every file the same time.

Equal packages then make an equal layer, whenever and in whatever order they were installed. The packages
stay as their authors made them.
"""

import hashlib
import os
import py_compile
import shutil
import sys
from importlib.util import cache_from_source
from multiprocessing import get_context
from pathlib import Path

KEPT = Path.home() / ".cache" / "bytecode"
EPOCH = 315532800  # 1980-01-01, the first day that a zip archive can name


def compile_all(top: Path) -> None:
    """Write bytecode that is never compared with its source's time, which says nothing here.

    It names its source by its later place, and is kept beside the installer's cache: a change of one package
    compiles that package only.
    """
    KEPT.mkdir(parents=True, exist_ok=True)
    missing = []
    for source in sorted(top.rglob("site-packages/**/*.py")):
        if {"test", "tests"}.intersection(source.parts):  # no run imports a package's own tests
            continue
        place = f"/{source.relative_to(top)}" if top.name == "out" else str(source)
        digest = hashlib.sha256(f"{sys.version}{place}".encode() + source.read_bytes())
        bytecode, kept = Path(cache_from_source(str(source))), KEPT / digest.hexdigest()
        bytecode.parent.mkdir(exist_ok=True)
        try:
            bytecode.write_bytes(kept.read_bytes())
        except FileNotFoundError:
            missing.append((source, place, bytecode, kept))
    # What a process compiled before shows in the bytes of what it compiles next, so each process compiles the
    # same few files and ends.
    with get_context("fork").Pool(maxtasksperchild=1) as pool:
        pool.map(compile_one, missing, chunksize=16)


def compile_one(task: tuple[Path, str, Path, Path]) -> None:
    """Compile a file; one that is for another Python is left as it is, as pip does."""
    source, place, bytecode, kept = task
    mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
    if py_compile.compile(str(source), str(bytecode), place, quiet=2, invalidation_mode=mode):
        whole = kept.with_suffix(f".{os.getpid()}")
        shutil.copyfile(bytecode, whole)
        whole.replace(kept)


def set_times(top: Path) -> None:
    """Set the time of everything at and below a folder."""
    for path in (top, *top.rglob("*")):
        os.utime(path, (EPOCH, EPOCH), follow_symlinks=False)


if __name__ == "__main__":
    compile_all(Path(sys.argv[1]))
    set_times(Path(sys.argv[1]))
