"""What the release workflow must keep true, whoever edits it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from highroad_workspace.gate import outputs
from highroad_workspace.plan import listed, plan

yaml = pytest.importorskip("yaml")
ROOT = Path(__file__).parents[4]
FILE = ROOT / ".github" / "workflows" / "release.yml"
PLATFORM = ROOT / "platform-conf" / "platform.yml"


@pytest.fixture(scope="module")
def workflow() -> dict[Any, Any]:
    return dict(yaml.safe_load(FILE.read_text(encoding="utf-8")))


def scripts(job: dict[str, Any]) -> str:
    return "\n".join(step.get("run", "") for step in job["steps"])


def test_it_keeps_no_key_and_signs_as_itself(workflow: dict[Any, Any]) -> None:
    assert "secrets." not in FILE.read_text(encoding="utf-8") and workflow["permissions"] == {}
    writes = {
        name: {right for right, grant in job["permissions"].items() if grant == "write"}
        for name, job in workflow["jobs"].items()
    }
    assert writes == {
        "plan": set(),
        "checks": set(),
        "release": {"packages", "id-token", "attestations"},
        "staging": {"packages"},
        "prod": {"packages"},
    }


def test_a_projects_tests_run_beside_no_credentials(workflow: dict[Any, Any]) -> None:
    checks, release = (workflow["jobs"][name] for name in ("checks", "release"))
    assert "docker/login-action" not in str(checks) and "checks" in release["needs"]
    asked = set(re.findall(r'nox -s "(\w+)\$of"|"(\w+)\$of"|nox -s (conform)', scripts(checks)))
    ran = {name for names in asked for name in names if name}
    assert ran == {*re.findall(r"--passed (\w+)", scripts(release))}
    assert ran == {"typecheck", "test", "catalog", "conform"}


def test_actions_are_pinned_and_keep_no_credentials(workflow: dict[Any, Any]) -> None:
    steps = [step for job in workflow["jobs"].values() for step in job["steps"] if "uses" in step]
    assert all(re.search(r"@[0-9a-f]{40}$", step["uses"]) for step in steps)
    checkouts = [step for step in steps if step["uses"].startswith("actions/checkout@")]
    assert checkouts and all(not step["with"]["persist-credentials"] for step in checkouts)


def test_scripts_take_no_expression(workflow: dict[Any, Any]) -> None:
    assert all("${{" not in scripts(job) for job in workflow["jobs"].values())


def test_each_environment_comes_after_the_one_that_the_platform_says(
    workflow: dict[Any, Any],
) -> None:
    """Approval is asked where GitHub's environment of the same name has reviewers."""
    jobs = workflow["jobs"]
    environments = yaml.safe_load(PLATFORM.read_text(encoding="utf-8"))["environments"]
    places = {name: each["deploy"] for name, each in environments.items() if "deploy" in each}
    assert places and {name for name, job in jobs.items() if "environment" in job} == set(places)
    for name, deploy in places.items():
        assert jobs[name]["environment"] == name and name in jobs[name]["runs-on"]
        assert (deploy.get("after") or "release") in jobs[name]["needs"]
        assert f"-- --env {name} " in scripts(jobs[name])
        assert jobs[name]["strategy"]["max-parallel"] == 1


def test_it_runs_one_at_a_time_and_cuts_none_off(workflow: dict[Any, Any]) -> None:
    assert workflow["concurrency"] == {"group": "release", "cancel-in-progress": False}


@pytest.mark.parametrize("tag", ["release", "deploy"])
def test_its_plans_have_a_job_for_each_project_producers_first(
    workflow: dict[Any, Any], tag: str
) -> None:
    assert f'nox -s plan -- "$BASE" --tag {tag} ' in scripts(workflow["jobs"]["plan"])
    found = plan(ROOT, "0" * 40, listed(ROOT / "noxfile.py", tag), tag)["matrix"]["include"]
    sessions = [each["session"] for each in found]
    assert sessions[0] == f"{tag}(project='flights')" and len(sessions) >= 3
    assert "matrix=" in outputs({"matrix": {"include": found}, "empty": False})


def test_what_is_attested_is_the_image_that_was_pushed(
    workflow: dict[Any, Any], tmp_path: Path
) -> None:
    (made,) = (step for step in workflow["jobs"]["release"]["steps"] if step.get("id") == "made")
    said = "#!/bin/sh\n[ \"$*\" = 'releases show flights --json' ] && cat answer\n"
    program = tmp_path / "shared" / "extensions" / ".venv" / "bin" / "highroad"
    program.parent.mkdir(parents=True)
    program.write_text(said, encoding="utf-8")
    program.chmod(0o755)
    image = f"registry.example.org/team/flights@sha256:{'1' * 64}"
    (tmp_path / "answer").write_text(f'{{"image": "{image}"}}', encoding="utf-8")
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    env = {"PATH": path, "NAME": "release flights", "GITHUB_OUTPUT": str(tmp_path / "out")}
    words = ["bash", "-e", "-o", "pipefail", "-c", made["run"]]
    subprocess.run(words, cwd=tmp_path, env=env, check=True)
    told = (tmp_path / "out").read_text(encoding="utf-8")
    assert told == f"repository=registry.example.org/team/flights\ndigest=sha256:{'1' * 64}\n"
