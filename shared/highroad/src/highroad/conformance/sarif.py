"""Findings as SARIF 2.1.0, which code hosts show beside the lines they are about."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from highroad import __version__
from highroad.conformance.check import BRONZE, Finding, Outcome
from highroad.conformance.doctor import Diagnosis, Verdict

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def document(found: Sequence[Diagnosis]) -> dict[str, Any]:
    """One run with all that fails or is warned of; what is waived is suppressed with the waiver's reason."""
    checks = {each.check.name: each.check for one in found for each in one.verdicts}
    names = list(checks)
    rules = [
        {
            "id": name,
            "shortDescription": {"text": check.message},
            "fullDescription": {"text": check.why},
            "help": {"text": check.remedy},
            "defaultConfiguration": {"level": _severity(check.level)},
        }
        for name, check in checks.items()
    ]
    results = [
        _result(one, verdict, finding, names.index(verdict.check.name))
        for one in found
        for verdict in one.verdicts
        for finding in verdict.result.findings
    ]
    driver = {"name": "highroad doctor", "semanticVersion": __version__, "rules": rules}
    run = {"tool": {"driver": driver}, "results": results, "columnKind": "utf16CodeUnits"}
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _result(found: Diagnosis, verdict: Verdict, finding: Finding, index: int) -> dict[str, Any]:
    fails = verdict.result.outcome is Outcome.FAIL
    path, _, line = finding.where.partition(":")
    place: dict[str, Any] = {"artifactLocation": {"uri": path.partition(",")[0]}}
    if line.isdigit():
        place["region"] = {"startLine": int(line)}
    remedy = verdict.check.remedy.replace("{project}", found.subject)
    told: dict[str, Any] = {
        "ruleId": verdict.check.name,
        "ruleIndex": index,
        "level": _severity(verdict.check.level) if fails else "note",
        "message": {"text": f"{found.subject}: {finding.what}. {remedy}"},
        "locations": [{"physicalLocation": place}],
    }
    if verdict.waiver:
        told["suppressions"] = [{"kind": "external", "justification": verdict.waiver.reason}]
    return told


def _severity(level: str) -> str:
    return "error" if level == BRONZE else "warning"
