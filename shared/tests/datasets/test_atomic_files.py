"""A file is the old one or the new one, whatever happens in between."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
from pathlib import Path

import fsspec
import pytest

from highroad.datasets.atomic_files import AtomicLocalFileSystem, install

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
