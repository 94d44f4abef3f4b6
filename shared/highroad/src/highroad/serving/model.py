"""A model in this process: onnxruntime, and the numbers that each of its inputs stands for."""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter
from typing import Any

import msgspec
import numpy as np

from highroad.errors import DataError
from highroad.models import folder

_EXTERNAL = b"\x0a\x08location"
"""The first key of a tensor whose data lies in another file."""


class Input(msgspec.Struct, frozen=True):
    """A column that the model takes, as `serving.json` has it; see `highroad.models.signature.Field`."""

    name: str
    type: str
    nulls: bool | None
    least: float | str | None
    most: float | str | None
    takes_null: bool
    takes_unknown: bool
    categories: list[str] | None


class Place(msgspec.Struct, frozen=True):
    """A column of the graph's matrix: an input, and of a category the number of each code."""

    input: int
    values: list[float | None] | None


class About(msgspec.Struct, frozen=True):
    """`serving.json`."""

    format: int
    inputs: list[Input]
    layout: list[Place]
    classes: list[Any]
    threshold: float | None


class ServedModel:
    """A model that answers.

    Args:
        place: The folder or URL of its files.
        digest: SHA-256 of its manifest.

    Raises:
        DataError: Its files are not what was registered, or are none that may be served.
    """

    def __init__(self, place: str, digest: str):
        import onnxruntime
        from fsspec.core import url_to_fs

        fs, path = url_to_fs(place)
        manifest = folder.read_manifest(fs, path)
        if manifest.digest != digest:
            raise DataError(f"{place}: its manifest is not the one that was registered.")
        self.about = _about(folder.read(fs, path, manifest, folder.SERVING), place)
        data = folder.read(fs, path, manifest, folder.ONNX)
        if _EXTERNAL in data:
            raise DataError(f"{place}/{folder.ONNX}: refers to other files, which are not read.")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        options.enable_cpu_mem_arena = False
        session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
        self._run = session.run
        self._order = itemgetter(
            *(place.input for place in self.about.layout), 0
        )  # never a bare item
        self._codes = [
            (position, place.input, *_table(place, self.about.inputs[place.input]))
            for position, place in enumerate(self.about.layout)
            if place.values is not None
        ]

    def scores(self, rows: Sequence[tuple[Any, ...]]) -> Any:
        """Probabilities of shape (rows, classes), or predictions of shape (rows, 1).

        Args:
            rows: Each the values of all inputs, in their order; None is missing.
        """
        made = []
        for row in rows:
            values = list(self._order(row))
            for position, source, table, unknown in self._codes:
                values[position] = table.get(row[source], unknown)
            values.pop()
            made.append(values)
        return self._run(["Y"], {"X": np.array(made, dtype=np.float64)})[0]


def _about(data: bytes, place: str) -> About:
    try:
        about = msgspec.json.decode(data, type=About)
    except msgspec.ValidationError as error:
        raise DataError(f"{place}/{folder.SERVING}: {error}.") from error
    if about.format != 1:
        raise DataError(f"{place}/{folder.SERVING}: of a newer format; upgrade highroad.")
    return about


def _table(place: Place, source: Input) -> tuple[dict[str | None, float], float]:
    numbers = [float("nan") if each is None else each for each in place.values or ()]
    *known, unknown, missing = numbers
    table: dict[str | None, float] = dict(zip(source.categories or (), known, strict=True))
    return table | {None: missing}, unknown
