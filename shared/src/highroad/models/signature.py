"""What a model takes and gives: columns, types, and the ranges it has seen."""

from __future__ import annotations

from collections.abc import Mapping
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
            personal data, and where all are null.
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
        classes: Of a classifier; empty of anything else.
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


def signature_of(model: Any, training_data: Any = None) -> Signature:
    """A model's signature, from its training data or, without, from what it remembers.

    Args:
        model: A fitted estimator.
        training_data: A frame of pandas or Polars, an Arrow table, or an array of shape (n, k);
            columns that the model does not take are left out.
    """
    names = [str(each) for each in getattr(model, "feature_names_in_", ())]
    if training_data is None:
        count = getattr(model, "n_features_in_", 0)
        inputs = tuple(Field(each) for each in names or [f"x{index}" for index in range(count)])
    else:
        table = as_table(training_data)
        taken = [each for each in names if each in table.column_names] or table.column_names
        inputs = tuple(_field(name, table[name]) for name in taken)
    classes = getattr(model, "classes_", ())
    return Signature(inputs, tuple(_plain(each) for each in classes))


def as_table(data: Any) -> pa.Table:
    """A frame or an array as an Arrow table, without its index.

    Raises:
        TypeError: It is none of these.
    """
    import pyarrow as pa

    if isinstance(data, pa.Table):
        return data
    if hasattr(data, "collect"):  # Polars, lazy
        data = data.collect()
    if hasattr(data, "to_arrow"):
        return data.to_arrow()
    if hasattr(data, "columns") and hasattr(data, "dtypes"):
        return pa.Table.from_pandas(data, preserve_index=False)
    if getattr(data, "ndim", 0) == 2:
        columns = {f"x{index}": data[:, index] for index in range(data.shape[1])}
        return pa.table(columns)
    raise TypeError(
        f"{type(data).__name__} has no columns; expected a frame, an Arrow table or an array of two dimensions."
    )


def _field(name: str, values: pa.ChunkedArray) -> Field:
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = values.type.value_type if pa.types.is_dictionary(values.type) else values.type
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        kind = pa.string()
    if pa.types.is_floating(kind):
        values = pc.if_else(pc.is_nan(values), pa.scalar(None, kind), values)
    has_range = not pa.types.is_boolean(kind) and (
        pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_decimal(kind)
        or pa.types.is_temporal(kind)
    )
    ends = pc.min_max(values).as_py() if has_range else {"min": None, "max": None}
    return Field(name, str(kind), values.null_count > 0, _plain(ends["min"]), _plain(ends["max"]))


def _plain(value: Any) -> Any:
    value = value.item() if hasattr(value, "item") else value
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
