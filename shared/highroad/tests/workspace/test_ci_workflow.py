"""What the workflow must keep true, whoever edits it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from highroad_workspace.gate import outputs
from highroad_workspace.plan import listed

yaml = pytest.importorskip("yaml")
ROOT = Path(__file__).parents[4]
FILE = ROOT / ".github" / "workflows" / "ci.yml"


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


def test_changed_contracts_are_held_against_the_base(workflow: dict[Any, Any]) -> None:
    steps = workflow["jobs"]["plan"]["steps"]
    (diff,) = [step for step in steps if "contracts -- diff" in step.get("run", "")]
    assert "base.sha" in diff["env"]["BASE"]
    assert diff["if"] == "github.event_name != 'push' && github.event_name != 'schedule'"


def test_everything_is_planned_at_night(workflow: dict[Any, Any]) -> None:
    assert workflow[True]["schedule"]
    (plan,) = [step for step in workflow["jobs"]["plan"]["steps"] if step.get("id") == "plan"]
    assert plan["env"]["BASE"].endswith(f"|| '{'0' * 40}' }}}}")


def expressions(part: Any) -> Iterator[str]:
    """What stands between `${{` and `}}`, and in every `if`, anywhere in a part of a workflow."""
    if isinstance(part, dict):
        for key, value in part.items():
            yield from [value] if key == "if" else expressions(value)
    elif isinstance(part, list):
        for value in part:
            yield from expressions(value)
    elif isinstance(part, str):
        yield from re.findall(r"\$\{\{(.*?)\}\}", part, re.S)


def test_a_job_reads_only_what_it_needs_and_that_has_it(workflow: dict[Any, Any]) -> None:
    jobs = workflow["jobs"]
    read = 0
    for job in jobs.values():
        needed = job.get("needs", [])
        needed = [needed] if isinstance(needed, str) else needed
        assert set(needed) <= set(jobs)
        for text in expressions(job):
            for name, output in re.findall(r"needs\.(\w+)\.outputs\.(\w+)", text):
                assert name in needed and output in jobs[name]["outputs"]
                read += 1
    assert read >= 2


def test_outputs_come_from_a_step_that_writes_them(workflow: dict[Any, Any]) -> None:
    made = outputs({"matrix": {"include": []}, "empty": True})
    written = {line.partition("=")[0] for line in made.splitlines()}
    for job in workflow["jobs"].values():
        steps = {step["id"]: step for step in job["steps"] if "id" in step}
        for name, text in job.get("outputs", {}).items():
            ((step, output),) = re.findall(r"steps\.(\w+)\.outputs\.(\w+)", text)
            assert name == output and output in written
            assert "highroad_workspace outputs" in steps[step]["run"]


def test_jobs_use_what_the_plan_s_matrix_has(workflow: dict[Any, Any]) -> None:
    used = {
        key
        for text in expressions(workflow["jobs"])
        for key in re.findall(r"\bmatrix\.(\w+)", text)
    }
    assert used == {"name", "session", "python"}  # the keys of a job, see test_plan


def test_what_checks_this_repository_leaves_out_no_session_that_ci_plans() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    commands = "\n".join([*re.findall(r"```sh\n(.*?)```", readme, re.S)[:2], script])
    asked = {
        word for words in re.findall(r"nox -s (.+)", commands) for word in re.findall(r"\w+", words)
    }
    assert asked >= {each["name"] for each in listed(ROOT / "noxfile.py") if "ci" in each["tags"]}
    assert asked >= {"run", "bench"} and "README.md" in script
