"""Projects come to today's template; what stands in the way is said, and nothing is lost."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner
from filelock import FileLock
from hypothesis import given
from hypothesis import strategies as st

from highroad.cli.commands import cli
from highroad.errors import BusyError, UpgradeError, WorkspaceError
from highroad.starter import journal, steps, upgrading
from highroad.starter.choices import Answers
from highroad.starter.extension import VERSION, contracts_of
from highroad.starter.making import make
from highroad.starter.record import CHOSEN, GIVEN, Given, read_given, written
from highroad.starter.upgrading import report, upgrade
from highroad.testing.checks import FILES

SETTINGS = "src/shop/settings.py"
OLD = "1 + 1 == 2  # as the template had it before\n"


def git(root, *words):
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
    done = subprocess.run(
        ["git", *identity, *words], cwd=root, check=True, capture_output=True, text=True
    )
    return done.stdout


def platform_of_today(tmp_path):
    """A platform with the project `shop`, of today's template, committed."""
    root = tmp_path / "repository"
    (root / "platform-conf").mkdir(parents=True)
    (root / "platform-conf/platform.yml").write_text(FILES["platform-conf/platform.yml"])
    (root / ".gitignore").write_text("__pycache__\n")
    git(tmp_path, "init", "-q", "-b", "main", "repository")
    make(Answers("shop", owner="till"), root, lock=False)
    commit(root)
    return root


@pytest.fixture
def repository(tmp_path):
    return platform_of_today(tmp_path)


def commit(root):
    git(root, "add", "-A")
    git(root, "commit", "-qm", "so far", "--allow-empty")


def given_before(root, name, files, version="0"):
    """Let a project have been given other files than today's, by a template of another version."""
    folder = root / "projects" / name
    now = read_given(folder)
    before = Given(now.name, version, {**now.files, **files})
    (folder / GIVEN).write_text(written(before))
    for file, text in files.items():
        (folder / file).write_text(text)
    commit(root)
    return folder


def tree(root):
    names = git(root, "ls-files", "--cached", "--others", "--exclude-standard").split()
    return {name: (root / name).read_bytes() for name in names if (root / name).is_file()}


def run(root, *names):
    return upgrade(root, contracts_of(root), names, lock=False)


def test_what_is_current_needs_nothing(repository):
    before = tree(repository)
    assert run(repository) == [] and tree(repository) == before


def test_a_file_that_nobody_edited_is_taken_and_the_second_time_nothing_is_done(repository):
    folder = given_before(repository, "shop", {SETTINGS: OLD})
    (done,) = run(repository)
    assert done.steps == {SETTINGS: steps.Step.TAKEN} and done.before == "0"
    assert (folder / SETTINGS).read_text() == read_given(folder).files[SETTINGS] != OLD
    assert read_given(folder).version == VERSION
    after = tree(repository)
    assert run(repository) == [] and tree(repository) == after  # with nothing committed


def test_an_edit_stays_beside_what_the_template_changed(repository):
    folder = repository / "projects" / "shop"
    today = read_given(folder).files["pyproject.toml"]
    given_before(repository, "shop", {"pyproject.toml": today.replace("pytest>=8", "pytest>=7")})
    edited = (folder / "pyproject.toml").read_text() + "\n[tool.ours]\nx = 1\n"
    (folder / "pyproject.toml").write_text(edited)
    commit(repository)
    (done,) = run(repository)
    assert done.steps == {"pyproject.toml": steps.Step.MERGED}
    text = (folder / "pyproject.toml").read_text()
    assert "pytest>=8" in text and text.endswith("[tool.ours]\nx = 1\n")


def test_a_conflict_is_left_in_the_file_and_said(repository, monkeypatch):
    folder = given_before(repository, "shop", {SETTINGS: OLD})
    (folder / SETTINGS).write_text(OLD.replace("2", "3"))
    commit(repository)
    monkeypatch.chdir(repository)
    done = CliRunner().invoke(cli, ["upgrade", "--no-lock"])
    assert done.exit_code == UpgradeError.exit_code == 16
    assert (
        f"{SETTINGS}: conflict" in done.output
        and f"conflicts left in projects/shop/{SETTINGS}" in done.output
    )
    text = (folder / SETTINGS).read_text()
    assert text.startswith(f"<<<<<<< yours\n{OLD.replace('2', '3')}=======\n")
    ((_, found, _),) = report(repository, {}, ["shop"])
    assert {each.file: each.state.value for each in found}[SETTINGS] == "conflicting"
    again = CliRunner().invoke(cli, ["upgrade"])
    assert again.exit_code == 0 and "Nothing to do" in again.output
    assert (folder / SETTINGS).read_text() == text


