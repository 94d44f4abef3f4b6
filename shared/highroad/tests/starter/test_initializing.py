"""A platform repository is made whole, or nothing is."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from highroad.cli.commands import cli
from highroad.config.platform import load_platform
from highroad.starter.platform_files import managed_files, platform_files
from highroad.starter.record import GIVEN, read_given


@pytest.fixture(autouse=True)
def git(tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    (tmp_path / "gitconfig").write_text("[user]\nname = t\nemail = t@example.com\n")


def init(path: Path, *words: str):
    return CliRunner().invoke(cli, ["init", str(path), "--no-lock", *words])


def test_all_of_it_is_made_and_committed(tmp_path):
    done = init(tmp_path / "acme-data", "--project", "sales")
    assert done.exit_code == 0, done.output
    root = tmp_path / "acme-data"
    platform = load_platform(root / "platform-conf")
    assert platform.organisation == "Acme Data" and platform.clock is None
    assert sorted(platform.owners) == ["data-science", "platform"]
    assert (root / "projects" / "sales" / "pyproject.toml").is_file()
    assert [path.name for path in (root / "platform-conf" / "contracts").iterdir()] == [
        "sales.rows.yaml"
    ] or list((root / "platform-conf" / "contracts").glob("sales.*.yaml"))
    assert "@acme-data/data-science" in (root / ".github" / "CODEOWNERS").read_text()
    status = subprocess.run(["git", "status", "--porcelain"], cwd=root, capture_output=True)
    assert status.stdout == b"" and sorted(path.name for path in tmp_path.iterdir()) == [
        "acme-data",
        "gitconfig",
    ]


def test_the_library_comes_by_version(tmp_path):
    files = platform_files("Acme")
    extensions = files["shared/extensions/pyproject.toml"]
    assert "tool.uv.sources" not in extensions and 'dependencies = ["highroad==' in extensions
    assert "highroad-workspace==" in files["tools.txt"]
    workflows = {name for name in files if name.startswith(".github/workflows/")}
    assert len(workflows) == 4 and ".github/workflows/publish.yml" not in workflows, (
        "the library is published from its own repository alone"
    )
    lines = sum(len(text.splitlines()) for name, text in files.items() if name.endswith(".py"))
    assert lines < 1500


@pytest.mark.parametrize("name", ['Say "Hello": a # & b', "Élan", "a\\b"])
def test_any_name_of_an_organisation_is_kept(name):
    files = platform_files(name)
    assert yaml.safe_load(files["platform-conf/platform.yml"])["organisation"] == name


def test_what_is_managed_is_remembered_for_the_next_version(tmp_path):
    init(tmp_path / "acme")
    given = read_given(tmp_path / "acme")
    assert given.files == managed_files()
    assert {"noxfile.py", "tools.txt", ".github/workflows/ci.yml"} <= set(given.files)
    assert all((tmp_path / "acme" / name).read_text() == text for name, text in given.files.items())


@pytest.mark.parametrize(
    ("before", "words", "message"),
    [
        (lambda root: (root / "x").mkdir(parents=True), [], "is not empty"),
        (lambda root: root.write_text(""), [], "is a file"),
        (lambda root: None, ["--project", "1-x"], "is not a valid project name"),
        (lambda root: None, ["--project", "pandas"], "which it would hide"),
        (lambda root: None, ["--organisation", " "], "expected one line of words"),
        (
            lambda root: subprocess.run(["git", "init", "-q", root.parent], check=True),
            [],
            "inside the repository",
        ),
    ],
)
def test_what_cannot_be_is_one_message_and_leaves_nothing(tmp_path, before, words, message):
    root = tmp_path / "below" / "acme"
    root.parent.mkdir()
    before(root)
    there = sorted(root.parent.rglob("*"))
    done = init(root, *words)
    assert done.exit_code == 15 and message in done.output and "Traceback" not in done.output
    assert sorted(root.parent.rglob("*")) == there


def test_without_git_it_is_said(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "")
    done = init(tmp_path / "acme")
    assert done.exit_code == 15 and "git is not installed" in done.output


@pytest.fixture
def clone(tmp_path):
    """A repository with two projects, the second of which reads what the first publishes."""
    root = tmp_path / "clone"
    assert init(root, "--project", "one").exit_code == 0
    (product,) = [path.stem for path in (root / "platform-conf" / "contracts").iterdir()]
    platform = root / "platform-conf" / "platform.yml"
    text = (
        platform.read_text().replace("@clone/", "@example/").replace("clone.example", "example.org")
    )
    platform.write_text(text.replace("clock: null", "clock: 2014-01-01T12:00:00Z"))
    words = ["new", "two", "--consumes", product, "--no-lock"]
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        assert CliRunner().invoke(cli, words).exit_code == 0
    for words in (["add", "-A"], ["commit", "-qm", "two"]):
        subprocess.run(["git", *words], cwd=root, check=True)
    return root


def own(clone: Path, *words: str):
    load_platform.cache_clear()  # a command is a process of its own
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(clone)
        return CliRunner().invoke(cli, ["own", "--organisation", "Acme Air", *words])


def test_a_clone_becomes_an_organisations_own(clone):
    done = own(clone)
    assert done.exit_code == 0, done.output
    platform = load_platform(clone / "platform-conf")
    assert platform.organisation == "Acme Air" and platform.clock is None
    assert not list((clone / "projects").iterdir())
    assert not list((clone / "platform-conf" / "contracts").iterdir())
    assert "@acme-air/platform" in (clone / ".github" / "CODEOWNERS").read_text()
    changed = subprocess.run(
        ["git", "status", "--porcelain"], cwd=clone, capture_output=True, text=True
    )
    for line in changed.stdout.splitlines():
        path = line[3:]
        assert any(path.startswith(said.split(" ")[0]) for said in done.output.splitlines()), path


def test_examples_are_kept_with_the_clock_of_their_sample(clone):
    done = own(clone, "--keep", "one")
    assert done.exit_code == 0, done.output
    assert [path.name for path in (clone / "projects").iterdir()] == ["one"]
    platform = load_platform(clone / "platform-conf")
    assert platform.clock is not None and platform.organisation == "Acme Air"
    assert platform.owners["data-science"].handle == "@acme-air/data-science"


@pytest.mark.parametrize(
    ("words", "message"),
    [(["--keep", "two"], "--keep one --keep two"), (["--keep", "tow"], "Did you mean")],
)
def test_a_keep_that_cannot_be_changes_nothing(clone, words, message):
    done = own(clone, *words)
    assert done.exit_code == 15 and message in done.output
    status = subprocess.run(["git", "status", "--porcelain"], cwd=clone, capture_output=True)
    assert status.stdout == b""


def test_an_upgrade_merges_the_platforms_own_files(clone):
    given = (clone / GIVEN).read_text(encoding="utf-8")
    # As an older version had given them, and the organisation added to.
    older = given.replace("nox.options.stop_on_first_error = False\n", "")
    (clone / GIVEN).write_text(older, encoding="utf-8")
    noxfile = clone / "noxfile.py"
    text = noxfile.read_text().replace("nox.options.stop_on_first_error = False\n", "")
    noxfile.write_text(text + "\n# Ours.\n")
    subprocess.run(["git", "commit", "-qam", "older"], cwd=clone, check=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(clone)
        done = CliRunner().invoke(cli, ["upgrade", "--no-lock"])
    assert done.exit_code == 0 and "noxfile.py: merged" in done.output, done.output
    assert "stop_on_first_error = False" in noxfile.read_text() and "# Ours." in noxfile.read_text()
    assert (clone / GIVEN).read_text(encoding="utf-8") == given


def test_files_of_a_newer_version_are_not_taken_back(clone):
    given = (clone / GIVEN).read_text(encoding="utf-8")
    newer = re.sub(r"highroad-workspace==.*", "highroad-workspace==999.1", given)
    (clone / GIVEN).write_text(newer, encoding="utf-8")
    subprocess.run(["git", "commit", "-qam", "newer"], cwd=clone, check=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(clone)
        done = CliRunner().invoke(cli, ["upgrade", "--no-lock"])
    assert done.exit_code == 16 and "are of highroad 999.1" in done.output
