"""The chain behind a run, a file or a product's version up to raw inputs, and down to what was made of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from highroad.errors import DataError
from highroad.tracking.reading import RecordReader
from highroad.tracking.record import SHORT, UNKNOWN, DatasetUse, Record, version_told
from highroad.tracking.surroundings import hash_of

UP, DOWN = "made from", "read by"
PREDICTION = "prediction"


@dataclass(frozen=True)
class Step:
    """One thing in the chain, and what is beyond it in one direction.

    Attributes:
        kind: `run` or `data`; of a prediction `prediction`, `request` and `release`.
        says: In a line.
        facts: As plain values.
        beyond: The next steps, away from where the walk began.
    """

    kind: str
    says: str
    facts: dict[str, Any]
    beyond: tuple[Step, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """As plain values, ready for JSON."""
        return {self.kind: self.facts, "beyond": [each.to_dict() for each in self.beyond]}

    def lines(self, indent: str = "", shown: set[str] | None = None) -> Iterator[str]:
        """As a tree, in which what is beyond a run stands once."""
        shown = set() if shown is None else shown
        for position, each in enumerate(self.beyond):
            is_last = position == len(self.beyond) - 1
            is_known = each.kind == "run" and each.says in shown and bool(each.beyond)
            branch, more = ("└─ ", "   ") if is_last else ("├─ ", "│  ")
            yield f"{indent}{branch}{each.says}{' (as above)' if is_known else ''}"
            if not is_known:
                shown.add(each.says)
                yield from each.lines(indent + more, shown)


@dataclass(frozen=True)
class Trace:
    """Both directions from where the walk began."""

    says: str
    up: Step
    down: Step

    def to_dict(self) -> dict[str, Any]:
        """As plain values, ready for JSON."""
        return {"of": self.says, "up": self.up.to_dict(), "down": self.down.to_dict()}

    def __str__(self) -> str:
        lines = [self.says]
        for word, step in ((UP, self.up), (DOWN, self.down)):
            found = list(step.lines("  "))
            lines += [f"{word}:", *(found or ["  nothing on record"])]
        return "\n".join(lines)


class Tracer:
    """Walk from runs to data and back.

    Args:
        reader: The records.
    """

    def __init__(self, reader: RecordReader):
        self._reader = reader
        self._using = cache(reader.using)

    def of_run(self, record: Record) -> Trace:
        """The chain around a run."""
        return Trace(_run_says(record), self._above(record, set()), self._below(record, set()))

    def of_data(self, place: str, kind: str, version: str | None, name: str = "") -> Trace:
        """The chain around a version of what lies at a place.

        Raises:
            DataError: No run wrote or read it; says what is known of the place.
        """
        use = DatasetUse(name or Path(place).name, place, kind, version)
        if version is None or not self._using(place, version):
            raise DataError(self._unknown(use))
        use = self._as_recorded(use)
        step = self._maker_step(use, None, set())
        readers = self._readers(use, set())
        return Trace(
            _data_says(use), step, replace(step, beyond=(*self._made_beside(use), *readers))
        )

    def of_prediction(self, row: Mapping[str, Any], place: str, stamp: str) -> Trace:
        """The chain behind a prediction: what was asked, what answered, and what its model was made from.

        Args:
            row: Of the prediction log.
            place: The model's folder of versions.
            stamp: The version in it.

        Raises:
            DataError: No run on record wrote the model.
        """
        model = self.of_data(place, "kedro", stamp, f"{row['model']}@{row['model_version']}")
        facts = {key: value for key, value in row.items() if key not in ("inputs", "at")}
        facts |= {"at": row["at"].isoformat(), "inputs": dict(row["inputs"])}
        asked = Step(
            "request", f"request: {_pairs(row['inputs'])}", {"inputs": dict(row["inputs"])}
        )
        by = Step("release", _release_says(row), facts)
        made = replace(model.up, says=model.says)
        says = f"prediction {row['prediction_id']} at {facts['at'][:19]}: {_answer_says(row)}"
        up = Step(PREDICTION, says, facts, (asked, by, made))
        return Trace(says, up, Step(PREDICTION, says, facts))

    def of_file(self, path: Path) -> Trace:
        """The chain around a file as it is now; where it was moved, its content is found.

        Raises:
            DataError: There is no such file, or no run wrote or read what is in it.
        """
        content = hash_of(path)
        if content is None:
            raise DataError(f"{path}: no such file.")
        place = path.resolve().as_posix()
        if not self._using(place, content):
            for elsewhere in self._reader.places_of(content):
                return self.of_data(elsewhere, "sha256", content)
        return self.of_data(place, "sha256", content)

    def _as_recorded(self, use: DatasetUse) -> DatasetUse:
        """With what a run that wrote or read it knew of it, such as its contract."""
        for _, record in self._using(use.place, use.version):
            for each in (*record.outputs, *record.inputs):
                if (each.place, each.version) == (use.place, use.version):
                    return replace(each, name=use.name)
        return use

    def _unknown(self, use: DatasetUse) -> str:
        known = self._using(str(use.place), None, 1)
        if not known:
            return f"{use.place}: no run on record read or wrote it. `highroad runs list` shows the runs."
        way, record = known[0]
        verb = "wrote" if way == "out" else "read"
        return (
            f"{use.place}: no run on record read or wrote this version "
            f"({version_told(use.kind, use.version)}); the last run that {verb} it, {record.id} of "
            f"{record.project}, had another. It was changed since, by no run on record."
        )

    def _above(self, record: Record, seen: set[str], made: DatasetUse | None = None) -> Step:
        steps = [self._maker_step(use, record, seen | {record.id}) for use in record.inputs]
        steps += [
            Step(
                "data",
                f"{_data_says(use)}, made in this run",
                _data_facts(use) | {"made_here": True},
            )
            for use in record.outputs
            if made is not None and use.read_back and use.place != made.place
        ]
        return Step("run", _run_says(record), _run_facts(record), tuple(steps))

    def _maker_step(self, use: DatasetUse, reader: Record | None, seen: set[str]) -> Step:
        maker = self._maker(use, reader, seen)
        beyond = (self._above(maker, seen, use),) if maker is not None else ()
        return Step("data", _data_says(use), _data_facts(use), beyond)

    def _made_beside(self, use: DatasetUse) -> Iterator[Step]:
        """What the run that made it made of it: it read it again."""
        maker = self._maker(use, None, set())
        if maker is None:
            return
        is_read = any(each.read_back for each in maker.outputs if each.place == use.place)
        if is_read:
            others = tuple(each for each in maker.outputs if each.place != use.place)
            yield self._below(replace(maker, outputs=others), set())

    def _maker(self, use: DatasetUse, reader: Record | None, seen: set[str]) -> Record | None:
        """The last run before the reader that wrote this version; one that only found it there did not."""
        if use.kind == UNKNOWN or use.place is None:
            return None
        wrote = [
            record
            for way, record in self._using(use.place, use.version)
            if way == "out" and record.id not in seen and (reader is None or record.id < reader.id)
        ]
        made = [record for record in wrote if _rows_of(record, use) != 0]
        if use.kind == "delta":
            return made[-1] if made else wrote[-1] if wrote else None
        return wrote[0] if wrote else None

    def _below(self, record: Record, seen: set[str]) -> Step:
        steps = [
            Step("data", _data_says(use), _data_facts(use), tuple(self._readers(use, seen, record)))
            for use in record.outputs
        ]
        return Step("run", _run_says(record), _run_facts(record), tuple(steps))

    def _readers(
        self, use: DatasetUse, seen: set[str], maker: Record | None = None
    ) -> Iterator[Step]:
        """Who read it; of a maker's, those that read what it made and no later run made again."""
        if use.kind == UNKNOWN or use.place is None:
            return
        beyond = seen | ({maker.id} if maker is not None else set())
        for way, record in self._using(use.place, use.version):
            if way != "in" or record.id in beyond:
                continue
            source = self._maker(use, record, set()) if maker is not None else None
            if maker is None or (source is not None and source.id == maker.id):
                yield self._below(record, beyond)


