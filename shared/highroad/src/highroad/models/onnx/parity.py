"""Do an ONNX graph and its model compute the same? On given rows, and on rows at every edge."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from highroad.models.onnx.graph import Column, Graph, NotConverted
from highroad.models.onnx.steps import NULL, UNKNOWN

if TYPE_CHECKING:
    import pandas as pd

TOLERANCE = 1e-12
"""How far an output may be from the model's, relative to the larger of it and 1."""
MOST_ROWS = 5_000
MOST_EDGES = 12_000


class Subject:
    """A model, and how to ask it.

    Args:
        model: Fitted.
        rows: What it may be asked about, one row each; pandas.
        is_array: It takes an array rather than a frame.
    """

    def __init__(self, model: Any, rows: pd.DataFrame, is_array: bool):
        self._model, self._is_array = model, is_array
        self.rows = rows.iloc[:: -(-len(rows) // MOST_ROWS)].reset_index(drop=True)

    def answers(self, rows: pd.DataFrame) -> Any:
        """Probabilities, or predictions of shape (rows, 1)."""
        asked = rows.to_numpy() if self._is_array else rows
        if hasattr(self._model, "predict_proba"):
            return np.asarray(self._model.predict_proba(asked), dtype=float)
        return np.asarray(self._model.predict(asked), dtype=float).reshape(len(rows), -1)

    def takes(self, place: int, value: Any) -> bool:
        """Whether the model answers where one column has this value."""
        try:
            self.answers(changed(self.rows.iloc[:1], place, [value]))
        except (TypeError, ValueError):
            return False
        return True


def require_parity(subject: Subject, graph: Graph, session: Any, values: dict[int, list[Any]]) -> float:  # fmt: skip
    """Compare both on the rows and on the edges.

    Args:
        subject: The model.
        graph: What the session was made of.
        session: Of onnxruntime.
        values: By column, the categories that are known.

    Returns:
        The largest difference.

    Raises:
        NotConverted: They differ by more than `TOLERANCE`; says by how much, and on which rows.
    """
    largest = 0.0
    for what, rows in _kinds(subject, graph, values):
        if not len(rows):
            continue
        expected = subject.answers(rows)
        given = session.run(None, {"X": matrix(rows, graph.layout, values)})[0]
        if given.shape != expected.shape:
            raise NotConverted(f"gives {given.shape} where the model gives {expected.shape}")
        off = np.abs(given - expected) / np.maximum(1, np.abs(expected))
        off = np.where(np.isnan(given) & np.isnan(expected), 0, off)
        if not np.all(off <= TOLERANCE):
            raise NotConverted(
                f"is {np.nanmax(off):.2g} off on {int((~(off <= TOLERANCE)).any(axis=1).sum())} of {len(rows)} "
                f"rows {what}; at most {TOLERANCE:g} is accepted"
            )
        largest = max(largest, float(off.max()))
    return largest


def matrix(rows: pd.DataFrame, layout: list[Column], values: dict[int, list[Any]]) -> Any:
    """The rows as the graph's input."""
    import pandas as pd

    made = np.empty((len(rows), len(layout)))
    for place, column in enumerate(layout):
        given = rows.iloc[:, column.source]
        if column.values is None:
            made[:, place] = pd.to_numeric(given).to_numpy(dtype=float, na_value=np.nan)
            continue
        known = values[column.source]
        codes = {value: code for code, value in enumerate(known)}
        found = np.array([len(known) + 1 if pd.isna(each) else codes.get(each, len(known)) for each in given])  # fmt: skip
        made[:, place] = np.asarray(column.values, dtype=float)[found]
    return made


def changed(base: pd.DataFrame, place: int, given: list[Any]) -> pd.DataFrame:
    """Copies of the rows, one for each value, with this value in one column."""
    import pandas as pd

    rows = base.iloc[np.arange(len(given)) % len(base)].reset_index(drop=True)
    name = rows.columns[place]
    old = rows[name]
    if isinstance(old.dtype, pd.CategoricalDtype):
        new = as_categories(given, old.dtype)
    elif pd.api.types.is_float_dtype(old.dtype) or not pd.api.types.is_numeric_dtype(old.dtype):
        new = pd.Series(given, dtype=old.dtype)
    else:
        new = pd.Series(given)
        new = new.astype(old.dtype) if not new.isna().any() and (new == new.round()).all() else new
    made: pd.DataFrame = pd.concat(
        [rows.iloc[:, :place], new.rename(name), rows.iloc[:, place + 1 :]], axis=1
    )
    return made


def as_categories(given: list[Any], dtype: Any) -> Any:
    """Values in a column of categories; one that it does not know is missing there."""
    import pandas as pd

    known = set(dtype.categories)
    return pd.Series([each if each in known else None for each in given], dtype=dtype)


def _kinds(subject: Subject, graph: Graph, values: dict[int, list[Any]]) -> Iterator[tuple[str, pd.DataFrame]]:  # fmt: skip
    yield "of the data", subject.rows
    splits = sorted({split for split in graph.thresholds if np.isfinite(split[1])})
    step = max(1, -(-3 * len(splits) // MOST_EDGES))
    by_column: dict[int, list[float]] = {}
    for source, value in splits[::step]:
        by_column.setdefault(source, []).extend((value, np.nextafter(value, np.inf), np.nextafter(value, -np.inf)))  # fmt: skip
    for source, near in by_column.items():
        yield (
            f"at the splits of '{subject.rows.columns[source]}'",
            changed(subject.rows, source, near),
        )
    can_miss = []
    for place, name in enumerate(subject.rows.columns):
        refused = graph.refused.get(place, set())
        given = list(values.get(place, [])) + ["\0unknown"] * (
            place in values and UNKNOWN not in refused
        )
        if given:
            yield f"with every category of '{name}'", changed(subject.rows, place, given)
        if NULL not in refused:
            can_miss.append(place)
            yield f"without '{name}'", changed(subject.rows.iloc[:20], place, [None] * 20)
    rows = subject.rows.iloc[:1]
    for place in can_miss:
        rows = changed(rows, place, [None])
    yield "without anything", rows
