"""One record of a run that a scheduler ran as several processes, made of what each of them tells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from highroad.tracking.record import (
    FAILED,
    FINISHED,
    RUNNING,
    SHORT,
    Record,
    settled,
)

_MUST_AGREE = ("commit", "config", "environment")


def compose(parts: Sequence[Record]) -> Record:
    """The record of the whole.

    It has finished when all its tasks have, and failed when the last attempt of one has. Whoever asks, the
    same comes out: no task has to be the last one to make it.

    Args:
        parts: Of one run, of each task that began its latest attempt; at least one.
    """
    newest = max(parts, key=lambda each: each.began_at)
    names = _part(newest)["names"]
    order = {name: place for place, name in enumerate(names)}
    parts = sorted(parts, key=lambda each: (order.get(_part(each)["name"], len(order)), each.key))
    first = min(parts, key=lambda each: each.began_at)
    failed = [each for each in parts if each.status == FAILED and _part(each)["is_last"]]
    is_done = {_part(each)["name"] for each in parts if each.status == FINISHED} >= set(names)
    status = FAILED if failed else FINISHED if is_done else RUNNING
    at_work = [each for each in parts if each.status == RUNNING]
    ended_at = max((each.ended_at or "" for each in parts), default="") or None
    inputs, outputs = settled(
        {use.name: use for each in parts for use in each.inputs}.values(),
        {use.name: use for each in parts for use in each.outputs}.values(),
    )
    return replace(
        first,
        status=status,
        ended_at=None if status == RUNNING else ended_at,
        seconds=None if status == RUNNING else _seconds(first.began_at, ended_at),
        # Between two tasks nobody is at work, and that is no sign of a loss.
        process=max(at_work, key=lambda each: each.began_at).process if at_work else "",
        versions={**first.versions, **({"image": image} if (image := _image(parts)) else {})},
        selection={key: value for key, value in first.selection.items() if key != "node_names"},
        inputs=inputs,
        outputs=outputs,
        nodes=tuple(node for each in parts for node in each.nodes),
        metrics={name: values for each in parts for name, values in each.metrics.items()},
        warnings=tuple(dict.fromkeys([*_disagreements(first, parts), *_warnings(parts)])),
        error="\n".join(f"task '{_part(each)['name']}': {each.error}" for each in failed) or None,
        report=next((each.report for each in reversed(parts) if each.report), None),
        part=None,
        tasks=tuple(
            {
                "name": _part(each)["name"],
                "status": each.status,
                "attempt": _part(each)["attempt"],
                "began_at": each.began_at,
                "seconds": each.seconds,
                "host": each.who.get("host"),
            }
            for each in parts
        ),
    )


def _part(record: Record) -> Mapping[str, Any]:
    assert record.part is not None, "only tasks are composed"
    return record.part


def _image(parts: Sequence[Record]) -> str | None:
    return next((each.versions["image"] for each in parts if "image" in each.versions), None)


def _warnings(parts: Sequence[Record]) -> Iterator[str]:
    for each in parts:
        yield from each.warnings


def _disagreements(first: Record, parts: Sequence[Record]) -> Iterator[str]:
    """Tasks of one run are of one commit, image and configuration; where they are not, it is on record."""
    for each in parts:
        for what in _MUST_AGREE:
            ours, theirs = getattr(first, what), getattr(each, what)
            if ours != theirs:
                yield (
                    f"task '{_part(each)['name']}' ran with {what} {theirs[:SHORT] or 'unknown'}, and task "
                    f"'{_part(first)['name']}' with {ours[:SHORT] or 'unknown'}"
                )
        if each.versions.get("image") != first.versions.get("image"):
            yield f"task '{_part(each)['name']}' ran in another image than '{_part(first)['name']}'"


def _seconds(began_at: str, ended_at: str | None) -> float | None:
    """By the clocks of the machines that they ran on; never less than nothing."""
    if ended_at is None:
        return None
    took = datetime.fromisoformat(ended_at) - datetime.fromisoformat(began_at)
    return max(0.0, round(took.total_seconds(), 3))