def test_a_pyproject_with_conflicts_is_reported_and_keeps_no_other_from_its_upgrade(repository):
    make(Answers("shelf", owner="till"), repository, lock=False)
    given_before(repository, "shelf", {"src/shelf/settings.py": OLD})
    pyproject = repository / "projects/shop/pyproject.toml"
    pyproject.write_text("<<<<<<< yours\n=======\n>>>>>>> template 1\n" + pyproject.read_text())
    commit(repository)
    found = {
        name: {each.file: each for each in states} for name, states, _ in report(repository, {})
    }
    assert found["shop"]["pyproject.toml"].state.value == "conflicting"
    assert [each.name for each in run(repository)] == ["shelf"]


def test_a_project_that_is_not_there_is_told_with_those_that_are(repository):
    with pytest.raises(WorkspaceError, match="Did you mean 'shop'"):
        run(repository, "shopp")


def test_conflicts_may_be_left_for_a_pull_request(repository, monkeypatch):
    folder = given_before(repository, "shop", {SETTINGS: OLD})
    (folder / SETTINGS).write_text("x\n")
    commit(repository)
    monkeypatch.chdir(repository)
    assert CliRunner().invoke(cli, ["upgrade", "--no-lock", "--leave-conflicts"]).exit_code == 0


def test_the_report_says_how_each_file_stands_whatever_was_merged(repository, monkeypatch):
    folder = repository / "projects" / "shop"
    (folder / SETTINGS).write_text("# ours\n")
    (folder / "src/shop/__main__.py").unlink()
    accepted = '\n[[accepted]]\nfile = "src/shop/settings.py"\nreason = "we load otherwise"\nowner = "till"\n'
    vain = accepted.replace("settings", "nothing")
    (folder / CHOSEN).write_text((folder / CHOSEN).read_text() + accepted + vain)
    monkeypatch.chdir(repository)
    before = tree(repository)
    said = CliRunner().invoke(cli, ["upgrade", "--report"]).output
    assert (
        "accepted  src/shop/settings.py: is not as the template has it: we load otherwise (till)"
        in said
    )
    assert "missing   src/shop/__main__.py: is missing" in said
    assert "pristine  pyproject.toml\n" in said
    assert "src/shop/nothing.py is accepted, and does not differ" in said
    assert tree(repository) == before


def test_files_come_and_go_with_the_template(repository):
    gone, kept = {"src/shop/old.py": "old\n"}, {"src/shop/mine.py": "old\n"}
    folder = given_before(repository, "shop", {**gone, **kept, "src/shop/away.py": "old\n"})
    (folder / "src/shop/mine.py").write_text("old\nand mine\n")
    (folder / "src/shop/away.py").unlink()
    before = read_given(folder)
    new = {name: text for name, text in before.files.items() if name != "src/shop/__main__.py"}
    (folder / GIVEN).write_text(written(before._replace(files=new)))
    (folder / "src/shop/__main__.py").unlink()
    commit(repository)
    (done,) = run(repository)
    assert done.steps == {
        "src/shop/__main__.py": steps.Step.ADDED,
        "src/shop/mine.py": steps.Step.LEFT,
        "src/shop/old.py": steps.Step.REMOVED,
    }
    assert (folder / "src/shop/mine.py").read_text() == "old\nand mine\n"
    assert (folder / "src/shop/__main__.py").is_file() and not (folder / "src/shop/old.py").exists()


def test_what_a_team_removed_is_not_brought_back(repository):
    folder = given_before(repository, "shop", {SETTINGS: OLD})
    (folder / SETTINGS).unlink()
    commit(repository)
    (done,) = run(repository)
    assert done.steps == {SETTINGS: steps.Step.GONE} and not (folder / SETTINGS).exists()


def test_an_answer_that_was_changed_is_merged_like_a_template(repository):
    folder = repository / "projects" / "shop"
    (folder / CHOSEN).write_text((folder / CHOSEN).read_text().replace('"pandas"', '"polars"'))
    (done,) = run(repository)
    assert done.steps == {"pyproject.toml": steps.Step.TAKEN}
    assert "polars" in (folder / "pyproject.toml").read_text()


def test_a_project_that_was_renamed_is_found_again(repository):
    git(repository, "mv", "projects/shop", "projects/store")
    git(repository, "mv", "projects/store/src/shop", "projects/store/src/store")
    folder = repository / "projects" / "store"
    for path in (folder / "pyproject.toml", folder / "src/store/__main__.py"):
        path.write_text(path.read_text().replace("shop", "store"))
    commit(repository)
    (done,) = run(repository)
    assert not done.conflicts and not any(each.endswith("settings.py") for each in done.steps)
    assert "shop" not in (folder / "pyproject.toml").read_text()
    assert read_given(folder).name == "store" and run(repository) == []


def _edit(folder):
    (folder / SETTINGS).write_text("not committed\n")


def _detach(folder):
    git(folder, "checkout", "-q", "--detach")


def _forget(folder):
    (folder / CHOSEN).unlink()


