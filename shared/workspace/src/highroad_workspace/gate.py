"""The end of CI: what the plan hands to GitHub, and whether the jobs may pass."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def gate(needs: Mapping[str, Any]) -> list[str]:
    """Why CI must not pass; empty where it may.

    The plan must have succeeded. Every other job must have succeeded, or have been skipped by a
    plan that says it is empty. Cancelled is failure, and so is anything that cannot be read.

    Args:
        needs: The `needs` context of the last job: `result` and `outputs` by job.
    """
    jobs = {name: job if isinstance(job, dict) else {} for name, job in needs.items()}
    planned = jobs.pop("plan", {})
    result = planned.get("result", "missing")
    faults = [] if result == "success" else [f"'plan' ended as '{result}'; it must succeed."]
    outputs = planned.get("outputs")
    empty = outputs.get("empty") if isinstance(outputs, dict) else None
    if not faults and empty not in ("true", "false"):
        faults.append(f"'plan' does not say whether it is empty; found {empty!r}.")
    if not jobs:
        faults.append("the gate waits for no job but the plan; expected the sessions too.")
    for name, job in jobs.items():
        result = job.get("result", "missing")
        if result == "skipped" and empty == "true":
            continue
        if result != "success":
            work = " though the plan has work for it" if result == "skipped" else ""
            faults.append(f"'{name}' ended as '{result}'{work}; expected 'success'.")
    return faults


def outputs(plan: Mapping[str, Any]) -> str:
    """The lines that hand a plan to later jobs, for the file $GITHUB_OUTPUT."""
    import json

    matrix = json.dumps(plan["matrix"], separators=(",", ":"))
    return f"matrix={matrix}\nempty={'true' if plan['empty'] else 'false'}\n"


def summary(plan: Mapping[str, Any]) -> str:
    """The plan for people, in Markdown, for the file $GITHUB_STEP_SUMMARY."""
    sessions = [each for job in plan["matrix"]["include"] for each in job["session"].split("\n")]
    lines = [f"## {len(sessions)} sessions, {len(plan['skipped'])} skipped", ""]
    for name, why in plan["reasons"].items():
        lines.append(f"- **{name}**: {'; '.join(map(_code, why))}")
    if not plan["reasons"]:
        lines.append("Nothing changed.")
    return "\n".join(lines) + "\n"


def _code(text: str) -> str:
    """Text of a stranger's file names, shown as it is."""
    safe = text.replace("`", "'").replace("\n", " ").encode("utf-8", "replace").decode("utf-8")
    return f"`{safe}`"
