"""What a model takes and gives: columns, types, and the ranges it has seen."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

UNKNOWN = "unknown"


@dataclass(frozen=True)
class Field:
    """A column that a model takes.

    Attributes:
        name: As the model knows it; `x0`, `x1`, … of arrays.
        type: As Arrow has it; `unknown` where there was no training data.
        nulls: Whether the training data had some; None where unknown. NaN counts.
        least: Of numbers and times, in the training data; None of texts, whose values may be
            personal data, where all are null, and where it is infinite.
        most: As `least`.
    """

    name: str
    type: str = UNKNOWN
    nulls: bool | None = None
    least: float | str | None = None
    most: float | str | None = None


@dataclass(frozen=True)
class Signature:
    """What goes in and what comes out.

    Attributes:
        inputs: The columns, in the model's order.
        classes: Of a classifier, a list for each output where it has several; empty of anything else.
    """

    inputs: tuple[Field, ...]
    classes: tuple[Any, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """As plain values, ready for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, facts: Mapping[str, Any]) -> Signature:
        """Read what `to_dict` gave."""
        return cls(tuple(Field(**each) for each in facts["inputs"]), tuple(facts["classes"]))


def signature_of(model: Any, training_data: pa.Table | None = None) -> Signature:
    """A model's signature, from its training data or, without, from what it remembers.

    Args:
        model: A fitted estimator.
        training_data: See `as_table`; columns that the model does not take are left out.
    """
    names = [str(each) for each in getattr(model, "feature_names_in_", ())]
    if training_data is None:
        count = getattr(model, "n_features_in_", 0)
        inputs = tuple(Field(each) for each in names or [f"x{index}" for index in range(count)])
    else:
        taken = [each for each in names if each in training_data.column_names]
        inputs = tuple(
            _field(name, training_data[name]) for name in taken or training_data.column_names
        )
    return Signature(inputs, tuple(_plain(each) for each in getattr(model, "classes_", ())))


def as_table(data: Any) -> pa.Table:
    """A frame of pandas or Polars, an Arrow table, an array of shape (n, k) or (n,), or texts, as a table.

    A pandas index is left out. What is in one piece becomes one column.

    Raises:
        TypeError: It is none of these.
        ArrowException: A column has no one type, or two have one name.
        ValueError: As `ArrowException`.
    """
    import pyarrow as pa

    if isinstance(data, pa.Table):
        return data
    if hasattr(data, "collect"):  # Polars, lazy
        data = data.collect()
    if hasattr(data, "to_arrow") and hasattr(data, "columns"):
        return data.to_arrow()
    if hasattr(data, "columns") and hasattr(data, "dtypes"):
        return pa.Table.from_pandas(data, preserve_index=False)
    if hasattr(data, "toarray"):
        raise TypeError(f"{type(data).__name__} is sparse")
    if getattr(data, "ndim", 1) == 2:
        return pa.table({f"x{index}": data[:, index] for index in range(data.shape[1])})
    if getattr(data, "ndim", 1) == 1 and isinstance(data, Iterable) and not isinstance(data, str):
        return pa.table(
            {str(getattr(data, "name", None) or "x"): pa.array(list(data), from_pandas=True)}
        )
    raise TypeError(f"{type(data).__name__} has no columns")


def _field(name: str, values: pa.ChunkedArray) -> Field:
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_dictionary(values.type):
        values = values.cast(values.type.value_type)
    kind = values.type
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        kind = pa.string()
    if pa.types.is_floating(kind):
        values = values.cast(pa.float64())  # there is no least of half-precision numbers
        values = pc.if_else(pc.is_nan(values), pa.scalar(None, pa.float64()), values)
    ends: Mapping[str, Any] = {"min": None, "max": None}
    if _has_range(kind):
        with suppress(pa.ArrowNotImplementedError):  # a type that Arrow does not order
            ends = pc.min_max(values).as_py()
    return Field(name, str(kind), values.null_count > 0, _end(ends["min"]), _end(ends["max"]))


def _has_range(kind: pa.DataType) -> bool:
    from pyarrow import types

    return not types.is_boolean(kind) and any(
        is_kind(kind)
        for is_kind in (types.is_integer, types.is_floating, types.is_decimal, types.is_temporal)
    )


def _end(value: Any) -> Any:
    value = _plain(value)
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _plain(value: Any) -> Any:
    if hasattr(value, "tolist"):  # of NumPy; of several outputs, an array
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
