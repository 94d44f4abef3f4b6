"""Everything that a registry knows has its place in the docs."""

from __future__ import annotations

import inspect
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from highroad import datasets, errors
from highroad.conformance.catalog import catalog_checks
from highroad.conformance.doctor import all_checks
from highroad.products.rules import kinds
from highroad_workspace.commands import COMMANDS
from highroad_workspace.sessions import Sessions

pytestmark = pytest.mark.pages

ROOT = Path(__file__).parents[3]
PYPROJECT = tomllib.loads(
    (ROOT / "shared" / "highroad" / "pyproject.toml").read_text(encoding="utf-8")
)
HOOKS = sorted(PYPROJECT["project"]["entry-points"]["kedro.hooks"])
SESSIONS = sorted(
    {name for name, method in vars(Sessions).items() if hasattr(method, "session")}
    | {command.session for command in COMMANDS}
)
MODULES = {
    name: f"highroad.datasets.{re.sub(r'(?<!^)(?=[A-Z])', '_', name).lower()}"
    for name in datasets.__all__
}
PROJECTS = sorted(path.parent.name for path in (ROOT / "projects").glob("*/pyproject.toml"))
CONTRACTS = sorted(path.stem for path in (ROOT / "platform-conf" / "contracts").glob("*.yaml"))


@pytest.fixture(scope="module")
def reference(tmp_path_factory) -> Path:
    """The generated reference pages, made anew."""
    folder = tmp_path_factory.mktemp("reference")
    subprocess.run([sys.executable, "docs/reference.py", folder], cwd=ROOT, check=True)
    return folder


@pytest.fixture(scope="module")
def headings(reference) -> dict[str, set[str]]:
    """The second-level headings of each of them."""
    pages = reference.glob("*.md")
    return {
        page.stem: set(re.findall(r"^## (.+)$", page.read_text(encoding="utf-8"), re.M))
        for page in pages
    }


@pytest.mark.parametrize("name", SESSIONS)
def test_every_session_has_a_heading(headings, name):
    assert name in headings["sessions"]


@pytest.mark.parametrize("name", HOOKS)
def test_every_hook_has_a_heading(headings, name):
    assert name in headings["hooks"]


@pytest.mark.parametrize("name", errors.__all__)
def test_every_exit_code_has_a_heading_and_says_the_way_out(headings, name):
    family = getattr(errors, name)
    assert f"{family.exit_code}: {name}" in headings["errors"]
    assert family is errors.HighroadError or len(inspect.getdoc(family).splitlines()) > 2


@pytest.mark.parametrize("name", [type(check).__name__ for check in catalog_checks()])
def test_every_rule_has_a_heading(headings, name):
    assert name in headings["rules"]


@pytest.mark.parametrize("name", [each.name for each in all_checks()])
def test_every_check_has_a_heading(headings, name):
    assert name in headings["checks"]


@pytest.mark.parametrize("module", sorted(MODULES.values()))
def test_every_dataset_has_a_heading(headings, module):
    assert module in headings["library"]


@pytest.mark.parametrize("name", PROJECTS)
def test_every_project_has_a_heading_and_its_readme_beneath(reference, headings, name):
    assert name in headings["projects"]
    page = (reference / "projects.md").read_text(encoding="utf-8")
    readme = (ROOT / "projects" / name / "README.md").read_text(encoding="utf-8")
    titles = re.findall(r"^## (.+)$", readme, re.M)
    assert titles and all(f"\n### {each}\n" in page for each in titles)


@pytest.mark.parametrize("name", CONTRACTS)
def test_every_product_has_a_heading(headings, name):
    assert name in headings["products"]


def test_the_pages_of_the_menu_are_there_and_every_page_is_in_it(headings):
    menu = set(re.findall(r'"([\w/-]+\.md)"', (ROOT / "docs" / "zensical.toml").read_text()))
    pages = ROOT / "docs" / "pages"
    there = {path.relative_to(pages).as_posix() for path in pages.rglob("*.md")}
    written = {path for path in there if not path.startswith("reference/")}
    assert menu == written | {f"reference/{name}.md" for name in headings}


def test_the_kind_of_rule_of_the_page_holds_what_every_kind_must(tmp_path):
    page = ROOT / "docs" / "pages" / "how-to" / "add-a-rule.md"
    blocks = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.S)
    (tmp_path / "test_page.py").write_text("\n\n".join(blocks), encoding="utf-8")
    about = tmp_path / "page-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: page\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[highroad.rules]\nlater = test_page:Later\n")
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
    path = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        words, cwd=tmp_path, env=path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0 and "3 passed" in done.stdout, done.stdout


@pytest.mark.parametrize("name", [each.name for each in kinds()])
def test_every_kind_of_rule_has_a_heading(headings, name):
    assert name in headings["rule_kinds"]


def test_the_docs_session_runs_what_follows_the_pages():
    assert '"pytest", "-m", "pages"' in inspect.getsource(Sessions.docs)


def test_the_check_of_the_page_holds_what_every_check_must(tmp_path):
    page = ROOT / "docs" / "pages" / "how-to" / "add-a-check.md"
    blocks = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.S)
    (tmp_path / "test_page.py").write_text("\n\n".join(blocks), encoding="utf-8")
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "4 passed" in done.stdout, done.stdout
