"""What surrounds a run: commit and what differs from it, hashes, secrets left out."""

from __future__ import annotations

import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest
from conftest import write
from hypothesis import given
from hypothesis import strategies as st

from highroad.errors import WorkspaceError
from highroad.secrets.redaction import redact_values
from highroad.tracking.surroundings import code_of, digest
from highroad.tracking.versions import DataVersion, version_of
from highroad_workspace.git import checked_out, commit_of, snapshot


def git(folder: Path, *words: str) -> None:
    name = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    subprocess.run(["git", *name, *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path) -> Path:
    git(tmp_path, "init", "-q")
    write(tmp_path / "p" / "code.py", "one = 1\n")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "m")
    return tmp_path


def test_a_clean_tree_is_its_commit(repository):
    found = snapshot(repository / "p")
    assert len(found.commit) == 40 and found.diff == ""
    assert commit_of(repository / "p") == found.commit


def test_every_change_has_a_hash_of_its_own(repository):
    seen = {snapshot(repository).diff}
    for path, text in (
        ("p/code.py", "one = 2\n"),
        ("p/code.py", "one = 3\n"),
        ("p/new ü.py", "a"),
        ("p/new ü.py", "b"),
        ("new ü.py", "b"),
    ):
        write(repository / path, text)
        seen.add(snapshot(repository / "p").diff)
    git(repository, "mv", "p/code.py", "p/other.py")
    seen.add(snapshot(repository).diff)
    assert len(seen) == 7 and commit_of(repository).endswith("+")
    again = snapshot(repository)
    git(repository, "add", ".")
    assert snapshot(repository).commit == again.commit


def test_a_worktree_is_of_its_commit_and_leaves_nothing(repository):
    commit = snapshot(repository).commit
    write(repository / "p" / "code.py", "one = 2\n")
    with checked_out(repository / "p", commit) as folder:
        assert (Path(folder) / "p" / "code.py").read_text() == "one = 1\n"
        write(Path(folder) / "left.txt", "behind")
    assert not Path(folder).exists() and (repository / "p" / "code.py").read_text() == "one = 2\n"
    listed = subprocess.run(
        ["git", "worktree", "list"], cwd=repository, capture_output=True, check=True
    )
    assert listed.stdout.count(b"\n") == 1
    with (
        pytest.raises(WorkspaceError, match="git knows no commit 'gone'"),
        checked_out(repository, "gone"),
    ):
        pass


def test_large_files_that_git_does_not_know_are_not_read(repository, monkeypatch):
    monkeypatch.setattr("highroad_workspace.git._MOST_BYTES", 3)
    seen = set()
    for text in ("abcd", "efgh", "abcde"):
        write(repository / "data.bin", text)
        seen.add(snapshot(repository).diff)
    assert len(seen) == 2


def test_outside_of_repositories_the_image_tells_the_commit(tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert snapshot(tmp_path) is None and commit_of(tmp_path) == ""
    monkeypatch.setenv("HIGHROAD_COMMIT", "abc")
    expected = {"commit": "abc", "dirty": False, "diff": None, "lock": None}
    assert code_of(tmp_path) == expected
    monkeypatch.setenv("HIGHROAD_COMMIT", "abc+")
    assert code_of(tmp_path) == {**expected, "dirty": True}


def test_what_is_called_a_secret_is_left_out():
    value = "hunter22"
    found = {
        "db": {"password": value, "port": 5432, "apiToken": ["t"], "private_key": {"a": 1}},
        "url": f"https://u:{value}@h",
        "token": "",
        "threshold": 0.5,
    }
    assert redact_values(found) == {
        "db": {"password": "***", "port": 5432, "apiToken": "***", "private_key": "***"},
        "url": "https://u:***@h",
        "token": "",
        "threshold": 0.5,
    }


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), values))
def test_the_digest_knows_no_order_of_keys(value):
    assert digest(value) == digest(dict(reversed(value.items())))


def test_a_version_is_known_or_unknown_and_never_a_guess(tmp_path):
    path = write(tmp_path / "a.csv", "a\n")
    file = SimpleNamespace(_filepath=path, _protocol="file")
    assert (
        version_of(file, saved=False).kind == "sha256" and version_of(file, saved=False).bytes == 2
    )
    path.unlink()
    assert version_of(file, saved=False) == DataVersion()
    for strange in (object(), SimpleNamespace(_filepath=tmp_path, _protocol="file")):
        assert version_of(strange, saved=True) == DataVersion()

    class Broken:
        def data_version(self):
            raise OSError("gone")

    assert version_of(Broken(), saved=True).kind == "unknown"
    versioned = SimpleNamespace(
        _version=1, resolve_load_version=lambda: "t1", resolve_save_version=lambda: "t2"
    )
    assert version_of(versioned, saved=False) == ("kedro", "t1", None)
    assert version_of(versioned, saved=True) == ("kedro", "t2", None)
    remote = SimpleNamespace(
        _filepath="b/k",
        _protocol="s3",
        _fs=SimpleNamespace(info=lambda _: {"ETag": '"e"', "size": 3}),
    )
    assert version_of(remote, saved=True) == ("etag", "e", 3)
