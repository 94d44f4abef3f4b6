"""A model as ONNX, where what comes out is what the model says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from highroad.errors import ConfigError
from highroad.models.signature import as_table

SAMPLE_ROWS = 1_000
TOLERANCE = 1e-5
"""How far a probability or a prediction may be from the model's: ONNX counts in float32."""


class NotConverted(Exception):  # noqa: N818  it is an outcome, not a fault
    """Why there is no ONNX file of a model."""


def to_onnx(model: Any, training_data: Any) -> bytes:
    """Convert, run both on a sample of the training data, and give the file where they agree.

    Args:
        model: A fitted scikit-learn estimator.
        training_data: A pandas or Polars frame, or an array of shape (n, k).

    Raises:
        NotConverted: It cannot be converted, or the two disagree; says why.
        ConfigError: skl2onnx or onnxruntime is not installed.
    """
    try:
        import onnxruntime
        import skl2onnx
    except ImportError as error:
        raise ConfigError(
            "onnx: true needs skl2onnx and onnxruntime: depend on highroad[onnx]."
        ) from error
    onnxruntime.set_default_logger_severity(4)  # what it complains of is said in the note
    sample = _sample(model, training_data)
    why = "cannot be converted"
    for fed in _feeds(sample):
        types = [(name, _tensor_type(values)) for name, values in fed.items()]
        options = {id(model): {"zipmap": False}} if hasattr(model, "predict_proba") else None
        try:
            data = skl2onnx.convert_sklearn(model, initial_types=types, options=options)
            converted: bytes = data.SerializeToString()
            session = onnxruntime.InferenceSession(converted, providers=["CPUExecutionProvider"])
            _require_agreement(model, sample, session.run(None, fed))
            return converted
        except NotConverted as error:
            why = str(error)
        except Exception as error:
            lines = str(error).strip().splitlines() or [type(error).__name__]
            why = f"cannot be converted: {lines[0][:200]}"
    raise NotConverted(why)


def _sample(model: Any, data: Any) -> Any:
    """The first rows, of the columns that the model takes."""
    data = data.collect() if hasattr(data, "collect") else data
    names = list(getattr(model, "feature_names_in_", ()))
    return data[names][:SAMPLE_ROWS] if names and hasattr(data, "columns") else data[:SAMPLE_ROWS]


def _require_agreement(model: Any, sample: Any, given: list[Any]) -> None:
    import numpy as np

    has_probabilities = hasattr(model, "predict_proba")
    expected = np.asarray(
        model.predict_proba(sample) if has_probabilities else model.predict(sample)
    )
    found = np.asarray(given[1] if has_probabilities else given[0])
    if found.size != expected.size:
        raise NotConverted(f"gives {found.shape} where the model gives {expected.shape}")
    found = found.reshape(expected.shape)
    if expected.dtype.kind not in "fiu":
        if not np.array_equal(found.astype(str), expected.astype(str)):
            raise NotConverted(f"gives other classes on {len(expected)} rows of the training data")
        return
    off = np.abs(found.astype(float) - expected) / np.maximum(1, np.abs(expected))
    if not np.all(off <= TOLERANCE):
        raise NotConverted(f"is {off.max():.2g} off on {len(expected)} rows of the training data")


def _feeds(sample: Any) -> Iterator[dict[str, Any]]:
    """As the model may want it: one matrix `X` where all are numbers, then one input a column."""
    import numpy as np

    if getattr(sample, "ndim", 0) == 2 and not hasattr(sample, "columns"):
        yield {"X": np.asarray(sample, dtype=np.float32)}
        return
    table = as_table(sample)
    columns = {name: table[name].to_numpy() for name in table.column_names}
    if all(each.dtype.kind in "fiub" for each in columns.values()):
        yield {"X": np.column_stack([each.astype(np.float32) for each in columns.values()])}
    yield {
        name: each.astype(np.float32 if each.dtype.kind in "fiub" else np.str_).reshape(-1, 1)
        for name, each in columns.items()
    }


def _tensor_type(values: Any) -> Any:
    from skl2onnx.common.data_types import FloatTensorType, StringTensorType

    kind = FloatTensorType if values.dtype.kind == "f" else StringTensorType
    return kind([None, values.shape[1]])