def _forget_given(folder):
    (folder / GIVEN).unlink()


def _newer(folder):
    given_before(folder.parents[1], "shop", {}, version="99")


def _link(folder):
    (folder / SETTINGS).unlink()
    (folder / SETTINGS).symlink_to("/etc/hostname")


def _binary(folder):
    (folder / SETTINGS).write_bytes(b"\xff\xfe")


def _conflict(folder):
    (folder / SETTINGS).write_text("<<<<<<< yours\na\n=======\nb\n>>>>>>> template 1\n")
    commit(folder.parents[1])


def _no_owner(folder):
    (folder / CHOSEN).write_text((folder / CHOSEN).read_text().replace('"till"', '"tilly"'))


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (_edit, f"not committed: projects/shop/{SETTINGS}. Commit them, or git stash"),
        (
            _detach,
            "HEAD is detached, so a commit of the upgrade would be on no branch: git switch -c",
        ),
        (_forget, f"projects/shop/{CHOSEN}: is missing"),
        (
            _forget_given,
            f"projects/shop/{GIVEN}: is missing; git checkout HEAD -- projects/shop/{GIVEN}",
        ),
        (_newer, "it was given template 99, and this repository has"),
        (_link, f"projects/shop/{SETTINGS}: is a symbolic link, to '/etc/hostname'"),
        (_binary, f"projects/shop/{SETTINGS}: is no UTF-8, at byte 0"),
        (_conflict, f"projects/shop/{SETTINGS}: has the conflict markers of an earlier merge"),
        (_no_owner, f"projects/shop/{CHOSEN}: owner is 'tilly'. Did you mean 'till'?"),
    ],
)
def test_what_stands_in_the_way_is_said_and_nothing_is_changed(repository, spoil, says):
    folder = given_before(repository, "shop", {SETTINGS: OLD})
    spoil(folder)
    before = tree(repository)
    with pytest.raises(UpgradeError) as error:
        run(repository)
    assert says in str(error.value) and tree(repository) == before


def test_all_that_stands_in_the_way_is_said_at_once_and_no_project_is_touched(repository):
    for name in ("till", "shelf"):
        make(Answers(name, owner="till"), repository, lock=False)
    given_before(repository, "shelf", {"src/shelf/settings.py": OLD})
    _forget(repository / "projects" / "shop")
    _forget(repository / "projects" / "till")
    before = tree(repository)
    with pytest.raises(UpgradeError, match=r"(?s)shop/.highroad.toml.*till/.highroad.toml"):
        run(repository)
    assert tree(repository) == before


def test_windows_line_ends_stay(repository):
    today = read_given(repository / "projects" / "shop").files[SETTINGS]
    folder = given_before(repository, "shop", {SETTINGS: today.replace('"""', "'''")})
    path = folder / SETTINGS
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n") + b"OURS = 1\r\n")
    commit(repository)
    (done,) = run(repository)
    assert done.steps == {SETTINGS: steps.Step.MERGED}
    assert path.read_bytes() == (today + "OURS = 1\n").replace("\n", "\r\n").encode()


def test_another_upgrade_at_work_is_waited_for_and_told(repository, monkeypatch):
    monkeypatch.setattr(upgrading, "PATIENCE_S", 0.01)
    with FileLock(journal.place(repository).with_suffix(".lock")), pytest.raises(BusyError):
        run(repository)


@given(st.integers(0, 6))
def test_a_change_that_was_stopped_is_finished_by_the_next_one(stopped_after):
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        git(root, "init", "-q")
        old = {f"{number}.txt": f"old {number}" for number in range(4)}
        for name, text in old.items():
            (root / name).write_text(text)
        new = {"0.txt": "new", "1.txt": None, "2.txt": "new", "deep/5.txt": "new"}
        real, left = Path.replace, [stopped_after]

        def replace(self, target):
            if left[0] == 0:
                raise KeyboardInterrupt
            left[0] -= 1
            return real(self, target)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Path, "replace", replace)
            try:
                journal.change(root, new)
            except KeyboardInterrupt:
                assert stopped_after < 3
        journal.finish(root)
        found = {name: (root / name).read_text() for name in new if (root / name).exists()}
        assert found == {"0.txt": "new", "2.txt": "new", "deep/5.txt": "new"}
        assert journal.finish(root) == []
        assert not list(journal.place(root).parent.glob("highroad-upgrade*"))


def test_a_file_that_was_edited_after_the_stop_is_not_written_over(repository, monkeypatch):
    def stop(self, target):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Path, "replace", stop)
        journal.change(repository, {".gitignore": "new\n"})
    (repository / ".gitignore").write_text("mine\n")
    with pytest.raises(UpgradeError, match=r"\.gitignore was edited after an upgrade was stopped"):
        run(repository)
    assert (repository / ".gitignore").read_text() == "mine\n"
