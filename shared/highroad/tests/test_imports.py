"""What is imported when: the base is light, and every part has its place in the docs."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

LIBRARY = Path(__file__).parents[1]
ROOT = LIBRARY.parents[1]


def test_pre_commit_has_the_versions_of_lint():
    lock = tomllib.loads((ROOT / "shared" / "extensions" / "uv.lock").read_text())
    versions = {package["name"]: package.get("version") for package in lock["package"]}
    text = (ROOT / ".pre-commit-config.yaml").read_text()
    pins = [line.split('"')[1].split("==") for line in text.splitlines() if "==" in line]
    assert len(pins) >= 6
    assert dict(pins) == {name: versions[name] for name, _ in pins}


def test_entry_points_are_the_hook_modules():
    points = tomllib.loads((LIBRARY / "pyproject.toml").read_text())["project"]["entry-points"][
        "kedro.hooks"
    ]
    named = {value.partition(":")[0].rpartition(".")[2] for value in points.values()}
    with_hook = {
        path.stem
        for path in (LIBRARY / "src/highroad/hooks").glob("*.py")
        if "\nhook = " in path.read_text()
    }
    assert named == with_hook


HEAVY = {
    "pandas",
    "polars",
    "duckdb",
    "mlflow",
    "deltalake",
    "pyarrow",
    "sklearn",
    "kedro.io",
    "cedarpy",
}


@pytest.mark.parametrize(
    "words",
    [[], ["config"], ["catalog"], ["summary"], ["contracts"], ["contracts", "check"], ["products"],
     ["products", "status"], ["drift"], ["image"], ["image", "build"], ["access"], ["access", "why"]],
    ids=" ".join,
)  # fmt: skip
def test_no_command_imports_what_it_does_not_need_yet(words):
    script = (
        "import sys; import highroad; from highroad.cli.commands import cli;"
        f"cli.main({[*words, '--help']!r}, standalone_mode=False);"
        "print(sorted(name for name in sys.modules if '.' not in name or name == 'kedro.io'))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    loaded = set(ast.literal_eval(done.stdout.splitlines()[-1]))
    assert not loaded & HEAVY
