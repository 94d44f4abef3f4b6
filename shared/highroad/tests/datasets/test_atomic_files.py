"""A file is the old one or the new one, whatever happens in between."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import subprocess
import sys
from pathlib import Path

import fsspec
import pytest
from conftest import write

from highroad.datasets import atomic_files
from highroad.datasets.atomic_files import AtomicLocalFileSystem, install, sweep

WRITER = """
import sys
from highroad.datasets.atomic_files import install
install()
import fsspec
files = fsspec.filesystem("file")
with files.open(sys.argv[1], "wb") as file:
    file.write(b"new" * 100_000)
    print("half", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def files():
    return AtomicLocalFileSystem(auto_mkdir=True)


@pytest.fixture
def target(tmp_path) -> Path:
    path = tmp_path / "data.txt"
    path.write_text("old")
    return path


def entries(path: Path) -> list[str]:
    return sorted(each.name for each in path.parent.iterdir())


@pytest.mark.parametrize(("mode", "text"), [("w", "new"), ("wb", b"new")])
def test_the_new_content_appears_on_closing(files, target, mode, text):
    with files.open(str(target), mode) as file:
        file.write(text)
        file.flush()
        assert target.read_text() == "old"
    assert target.read_text() == "new"
    assert entries(target) == ["data.txt"]


@pytest.mark.parametrize(("mode", "text"), [("w", "new"), ("wb", b"new")])
def test_an_exception_keeps_the_old_content(files, target, mode, text):
    with pytest.raises(KeyError), files.open(str(target), mode) as file:
        file.write(text)
        raise KeyError
    assert target.read_text() == "old"
    assert entries(target) == ["data.txt"]


@pytest.mark.parametrize("name", ["data.txt", "data.gz"])
@pytest.mark.parametrize(("mode", "text"), [("w", "new"), ("wb", b"new")])
def test_an_exception_within_fsspec_open_keeps_the_old_content(tmp_path, mode, text, name):
    """`OpenFile.__exit__` calls `close()` and says nothing of the error."""
    install()
    target = tmp_path / name
    target.write_text("old")
    opened = fsspec.open(str(target), mode, compression="infer")
    with pytest.raises(KeyError), opened as file:
        file.write(text)
        raise KeyError
    assert target.read_text() == "old"
    assert entries(target) == [name]


def test_a_file_written_while_an_earlier_error_is_handled_is_written(tmp_path):
    install()
    target = tmp_path / "data.txt"
    try:
        try:
            raise KeyError
        except KeyError as error:
            raise ValueError from error
    except ValueError:
        with fsspec.open(str(target), "w") as file:
            file.write("new")
            with contextlib.suppress(KeyError):
                _ = {}["nothing"]
    assert target.read_text() == "new"


def test_a_write_that_failed_is_not_committed_though_nobody_looks(files, target):
    file = files.open(str(target), "wb")
    file.f.close()
    file.f = open(os.devnull, "rb")  # noqa: PTH123, SIM115  what cannot be written to
    with contextlib.suppress(OSError):
        file.write(b"new")
    file.close()
    assert target.read_text() == "old"
    assert entries(target) == ["data.txt"]


def test_a_rename_that_fails_leaves_nothing_behind(files, target, monkeypatch):
    def refuse(*_):
        raise PermissionError("in use")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(PermissionError, match="in use"):
        files.open(str(target), "wb").close()
    assert target.read_text() == "old"
    assert entries(target) == ["data.txt"]


def test_a_reader_that_blocks_the_rename_is_waited_for(files, target, monkeypatch):
    """As on Windows, where a file that somebody reads cannot be replaced."""
    replace, refusals = os.replace, [1, 2]

    def busy(*paths):
        if refusals:
            refusals.pop()
            raise PermissionError("in use")
        replace(*paths)

    monkeypatch.setattr(os, "replace", busy)
    monkeypatch.setattr(atomic_files, "_PAUSES_S", (0.0, 0.0, 0.0))
    with files.open(str(target), "wb") as file:
        file.write(b"new")
    assert target.read_text() == "new"


def test_sweep_removes_what_killed_writers_left(tmp_path):
    old, young = (
        write(tmp_path / "deep" / name, "half")
        for name in (".a.csv.0123abcd.partial", ".b.csv.0123abcd.partial")
    )
    other = write(tmp_path / ".notes.partial", "somebody else's")
    whole = write(tmp_path / "deep" / "a.csv", "whole")
    for path in (old, other, whole):
        os.utime(path, (0, 0))
    assert sweep(tmp_path) == [old]
    assert young.exists() and other.exists() and whole.exists()
    assert sweep(tmp_path, older_than_s=-1) == [young]
    assert sweep("s3://bucket/x") == sweep(tmp_path / "nowhere") == []


@pytest.mark.parametrize("mode", ["w", "wb"])
def test_a_file_that_nobody_closes_is_forgotten(files, target, mode):
    file = files.open(str(target), mode)
    file.write("new" if mode == "w" else b"new")
    del file
    gc.collect()
    assert target.read_text() == "old"
    assert entries(target) == ["data.txt"]


def test_a_killed_writer_leaves_the_old_content(target):
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(target)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert writer.stdout and writer.stdout.readline() == b"half\n"
    writer.kill()
    writer.communicate()
    assert target.read_text() == "old"


@pytest.mark.skipif(sys.platform == "win32", reason="resource limits are POSIX")
def test_a_full_disk_leaves_the_old_content(target):
    import resource

    def full() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))

    done = subprocess.run(
        [sys.executable, "-c", WRITER, str(target)],
        input=b"",
        capture_output=True,
        preexec_fn=full,
        check=False,
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert done.returncode == 1 and b"File too large" in done.stderr
    assert target.read_text() == "old"
    assert entries(target) == ["data.txt"]


def test_append_exclusive_and_read_stay_as_they_are(files, target):
    with files.open(str(target), "a") as file:
        file.write("er")
    with files.open(str(target), "r") as file:
        assert file.read() == "older"
    with pytest.raises(FileExistsError):
        files.open(str(target), "xb")


def test_install_serves_every_dataset(tmp_path):
    install()
    assert type(fsspec.filesystem("file")) is AtomicLocalFileSystem
