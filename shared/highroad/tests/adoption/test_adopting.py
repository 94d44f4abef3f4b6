"""A project from elsewhere comes in on a branch, as it is but for what it cannot be without."""

from __future__ import annotations

import subprocess
import tomllib

import pytest
from click.testing import CliRunner

from highroad.adoption.adopting import adopt
from highroad.adoption.foreign import read_foreign
from highroad.adoption.proposal import propose
from highroad.adoption.static import static_metadata
from highroad.cli.commands import cli
from highroad.config.platform import load_platform
from highroad.errors import AdoptionError
from highroad.starter.making import write_lock
from highroad.testing.checks import FILES
from highroad_workspace.projects import find_projects, project_named

PYPROJECT = """\
[project]
name = "churn"
description = "Who is going to leave?"
requires-python = ">=3.11"
dynamic = ["version"]
dependencies = ["kedro~=1.7.0"]

[tool.kedro]
package_name = "churn"
project_name = "Churn"
kedro_init_version = "1.7.0"

[tool.ruff]
line-length = 60
"""
LOCKED = """\
version = 1
requires-python = ">=3.11"

[[package]]
name = "kedro"
version = "1.7.1"

[[package]]
name = "churn"
source = { editable = "." }

[package.metadata]
requires-dist = [{ name = "kedro", specifier = "~=1.7.0" }]

[package.metadata.requires-dev]
dev = [{ name = "pytest", specifier = ">=8" }]
"""


def git(folder, *words):
    done = subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def platform_with_shop(tmp_path):
    """A platform that has the project `shop`, committed."""
    root = tmp_path / "repository"
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    git(tmp_path, "init", "-q", "-b", "main", "repository")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "start")
    return root


@pytest.fixture
def repository(tmp_path):
    return platform_with_shop(tmp_path)


