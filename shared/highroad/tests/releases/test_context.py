"""Exactly what an image is made of is sent, and equal content is sent as equal bytes."""

from __future__ import annotations

import os
import tarfile
from pathlib import Path

import pytest

from highroad.errors import LockError
from highroad.releases import context
from highroad.releases.context import assemble
from highroad.releases.locks import by_weight


@pytest.fixture(autouse=True)
def no_uv(monkeypatch):
    """What uv exports is its own affair; a lock by hand would not please it."""
    monkeypatch.setattr(context, "requirements", lambda _: "one==1\n")
    monkeypatch.setattr(context, "tools", lambda _: "uv==1\n")


def sent(project, root: Path, folder: Path) -> dict[str, bytes]:
    folder.mkdir()
    assemble(project, root, "base", folder)
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_nothing_is_sent_but_what_is_needed(shop, repository, tmp_path):
    assert set(sent(shop, repository, tmp_path / "context")) == {
        "Dockerfile", "bytecode.py", "heavy.txt", "light.txt", "tools.txt", "skeleton.tar", "configuration.tar",
        "library/highroad/pyproject.toml", "library/highroad/src/highroad/__init__.py",
        "project/shop/pyproject.toml", "project/shop/README.md", "project/shop/src/shop/__init__.py",
    }  # fmt: skip
    with tarfile.open(tmp_path / "context" / "configuration.tar") as archive:
        names = archive.getnames()
        assert {each.mtime for each in archive} == {315532800}
    assert "app/projects/shop/conf/base/parameters.yml" in names
    assert "app/projects/shop/uv.lock" in names and "app/projects/shop/src" in names
    assert "app/platform-conf/contracts/shop.sales.yaml" in names
    assert not [name for name in names if "local" in name or "test" in name]


def test_local_configuration_stays_here_even_where_git_has_it(shop, repository, tmp_path):
    (repository / ".gitignore").unlink()
    sent(shop, repository, tmp_path / "context")
    with tarfile.open(tmp_path / "context" / "configuration.tar") as archive:
        assert not [name for name in archive.getnames() if "credentials" in name]


def test_times_and_rights_of_files_change_nothing(shop, repository, tmp_path):
    before = sent(shop, repository, tmp_path / "one")
    for path in repository.rglob("*.*"):
        if ".git" not in path.parts:
            os.utime(path, (1, 1))
            path.chmod(0o755)
    assert sent(shop, repository, tmp_path / "two") == before


def test_a_project_without_packages_by_path_is_sent_without_any(shop, repository, tmp_path):
    Path(shop.path, "uv.lock").write_text("version = 1\n")
    found = sent(shop, repository, tmp_path / "context")
    assert not [name for name in found if name.startswith("library/")]


def test_a_missing_lock_says_how_to_make_it(shop, repository, tmp_path, monkeypatch):
    monkeypatch.undo()
    (repository / "projects" / "shop" / "uv.lock").unlink()
    (tmp_path / "context").mkdir()
    with pytest.raises(LockError, match=r"nox -s \"lock\(project='shop'\)\""):
        assemble(shop, repository, "base", tmp_path / "context")


def test_a_lock_is_split_by_the_size_of_wheels(tmp_path):
    package = '[[package]]\nname = "{}"\nsdist = {{ size = 9000000 }}\nwheels = [\n{{ size = 100 }},\n{{ size = {} }}]\n'
    lock = tmp_path / "uv.lock"
    lock.write_text(package.format("big", 1_000_000) + package.format("bigger-not", 10))
    big = "big==1 ; python_version > '3' \\\n    --hash=sha256:1\n"
    small = "bigger-not==2 \\\n    --hash=sha256:2\nunknown==3\n"
    assert by_weight(big + small, lock) == (big, small)
    assert by_weight(small, lock) == ("", small)
