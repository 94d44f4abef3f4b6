"""Refuse a drop that is not what the source promised, saying where and what was expected."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

MISSING = ("", "NA")
WAY_OUT = "Ask the source to deliver it again, or correct the file; nothing was published from it."


def refuse(name: str, bad: Any, why: Callable[[int], str], way_out: str = WAY_OUT) -> None:
    """Raise for the first bad row, if there is one.

    Args:
        name: What to call the drop, such as `departures/2013-03`.
        bad: Truth values, shape (n,).
        why: What is wrong and what was expected, given the row's position.
        way_out: What to do about it.

    Raises:
        ValueError: With the drop, the row (1 is the first below the header), why, and how many
            more rows there are like it.
    """
    rows = np.flatnonzero(np.asarray(bad, dtype=bool))
    if len(rows):
        more = f" ({len(rows) - 1:,} more like it)" if len(rows) > 1 else ""
        raise ValueError(f"{name}, row {rows[0] + 1}: {why(int(rows[0]))}{more}. {way_out}")


def check_drop(name: str, drop: pd.DataFrame, types: Mapping[str, str]) -> None:
    """Refuse a drop without rows, with missing columns, or with rows cut short or too long.

    A CSV reader fills a row that is cut short with empty fields. So where the file's last
    column may not be missing, an empty one means that the row was cut.

    Args:
        name: What to call it in a message.
        drop: Text as delivered, shape (n, >= k), numbered from 0.
        types: The k columns that must be there, with their types as for `typed`.

    Raises:
        ValueError: With what is wrong.
    """
    if absent := [column for column in types if column not in drop]:
        raise ValueError(
            f"{name}: missing column(s) {', '.join(absent)}; expected {', '.join(types)}. {WAY_OUT}"
        )
    if drop.empty:
        raise ValueError(f"{name}: no rows below the header; the file may be truncated. {WAY_OUT}")
    if not isinstance(drop.index, pd.RangeIndex):
        raise ValueError(f"{name}, row 1: more fields than the header has columns. {WAY_OUT}")
    last = drop.columns[-1]
    short = drop[last].isna()
    if not types.get(last, "str?").endswith("?"):
        short |= drop[last] == ""

    def why(row: int) -> str:
        filled = np.flatnonzero(drop.iloc[row].fillna("") != "")
        found = int(filled[-1]) + 1 if len(filled) else 0
        return f"found {found} fields, expected {drop.shape[1]}; the file may be truncated"

    refuse(name, short, why)


def check_month(name: str, drop: pd.DataFrame) -> None:
    """Refuse rows of another month than the one the drop is named for.

    Raises:
        ValueError: With the first such row.
    """
    month = name.rpartition("/")[2]
    found = drop["year"] + "-" + drop["month"].str.zfill(2)
    refuse(name, found != month, lambda row: f"is of {found.iloc[row]}; expected {month}")


def check_unique(name: str, table: pd.DataFrame, key: Sequence[str]) -> None:
    """Refuse rows that have the key of an earlier one.

    Raises:
        ValueError: With the first such row and its key.
    """

    def why(row: int) -> str:
        values = ", ".join(f"{column}={table[column].iloc[row]}" for column in key)
        return f"repeats an earlier row ({values}); expected each once"

    refuse(name, table.duplicated(list(key)), why)


def check_clock(name: str, table: pd.DataFrame, column: str) -> None:
    """Refuse what is no time of day as hhmm, 0 to 2400; null passes.

    Raises:
        ValueError: With the first such row and its value.
    """
    clock = table[column]
    bad = ((clock < 0) | (clock > 2400) | (clock % 100 > 59)).fillna(False)
    refuse(
        name,
        bad,
        lambda row: (
            f"column {column}: found {clock.iloc[row]}; expected a time of day as hhmm, 0 to 2400"
        ),
    )


def typed(name: str, drop: pd.DataFrame, types: Mapping[str, str]) -> pd.DataFrame:
    """Text columns in their types; "" and "NA" are missing.

    Args:
        name: What to call the drop in a message.
        drop: Text as delivered, shape (n, >= k).
        types: `str`, `float64` or a whole-number type by column; a `?` behind it allows missing.

    Returns:
        The k named columns in that order, shape (n, k). Whole numbers that may be missing have
        pandas' nullable type.

    Raises:
        ValueError: With column, row and value of the first that does not fit.
    """
    return pd.DataFrame(
        {column: _typed(name, drop[column], kind) for column, kind in types.items()}
    )


def _typed(name: str, found: pd.Series, kind: str) -> pd.Series:
    type_name, optional = kind.removesuffix("?"), kind.endswith("?")
    text = found.mask(found.isin(MISSING))
    column = found.name
    if not optional:
        refuse(name, text.isna(), lambda row: f"column {column}: is missing; expected a value")
    if type_name == "str":
        return text
    numbers = _numbers(text)
    bad = (numbers.isna() & text.notna()) | np.isinf(numbers)
    expected = "a number"
    if type_name.startswith("int"):
        limits = np.iinfo(type_name)
        bad |= (
            (numbers % 1 != 0) & numbers.notna() | (numbers < limits.min) | (numbers > limits.max)
        )
        expected = f"a whole number from {limits.min} to {limits.max}"
        type_name = type_name.capitalize() if optional else type_name
    refuse(
        name, bad, lambda row: f"column {column}: found {found.iloc[row]!r}; expected {expected}"
    )
    return numbers.astype(pd.api.types.pandas_dtype(type_name))


def _numbers(text: pd.Series) -> pd.Series:
    """Text as float64, NaN where it is no number; each distinct text is read once, for speed."""
    codes, distinct = pd.factorize(text)
    values = pd.to_numeric(pd.Series(distinct, dtype=object), errors="coerce").to_numpy(
        dtype="float64"
    )
    return pd.Series(np.append(values, np.nan)[codes], index=text.index)
