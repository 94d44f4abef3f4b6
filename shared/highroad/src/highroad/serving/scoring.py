"""From the bytes of a request to the bytes of its answer."""

from __future__ import annotations

import itertools
import os
import secrets
import time
from typing import Any

import msgspec

from highroad.serving.assignment import Assignment
from highroad.serving.contract import MOST_FAULTS, Contract, Fault
from highroad.serving.model import ServedModel

OK, MALFORMED, INVALID = 200, 400, 422
_encode = msgspec.json.Encoder().encode


class Answer(msgspec.Struct, frozen=True, gc=False):
    """What a request comes to.

    Attributes:
        status: Of HTTP.
        body: As JSON.
        rows: How many rows were scored.
        faults: What was wrong with others.
    """

    status: int
    body: bytes
    rows: int = 0
    faults: tuple[Fault, ...] = ()


class Scorer:
    """A released model under its contract.

    Args:
        assignment: What is served.
        release: The release's id; empty outside of one.
    """

    def __init__(self, assignment: Assignment, release: str):
        self.assignment, self.release = assignment, release
        self.model = ServedModel(assignment.folder, assignment.digest)
        self.contract = Contract(self.model.about.inputs, assignment.settings)
        about = {"model": assignment.model, "version": assignment.version, "release": release}
        self._end = b"," + _encode(about)[1:]
        self._classes, self._threshold = self.model.about.classes, self.model.about.threshold
        self._worker, self._count = secrets.token_hex(6), itertools.count()
        self._most = assignment.settings.most_rows
        self.score([[*map(_sample, self.contract.rules)]], [0])  # the first run allocates

    def answer(self, body: bytes) -> Answer:
        """Check and score a request."""
        try:
            request = self.contract.decode(body)
            rows = [msgspec.structs.astuple(row) for row in request.rows]
        except msgspec.MsgspecError:
            return self._checked(body)
        if len(rows) > self._most:
            return self._too_many(len(rows))
        scored = _encode(self.score(rows, range(len(rows))))
        return Answer(OK, b'{"predictions":' + scored + b',"faults":[]' + self._end, len(rows))

    def score(self, rows: Any, numbers: Any) -> list[dict[str, Any]]:
        """The predictions of rows that keep the contract; each has an id of its own."""
        request = f"p{time.time_ns() // 1_000_000:012x}{self._worker}{next(self._count):08x}-"
        if not rows:
            return []
        scores = self.model.scores(rows).tolist()
        if not self._classes:
            return [
                {"id": f"{request}{number}", "row": number, "prediction": value}
                for number, (value,) in zip(numbers, scores, strict=True)
            ]
        if len(self._classes) == 2:
            no, yes = self._classes
            least = 0.5 if self._threshold is None else self._threshold
            return [
                {
                    "id": f"{request}{number}",
                    "row": number,
                    "prediction": yes if value >= least else no,
                    "probability": value,
                }
                for number, (_, value) in zip(numbers, scores, strict=True)
            ]
        return [
            {
                "id": f"{request}{number}",
                "row": number,
                "prediction": self._classes[values.index(max(values))],
                "probabilities": values,
            }
            for number, values in zip(numbers, scores, strict=True)
        ]

    def _checked(self, body: bytes) -> Answer:
        """The slow way, which knows every fault."""
        try:
            request = msgspec.json.decode(body)
        except (msgspec.MsgspecError, RecursionError) as error:
            return Answer(MALFORMED, _encode({"error": f"the body is no JSON: {error}"}))
        faults, good = self.contract.faults(request)
        is_whole = any(fault.row is None for fault in faults)
        if not is_whole and len(request["rows"]) > self._most:
            return self._too_many(len(request["rows"]))
        shown = {"faults": faults[:MOST_FAULTS], "more_faults": max(0, len(faults) - MOST_FAULTS)}
        if faults and (is_whole or not request.get("partial", False)):
            why = "the request breaks the contract, see /v1/contract; nothing was scored"
            return Answer(INVALID, _encode({"error": why, **shown}), 0, tuple(faults))
        scored = self.score([row for _, row in good], [number for number, _ in good])
        body = _encode({"predictions": scored, **shown})[:-1] + self._end
        return Answer(OK, body, len(good), tuple(faults))

    def _too_many(self, count: int) -> Answer:
        error = f"{count} rows; at most {self._most} in a request"
        return Answer(INVALID, _encode({"error": error, "faults": []}))


def facts(project: str) -> dict[str, str]:
    """Which release answers, and where."""
    told = {
        "release": "HIGHROAD_RELEASE",
        "environment": "HIGHROAD_ENV",
        "image": "HIGHROAD_IMAGE",
        "commit": "HIGHROAD_COMMIT",
    }
    return {"project": project} | {key: os.environ.get(name, "") for key, name in told.items()}


def _sample(rule: Any) -> Any:
    if rule.type == "string":
        return (rule.categories or [""])[0]
    return None if rule.nulls else rule.least or 0
