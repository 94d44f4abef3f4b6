"""What a change of a contract means to those who read the product and to those who write it.

| change | reader | writer |
|---|---|---|
| a column or the product goes, or gets another name | breaking | additive |
| a column comes | additive | breaking: it has to be delivered |
| a type changes | breaking | breaking |
| a rule comes, or gets stricter | additive: more is promised | breaking: more is asked |
| a rule goes, or gets weaker | breaking: less is promised | additive |
| the partition changes | breaking | breaking |
| text, owner, support, servers, tags | documentation | documentation |

The version follows the reader: breaking asks for a major step, additive for a minor one,
anything else for a patch. Below 1.0.0 a minor step may break, as semantic versioning has it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from highroad.products.contract import Contract
from highroad.products.limits import Limit
from highroad.products.rule import Rule
from highroad.products.rules import rules_of
from highroad.workspace.ranges import numbers

BREAKING, ADDITIVE, DOCUMENTATION = "breaking", "additive", "documentation"
STRICTER, WEAKER, OTHER = "stricter", "weaker", "other"
_MEANING = {
    STRICTER: (ADDITIVE, BREAKING),
    WEAKER: (BREAKING, ADDITIVE),
    OTHER: (BREAKING, BREAKING),
}
_GREATER_IS_STRICTER = ("minimum", "exclusiveMinimum", "minLength")
_LESS_IS_STRICTER = ("maximum", "exclusiveMaximum", "maxLength")


@dataclass(frozen=True)
class Change:
    """One difference between two versions of a contract.

    Attributes:
        product: The product.
        what: The change in words.
        reader: What it is to a consumer: `breaking`, `additive` or `documentation`.
        writer: What it is to the producer.
    """

    product: str
    what: str
    reader: str
    writer: str

    def __str__(self) -> str:
        return (
            f"{self.product}: {self.what} ({self.reader} for readers, {self.writer} for the writer)"
        )


def compare(old: Contract | None, new: Contract | None) -> list[Change]:
    """Every change between two versions; None stands for a product that is not there.

    A renamed product is one that goes and one that comes.
    """
    if old is None and new is None:
        return []
    if old is None:
        assert new is not None
        return [Change(new.product, "the product comes", ADDITIVE, ADDITIVE)]
    if new is None:
        return [Change(old.product, "the product goes", BREAKING, ADDITIVE)]
    found = [*_columns(old, new), *_partitions(old, new), *_rules(old, new)]
    if not found and _rest(old.document) != _rest(new.document):
        found = [Change(new.product, "its description changes", DOCUMENTATION, DOCUMENTATION)]
    return found


def bump_for(changes: list[Change]) -> str:
    """The step that the changes ask of the version: `major`, `minor`, `patch` or `none`."""
    kinds = {each.reader for each in changes}
    if BREAKING in kinds:
        return "major"
    return "minor" if ADDITIVE in kinds else "patch" if changes else "none"


def version_fault(old: Contract, new: Contract, changes: list[Change]) -> str | None:
    """Why the new version's number says too little; None where it says enough.

    Raises:
        ValueError: A version is no semantic version.
    """
    needed = bump_for(changes)
    if needed == "none" or not old.version or not new.version:
        return None
    before, after = (_padded(numbers(each.version)) for each in (old, new))
    if _step(before, after) >= _least(before, needed):
        return None
    worst = [each.what for each in changes if each.reader == _kind_of(needed)]
    return (
        f"{new.where('version')}: {new.product} {old.version} → {new.version} says too little: "
        f"{'; '.join(worst[:3])}{' …' if len(worst) > 3 else ''}. Expected {_next(before, needed)} or higher."
    )


def _kind_of(step: str) -> str:
    return {"major": BREAKING, "minor": ADDITIVE, "patch": DOCUMENTATION}[step]


def _padded(version: tuple[int, ...]) -> tuple[int, int, int]:
    major, minor, patch = (*version, 0, 0)[:3]
    return major, minor, patch


def _step(before: tuple[int, int, int], after: tuple[int, int, int]) -> int:
    """3 where the major number rises, 2 the minor, 1 the patch, 0 none or backwards."""
    if after <= before:
        return 0
    return next(3 - place for place in range(3) if after[place] != before[place])


def _least(before: tuple[int, int, int], needed: str) -> int:
    step = {"major": 3, "minor": 2, "patch": 1}[needed]
    return min(step, 2) if before[0] == 0 else step


def _next(before: tuple[int, int, int], needed: str) -> str:
    major, minor, patch = before
    step = _least(before, needed)
    if step == 3:
        return f"{major + 1}.0.0"
    return f"{major}.{minor + 1}.0" if step == 2 else f"{major}.{minor}.{patch + 1}"


def _names(contract: Contract) -> list[str]:
    return [str(each.physicalName or each.name) for each in contract.columns]


def _columns(old: Contract, new: Contract) -> Iterator[Change]:
    before, after = _names(old), _names(new)
    for name in before:
        if name not in after:
            yield Change(new.product, f"the column '{name}' goes", BREAKING, ADDITIVE)
    for name in after:
        if name not in before:
            yield Change(new.product, f"the column '{name}' comes", ADDITIVE, BREAKING)


def _partitions(old: Contract, new: Contract) -> Iterator[Change]:
    if old.partitioned_by != new.partitioned_by:
        said = [", ".join(each.partitioned_by) or "nothing" for each in (old, new)]
        yield Change(new.product, f"partitioned by {said[0]} → {said[1]}", BREAKING, BREAKING)


def _rules(old: Contract, new: Contract) -> Iterator[Change]:
    shared = {*_names(old)} & {*_names(new)}

    def of(contract: Contract) -> dict[str, Rule]:
        # The presence of columns was told already, and so was all that is said of one that goes.
        return {
            rule.id: rule
            for rule in rules_of(contract)
            if rule.kind not in ("present", "undeclared") and set(rule.columns) <= shared
        }

    before, after = of(old), of(new)
    for name in [*before, *(each for each in after if each not in before)]:
        one, other = before.get(name), after.get(name)
        if one is None:
            assert other is not None
            how, what = STRICTER, f"'{name}' comes: {other.says}"
        elif other is None:
            how, what = WEAKER, f"'{name}' goes: {one.says}"
        else:
            how, what = _direction(one, other), f"'{name}': {_says(one)} → {_says(other)}"
            if not how:
                continue
        kind = (other or one or Rule("", "", (), "")).kind
        if kind in ("logicalType", "physicalType") and one and other:
            reader, writer = BREAKING, BREAKING
        elif not kind:
            reader, writer = DOCUMENTATION, DOCUMENTATION
        else:
            reader, writer = _MEANING[how]
        yield Change(new.product, what, reader, writer)


def _direction(old: Rule, new: Rule) -> str:
    """How a rule that is in both changed; empty where it did not."""
    if (old.kind, old.columns, _plain(old.arguments), old.limit, old.severity) == (
        new.kind,
        new.columns,
        _plain(new.arguments),
        new.limit,
        new.severity,
    ):
        return ""
    if old.kind != new.kind or old.columns != new.columns:
        return OTHER
    directions = {
        _of_arguments(old, new),
        _of_limits(old.limit, new.limit),
        _of_severities(old.severity, new.severity),
    } - {""}
    return directions.pop() if len(directions) == 1 else OTHER


def _of_arguments(old: Rule, new: Rule) -> str:
    if _plain(old.arguments) == _plain(new.arguments):
        return ""
    if old.kind == "enum":
        return _of_sets(
            set(map(str, old.arguments["values"])), set(map(str, new.arguments["values"]))
        )
    if old.kind == "missing":
        return _of_sets(
            set(map(str, new.arguments["values"])), set(map(str, old.arguments["values"]))
        )
    if old.kind in ("latency", "retention", "frequency"):
        return STRICTER if new.arguments["duration"] < old.arguments["duration"] else WEAKER
    try:
        rises = new.arguments["value"] > old.arguments["value"]
    except (KeyError, TypeError):
        return OTHER
    if old.kind in _GREATER_IS_STRICTER:
        return STRICTER if rises else WEAKER
    if old.kind in _LESS_IS_STRICTER:
        return WEAKER if rises else STRICTER
    return OTHER


def _of_sets(old: set[str], new: set[str]) -> str:
    """Fewer allowed values are stricter."""
    return STRICTER if new < old else WEAKER if new > old else OTHER


def _of_limits(old: Limit, new: Limit) -> str:
    if old == new:
        return ""
    if old.operator != new.operator or old.unit != new.unit:
        return OTHER
    if old.operator == "mustBeBetween":
        (low, high), (new_low, new_high) = old.value, new.value
        if new_low >= low and new_high <= high:
            return STRICTER
        return WEAKER if new_low <= low and new_high >= high else OTHER
    if old.operator in ("mustBeGreaterThan", "mustBeGreaterOrEqualTo"):
        return STRICTER if new.value > old.value else WEAKER
    if old.operator in ("mustBeLessThan", "mustBeLessOrEqualTo"):
        return STRICTER if new.value < old.value else WEAKER
    return OTHER


def _of_severities(old: str, new: str) -> str:
    return "" if old == new else STRICTER if new == "error" else WEAKER


def _says(rule: Rule) -> str:
    severity = " (warning)" if rule.severity == "warning" else ""
    limit = f", {rule.limit}" if rule.kind in ("rowCount", "sql") else ""
    return f"{rule.says}{limit}{severity}"


def _plain(arguments: Mapping[str, Any]) -> str:
    return json.dumps(
        {
            key: value.total_seconds() if isinstance(value, timedelta) else value
            for key, value in arguments.items()
        },
        sort_keys=True,
        default=str,
    )


def _rest(document: Mapping[str, Any]) -> str:
    return json.dumps({**document, "version": None}, sort_keys=True, default=str)