@pytest.fixture
def elsewhere(tmp_path):
    """A project with its own ruff configuration, loader, hooks, notebook and data."""
    folder = tmp_path / "elsewhere" / "churn-project"
    files = {
        "pyproject.toml": PYPROJECT,
        ".gitignore": "data/**\n!data/**/\n!.gitkeep\n",
        "src/churn/__init__.py": '__version__ = "0.1"\n',
        "src/churn/settings.py": "from churn.hooks import Ours\n\nHOOKS = (Ours(),)\n",
        "src/churn/pipeline_registry.py": "def register_pipelines():\n    return {}\n",
        "conf/base/catalog.yml": "a:\n  type: pandas.CSVDataset\n  filepath: data/01_raw/a.csv\n",
        "conf/local/credentials.yml": "key: mine\n",
        "conf/local/.gitkeep": "",
        "notebooks/look.ipynb": "{}\n",
        "data/01_raw/a.csv": "a\n1\n",
        "tests/test_run.py": "def test_it():\n    assert True\n",
        ".venv/bin/python": "",
        "src/churn/__pycache__/a.pyc": "",
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    (folder / ".gitignore").write_text("data/**\n!data/**/\n!.gitkeep\n.venv\n__pycache__\n")
    return folder


@pytest.fixture
def no_index(monkeypatch):
    """The lock as uv would write it, without the index."""
    from highroad.adoption import adopting

    monkeypatch.setattr(
        adopting, "write_lock", lambda folder: (folder / "uv.lock").write_text(LOCKED)
    )


def contents(root, revision):
    names = git(root, "ls-tree", "-r", "--name-only", revision, "--", "projects/churn").split("\n")
    return {
        name.removeprefix("projects/churn/"): git(root, "show", f"{revision}:{name}")
        for name in names
        if name
    }


@pytest.mark.usefixtures("no_index")
def test_it_comes_as_it_is_and_then_with_what_it_lacks(repository, elsewhere):
    said = []
    before = git(repository, "rev-parse", "HEAD")
    branch = adopt(elsewhere, repository, owner="till", say=said.append)
    assert branch == "adopt/churn"
    first, second = contents(repository, f"{branch}~1"), contents(repository, branch)
    assert set(first) == {
        ".gitignore",
        "pyproject.toml",
        "src/churn/__init__.py",
        "src/churn/settings.py",
        "src/churn/pipeline_registry.py",
        "conf/base/catalog.yml",
        "conf/local/.gitkeep",
        "notebooks/look.ipynb",
        "tests/test_run.py",
    }
    assert all(text == (elsewhere / name).read_text().strip() for name, text in first.items())
    changed = {name for name, text in second.items() if first.get(name) != text}
    assert changed == {"pyproject.toml", "uv.lock"}
    added = second["pyproject.toml"].removeprefix(PYPROJECT.strip())
    assert added.strip() == (
        '[dependency-groups]\ndev = ["pytest>=8"]\n\n'
        '[tool.highroad]\ndescription = "Who is going to leave?"\nowner = "till"\n'
        'kind = "pipeline"\nconformance = "bronze"'
    )
    # The repository itself is as it was: no file, no branch switched, no worktree left.
    assert git(repository, "rev-parse", "HEAD") == before
    assert not git(repository, "status", "--porcelain")
    assert git(repository, "worktree", "list").count("\n") == 0
    told = "\n".join(said)
    assert 'dev = ["pytest>=8"] in [dependency-groups]' in told and "its tests need pytest" in told
    assert "1 files (data/01_raw/a.csv); --data brings" in told
    assert "churn  bronze" in told or "churn  silver" in told or "churn  gold" in told
    message = git(repository, "log", "-1", "--format=%B", branch)
    assert all(each in message for each in ("[tool.highroad]", "uv.lock", ".github/CODEOWNERS"))


@pytest.mark.usefixtures("no_index")
def test_a_second_time_gives_the_same_and_what_changed_there_comes_too(repository, elsewhere):
    branch = adopt(elsewhere, repository)
    tree = git(repository, "rev-parse", f"{branch}^{{tree}}")
    assert adopt(elsewhere, repository) == branch
    assert git(repository, "rev-parse", f"{branch}^{{tree}}") == tree
    (elsewhere / "src/churn/nodes.py").write_text("def a(): ...\n")
    adopt(elsewhere, repository)
    assert "src/churn/nodes.py" in contents(repository, branch)


@pytest.mark.usefixtures("no_index")
def test_what_was_adopted_lacks_nothing_more(repository, elsewhere):
    branch = adopt(elsewhere, repository)
    git(repository, "merge", "-q", branch)
    git(repository, "branch", "-qd", branch)
    assert adopt(repository / "projects" / "churn", repository) == branch
    assert git(repository, "rev-parse", branch) == git(repository, "rev-parse", "HEAD")
    assert project_named(find_projects(repository), "churn").conformance == "bronze"


@pytest.mark.usefixtures("no_index")
def test_data_comes_where_it_is_asked_for(repository, elsewhere):
    branch = adopt(elsewhere, repository, data=True)
    assert contents(repository, branch)["data/01_raw/a.csv"] == "a\n1"


@pytest.mark.usefixtures("no_index")
def test_commits_of_somebody_else_on_the_branch_are_not_lost(repository, elsewhere):
    branch = adopt(elsewhere, repository)
    git(repository, "switch", "-q", branch)
    (repository / "projects/churn/mine.txt").write_text("mine\n")
    with pytest.raises(AdoptionError, match="is checked out"):
        adopt(elsewhere, repository)
    git(repository, "add", "-A")
    git(repository, "commit", "-qm", "mine")
    mine = git(repository, "rev-parse", branch)
    git(repository, "switch", "-q", "main")
    with pytest.raises(AdoptionError, match=f"{mine[:9]}: merge it, or rename it"):
        adopt(elsewhere, repository)
    assert git(repository, "rev-parse", branch) == mine


@pytest.mark.usefixtures("no_index")
def test_a_hook_that_wants_another_style_does_not_stop_it(repository, elsewhere):
    hook = repository / ".git/hooks/pre-commit"
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    assert adopt(elsewhere, repository) == "adopt/churn"


def _spoil(elsewhere, old, new):
    path = elsewhere / "pyproject.toml"
    path.write_text(path.read_text().replace(old, new))


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("[tool.kedro]", "[tool.other]", "has no table [tool.kedro]"),
        ("[project]", "[project", "cannot be read as TOML"),
        ('package_name = "churn"', 'package_name = "Churn-it"', "package_name is 'Churn-it'"),
        ('package_name = "churn"', 'package_name = "docs"', "the name 'docs' is the platform's"),
        ('package_name = "churn"', 'package_name = "shop"', "projects/shop is there already"),
    ],
)
def test_what_cannot_come_is_said_and_nothing_is_made(repository, elsewhere, old, new, says):
    _spoil(elsewhere, old, new)
    with pytest.raises(AdoptionError) as error:
        adopt(elsewhere, repository)
    assert says in str(error.value)
    assert git(repository, "branch", "--format=%(refname:short)") == "main"


