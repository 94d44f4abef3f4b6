"""Give an alias to a version that passes its gates; take it back to what was there before."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from highroad.errors import DataError, QualityError
from highroad.models.gates import Verdict, plain
from highroad.models.registry import ModelVersion, Move, Registry

PROMOTED, ROLLED_BACK = "promoted", "rolled back"
_PROMOTE = (
    "Promote the version that should be there: highroad models promote {name}@N --to {alias}."
)


def promote(
    registry: Registry,
    version: ModelVersion,
    alias: str,
    judged: Callable[[ModelVersion | None], Sequence[Verdict]],
    *,
    by: str,
    why: str,
    waived: Sequence[str] = (),
) -> tuple[Move | None, Sequence[Verdict]]:
    """Move an alias to a version.

    Args:
        registry: Where it is registered.
        version: Which.
        alias: `staging` or `prod`.
        judged: Gives the gates' verdicts, from what holds the alias now.
        by: Who.
        why: In words.
        waived: Gates that need not be passed; on record with the rest.

    Returns:
        The move, None where the version holds the alias already; and the verdicts.

    Raises:
        QualityError: A gate says no; says what each says. Nothing has moved.
        BusyError: Something else took the alias meanwhile.
    """
    if alias in version.aliases:
        return None, ()
    current = _holder(registry, version.name, alias)
    found = judged(current)
    closed = [each for each in found if not each.passed and each.gate not in waived]
    if closed:
        listed = "\n".join(f"  {each}" for each in found)
        raise QualityError(
            f"{version} does not become {alias}: {', '.join(each.gate for each in closed)}.\n{listed}"
        )
    move = Move(
        0,
        datetime.now(UTC).isoformat(timespec="seconds"),
        PROMOTED,
        alias,
        current.number if current else None,
        version.number,
        by,
        why + (f" (waived: {', '.join(waived)})" if waived else ""),
        plain(found),
    )
    return registry.move(version.name, move), found


def roll_back(registry: Registry, name: str, alias: str, *, by: str, why: str) -> Move:
    """Give an alias back to what held it before the last promotion.

    Once more goes one further back. Back from the first promotion, nothing holds it.

    Raises:
        DataError: Nothing holds it, it came to its version by no promotion on record, or none of the
            versions before it is left.
        BusyError: Something else took the alias meanwhile.
    """
    current = _holder(registry, name, alias)
    if current is None:
        registry.find(name)  # a misspelt name gets its hint
        raise DataError(f"nothing is {alias} of {name}; there is nothing to take back.")
    held = _held(registry.history(name, alias))
    if not held or held[-1] != current.number:
        raise DataError(
            f"{current} became {alias} by no promotion on record, so nothing says what was there before. "
            f"{_PROMOTE.format(name=name, alias=alias)}"
        )
    known = {each.number for each in registry.versions(name)}
    back = [each for each in held[:-1] if each in known]
    if held[:-1] and not back:
        raise DataError(
            f"of what was {alias} of {name} before, no version is left. {_PROMOTE.format(name=name, alias=alias)}"
        )
    move = Move(
        0,
        datetime.now(UTC).isoformat(timespec="seconds"),
        ROLLED_BACK,
        alias,
        current.number,
        back[-1] if back else None,
        by,
        why,
    )
    return registry.move(name, move)


def _held(history: Sequence[Move]) -> list[int]:
    """The versions that lead back from what holds the alias: promotions add one, rollbacks take one."""
    held: list[int] = []
    for move in history:
        if move.kind == ROLLED_BACK:
            del held[-1:]
            continue
        if move.before is not None and held[-1:] != [move.before]:  # it was moved by hand
            held.append(move.before)
        if move.after is not None:
            held.append(move.after)
    return held


def _holder(registry: Registry, name: str, alias: str) -> ModelVersion | None:
    return next((each for each in registry.versions(name) if alias in each.aliases), None)
