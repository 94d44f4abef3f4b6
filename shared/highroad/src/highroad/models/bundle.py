"""What a node hands over to be saved as a model: the estimator, and what it was made and judged with."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from highroad.errors import DataError
from highroad.models.signature import as_table

if TYPE_CHECKING:
    import pyarrow as pa

MODEL, TRAINING, TEST, TARGET, METRICS = (
    "model", "training_data", "test_data", "test_target", "metrics",
)  # fmt: skip
TARGET_COLUMN = "__target__"
"""Of the saved test data: the truth."""
IS_ARRAY = b"highroad.is_array"
"""In the saved test data's own metadata: the model takes an array."""


@dataclass(frozen=True)
class Bundle:
    """A model and what belongs to it.

    Attributes:
        model: The fitted estimator.
        beside: What is saved and loaded with it: other estimators, numbers, texts.
        training_data: What it was fitted on, for the signature; not saved.
        test_data: What it was measured on with the truth as `TARGET_COLUMN`; saved, so that models are
            compared on the same rows. None where there is none.
        metrics: What came of it; numbers are finite and Python's own.
        is_bare: The estimator was handed over alone, and is loaded so.
    """

    model: Any
    beside: Mapping[str, Any] = field(default_factory=dict)
    training_data: Any = None
    test_data: pa.Table | None = None
    metrics: Mapping[str, Any] = field(default_factory=dict)
    is_bare: bool = False

    @classmethod
    def of(cls, data: Any, name: str) -> Bundle:
        """Take apart what a node returned: an estimator, or a dict with one under `model`.

        Args:
            data: What it returned.
            name: The model's, for messages.

        Raises:
            DataError: It is neither, the estimator is not fitted, the test data and its target do not
                match, or a metric is no finite number, text or truth value.
        """
        if not isinstance(data, Mapping):
            if not hasattr(data, "predict"):
                raise DataError(
                    f"{name}: {type(data).__name__} is no model; expected an estimator with `predict`, "
                    f"or a dict with one as '{MODEL}'."
                )
            _require_fitted(data, name)
            return cls(data, is_bare=True)
        if not hasattr(data.get(MODEL), "predict"):
            raise DataError(
                f"{name}: a dict with {', '.join(map(repr, data)) or 'nothing'}; expected an estimator "
                f"with `predict` as '{MODEL}', and as you like '{TRAINING}', '{TEST}' with '{TARGET}', "
                f"'{METRICS}', and what is to be kept beside it."
            )
        parts = dict(data)
        model = parts.pop(MODEL)
        _require_fitted(model, name)
        training, test, target, metrics = (
            parts.pop(key, None) for key in (TRAINING, TEST, TARGET, METRICS)
        )
        measured = _plain_metrics({} if metrics is None else metrics, name)
        return cls(model, parts, training, _test_data(test, target, name), measured)

    @property
    def kept(self) -> dict[str, Any]:
        """What goes into the model's file."""
        return {MODEL: self.model, **self.beside}


def loaded(kept: Mapping[str, Any], *, is_bare: bool) -> Any:
    """What a node is given: what one returned, less what was not kept."""
    return kept[MODEL] if is_bare else dict(kept)


def _require_fitted(model: Any, name: str) -> None:
    if "sklearn" not in sys.modules:  # then it is of another library
        return
    from sklearn.exceptions import NotFittedError
    from sklearn.utils.validation import check_is_fitted

    try:
        check_is_fitted(model)
    except NotFittedError as error:
        raise DataError(
            f"{name}: {type(model).__name__} is not fitted; fit it before it is saved."
        ) from error
    except TypeError:  # no estimator of scikit-learn
        return


def _test_data(data: Any, target: Any, name: str) -> pa.Table | None:
    import pyarrow as pa

    if (data is None) != (target is None):
        raise DataError(f"{name}: '{TEST}' and '{TARGET}' go together; found one of them.")
    if data is None:
        return None
    table = table_of(data, name, TEST)
    if TARGET_COLUMN in table.column_names:
        raise DataError(
            f"{name}: '{TEST}' has a column {TARGET_COLUMN}, which is kept for the truth."
        )
    if len(getattr(target, "shape", (0,))) != 1:
        raise DataError(f"{name}: '{TARGET}' is of shape {target.shape}; expected one value a row.")
    try:
        truth = pa.array(list(target), from_pandas=True)
    except (pa.ArrowException, TypeError) as error:
        raise DataError(f"{name}: '{TARGET}': {error}; expected one value a row.") from error
    if len(truth) != len(table):
        raise DataError(
            f"{name}: '{TEST}' has {len(table)} rows and '{TARGET}' {len(truth)}; expected as many."
        )
    if truth.null_count:
        raise DataError(
            f"{name}: '{TARGET}' has {truth.null_count} nulls; expected the truth of every row."
        )
    is_array = not hasattr(data, "columns") and not hasattr(data, "column_names")
    marked = table.append_column(TARGET_COLUMN, truth)
    if not is_array:
        return marked
    return marked.replace_schema_metadata({**(marked.schema.metadata or {}), IS_ARRAY: b"1"})


def table_of(data: Any, name: str, key: str) -> pa.Table:
    """Data that a node returned, as a table.

    Raises:
        DataError: It is none; says which key of which model.
    """
    import pyarrow as pa

    try:
        return as_table(data)
    except (pa.ArrowException, TypeError, ValueError) as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise DataError(
            f"{name}: '{key}' cannot be read as a table: {reason}. Expected a frame of pandas or Polars with "
            "distinct columns of one type each, an Arrow table, an array of two dimensions, or texts."
        ) from error


def _plain_metrics(value: Any, name: str, where: str = "") -> Any:
    """Python's own numbers, down to the last list."""
    if isinstance(value, Mapping):
        return {
            str(key): _plain_metrics(each, name, f"{where}.{key}" if where else str(key))
            for key, each in value.items()
        }
    if not where:
        raise DataError(f"{name}: '{METRICS}' is {value!r}; expected a dict of them by name.")
    if isinstance(value, (list, tuple)):
        return [_plain_metrics(each, name, where) for each in value]
    value = value.item() if hasattr(value, "item") and not getattr(value, "ndim", 0) else value
    if isinstance(value, float) and not math.isfinite(value):
        raise DataError(f"{name}: metric '{where}' is {value}; expected a finite number.")
    return value
