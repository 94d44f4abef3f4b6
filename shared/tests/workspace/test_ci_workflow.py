"""What the workflow must keep true, whoever edits it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

yaml = pytest.importorskip("yaml")
FILE = Path(__file__).parents[3] / ".github" / "workflows" / "ci.yml"


@pytest.fixture(scope="module")
def workflow() -> dict[Any, Any]:
    return dict(yaml.safe_load(FILE.read_text(encoding="utf-8")))


def test_gate_waits_for_every_other_job_whatever_happens(workflow: dict[Any, Any]) -> None:
    gate = workflow["jobs"]["gate"]
    assert set(gate["needs"]) == set(workflow["jobs"]) - {"gate"}
    assert gate["if"] == "always()"


def test_no_more_rights_than_reading(workflow: dict[Any, Any]) -> None:
    assert workflow["permissions"] == {}
    for job in workflow["jobs"].values():
        assert job["permissions"] == {"contents": "read"}
    assert "secrets." not in FILE.read_text(encoding="utf-8")


def test_actions_are_pinned_and_keep_no_credentials(workflow: dict[Any, Any]) -> None:
    steps = [step for job in workflow["jobs"].values() for step in job["steps"] if "uses" in step]
    assert all(re.search(r"@[0-9a-f]{40}$", step["uses"]) for step in steps)
    checkouts = [step for step in steps if step["uses"].startswith("actions/checkout@")]
    assert checkouts and all(not step["with"]["persist-credentials"] for step in checkouts)


def test_scripts_take_no_expression(workflow: dict[Any, Any]) -> None:
    for job in workflow["jobs"].values():
        assert all("${{" not in step.get("run", "") for step in job["steps"])


def test_plan_sees_the_whole_history(workflow: dict[Any, Any]) -> None:
    plan = workflow["jobs"]["plan"]
    assert "if" not in plan and plan["steps"][0]["with"]["fetch-depth"] == 0
