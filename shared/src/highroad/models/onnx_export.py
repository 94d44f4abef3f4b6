"""A model as ONNX, where what comes out is what the model says."""

from __future__ import annotations

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
    sample = training_data[:SAMPLE_ROWS]
    fed = _feeds(sample)
    is_classifier = hasattr(model, "predict_proba")
    options = {id(model): {"zipmap": False}} if is_classifier else None
    try:
        types = [(name, _tensor_type(values)) for name, values in fed.items()]
        data = skl2onnx.convert_sklearn(
            model, initial_types=types, options=options
        ).SerializeToString()
        session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
        given = session.run(None, fed)
    except Exception as error:
        reason = str(error).strip().splitlines() or [type(error).__name__]
        raise NotConverted(f"cannot be converted: {reason[0][:200]}") from error
    _require_agreement(model, sample, given, is_classifier)
    return bytes(data)


def _require_agreement(model: Any, sample: Any, given: list[Any], is_classifier: bool) -> None:
    import numpy as np

    expected = model.predict_proba(sample) if is_classifier else model.predict(sample)
    found = np.asarray(given[1] if is_classifier else given[0], dtype=float)
    expected = np.asarray(expected, dtype=float)
    if found.size != expected.size:
        raise NotConverted(f"gives {found.shape} where the model gives {expected.shape}")
    off = np.abs(found.reshape(expected.shape) - expected) / np.maximum(1, np.abs(expected))
    if not np.all(off <= TOLERANCE):
        raise NotConverted(f"is {off.max():.2g} off on {len(expected)} rows of the training data")


def _feeds(sample: Any) -> dict[str, Any]:
    """One matrix `X` where all columns are numbers, else one input a column, by its name."""
    import numpy as np

    if getattr(sample, "ndim", 0) == 2 and not hasattr(sample, "columns"):
        return {"X": np.asarray(sample, dtype=np.float32)}
    table = as_table(sample)
    columns = {name: table[name].to_numpy() for name in table.column_names}
    if all(each.dtype.kind in "fiub" for each in columns.values()):
        return {"X": np.column_stack([each.astype(np.float32) for each in columns.values()])}
    return {
        name: each.astype(np.float32 if each.dtype.kind in "fiub" else np.str_).reshape(-1, 1)
        for name, each in columns.items()
    }


def _tensor_type(values: Any) -> Any:
    from skl2onnx.common.data_types import FloatTensorType, StringTensorType

    kind = FloatTensorType if values.dtype.kind == "f" else StringTensorType
    return kind([None, values.shape[1]])
