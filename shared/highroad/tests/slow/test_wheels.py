"""What an organisation gets: a repository made from the wheels alone, and the next version of it."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from slow.repository import environment

from highroad.starter.platform_files import _FILES
from highroad_workspace.environments import find_uv

pytestmark = pytest.mark.xdist_group("checkout")


def run(command: str, folder: Path, env: dict[str, str]) -> str:
    """Run a line of a shell; its output."""
    done = subprocess.run(
        ["bash", "-c", command], cwd=folder, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def build(repository: Path, version: str, wheels: Path) -> Path:
    """Build the wheels of one version; gives that of the library."""
    env = os.environ | {"SETUPTOOLS_SCM_PRETEND_VERSION": version}
    for package in ("workspace", "highroad"):
        words = [str(find_uv()), "build", "-q", "--wheel", "--out-dir", str(wheels)]
        subprocess.run([*words, f"shared/{package}"], cwd=repository, env=env, check=True)
    return wheels / f"highroad-{version}-py3-none-any.whl"


@pytest.fixture
def wheels(copy, tmp_path) -> Path:
    """Version 1.0.0, and 1.1.0 whose noxfile has one more line."""
    folder = tmp_path / "wheels"
    build(copy, "1.0.0", folder)
    noxfile = copy / "noxfile.py"
    text = noxfile.read_text(encoding="utf-8")
    noxfile.write_text(text.replace("import nox\n", "import nox\n\n# New in 1.1.\n", 1), "utf-8")
    build(copy, "1.1.0", folder)
    return folder


@pytest.fixture
def env(wheels, tmp_path) -> dict[str, str]:
    """The wheels beside the package index, and the uv of this environment on the path."""
    uv = Path(str(find_uv())).parent
    return environment(tmp_path / "store") | {
        "UV_FIND_LINKS": str(wheels),
        "PIP_FIND_LINKS": str(wheels),
        "GIT_AUTHOR_NAME": "t", "GIT_AUTHOR_EMAIL": "t@example.com",
        "GIT_COMMITTER_NAME": "t", "GIT_COMMITTER_EMAIL": "t@example.com",
        "PATH": f"{uv}:{Path(sys.executable).parent}:{os.environ['PATH']}",
    }  # fmt: skip


def test_a_wheel_has_the_files_of_a_platform(wheels):
    names = zipfile.ZipFile(wheels / "highroad-1.0.0-py3-none-any.whl").namelist()
    prefix = "highroad/starter/platform/"
    files = {name.removeprefix(prefix) for name in names if name.startswith(prefix)}
    missing = [own for own in _FILES if not any(name.startswith(own) for name in files)]
    assert missing == ["tools.txt"], "what is other here than there comes from `first`"
    assert "highroad/starter/first/tools.txt" in names


def test_a_platform_from_the_wheels_runs_is_tested_grows_and_takes_the_next_version(env, tmp_path):
    made = "uvx -q --from highroad==1.0.0 highroad init acme --organisation 'Acme Data'"
    run(made, tmp_path, env)
    acme = tmp_path / "acme"
    readme = (acme / "README.md").read_text(encoding="utf-8")
    commands = [block.split("```")[0] for block in readme.split("```sh\n")[1:3]]
    assert "example" in run(commands[0], acme, env)
    told = run(commands[1], acme, env)
    assert (
        "test(project='extensions'): success" in told and "test(project='example'): success" in told
    )
    run(".venv/bin/nox -s new -- sales --consumes example.counts", acme, env)
    # What a team changed in the platform's files stays.
    with (acme / "noxfile.py").open("a", encoding="utf-8") as file:
        file.write("\n# Ours.\n")
    run("git add -A && git commit -qm 'Sales'", acme, env)
    told = run("uvx -q --from highroad==1.1.0 highroad upgrade", acme, env)
    assert "noxfile.py: merged" in told
    noxfile = (acme / "noxfile.py").read_text(encoding="utf-8")
    assert "# New in 1.1." in noxfile and "# Ours." in noxfile
    run(".venv/bin/pip install -q -r tools.txt && .venv/bin/nox -t check", acme, env)
    assert "highroad, version 1.1.0" in run(
        "shared/extensions/.venv/bin/highroad --version", acme, env
    )
    assert "sales" in run(".venv/bin/nox -s run", acme, env)
