"""One template, every project."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from highroad.releases.dockerfile import render
from highroad.releases.report import linted
from highroad_workspace.projects import Project, find_projects
from highroad_workspace.threads import COUNTS, WAITS

ROOT = Path(__file__).parents[4]
PROJECTS = find_projects(ROOT)
BASE = "python:3.12-slim@sha256:" + "a" * 64
NAMES = st.from_regex(r"[a-z_][a-z0-9_]{0,40}", fullmatch=True)


def project(name: str) -> Project:
    return Project(name, f"/projects/{name}", ">=3.11", True, "", "", "")


@pytest.mark.parametrize("each", PROJECTS, ids=lambda each: each.name)
def test_hadolint_has_nothing_against_any(each):
    assert linted(render(each, BASE, True)) == []


def test_hadolint_does_look():
    (fault,) = linted("FROM python:latest\n")
    assert "DL3007" in fault


@given(NAMES, st.booleans())
def test_what_holds_for_any_project(name, has_local_packages):
    text = render(project(name), BASE, has_local_packages)
    steps = [line for line in text.splitlines() if line and not line.startswith(("#", " "))]
    final = steps[max(place for place, line in enumerate(steps) if line.startswith("FROM")) :]
    assert steps[0] == f"FROM {BASE} AS tools" and final[0] == f"FROM {BASE}"
    assert "syntax=" not in text and "{{" not in text and "{%" not in text
    assert f"WORKDIR /app/projects/{name}" in final and "USER 10001:10001" in final
    assert "STOPSIGNAL SIGINT" in final and 'CMD ["kedro", "run"]' in final
    assert text.index("COPY heavy.txt") < text.index("COPY light.txt") < text.index("COPY project")
    assert ("AS library" in text) == has_local_packages
    assert not any("secret" in line or "uv " in line for line in final)


def test_what_differs_between_projects_is_their_name():
    one, other = (render(project(name), BASE, True) for name in ("one", "other"))
    assert one.replace("projects/one", "projects/other").replace("# one:", "# other:") == other


def test_only_what_serves_is_probed_for_its_health():
    (delays,) = (each for each in PROJECTS if each.name == "delays")
    assert 'CMD ["python", "-m", "highroad.serving.probe", "8080"]' in render(delays, BASE, True)
    assert "HEALTHCHECK" not in render(project("flights"), BASE, True)


def test_an_image_says_how_threads_wait_and_leaves_their_number_to_the_start():
    text = render(project("flights"), BASE, False)
    (line,) = (each for each in text.splitlines() if "HIGHROAD_THREADS" in each)
    assert all(f" {name}={value} " in line for name, value in WAITS.items())
    assert not any(name in line for name in COUNTS)
