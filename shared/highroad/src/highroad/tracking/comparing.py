"""What differs between two runs, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from highroad.tracking.record import UNKNOWN, DatasetUse, Record

MOST_CHARACTERS = 60


@dataclass(frozen=True)
class Difference:
    """One thing that differs.

    Attributes:
        about: `code`, `lock`, `versions`, `selection`, `configuration`, `parameters`, `data`,
            `contracts`, `metrics` or `outcome`.
        says: In words.
    """

    about: str
    says: str

    def __str__(self) -> str:
        return f"{self.about}: {self.says}"


def differences(one: Record, two: Record) -> list[Difference]:
    """What differs between two runs, causes before effects.

    Args:
        one: The earlier run.
        two: The later run.
    """
    return [
        Difference(about, says)
        for about, found in (
            ("code", _code(one, two)),
            ("lock", _changed("uv.lock", one.code.get("lock"), two.code.get("lock"))),
            ("versions", _mapping(one.versions, two.versions)),
            ("selection", _mapping(one.selection, two.selection)),
            ("parameters", _mapping(flat(one.parameters), flat(two.parameters))),
            ("configuration", _configuration(one, two)),
            ("data", _data("read", one.inputs, two.inputs)),
            ("contracts", _contracts(one, two)),
            ("data", _data("wrote", one.outputs, two.outputs)),
            ("metrics", _mapping(flat(one.metrics), flat(two.metrics))),
            ("outcome", _outcome(one, two)),
        )
        for says in found
    ]


def flat(value: Any, name: str = "") -> dict[str, Any]:
    """Nested mappings as one, keys joined by dots."""
    if not isinstance(value, Mapping):
        return {name: value}
    found: dict[str, Any] = {}
    for key, each in value.items():
        found |= flat(each, f"{name}.{key}" if name else str(key))
    return found


def _code(one: Record, two: Record) -> Iterator[str]:
    before, after = one.code, two.code
    if before.get("commit") != after.get("commit"):
        yield f"commit {_short(before.get('commit'))} → {_short(after.get('commit'))}"
    if before.get("diff") != after.get("diff"):
        words = [
            f"uncommitted changes {_short(each['diff'])}" if each.get("diff") else "a clean tree"
            for each in (before, after)
        ]
        yield f"{words[0]} → {words[1]}"


def _changed(what: str, before: Any, after: Any) -> Iterator[str]:
    if before != after:
        yield f"{what} {_short(before)} → {_short(after)}"


def _configuration(one: Record, two: Record) -> Iterator[str]:
    if one.config != two.config and one.parameters == two.parameters:
        yield "the merged catalog differs"


def _mapping(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    for key in dict.fromkeys([*before, *after]):
        if key not in after:
            yield f"{key} {_shown(before[key])} is gone"
        elif key not in before:
            yield f"{key} {_shown(after[key])} is new"
        elif before[key] != after[key]:
            yield f"{key} {_shown(before[key])} → {_shown(after[key])}"


def _data(
    verb: str, before: tuple[DatasetUse, ...], after: tuple[DatasetUse, ...]
) -> Iterator[str]:
    old, new = ({each.name: each for each in uses} for uses in (before, after))
    for name in dict.fromkeys([*old, *new]):
        if name not in new:
            yield f"no longer {verb} {name}"
        elif name not in old:
            yield f"{verb} {name}, which is new"
        elif UNKNOWN in (old[name].kind, new[name].kind):
            yield f"{verb} {name}; whether it is the same is unknown"
        elif (old[name].kind, old[name].version) != (new[name].kind, new[name].version):
            rows = [
                f" ({each.rows:,} rows)" if each.rows else "" for each in (old[name], new[name])
            ]
            yield (
                f"{verb} {name} {new[name].kind} {_short(old[name].version)}{rows[0]} → "
                f"{_short(new[name].version)}{rows[1]}"
            )


def _contracts(one: Record, two: Record) -> Iterator[str]:
    before, after = (
        {
            use.name: f"{use.contract.get('version')} ({use.contract.get('verdict')})"
            for use in (*record.inputs, *record.outputs)
            if use.contract
        }
        for record in (one, two)
    )
    yield from _mapping(before, after)


def _outcome(one: Record, two: Record) -> Iterator[str]:
    if one.status != two.status:
        yield f"{one.status} → {two.status}"
    if one.error != two.error and two.error:
        yield two.error.splitlines()[0]


def _short(value: Any) -> str:
    text = str(value) if value else "unknown"
    return text[:12]


def _shown(value: Any) -> str:
    text = f"{value:.6g}" if isinstance(value, float) else str(value)
    return text if len(text) <= MOST_CHARACTERS else f"{text[:MOST_CHARACTERS]}…"