def test_a_folder_above_is_told_which_one_is_meant(repository, elsewhere, monkeypatch):
    monkeypatch.chdir(repository)
    done = CliRunner().invoke(cli, ["adopt", str(elsewhere.parent)])
    assert done.exit_code == AdoptionError.exit_code == 18
    assert f"Did you mean '{elsewhere}'?" in done.output
    done = CliRunner().invoke(cli, ["adopt", str(elsewhere), "--owner", "tilly"])
    assert done.exit_code == 18 and "Did you mean 'till'?" in done.output


def test_what_cannot_be_locked_is_said_with_what_uv_says(repository, elsewhere):
    _spoil(elsewhere, '"kedro~=1.7.0"', '"kedro~=1.7.0", "kedro<1.7"')
    with pytest.raises(AdoptionError, match=r"(?s)uv cannot resolve.*kedro"):
        adopt(elsewhere, repository)
    assert git(repository, "branch", "--format=%(refname:short)") == "main"


def test_a_kedro_before_1_is_told(repository, elsewhere, monkeypatch):
    from highroad.adoption import adopting

    old = LOCKED.replace("1.7.1", "0.19.14")
    monkeypatch.setattr(adopting, "write_lock", lambda folder: (folder / "uv.lock").write_text(old))
    with pytest.raises(AdoptionError, match=r"has kedro 0\.19\.14; expected 1\.0 or later"):
        adopt(elsewhere, repository)


def proposed(repository, elsewhere, text=None):
    if text is not None:
        (elsewhere / "pyproject.toml").write_text(text)
    platform = load_platform(repository / "platform-conf")
    text, changes = propose(read_foreign(elsewhere), platform)
    assert all(each.what and each.why for each in changes)
    return tomllib.loads(text), changes


KEDRO = PYPROJECT[PYPROJECT.index("[tool.kedro]") :]


def test_requirements_txt_stays_where_the_dependencies_are(repository, elsewhere):
    (elsewhere / "requirements.txt").write_text("kedro~=1.7.0\npytest\n")
    content, changes = proposed(repository, elsewhere, KEDRO)
    assert content["project"] == {
        "name": "churn",
        "version": "0.1.0",
        "requires-python": ">=3.11",
        "dynamic": ["dependencies"],
    }
    assert content["tool"]["setuptools"]["dynamic"]["dependencies"] == {
        "file": ["requirements.txt"]
    }
    assert content["build-system"]["build-backend"] == "setuptools.build_meta"
    assert "read from requirements.txt" in changes[0].what
    assert "dependency-groups" not in content  # pytest is among them


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("", "", ["pytest>=8"]),
        ('["kedro~=1.7.0"]', '["kedro~=1.7.0", "pytest~=7.2"]', None),
        ("[tool.kedro]", '[dependency-groups]\ndev = ["pytest"]\n[tool.kedro]', ["pytest"]),
        ("[tool.kedro]", '[dependency-groups]\ndev = ["a"]\n[tool.kedro]', ["pytest>=8", "a"]),
        ("[tool.kedro]", '[dependency-groups]\nx = ["a"]\n[tool.kedro]', ["pytest>=8"]),
        (
            "[tool.kedro]",
            '[project.optional-dependencies]\ndev = ["b"]\n[dependency-groups]\n"dev" = [\n  "a",\n]\n[tool.kedro]',
            ["pytest>=8", "a"],
        ),
        (
            "[tool.kedro]",
            '[project.optional-dependencies]\nqa = ["pytest-cov>=3"]\n[tool.kedro]',
            ["churn[qa]"],
        ),
    ],
)
def test_pytest_is_asked_for_where_there_are_tests_and_nobody_does(
    repository, elsewhere, old, new, expected
):
    content, _ = proposed(
        repository, elsewhere, PYPROJECT.replace(old, new, 1) if old else PYPROJECT
    )
    assert content.get("dependency-groups", {}).get("dev") == expected


