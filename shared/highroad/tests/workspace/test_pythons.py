"""Version ranges, and the Python that each project gets."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from highroad_workspace.errors import WorkspaceError
from highroad_workspace.plan import plan
from highroad_workspace.projects import find_projects
from highroad_workspace.pythons import python_of, python_of_library, pythons_of
from highroad_workspace.ranges import newest_allowed, version_range

ROOT = Path(__file__).parents[4]


@pytest.mark.parametrize("text", ["1.2", ">=1.x", "~=1", ">1.*", "=>1", ">=1 <2"])
def test_what_is_no_range_is_named(text):
    with pytest.raises(ValueError, match=f"{re.escape(text)}'; expected a range such as"):
        version_range(text)


def test_a_range_compares_pre_releases_and_local_versions():
    assert "2.7.0rc1" in version_range(">=2.6") and "2.5.0+cpu" not in version_range(">=2.6")


def test_the_newest_allowed_is_by_number_and_not_by_text():
    assert newest_allowed(["3.9", "3.11", "3.12"], ">=3.8,<3.12") == "3.11"
    assert newest_allowed(["3.11"], ">=3.12") is None


@pytest.mark.parametrize(
    ("more", "requires", "chosen"),
    [
        ("", ">=3.11", "3.13"),
        ("", ">=3.11,<3.13", "3.12"),
        ('python = "3.11"', ">=3.11", "3.11"),
    ],
)
def test_a_project_gets_the_newest_python_it_allows_or_the_one_it_names(
    repository, more, requires, chosen
):
    assert jobs(repository, more, requires)["test delays"] == chosen


@pytest.mark.parametrize(
    ("more", "requires", "said"),
    [
        ("", ">=3.14", "allows none of the platform's Pythons, 3.11, 3.12, 3.13"),
        ('python = "3.10"', ">=3.9", "must be one of the platform's"),
        ('python = "3.13"', "<3.13", "within requires-python"),
        ("", ">=3.x", "expected a range such as"),
    ],
)
def test_a_python_that_cannot_be_is_named(repository, more, requires, said):
    with pytest.raises(WorkspaceError, match=said):
        jobs(repository, more, requires)


def jobs(repository, more: str, requires: str) -> dict[str, str]:
    repository.write("platform-conf/platform.yml", 'pythons: ["3.11", "3.12", "3.13"]\n')
    path = repository.project("delays", consumes=["flights.departures"], more=more)
    path.write_text(path.read_text().replace(">=3.11", requires))
    session = {"session": "test(project='delays')", "name": "test", "tags": ["ci"],
               "call_spec": {"project": "delays"}}  # fmt: skip
    found = plan(repository.root, "HEAD", [session])["matrix"]["include"]
    return {job["name"]: job["python"] for job in found}


@pytest.mark.parametrize(
    "text",
    [
        'pythons: ["3.11", "3.12"]\nother: ["3.14"]\n',
        "pythons: ['3.11',\n  '3.12']  # not 3.10\n",
        'pythons:\n- "3.11"\n# "3.10" is gone\n- "3.12"\nother:\n- "3.14"\n',
        'store: x\npythons:  # newest last\n  - "3.11"  # since 3.10 ended\n  - "3.12"\n',
    ],
)
def test_the_platforms_pythons_are_read_in_every_form_of_a_list(repository, text):
    repository.write("platform-conf/platform.yml", text)
    assert pythons_of(repository.root) == ["3.11", "3.12"]


def test_the_platform_here_names_its_pythons_and_every_example_fits():
    found = pythons_of(ROOT)
    assert len(found) >= 2
    projects = find_projects(ROOT)
    chosen = {project.name: python_of(project, found) for project in projects}
    assert set(chosen.values()) <= set(found)


@pytest.mark.parametrize(("requires", "expected"), [(">=3.11", "3.13"), (">=3.11,<3.13", "3.12")])
def test_the_librarys_jobs_and_those_of_all_get_the_newest_that_it_allows(
    repository, requires, expected
):
    repository.write("platform-conf/platform.yml", 'pythons: ["3.11", "3.12", "3.13"]\n')
    repository.write(
        "shared/extensions/pyproject.toml",
        f'[project]\nname = "platform-extensions"\nrequires-python = "{requires}"\n',
    )
    sessions = [
        {"session": "test(project='highroad')", "name": "test", "tags": ["ci"],
         "call_spec": {"project": "highroad"}},
        {"session": "docs", "name": "docs", "tags": ["ci"]},
    ]  # fmt: skip
    found = plan(repository.root, "HEAD", sessions)["matrix"]["include"]
    assert {job["name"]: job["python"] for job in found} == {
        "test highroad": expected,
        "docs": expected,
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            '[project]\nrequires-python = ">=3.14"\n',
            "shared/extensions/pyproject.toml: .* allows none of",
        ),
        ("[project", "shared/extensions/pyproject.toml: "),
    ],
)
def test_a_library_that_allows_no_python_is_named(repository, text, said):
    repository.write("shared/extensions/pyproject.toml", text)
    with pytest.raises(WorkspaceError, match=said):
        python_of_library(repository.root, ["3.11"])
