"""Nodes are pure, and projects never import each other."""

from __future__ import annotations

import pytest

from highroad_workspace.imports import import_faults, imports_of
from highroad_workspace.projects import find_projects


@pytest.fixture
def faults(repository):
    repository.project("delays")
    repository.project("flights")

    def find(name: str, source: str) -> list[str]:
        repository.write(f"projects/delays/src/delays/{name}", source)
        projects = find_projects(repository.root)
        (own,) = [each for each in projects if each.name == "delays"]
        return import_faults(own, projects)

    return find


def test_another_project_is_refused_wherever_it_is_imported(faults):
    (fault,) = faults("pipelines/x/nodes.py", "def f():\n    from flights.times import later\n")
    assert fault.startswith(
        "projects/delays/src/delays/pipelines/x/nodes.py:2: imports the project"
    )


@pytest.mark.parametrize("module", ["kedro.io", "highroad.config", "kedro_datasets.pandas"])
def test_nodes_are_pure_and_wiring_is_not(faults, module):
    (fault,) = faults("pipelines/x/nodes.py", f"import {module}\n")
    assert ":1: imports" in fault and "pure functions" in fault
    assert len(faults("pipelines/x/pipeline.py", f"import {module}\n")) == 1  # nodes.py's still


def test_own_and_third_packages_are_fine(faults):
    assert faults("nodes.py", "import numpy, delays.costs\nfrom . import other\n") == []


def test_every_kind_of_import_is_seen():
    source = "import a.b as c, d\nfrom e.f import g\nfrom . import h\ntry:\n    import i\nexcept ImportError: ...\n"
    assert [each.module for each in imports_of(source)] == ["a.b", "d", "e.f", "i"]


def test_what_is_no_python_is_a_fault_with_its_line(faults):
    (fault,) = faults("nodes.py", "import numpy\ndef f(:\n")
    assert fault.startswith("projects/delays/src/delays/nodes.py:2: cannot be read as Python")