def test_without_tests_pytest_is_not_asked_for(repository, elsewhere):
    (elsewhere / "tests/test_run.py").unlink()
    content, _ = proposed(repository, elsewhere)
    assert "dependency-groups" not in content


def test_names_and_python_are_what_the_platform_needs(repository, elsewhere):
    text = PYPROJECT.replace('name = "churn"', 'name = "churn-project"', 1)
    content, changes = proposed(
        repository, elsewhere, text.replace('requires-python = ">=3.11"\n', "")
    )
    assert content["project"]["name"] == "churn"
    assert content["project"]["requires-python"] == ">=3.11"
    assert 'in place of "churn-project"' in changes[0].what


def test_what_nothing_can_be_added_to_is_said_with_what_it_lacks(repository, elsewhere):
    text = 'tool = { kedro = { package_name = "churn" } }\nproject.name = "churn"\n'
    with pytest.raises(AdoptionError, match=r"(?s)nothing can be added to it.*\[tool\.highroad\]"):
        proposed(repository, elsewhere, text)


def test_repositories_inside_stay_away_and_links_within_come(repository, elsewhere):
    (elsewhere / "within").symlink_to("pyproject.toml")
    (elsewhere / "nowhere").symlink_to("not-there")
    git(elsewhere, "init", "-q", "inner")
    (elsewhere / "inner" / "a.txt").write_text("a\n")
    git(elsewhere / "inner", "add", "-A")
    git(elsewhere / "inner", "commit", "-qm", "a")
    foreign = read_foreign(elsewhere)
    assert {"within", "nowhere"} <= set(foreign.files) and foreign.inner == ("inner/",)
    assert not any(each.startswith("inner") for each in foreign.files)
    assert not any(each.startswith("conf/local/cred") for each in foreign.files)


@pytest.mark.parametrize(
    ("target", "says"),
    [
        ("/etc/hostname", "link → /etc/hostname is absolute"),
        ("../../secret", r"link → \.\./\.\./secret leads out"),
        ("link", "link → link leads to itself"),
        ("src/../../x", "leads out of the project"),
    ],
)
def test_links_that_lead_out_are_refused_by_name(elsewhere, target, says):
    (elsewhere / "link").symlink_to(target)
    with pytest.raises(AdoptionError, match=says):
        read_foreign(elsewhere)


BACKEND = """[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""


@pytest.mark.parametrize(
    ("project", "says"),
    [
        (
            'dynamic = ["version", "dependencies"]',
            "its dependencies are dynamic.*would run 'backend'.*--allow-build",
        ),
        (
            'version = "1"\ndependencies = ["x @ git+https://example.org/x"]',
            "'x @ git.*is built from a source",
        ),
        (
            'version = "1"\ndependencies = ["x"]\n[tool.uv.sources]\nx = {path = "lib"}',
            "'x' is built from a source",
        ),
    ],
)
def test_no_code_of_a_project_runs_unsaid(tmp_path, project, says):
    text = f'{BACKEND}[project]\nname = "churn"\nrequires-python = ">=3.11"\n{project}\n'
    (tmp_path / "pyproject.toml").write_text(text)
    with pytest.raises(AdoptionError, match=says), static_metadata(tmp_path, tmp_path):
        pytest.fail("it is locked")
    assert (tmp_path / "pyproject.toml").read_text() == text


def test_a_project_with_a_dynamic_version_is_locked_without_its_backend(tmp_path):
    (tmp_path / "backend.py").write_text(
        "import pathlib\npathlib.Path(__file__).with_name('ran').touch()\n"
    )
    text = (
        f'{BACKEND}[project]\nname = "churn"\nrequires-python = ">=3.11"\ndynamic = ["version"]\n'
    )
    (tmp_path / "pyproject.toml").write_text(text)
    with static_metadata(tmp_path, tmp_path):
        write_lock(tmp_path)
    assert (tmp_path / "pyproject.toml").read_text() == text and not (tmp_path / "ran").exists()
    assert tomllib.loads((tmp_path / "uv.lock").read_text())["package"] == [
        {"name": "churn", "source": {"editable": "."}}
    ]