def _pairs(inputs: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in inputs.items())


def _answer_says(row: Mapping[str, Any]) -> str:
    probability = row["probability"]
    return f"{row['prediction']}{'' if probability is None else f', probability {probability:.4g}'}"


def _release_says(row: Mapping[str, Any]) -> str:
    release = f"release {row['release']}" if row["release"] else "no release"
    image = f", image {row['image']}" if row["image"] else ""
    commit = f", commit {row['commit'][:SHORT]}" if row["commit"] else ""
    return f"{release} of {row['project']} in {row['environment']}{image}{commit}"


def _rows_of(record: Record, use: DatasetUse) -> int | None:
    return next((each.rows for each in record.outputs if each.place == use.place), None)


def _run_says(record: Record) -> str:
    when = record.began_at[:19]
    return f"run {record.id} of {record.project}, {record.status}, {when}, commit {record.short_commit}"


def _data_says(use: DatasetUse) -> str:
    version = version_told(use.kind, use.version)
    contract = f", contract {use.contract.get('version')}" if use.contract else ""
    return f"{use.name}, {version}{contract}"


def _run_facts(record: Record) -> dict[str, Any]:
    return {
        "id": record.id,
        "project": record.project,
        "status": record.status,
        "began_at": record.began_at,
        "code": dict(record.code),
        "versions": dict(record.versions),
    }


def _data_facts(use: DatasetUse) -> dict[str, Any]:
    return {
        "name": use.name,
        "place": use.place,
        "kind": use.kind,
        "version": use.version,
        "contract": dict(use.contract) if use.contract else None,
        "model": dict(use.model) if use.model else None,
    }
