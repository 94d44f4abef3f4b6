"""DAGs are there whole, are read as they were written last, and go."""

from __future__ import annotations

import sys
import types
from importlib.machinery import SourceFileLoader

import pytest

from highroad.deployments.targets.airflow.dag_folder import DagFolder


def test_what_is_written_within_a_second_is_no_other_one_s_compiled_code(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    dags = DagFolder(str(tmp_path / "dags"), tmp_path)
    for release in ("one", "two", "six"):
        dags.write("d", f"RELEASE = {release!r}\n")
        module = types.ModuleType("d")
        SourceFileLoader("d", dags.place("d")).exec_module(module)
        assert release == module.RELEASE and dags.read("d") == f"RELEASE = {release!r}\n"
    dags.remove("d")
    dags.remove("d")
    assert dags.read("d") is None


def test_a_relative_folder_is_the_repository_s_and_a_url_is_a_url(tmp_path):
    assert DagFolder("dags", tmp_path).place("d") == f"{tmp_path.resolve()}/dags/d.py"
    dags = DagFolder("memory://bucket/dags", tmp_path)
    dags.check()
    dags.write("d", "one")
    dags.write("d", "two")
    assert dags.read("d") == "two"
    dags.remove("d")
    assert dags.read("d") is None


def test_a_folder_that_is_none_is_said(tmp_path):
    (tmp_path / "dags").write_text("no folder")
    with pytest.raises(OSError, match="dags"):
        DagFolder("dags", tmp_path).check()
