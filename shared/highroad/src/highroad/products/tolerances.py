"""How much of a rule's breaking is tolerated: the custom property `highroad.tolerances`.

The standard gives severity and limits to quality entries alone; this gives them to every rule, by its
name, as `highroad contracts check` shows it:

    customProperties:
      - property: highroad.tolerances
        value:
          - {rule: tailnum.pattern, mustBeLessOrEqualTo: 0.1, unit: percent}
          - {rule: service.latency, severity: warning}
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from highroad.errors import ContractError
from highroad.products.contract import TOLERANCES, Contract
from highroad.products.limits import OPERATORS, PERCENT, Limit, limit_of
from highroad.products.rule import KEY, ROW, Rule
from highroad_workspace.metadata import meant

SEVERITIES = ("error", "warning")
_KEYS = ("rule", "severity", "unit", *OPERATORS)


def tolerated(contract: Contract, rules: Sequence[Rule]) -> list[Rule]:
    """The rules with the severities and limits that the contract's tolerances give them.

    Raises:
        ContractError: A tolerance is not of its form; names file, line and what was expected.
    """
    given = dict(_read(contract))
    return [_given(rule, given[rule.id]) if rule.id in given else rule for rule in rules]


def tolerance_faults(contract: Contract, rules: Sequence[Rule]) -> Iterator[str]:
    """Tolerances of no rule, or of one that cannot be given what they say; a line each."""
    ids = {rule.id: rule for rule in rules}
    for index, (name, given) in enumerate(_read(contract)):
        where = f"{contract.where_custom(TOLERANCES, index)}: the tolerance of '{name}'"
        if name not in ids:
            yield f"{where} is of no rule.{meant(name, [*ids])}"
        elif why := _misfit(ids[name], given):
            yield f"{where} {why}"


def _given(rule: Rule, given: tuple[str, Limit | None]) -> Rule:
    if _misfit(rule, given):  # lint tells it; until then the rule stays as strict as it was
        return rule
    severity, limit = given
    return replace(rule, limit=limit or rule.limit, severity=severity or rule.severity)


def _misfit(rule: Rule, given: tuple[str, Limit | None]) -> str:
    if not rule.is_checked:
        return "is of a rule that is not checked; take it out."
    if given[1] is not None and rule.about not in (ROW, KEY):
        return "has a limit, and only rules that count rows take one; leave its severity."
    return ""


def _read(contract: Contract) -> Iterator[tuple[str, tuple[str, Limit | None]]]:
    found = contract.custom(TOLERANCES) or []
    if not isinstance(found, list) or not all(isinstance(each, Mapping) for each in found):
        raise ContractError(
            f"{contract.where_custom(TOLERANCES)}: {TOLERANCES} is {found!r}; expected a list of "
            "{rule, severity} or {rule, mustBeLessOrEqualTo, unit}."
        )
    for index, each in enumerate(found):
        if fault := _fault(each):
            raise ContractError(
                f"{contract.where_custom(TOLERANCES, index)}: {TOLERANCES}: {fault}"
            )
        yield str(each["rule"]), (str(each.get("severity") or ""), limit_of(each))


def _fault(entry: Mapping[str, Any]) -> str:
    for key in entry:
        if key not in _KEYS:
            return f"no key '{key}'.{meant(str(key), _KEYS)} Keys: {', '.join(_KEYS)}."
    if not entry.get("rule"):
        return "an entry names no rule; expected one such as tailnum.pattern."
    if entry.get("severity") not in (None, *SEVERITIES):
        return f"severity is {entry['severity']!r}; expected error or warning."
    if entry.get("unit") not in (None, "rows", PERCENT):
        return f"unit is {entry['unit']!r}; expected rows or percent."
    operators = [key for key in entry if key in OPERATORS]
    if len(operators) > 1 or not (operators or entry.get("severity")):
        return f"'{entry['rule']}' has no severity and no one operator such as mustBeLessOrEqualTo."
    value = entry[operators[0]] if operators else 0
    pair = bool(operators) and operators[0].endswith("Between")
    bounds = value if pair and isinstance(value, list) and len(value) == 2 else [value]
    is_right = len(bounds) == (2 if pair else 1) and all(map(_is_number, bounds))
    return (
        ""
        if is_right
        else f"{operators[0]} is {value!r}; expected {'two numbers' if pair else 'a number'}."
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
