"""Findings as JSON in the shape of OpenSSF Scorecard's, so that what reads that reads these.

https://github.com/ossf/scorecard: a document for each repository, here for each project; a check's score is
10 where it passes, 0 where it fails, -1 where it could not be told or does not apply.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from statistics import fmean
from typing import Any

from highroad import __version__
from highroad.conformance.check import Outcome
from highroad.conformance.doctor import Diagnosis, Verdict

_MOST, _NONE = 10, -1
DOCUMENTATION = "docs/pages/reference/checks.md"


def documents(found: Sequence[Diagnosis], today: date, commit: str) -> list[dict[str, Any]]:
    """A document for each project, and one for the repository.

    Args:
        found: What was found.
        today: The day.
        commit: The repository's commit, with `+` where files differ from it.
    """
    return [_document(each, today, commit) for each in found]


def _document(found: Diagnosis, today: date, commit: str) -> dict[str, Any]:
    checks = [_check(each) for each in found.verdicts]
    told = [each["score"] for each in checks if each["score"] != _NONE]
    return {
        "date": today.isoformat(),
        "repo": {"name": found.subject, "commit": commit},
        "scorecard": {"version": __version__, "commit": ""},
        "score": round(fmean(told), 1) if told else _NONE,
        "checks": checks,
        "metadata": [f"level={found.level or 'none'}", f"required={found.required}"],
    }


def _check(verdict: Verdict) -> dict[str, Any]:
    outcome = verdict.result.outcome
    is_kept = outcome is Outcome.PASS or verdict.waiver is not None
    score = _MOST if is_kept else 0 if outcome is Outcome.FAIL else _NONE
    waived = (
        f" (waived until {verdict.waiver.until}: {verdict.waiver.reason})" if verdict.waiver else ""
    )
    return {
        "name": verdict.check.name,
        "score": score,
        "reason": verdict.result.reason + waived,
        "details": [f"Warn: {each}" for each in verdict.result.findings] or None,
        "documentation": {
            "short": verdict.check.message,
            "url": f"{DOCUMENTATION}#{verdict.check.name}",
        },
    }
