"""A model as ONNX and what has to be known to ask it: `model.onnx` and `serving.json`."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from highroad.errors import ConfigError
from highroad.models.onnx.estimators import predict
from highroad.models.onnx.graph import Column, Frame, Graph, NotConverted
from highroad.models.onnx.parity import TOLERANCE, Subject, as_categories, require_parity
from highroad.models.onnx.steps import NULL, UNKNOWN
from highroad.models.signature import Signature

if TYPE_CHECKING:
    import pyarrow as pa

FORMAT = 1
MOST_CATEGORIES = 10_000
THRESHOLD = "threshold"
"""A number that is kept beside a model of two classes: from which probability on the second is predicted."""


class Exported(NamedTuple):
    """The two files."""

    onnx: bytes
    serving: bytes


def export(
    model: Any,
    signature: Signature,
    tables: Sequence[pa.Table],
    *,
    beside: Mapping[str, Any] | None = None,
    is_array: bool = False,
) -> Exported:
    """Convert a model, and hold the result against it.

    Args:
        model: A fitted estimator of scikit-learn.
        signature: Its columns and classes.
        tables: What it was tested and fitted on, with the columns of the signature. The first is what it is
            compared on; all say which categories there are.
        beside: What is kept with it.
        is_array: It takes an array rather than a frame.

    Raises:
        NotConverted: There is no conversion, or the two disagree; says why.
        ConfigError: onnx or onnxruntime is not installed.
    """
    try:
        import onnxruntime
    except ImportError as error:
        raise ConfigError("a model as ONNX needs onnx and onnxruntime: depend on highroad[onnx].") from error  # fmt: skip
    names = [field.name for field in signature.inputs]
    frame = tables[0].select(names).to_pandas()
    if not len(frame):
        raise NotConverted("has no rows to compare it on")
    values = {
        place: _values(tables, name) for place, name in enumerate(names) if _is_text(frame[name])
    }
    subject, graph = Subject(model, frame, is_array), Graph()
    for place in range(len(names)):
        refused = graph.refused.setdefault(place, set())
        refused |= {NULL} if not subject.takes(place, None) else set()
        refused |= {UNKNOWN} if place in values and not subject.takes(place, "\0unknown") else set()
    columns = tuple(_column(frame, place, values) for place in range(len(names)))
    onnxruntime.set_default_logger_severity(4)  # what it complains of is said in the note
    try:
        data = graph.finish(predict(graph, model, Frame(columns)))
        session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
        largest = require_parity(subject, graph, session, values)
    except NotConverted:
        raise
    except Exception as error:  # of scikit-learn, onnx or onnxruntime, which have no tree of errors
        reason = (str(error).strip().splitlines() or [""])[0][:200]
        raise NotConverted(f"cannot be converted: {type(error).__name__}: {reason}") from error
    about = {
        "format": FORMAT,
        "inputs": [
            {
                **vars(field),
                "takes_null": NULL not in graph.refused.get(place, set()),
                "takes_unknown": UNKNOWN not in graph.refused.get(place, set()),
                "categories": values.get(place),
            }
            for place, field in enumerate(signature.inputs)
        ],
        "layout": [
            {"input": column.source, "values": None if column.values is None else [_plain(each) for each in column.values]}
            for column in graph.layout
        ],
        "classes": list(signature.classes),
        "threshold": _threshold(signature, beside or {}),
        "parity": {"tolerance": TOLERANCE, "largest": largest},
    }  # fmt: skip
    return Exported(data, json.dumps(about, indent=1, allow_nan=False).encode())


def _column(frame: Any, place: int, values: dict[int, list[Any]]) -> Column:
    import pandas as pd

    if place not in values:
        return Column(place)
    given = frame.iloc[:, place]
    codes = [*values[place], "\0unknown", None]
    if isinstance(given.dtype, pd.CategoricalDtype):
        return Column(place, as_categories(codes, given.dtype))
    return Column(place, pd.Series(codes, dtype=given.dtype))


def _is_text(given: Any) -> bool:
    import pandas as pd

    kind = given.dtype.categories.dtype if isinstance(given.dtype, pd.CategoricalDtype) else given.dtype  # fmt: skip
    if pd.api.types.is_numeric_dtype(kind) and kind is given.dtype:
        return False
    if pd.api.types.is_string_dtype(kind) or pd.api.types.is_object_dtype(kind):
        return True
    raise NotConverted(
        f"takes a column of {given.dtype}, '{given.name}'; expected numbers and texts"
    )


def _values(tables: Sequence[pa.Table], name: str) -> list[str]:
    import pyarrow.compute as pc

    found = {value for table in tables for value in pc.unique(table[name]).to_pylist()}
    known = sorted(value for value in found if isinstance(value, str))
    if len(known) < len(found - {None}):
        raise NotConverted(f"takes a column of mixed values, '{name}'")
    if len(known) > MOST_CATEGORIES:
        raise NotConverted(f"takes '{name}', which has {len(known):,} values; at most {MOST_CATEGORIES:,} are served")  # fmt: skip
    return known


def _threshold(signature: Signature, beside: Mapping[str, Any]) -> float | None:
    found = beside.get(THRESHOLD)
    if isinstance(found, bool) or not isinstance(found, (int, float, np.number)):
        return None
    return float(found) if len(signature.classes) == 2 else None


def _plain(value: Any) -> float | None:
    return None if math.isnan(value) else float(value)
