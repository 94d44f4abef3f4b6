"""What a change of a contract means to those who read the product and to those who write it.

`MEANINGS` is the whole judgement: each kind of change, its class for either side, and why.

The version follows the reader: breaking asks for a major step, additive for a minor one,
anything else for a patch. Below 1.0.0 a minor step may break, as semantic versioning has it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from highroad.products.constraint_change import direction, plain
from highroad.products.contract import TOLERANCES, Contract, column_name
from highroad.products.rule import OTHER, STRICTER, WEAKER, Rule
from highroad.products.rules import rules_of
from highroad.products.texts import texts_of, without_texts

BREAKING, ADDITIVE, DOCUMENTATION = "breaking", "additive", "documentation"
VERSION = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)\Z")
"""A semantic version; releases only, as a contract that holds is one."""
RETIRED = ("deprecated", "retired")
"""Statuses that tell readers that a product will go."""


class Meaning(NamedTuple):
    """What a kind of change is to a reader and to the writer, and why."""

    reader: str
    writer: str
    why: str


MEANINGS: Mapping[str, Meaning] = {
    "product goes": Meaning(BREAKING, ADDITIVE, "readers find nothing; nobody has to make it any more"),
    "product comes": Meaning(ADDITIVE, ADDITIVE, "nobody reads it yet"),
    "product is retired": Meaning(BREAKING, ADDITIVE, "nobody answers for it any more"),
    "column goes": Meaning(BREAKING, ADDITIVE, "readers find nothing; it need not be delivered any more"),
    "column comes": Meaning(ADDITIVE, BREAKING, "readers may ignore it; it has to be delivered from now on"),
    "type": Meaning(BREAKING, BREAKING, "what is read is another thing, and what is written would be refused"),
    "partition": Meaning(BREAKING, BREAKING, "readers select by it, and the table has to be written anew"),
    "nested": Meaning(BREAKING, BREAKING, "nobody can tell what readers take from a nested value"),
    STRICTER: Meaning(ADDITIVE, BREAKING, "more is promised; data that was good enough may be refused"),
    WEAKER: Meaning(BREAKING, ADDITIVE, "less is promised; readers may meet what was excluded"),
    OTHER: Meaning(BREAKING, BREAKING, "neither contains the other, or nobody can tell"),
    "rows go sooner": Meaning(BREAKING, BREAKING, "readers lose old rows, which have to be removed sooner"),
    "server comes": Meaning(ADDITIVE, BREAKING, "readers gain a place; it has to be filled"),
    "server goes": Meaning(BREAKING, ADDITIVE, "who reads there finds nothing"),
    "server moves": Meaning(BREAKING, BREAKING, "who reads by address finds nothing there, and it is written elsewhere"),
    "rule is called otherwise": Meaning(DOCUMENTATION, DOCUMENTATION, "the same is asked under another name"),
    "prose": Meaning(DOCUMENTATION, DOCUMENTATION, "people read it; nothing holds data against it"),
    "text": Meaning(DOCUMENTATION, DOCUMENTATION, "people read it; no data changes"),
}  # fmt: skip
"""Every kind of change. The names of the three directions of a rule are kinds too."""


@dataclass(frozen=True)
class Change:
    """One difference between two versions of a contract.

    Attributes:
        product: The product.
        kind: A key of `MEANINGS`.
        what: The change in words.
        reader: What it is to a consumer: `breaking`, `additive` or `documentation`.
        writer: What it is to the producer.
        why: Why it is that.
    """

    product: str
    kind: str
    what: str
    reader: str
    writer: str
    why: str

    def __str__(self) -> str:
        return (
            f"{self.product}: {self.what} ({self.reader} for readers, {self.writer} for the writer)"
        )


def _change(product: str, kind: str, what: str) -> Change:
    return Change(product, kind, what, *MEANINGS[kind])


def compare(old: Contract | None, new: Contract | None) -> list[Change]:
    """Every change between two versions; None stands for a product that is not there.

    A renamed product is one that goes and one that comes.

    Raises:
        ContractError: A document describes no table of the product.
    """
    if old is None:
        return [] if new is None else [_change(new.product, "product comes", "the product comes")]
    if new is None:
        return [_change(old.product, "product goes", "the product goes")]
    found = [*_status(old, new), *_columns(old, new), *_partitions(old, new), *_rules(old, new),
             *_servers(old, new), *_texts(old, new)]  # fmt: skip
    changes = [_change(new.product, kind, what) for kind, what in found]
    if not changes and plain({**old.document, "version": 0}) != plain(
        {**new.document, "version": 0}
    ):
        changes = [_change(new.product, "text", "it is written otherwise")]
    return changes


def bump_for(changes: Iterable[Change]) -> str:
    """The step that the changes ask of the version: `major`, `minor`, `patch` or `none`."""
    kinds = {each.reader for each in changes}
    if BREAKING in kinds:
        return "major"
    return "minor" if ADDITIVE in kinds else "patch" if kinds else "none"


def version_fault(old: Contract, new: Contract, changes: list[Change]) -> str | None:
    """Why the new version's number says too little; None where it says enough.

    Raises:
        ValueError: A version is no semantic version.
    """
    needed = bump_for(changes)
    if needed == "none" or not old.version or not new.version:
        return None
    before, after = (_parts(each.version) for each in (old, new))
    if _step(before, after) >= _least(before, needed):
        return None
    worst = [each.what for each in changes if each.reader == _kind_of(needed)]
    return (
        f"{new.where('version')}: {new.product} {old.version} → {new.version} says too little: "
        f"{'; '.join(worst[:3])}{' …' if len(worst) > 3 else ''}. Expected {_next(before, needed)} or higher."
    )


def removal_fault(old: Contract) -> str | None:
    """Why a product may not go yet; None where its readers were told.

    A contract that is gone has no version left to say so, so its status has to have said it;
    below 1.0.0 nothing was promised.

    Raises:
        ValueError: The version is no semantic version.
    """
    if old.model.status in RETIRED or not _parts(old.version)[0]:
        return None
    return (
        f"{old.product} {old.version} goes, and its readers were not told; expected a version with "
        "`status: deprecated` before one without the contract."
    )


def _kind_of(step: str) -> str:
    return {"major": BREAKING, "minor": ADDITIVE, "patch": DOCUMENTATION}[step]


def _parts(version: str) -> tuple[int, int, int]:
    from packaging.version import Version

    parsed = Version(version)
    return parsed.major, parsed.minor, parsed.micro


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


Found = Iterator[tuple[str, str]]
"""Kinds of change, each with the change in words."""


def _status(old: Contract, new: Contract) -> Found:
    one, other = old.model.status, new.model.status
    if one != other:
        yield "product is retired" if other == "retired" else "text", f"status {one} → {other}"


def _names(contract: Contract) -> list[str]:
    return [column_name(each) for each in contract.columns]


def _columns(old: Contract, new: Contract) -> Found:
    before, after = _names(old), _names(new)
    for name in before:
        if name not in after:
            yield "column goes", f"the column '{name}' goes"
    for name in after:
        if name not in before:
            yield "column comes", f"the column '{name}' comes"


def _partitions(old: Contract, new: Contract) -> Found:
    if old.partitioned_by != new.partitioned_by:
        said = [", ".join(each.partitioned_by) or "nothing" for each in (old, new)]
        yield "partition", f"partitioned by {said[0]} → {said[1]}"


def _servers(old: Contract, new: Contract) -> Found:
    before, after = (
        {
            str(each.environment or each.server): without_texts(
                each.model_dump(exclude_none=True, by_alias=True), ("server", "id", "roles")
            )
            for each in contract.model.servers or []
        }
        for contract in (old, new)
    )
    for name in [*before, *(each for each in after if each not in before)]:
        if name not in after:
            yield "server goes", f"the server '{name}' goes"
        elif name not in before:
            yield "server comes", f"the server '{name}' comes"
        elif before[name] != after[name]:
            keys = [key for key in {**before[name], **after[name]}
                    if before[name].get(key) != after[name].get(key)]  # fmt: skip
            yield "server moves", f"the server '{name}' changes its {', '.join(keys)}"


def _rules(old: Contract, new: Contract) -> Found:
    before, after = _comparable(old, new), _comparable(new, old)
    asked = {each.id: _key(old, each) for each in before.values()}
    wanted = {each.id: _key(new, each) for each in after.values()}
    for name in [each for each in before if asked[each] == wanted.get(each)]:
        del before[name], after[name]
    for name in [*after]:  # what is asked alike under another name
        same = next((each for each in before if asked[each] == wanted[name]), None)
        if same is not None:
            del before[same], after[name]
            if _stem(same) != _stem(name):
                yield "rule is called otherwise", f"'{same}' is called '{name}' now"
    for name in [*before, *(each for each in after if each not in before)]:
        one, other = before.get(name), after.get(name)
        if one is None and other is not None:
            what = f"'{name}' comes: {_says(other)}"
            yield _kind(new, other, other.kind.meaning(None, other, STRICTER)), what
        elif other is None and one is not None:
            yield (
                _kind(old, one, one.kind.meaning(one, None, WEAKER)),
                f"'{name}' goes: {_says(one)}",
            )
        elif one is not None and other is not None and (how := _how(old, one, new, other)):
            yield how, f"'{name}': {_says(one)} → {_says(other)}"


def _how(old: Contract, one: Rule, new: Contract, other: Rule) -> str:
    """The kind of change from one rule to another of the same id; empty where it is none."""
    if _is_prose(old, one) and _is_prose(new, other):
        return "prose"
    if one.is_checked != other.is_checked:
        return STRICTER if other.is_checked else WEAKER
    if not one.is_checked:
        return _of_nested(_written(old, one), _written(new, other))
    how = direction(one, other)
    return one.kind.meaning(one, other, how) if how and one.kind is other.kind else how


def _of_nested(old: Any, new: Any) -> str:
    """Nested columns that only come or only go are as plain ones; anything else nobody can tell."""
    if not all(
        isinstance(each, list) and all(isinstance(one, Mapping) for one in each)
        for each in (old, new)
    ):
        return OTHER
    before, after = ({str(one.get("name")): plain(one) for one in each} for each in (old, new))
    if before.items() <= after.items():
        return "column comes"
    return "column goes" if after.items() <= before.items() else "nested"


def _comparable(contract: Contract, other: Contract) -> dict[str, Rule]:
    """The rules by id, without those of columns that come or go: that was told already."""
    there = {*_names(contract)} & {*_names(other)}
    return {
        rule.id: rule
        for rule in rules_of(contract)
        if not rule.kind.is_told_by_columns and (not rule.columns or there & {*rule.columns})
    }


def _key(contract: Contract, rule: Rule) -> str:
    """What a rule asks, as text; its name is no part of it."""
    if rule.is_checked:
        return plain([rule.kind.name, rule.columns, rule.arguments, rule.limit, rule.severity])
    return plain(["", rule.columns, _stem(rule.id), _written(contract, rule)])


def _written(contract: Contract, rule: Rule) -> Any:
    """What stands in the document where a rule is declared, its texts left out."""
    found: Any = contract.document
    for key in rule.at:
        is_list = isinstance(found, list)
        found = found[int(key)] if is_list else found.get(str(key))
    label = ("name", "id") if "quality" in rule.at else ()
    return without_texts(found, label)


def _is_prose(contract: Contract, rule: Rule) -> bool:
    """Is this nothing that could ever be held against data: text, or a key nobody knows?"""
    if rule.is_checked:
        return False
    if rule.id.startswith("unknown."):
        return True
    written = _written(contract, rule)
    return "quality" in rule.at and not {"metric", "rule", "query", "implementation"} & {*written}


def _kind(contract: Contract, rule: Rule, how: str) -> str:
    return "prose" if _is_prose(contract, rule) else how


def _stem(id_: str) -> str:
    """An id without the number that only tells it from another."""
    return re.sub(r"[#.]\d+$", "", id_)


def _texts(old: Contract, new: Contract) -> Found:
    before, after = map(_texts_of, (old, new))
    for place in (each for each in before if each in after):
        one, other = before[place], after[place]
        keys = [key for key in {**one, **other} if plain(one.get(key)) != plain(other.get(key))]
        if keys:
            yield "text", f"{place}: {', '.join(keys)}"


def _texts_of(contract: Contract) -> dict[str, dict[str, Any]]:
    document, table = (
        each.model_dump(by_alias=True, exclude_none=True)
        for each in (contract.model, contract.table)
    )
    properties = document.get("customProperties", [])  # tolerances are reported with their rules
    others = [each for each in properties if each.get("property") != TOLERANCES]
    return texts_of({**document, "customProperties": others}, table)


def _says(rule: Rule) -> str:
    severity = " (warning)" if rule.severity == "warning" else ""
    limit = f", {rule.limit}" if rule.kind.shows_limit else ""
    why = "" if rule.is_checked else f", not checked: {rule.reason}"
    return f"{rule.says}{limit}{severity}{why}"
