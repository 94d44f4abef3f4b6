"""What git says changed, and whom it affects."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from highroad_workspace.changes import SHOWN, affected, changed_paths
from highroad_workspace.errors import WorkspaceError
from highroad_workspace.git import tracked_files
from highroad_workspace.projects import Project, find_projects

EVERYONE = {"highroad", "extensions", "flights", "delays", "demand", "docs"}


def hit(repository: Any, *paths: str) -> set[str]:
    return set(affected(find_projects(repository.root), paths))


def test_nothing_changed(repository: Any) -> None:
    assert changed_paths(repository.root, "HEAD") == []


def test_edited_staged_committed_untracked_and_ignored(repository: Any) -> None:
    repository.write(".gitignore", "*.log\n")
    base = repository.commit()
    repository.write("committed.py")
    repository.commit()
    repository.write("staged.py")
    repository.git("add", "staged.py")
    repository.write("README.md", "edited")
    repository.write("un/tracked.py")
    repository.write("ignored.log")
    expected = ["README.md", "committed.py", "staged.py", "un/tracked.py"]
    assert changed_paths(repository.root, base) == expected


@pytest.mark.parametrize("committed", [True, False])
def test_deleted_file(repository: Any, committed: bool) -> None:
    base = repository.commit()
    (repository.root / "projects/delays/src/delays/__init__.py").unlink()
    if committed:
        repository.commit()
    paths = changed_paths(repository.root, base)
    assert paths == ["projects/delays/src/delays/__init__.py"]
    assert hit(repository, *paths) == {"delays"}


def test_rename_across_projects_counts_on_both_sides(repository: Any) -> None:
    repository.write("projects/delays/src/delays/nodes.py", "def f():\n    return 1\n" * 20)
    base = repository.commit()
    for key in ("diff.renames", "diff.relative", "diff.noprefix"):
        repository.git("config", key, "true")
    repository.git(
        "mv", "projects/delays/src/delays/nodes.py", "projects/demand/src/demand/nodes.py"
    )
    repository.commit()
    assert hit(repository, *changed_paths(repository.root, base)) == {"delays", "demand"}


def test_names_with_spaces_and_other_alphabets(repository: Any) -> None:
    odd = ["docs/a b.md", "projects/delays/façade 日本.py", "projects/delays/{curly}.py"]
    for path in odd:
        repository.write(path)
    assert changed_paths(repository.root, "HEAD") == odd
    assert hit(repository, *odd) == {"docs", "delays"}


@pytest.mark.skipif(sys.platform != "linux", reason="the file system refuses such names")
def test_name_that_is_no_utf8(repository: Any) -> None:
    Path(os.fsdecode(bytes(repository.root / "projects/delays") + b"/\xff.py")).touch()
    assert changed_paths(repository.root, "HEAD") == ["projects/delays/\udcff.py"]


def test_what_main_did_meanwhile_does_not_count(repository: Any) -> None:
    repository.git("checkout", "-q", "-b", "topic")
    repository.write("projects/delays/x.py")
    repository.commit()
    repository.git("checkout", "-q", "main")
    repository.write("projects/demand/x.py")
    repository.commit()
    repository.git("checkout", "-q", "topic")
    assert changed_paths(repository.root, "main") == ["projects/delays/x.py"]


def test_several_common_ancestors(repository: Any) -> None:
    repository.git("checkout", "-q", "-b", "topic")
    topic = repository.commit("topic")
    repository.git("checkout", "-q", "main")
    main = repository.commit("main")
    repository.git("merge", "-q", "-m", "one", topic)
    repository.git("checkout", "-q", "topic")
    repository.git("merge", "-q", "-m", "other", main)
    repository.write("projects/delays/x.py")
    repository.commit()
    assert changed_paths(repository.root, "main") == ["projects/delays/x.py"]


def test_tag_as_base(repository: Any) -> None:
    repository.git("tag", "-a", "-m", "one", "v1")
    repository.write("x.py")
    assert changed_paths(repository.root, "v1") == ["x.py"]


@pytest.mark.parametrize(
    "base", ["nowhere", "origin/main", "README.md", "f" * 40, "HEAD:README.md"]
)
def test_unknown_base_is_an_error(repository: Any, base: str) -> None:
    with pytest.raises(WorkspaceError, match="git knows no commit"):
        changed_paths(repository.root, base)


@pytest.mark.parametrize("base", ["", "--output=x", "-h"])
def test_base_that_is_no_revision(repository: Any, base: str) -> None:
    with pytest.raises(WorkspaceError, match="is no revision"):
        changed_paths(repository.root, base)


def test_first_push_has_nothing_before_it(repository: Any) -> None:
    paths = changed_paths(repository.root, "0" * 40)
    assert "projects/demand/pyproject.toml" in paths
    assert hit(repository, *paths) >= {"flights", "delays", "demand", "highroad"}


def test_unborn_head(tmp_path: Path, repository: Any) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path / "new")], check=True)
    with pytest.raises(WorkspaceError, match="git knows no commit 'HEAD'"):
        changed_paths(tmp_path / "new", "HEAD")


def test_no_repository(tmp_path: Path, repository: Any) -> None:
    with pytest.raises(WorkspaceError, match="not a git repository"):
        changed_paths(tmp_path, "HEAD")


def test_shallow_clone_is_told_apart(tmp_path: Path, repository: Any) -> None:
    repository.git("checkout", "-q", "-b", "topic")
    repository.commit("topic")
    repository.git("checkout", "-q", "main")
    repository.commit("main")
    source = repository.root.as_uri()
    words = [
        "git",
        "clone",
        "-q",
        "--depth=1",
        "--no-single-branch",
        source,
        str(tmp_path / "clone"),
    ]
    subprocess.run(words, check=True)
    with pytest.raises(WorkspaceError, match="fetch-depth: 0"):
        changed_paths(tmp_path / "clone", "origin/topic")


def test_unrelated_histories(repository: Any) -> None:
    repository.git("checkout", "-q", "--orphan", "other")
    repository.commit()
    with pytest.raises(WorkspaceError, match="share no history"):
        changed_paths(repository.root, "main")


def test_no_git(repository: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(WorkspaceError, match="git is not installed"):
        changed_paths(repository.root, "HEAD")


def test_project_inside_a_larger_repository(repository: Any) -> None:
    inner = repository.root / "projects"
    repository.write("projects/delays/x.py")
    repository.write("outside.py")
    repository.commit()
    repository.write("projects/delays/y.py")
    assert changed_paths(inner, "HEAD~1") == ["delays/x.py", "delays/y.py"]


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("projects/delays/src/delays/nodes.py", {"delays"}),
        ("projects/delays/README.md", {"delays"}),
        ("projects/flights/conf/base/catalog.yml", {"flights", "delays"}),
        ("projects/removed/pyproject.toml", EVERYONE),
        ("projects/stray.txt", EVERYONE),
        ("projects/README.md", {"docs"}),
        (
            "shared/highroad/src/highroad/hooks/x.py",
            {"highroad", "extensions", "flights", "delays", "docs"},
        ),
        ("shared/extensions/src/x.py", {"extensions", "flights", "delays", "docs"}),
        ("shared/README.md", {"highroad", "extensions", "flights", "delays", "docs"}),
        ("platform-conf/base/catalog.yml", EVERYONE),
        ("platform-conf/contracts/flights.fleet.yaml", {"flights", "delays"}),
        ("platform-conf/contracts/nobody.knows.yaml", EVERYONE),
        ("platform-conf/contracts/flights.fleet.json", EVERYONE),
        ("docs/index.md", {"docs"}),
        ("docs/picture.svg", {"docs"}),
        ("changelog.d/x.added", {"docs"}),
        ("README.md", {"docs"}),
        (".github/CODEOWNERS", {"docs"}),
        ("noxfile.py", EVERYONE),
        ("pyproject.toml", EVERYONE),
        (".github/workflows/ci.yml", EVERYONE),
        ("shared", EVERYONE),
        ("docs", EVERYONE),
        ("projects-of-mine/x.py", EVERYONE),
        ("unheard-of", EVERYONE),
    ],
)
def test_whom_a_path_affects(repository: Any, path: str, names: set[str]) -> None:
    assert hit(repository, path) == names


def test_reasons_are_words(repository: Any) -> None:
    reasons = affected(find_projects(repository.root), ["projects/flights/x.py"])
    assert reasons == {
        "flights": ["projects/flights/x.py changed"],
        "delays": ["consumes what 'flights' publishes"],
    }


def test_many_paths_make_few_reasons(repository: Any) -> None:
    paths = [f"projects/demand/{number}.py" for number in range(1000)]
    reasons = affected(find_projects(repository.root), paths)["demand"]
    assert len(reasons) == SHOWN and reasons[-1].endswith("(and 995 more such paths)")


def a_project(name: str, consumes: set[int], library: bool) -> Project:
    return Project(
        name=name,
        path=f"/somewhere/projects/{name}",
        requires_python="",
        uses_library=library,
        description="",
        owner="",
        kind="",
        publishes=(f"{name}.x",),
        consumes=tuple(f"p{each}.x" for each in sorted(consumes)),
    )


@st.composite
def workspaces(draw: st.DrawFn) -> list[Project]:
    return [
        a_project(
            f"p{n}", draw(st.sets(st.integers(0, n - 1))) if n else set(), draw(st.booleans())
        )
        for n in range(draw(st.integers(1, 9)))
    ]


@given(workspaces(), st.sets(st.integers(0, 9)), st.booleans())
def test_closed_over_consumers(projects: list[Project], touched: set[int], shared: bool) -> None:
    start = {f"p{n}" for n in touched} & {project.name for project in projects}
    start |= {project.name for project in projects if shared and project.uses_library}
    expected = set(start)
    while True:  # the oracle: keep adding direct consumers until nothing is added
        more = {p.name for p in projects if {c.split(".")[0] for c in p.consumes} & expected}
        if more <= expected:
            break
        expected |= more
    paths = [
        f"projects/{name}/x.py" for name in start if f"p{name[1:]}" in {f"p{n}" for n in touched}
    ]
    found = set(affected(projects, [*paths, *(["shared/x.py"] if shared else [])]))
    assert found - {"highroad", "extensions", "docs"} == expected
    assert ("highroad" in found) == shared


def test_files_for_a_tool_in_pieces_odd_names_whole(repository: Any) -> None:
    repository.write(".gitignore", "*.log\n")
    names = ["docs/.hidden.md", "docs/a b.md", "docs/line\nbreak.md", "docs/é.md"]
    for name in [*names, "docs/x.log", "docs/gone.md", "elsewhere.md"]:
        repository.write(name)
    repository.git("add", "docs/gone.md")
    (repository.root / "docs" / "gone.md").unlink()
    pieces = tracked_files(repository.root, ["docs"], most=3)
    assert [len(piece) for piece in pieces] == [3, 1] and {*pieces[0], *pieces[1]} == {*names}
    assert tracked_files(repository.root, ["docs", ":(exclude)docs"]) == []
    with pytest.raises(WorkspaceError, match="git cannot list the files"):
        tracked_files(repository.root, ["../outside"])
