"""A target that only a fork has, as the page shows it: everything takes it, and what is wrong with one is said."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from conftest import write

from highroad.cli.deployments import deploy, deployments, rollback
from highroad.config.platform import load_platform
from highroad.deployments.routes import ledger_database, ledger_of
from highroad.deployments.target import settings_of, target_class
from highroad.errors import ConfigError
from highroad.releases.release import Release
from highroad.releases.shelf import Shelf
from highroad.testing.checks import FILES, PLATFORM

PAGE = Path(__file__).parents[5] / "docs" / "pages" / "how-to" / "add-a-target.md"
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S)
PYTHON = [text for kind, text in BLOCKS if kind == "python"]
(ENVIRONMENTS,) = (text for kind, text in BLOCKS if kind == "yaml")
ONE = Release("shop", "1.0.0", "c" * 40, f"sha256:{'a' * 64}", "b" * 64)
TWO = replace(ONE, version="1.1.0", commit="d" * 40)


def distribution(folder: Path, name: str, module: str, text: str, points: dict[str, str]) -> None:
    """A distribution that is installed in a folder of the path, with entry points for targets."""
    write(folder / f"{module}.py", text)
    write(folder / f"{name}-1.0.dist-info" / "METADATA", f"Name: {name}\nVersion: 1.0\n")
    lines = "".join(f"{key} = {value}\n" for key, value in points.items())
    write(folder / f"{name}-1.0.dist-info" / "entry_points.txt", f"[highroad.targets]\n{lines}")


@pytest.fixture
def site(tmp_path, monkeypatch) -> Path:
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    monkeypatch.delitem(sys.modules, "acme_targets", raising=False)
    point = {"folder": "acme_targets:FolderTarget"}
    distribution(tmp_path / "site", "acme", "acme_targets", PYTHON[0], point)
    return tmp_path / "site"


@pytest.fixture
def root(tmp_path, site, monkeypatch) -> Path:
    root = tmp_path / "repository"
    environments = ENVIRONMENTS.replace("environments:\n", "environments:\n  base: {}\n")
    platform = PLATFORM.replace("environments: {base: {}}\n", environments)
    for name, text in (FILES | {"platform-conf/platform.yml": platform}).items():
        write(root / name, text)
    for env in ("base", "staging", "prod"):
        write(root / "platform-conf" / env / "globals.yml", "{}\n")
    for words in (["init", "-q"], ["add", "-A"]):
        subprocess.run(["git", *words], cwd=root, check=True)
    for name in ("STORE", "RECORDS", "PLATFORM_CONF", "SCOPE"):
        monkeypatch.delenv(f"HIGHROAD_{name}", raising=False)
    monkeypatch.chdir(root)
    return root


@pytest.fixture
def shelf(root) -> Shelf:
    return Shelf(ledger_database(load_platform(root / "platform-conf"), root))


def says(command, *words: str, code: int = 0) -> str:
    done = CliRunner().invoke(command, words)
    assert done.exit_code == code, done.output
    return done.output


def there(root: Path, environment: str) -> str:
    file = root / "deployed" / "highroad" / environment / "shop" / "release.json"
    return str(json.loads(file.read_text())["version"])


def test_it_is_deployed_promoted_taken_back_run_and_listed(root, shelf):
    for release in (ONE, TWO):
        shelf.put(release)
        for env in ("staging", "prod"):
            assert release.id[:12] in says(deploy, "--project", "shop", "--env", env)
            assert there(root, env) == release.version
    back = says(rollback, "--project", "shop", "--env", "prod", "--why", "too new")
    assert ONE.id[:12] in back and (there(root, "prod"), there(root, "staging")) == (
        "1.0.0",
        "1.1.0",
    )
    status = says(deployments, "status")
    assert re.search(rf"shop +{TWO.id[:12]} +{ONE.id[:12]}", status) and "prod (folder)" in status
    assert "ran in prod" in says(deployments, "run", "--project", "shop", "--env", "prod")
    (root / "deployed/highroad/prod/shop/release.json").unlink()
    says(deployments, "reconcile", "--project", "shop", "--env", "prod")
    assert there(root, "prod") == "1.0.0"
    assert "too new" in says(deployments, "list")
    assert "verified, rows: 10" in says(deployments, "verify")
    first = ledger_of(load_platform(root / "platform-conf"), root).entries()[1]
    assert first.detail == {"looked_at": "1.0.0"}


def test_a_ledger_that_was_rewritten_stops_everything_until_somebody_answers_for_it(root, shelf):
    shelf.put(ONE)
    says(deploy, "--project", "shop", "--env", "staging")
    with ledger_database(load_platform(root / "platform-conf"), root).connect() as connection:
        for verb in ("update", "delete"):
            connection.run(f"DROP TRIGGER highroad_deployments_no_{verb}", {})
        connection.run("DELETE FROM highroad_deployments", {})
        connection.run("UPDATE highroad_ledger_newest SET hash = ''", {})
    for command in (deploy, rollback):
        refused = says(command, "--project", "shop", "--env", "staging", code=8)
        assert "row 2 is not what this machine saw there" in refused
    says(deployments, "verify", code=8)
    accepted = says(deployments, "verify", "--accept", "lost with the disk")
    assert "accepted: row 2" in accepted and "rows: 1" in accepted
    says(deploy, "--project", "shop", "--env", "staging")
    assert "lost with the disk" in says(deployments, "list")


def test_a_broken_release_changes_nothing_and_the_drill_says_so(root, shelf):
    broken = replace(TWO, version="1.1.0-broken")
    for release in (ONE, broken):
        shelf.put(release)
    says(deploy, "--project", "shop", "--env", "staging", "--release", ONE.id)
    refused = says(deploy, "--project", "shop", "--env", "staging", code=14)
    assert "its version says that it is broken" in refused and there(root, "staging") == "1.0.0"
    drill = says(deployments, "drill", "--project", "shop")
    assert [line.split()[1] for line in drill.splitlines() if ": " in line] == ["pass"] * 3, drill
    assert "one that is broken" in drill and there(root, "staging") == "1.0.0"
    assert len(ledger_of(load_platform(root / "platform-conf"), root).entries()) == 4


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("{ target: folder }", r"platform.yml:\d+: 'environments.staging.deploy.folder' is missing; "
         "expected the folder that releases are put into"),
        ("{ target: folder, folders: x, folder: y }", r"unknown key .*deploy.folders.*Did you mean 'folder'\?"),
        ("{ target: folders, folder: x }", r"No entry point of highroad.targets is named 'folders'. Did you mean "
         "'folder'.*Installed here: airflow, docker, folder"),
        ("{ target: folder, folder: 3 }", "deploy.folder': Input should be a valid string; found 3"),
        ("{ target: 3 }", "deploy.target': Input should be a valid string"),
    ],
)  # fmt: skip
def test_settings_that_it_does_not_take_are_refused_where_they_stand(root, written, message):
    path = root / "platform-conf" / "platform.yml"
    path.write_text(path.read_text().replace("{ target: folder, folder: deployed }", written))
    with pytest.raises(ConfigError, match=message):
        settings_of(load_platform(path.parent), "staging", path.parent)


def test_one_clear_message_for_an_entry_point_that_is_none(site):
    distribution(site, "beta", "beta_targets", "import no_such_module", {
        "folder": "beta_targets:FolderTarget", "absent": "beta_targets:Any",
    })  # fmt: skip
    distribution(site, "gamma", "gamma_targets", "class Half:\n    def run(self): ...\nvalue = 3", {
        "half": "gamma_targets:Half", "value": "gamma_targets:value", "gone": "gamma_targets:Gone",
    })  # fmt: skip
    with pytest.raises(
        ConfigError, match=r"Two entry points of highroad.targets are named 'folder'"
    ) as two:
        target_class("folder")
    assert "acme_targets:FolderTarget of the package acme" in str(
        two.value
    ) and "package beta" in str(two.value)
    with pytest.raises(
        ConfigError, match=r"cannot be imported: ModuleNotFoundError: .*no_such_module"
    ):
        target_class("absent")
    with pytest.raises(ConfigError, match=r"'gone' .* cannot be imported: AttributeError"):
        target_class("gone")
    with pytest.raises(
        ConfigError, match=r"is no target.*missing: settings .*faults, is_active"
    ) as half:
        target_class("half")
    assert ", run" not in str(half.value)
    with pytest.raises(
        ConfigError, match=r"Entry point 'value' of highroad.targets, 3, is no target"
    ):
        target_class("value")
    assert (
        target_class("docker").__name__ == "DockerTarget"
    )  # what is broken elsewhere does not matter


def test_the_target_of_the_page_holds_what_every_target_must(tmp_path):
    (tmp_path / "test_page.py").write_text("\n\n".join(PYTHON), encoding="utf-8")
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "5 passed" in done.stdout, done.stdout
