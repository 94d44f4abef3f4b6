"""What a killed command leaves, the next attempt removes, and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from highroad_workspace.leftovers import is_left, new_folder, temporary_folder


def gone() -> int:
    """The number of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_folders_of_processes_that_are_gone_are_removed_and_no_others(tmp_path):
    own = Path(new_folder("code", tmp_path))
    named = own.name.replace(f"-{os.getpid()}-", f"-{gone()}-")
    left, other_purpose = tmp_path / named, tmp_path / named.replace("code", "image")
    elsewhere = tmp_path / named.replace("highroad-code-", "highroad-code-otherhost")
    stranger = tmp_path / "highroad-code-notes"
    for folder in (left, other_purpose, elsewhere, stranger):
        folder.mkdir()
    assert is_left(str(left)) and not is_left(str(own)) and not is_left(str(elsewhere))
    new_folder("code", tmp_path)
    assert not left.exists()
    assert all(folder.is_dir() for folder in (own, other_purpose, elsewhere, stranger))


def test_a_temporary_folder_is_gone_after_an_error(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(KeyError), temporary_folder("code") as folder:
        Path(folder, "a").touch()
        raise KeyError
    assert not [*tmp_path.iterdir()]
