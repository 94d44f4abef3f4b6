"""A reference profile: what a table's columns look like, in kilobytes.

Numbers are counted in bins whose edges are the reference's deciles, with one below all, one above
all, and null and NaN apart; 201 quantiles beside them carry the distribution function. Texts and booleans are
counted by category, the `MOST_CATEGORIES` commonest by name and the rest as one. Times are numbers:
seconds since 1970.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from highroad.errors import DataError

FORMAT = 1
BINS = 10
QUANTILES = 201
MOST_CATEGORIES = 50
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class NumberProfile:
    """A column of numbers.

    Attributes:
        edges: Ascending inner edges; a value belongs to the bin whose upper edge it is at or below.
        counts: Values per bin, one more than edges; null and NaN are in none.
        nulls: Rows without a value.
        nans: Rows that are not a number.
        quantiles: `QUANTILES` values at equal steps of the distribution, ascending; empty where
            the column has no values.
        mean: Of the finite values; None without any.
        std: Of the finite values, divided by n; None without any.
    """

    edges: Sequence[float]
    counts: Sequence[int]
    nulls: int
    nans: int
    quantiles: Sequence[float]
    mean: float | None
    std: float | None


@dataclass(frozen=True)
class CategoryProfile:
    """A column of categories.

    Attributes:
        counts: Rows by category, commonest first.
        other: Rows of all further categories.
        nulls: Rows without a value.
    """

    counts: Mapping[str, int]
    other: int
    nulls: int


@dataclass(frozen=True)
class Profile:
    """The columns of a table, and where it came from.

    Attributes:
        rows: Rows of the table.
        columns: A profile for each column that has one; nested and binary columns have none.
        about: What the table was, in the caller's words: product, version, partition.
    """

    rows: int
    columns: Mapping[str, NumberProfile | CategoryProfile]
    about: str = ""

    def to_json(self) -> str:
        """The profile as JSON; infinities and NaN as text."""
        columns = {name: _plain(asdict(each)) for name, each in self.columns.items()}
        return json.dumps(
            {"format": FORMAT, "rows": self.rows, "about": self.about, "columns": columns}
        )

    @classmethod
    def from_json(cls, text: str) -> Profile:
        """Read what `to_json` wrote.

        Raises:
            DataError: It is no profile of this format.
        """
        try:
            found = json.loads(text)
            if found["format"] != FORMAT:
                raise ValueError(f"format {found['format']}, expected {FORMAT}")
            columns = {name: _column(each) for name, each in found["columns"].items()}
            return cls(int(found["rows"]), columns, str(found["about"]))
        except (ValueError, KeyError, TypeError) as error:
            raise DataError(
                f"no drift profile: {error}; make it anew from the reference."
            ) from error


def profile_of(table: Any, about: str = "") -> Profile:
    """Profile a pandas, Polars or Arrow table."""
    from highroad.products.tables import as_arrow

    rows = as_arrow(table)
    columns: dict[str, NumberProfile | CategoryProfile] = {}
    for name in rows.column_names:
        column = rows.column(name)
        if is_number(column.type):
            columns[name] = _numbers(column)
        elif is_category(column.type):
            columns[name] = _categories(column)
    return Profile(len(rows), columns, about)


def is_number(kind: Any) -> bool:
    """Is a column of this Arrow type profiled by bins?"""
    import pyarrow.types as types

    return bool(
        types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind) or is_time(kind)
    )


def is_time(kind: Any) -> bool:
    """Is a column of this Arrow type a moment or a day?"""
    import pyarrow.types as types

    return bool(types.is_timestamp(kind) or types.is_date(kind))


def is_category(kind: Any) -> bool:
    """Is a column of this Arrow type profiled by category?"""
    import pyarrow.types as types

    if types.is_dictionary(kind):
        return is_category(kind.value_type)
    return bool(types.is_string(kind) or types.is_large_string(kind) or types.is_boolean(kind))


def numbers_of(column: Any) -> tuple[Floats, int, int]:
    """(values without NaN, nulls, NaNs) of an Arrow column; times as seconds since 1970."""
    import pyarrow as pa
    import pyarrow.types as types

    kind = column.type
    if is_time(kind):
        micros = column.cast(pa.timestamp("us", tz=getattr(kind, "tz", None))).cast(pa.int64())
        values = micros.drop_null().to_numpy() / 1e6
    elif types.is_decimal(kind):
        values = column.cast(pa.float64()).drop_null().to_numpy()
    else:
        values = column.drop_null().to_numpy()
    values = np.asarray(values, dtype=np.float64)
    is_nan = np.isnan(values)
    return values[~is_nan], int(column.null_count), int(is_nan.sum())


def categories_of(column: Any) -> tuple[dict[str, int], int]:
    """(rows by category, commonest first, nulls) of an Arrow column."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.types as types

    if types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    counted = pc.value_counts(column.cast(pa.string()).drop_null())
    pairs = [(each["values"].as_py(), each["counts"].as_py()) for each in counted]
    return dict(sorted(pairs, key=lambda pair: (-pair[1], pair[0]))), int(column.null_count)


def binned(values: Floats, edges: Sequence[float] | Floats) -> NDArray[np.int64]:
    """Values per bin of these inner edges; the order of the values does not matter."""
    if not len(edges):
        return np.array([len(values)])
    below = np.searchsorted(np.sort(values), edges, side="right")
    return np.diff(np.concatenate([[0], below, [len(values)]]))


def _numbers(column: Any) -> NumberProfile:
    values, nulls, nans = numbers_of(column)
    if not len(values):
        return NumberProfile([], [0], nulls, nans, [], None, None)
    ordered = np.sort(values)
    # Each decile is a value of the column; equal ones make one edge. The outermost bins, below the
    # least and above the greatest value, are empty here and wait for what was never seen.
    places = np.ceil(np.arange(1, BINS + 1) / BINS * len(ordered)).astype(int) - 1
    below = np.nextafter(ordered[0], -np.inf)
    edges = np.unique(np.concatenate([[below], ordered[np.clip(places, 0, None)]]))
    steps = np.linspace(0, len(ordered) - 1, QUANTILES).round().astype(int)
    finite = ordered[np.isfinite(ordered)]
    return NumberProfile(
        edges.tolist(),
        binned(ordered, edges).tolist(),
        nulls,
        nans,
        ordered[steps].tolist(),
        float(finite.mean()) if len(finite) else None,
        float(finite.std()) if len(finite) else None,
    )


def _categories(column: Any) -> CategoryProfile:
    counts, nulls = categories_of(column)
    named = dict(list(counts.items())[:MOST_CATEGORIES])
    return CategoryProfile(named, sum(counts.values()) - sum(named.values()), nulls)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    return str(value) if isinstance(value, float) and not np.isfinite(value) else value


def _column(found: Mapping[str, Any]) -> NumberProfile | CategoryProfile:
    if "edges" not in found:
        return CategoryProfile(dict(found["counts"]), found["other"], found["nulls"])
    numbers = {key: [float(each) for each in found[key]] for key in ("edges", "quantiles")}
    return NumberProfile(
        numbers["edges"], found["counts"], found["nulls"], found["nans"], numbers["quantiles"],
        found["mean"], found["std"],
    )  # fmt: skip
