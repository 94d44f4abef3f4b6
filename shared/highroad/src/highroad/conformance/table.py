"""Findings for people: which level each project holds, what stands in the way of the next one, and what mends it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from highroad.conformance.check import Outcome
from highroad.conformance.doctor import Diagnosis, Verdict

_SHOWN = 3
"""Findings of one check; all of them are in the JSON."""


def lines(found: Sequence[Diagnosis], *, all_checks: bool = False) -> Iterator[str]:
    """A paragraph for each project.

    Args:
        found: What was found.
        all_checks: Each check in a line, not only what is missing.
    """
    width = max((len(each.subject) for each in found), default=0)
    for each in found:
        held = each.level or "no level"
        short = "" if each.is_enough else f", and {each.required} is asked"
        to = f"; for {each.next_level}:" if each.next_level else ""
        yield f"{each.subject.ljust(width)}  {held}{short}{to}"
        shown = each.verdicts if all_checks else (*each.missing, *each.warnings)
        for verdict in shown:
            yield from _of(verdict, each.subject)
        if not all_checks:
            for verdict in each.verdicts:
                if verdict.waiver:
                    yield f"  waived until {verdict.waiver.until}  {verdict.check.name}: {verdict.waiver.reason} ({verdict.waiver.owner})"


def _of(verdict: Verdict, subject: str) -> Iterator[str]:
    result = verdict.result
    waived = f", waived until {verdict.waiver.until}" if verdict.waiver else ""
    if not result.findings:
        yield f"  {result.outcome.value.ljust(7)}  {verdict.check.name}: {result.reason}"
        if result.outcome is Outcome.UNKNOWN:
            yield f"      → {verdict.check.remedy.replace('{project}', subject)}"
        return
    outcome = "warning" if result.outcome is Outcome.PASS else result.outcome.value
    yield f"  {outcome.ljust(7)}  {verdict.check.name}{waived}"
    for finding in result.findings[:_SHOWN]:
        yield f"      {finding}"
    if len(result.findings) > _SHOWN:
        yield f"      and {len(result.findings) - _SHOWN} more"
    if result.outcome is Outcome.FAIL:
        yield f"      → {verdict.check.remedy.replace('{project}', subject)}"
