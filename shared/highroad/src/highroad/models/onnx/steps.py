"""The steps of a pipeline that change columns: scikit-learn's own, those that act on each column alone."""

from __future__ import annotations

from typing import Any

import numpy as np

from highroad.models.onnx.graph import Column, Frame, Graph, NotConverted

UNKNOWN, NULL = "unknown", "null"
_FUNCTIONS = {np.floor: "Floor", np.ceil: "Ceil", np.abs: "Abs", np.sqrt: "Sqrt", np.log: "Log", np.exp: "Exp"}  # fmt: skip


def apply(graph: Graph, step: Any, frame: Frame) -> Frame:
    """What a fitted step makes of a frame.

    Raises:
        NotConverted: It is a step that this module does not know.
    """
    from sklearn import compose, decomposition, frozen, impute, pipeline, preprocessing

    if step is None or step == "passthrough":
        return frame
    if step == "drop":
        return Frame()
    if isinstance(step, pipeline.Pipeline):
        for _, part in step.steps:
            frame = apply(graph, part, frame)
        return frame
    if isinstance(step, frozen.FrozenEstimator):
        return apply(graph, step.estimator, frame)
    if isinstance(step, compose.ColumnTransformer):
        return _by_column(graph, step, frame)
    if frame.columns and all(column.values is not None for column in frame.columns):
        return _tabulated(graph, step, frame)
    if isinstance(step, preprocessing.FunctionTransformer) and _changes_nothing(step.func):
        return frame
    tensor = graph.tensor(frame)
    if isinstance(step, preprocessing.StandardScaler):
        made = _affine(graph, tensor, minus=step.mean_ if step.with_mean else None, by=step.scale_)
    elif isinstance(step, preprocessing.RobustScaler):
        made = _affine(graph, tensor, minus=step.center_ if step.with_centering else None,
                       by=step.scale_ if step.with_scaling else None)  # fmt: skip
    elif isinstance(step, preprocessing.MaxAbsScaler):
        made = _affine(graph, tensor, by=step.scale_)
    elif isinstance(step, preprocessing.MinMaxScaler) and not step.clip:
        made = graph.op("Add", graph.op("Mul", tensor, graph.constant(step.scale_)), graph.constant(step.min_))  # fmt: skip
    elif isinstance(step, preprocessing.FunctionTransformer) and step.func in _FUNCTIONS:
        made = graph.op(_FUNCTIONS[step.func], tensor)
    elif isinstance(step, impute.SimpleImputer):
        return _imputed(graph, step, frame, tensor)
    elif isinstance(step, preprocessing.OneHotEncoder):
        return _numbers_one_hot(graph, step, tensor)
    elif isinstance(step, preprocessing.OrdinalEncoder):
        made = _checked_codes(graph, step, tensor)
    elif isinstance(step, (decomposition.PCA, decomposition.TruncatedSVD)) and not getattr(step, "whiten", False):  # fmt: skip
        mean = getattr(step, "mean_", None)
        made = graph.op("MatMul", _affine(graph, tensor, minus=mean), graph.constant(step.components_.T))  # fmt: skip
        return Frame(tensor=made, width=len(step.components_))
    else:
        raise NotConverted(f"has a step {type(step).__name__}, for which there is no conversion")
    return Frame(tensor=made, width=len(frame))


def _changes_nothing(func: Any) -> bool:
    """None, or the check that histogram gradient boosting has for its numbers."""
    from sklearn.utils import check_array

    return func is None or getattr(func, "func", func) is check_array


def _by_column(graph: Graph, step: Any, frame: Frame) -> Frame:
    names = list(getattr(step, "feature_names_in_", range(len(frame))))
    parts = []
    for _, part, chosen in step.transformers_:
        places = _places(chosen, names)
        if places:
            parts.append(apply(graph, part, graph.select(frame, places)))
    return graph.join(parts)


def _places(chosen: Any, names: list[Any]) -> list[int]:
    if isinstance(chosen, slice):
        if isinstance(chosen.start, str) or isinstance(chosen.stop, str):
            raise NotConverted("selects columns by a slice of names")
        return list(range(len(names)))[chosen]
    chosen = [chosen] if isinstance(chosen, (str, int)) else list(chosen)
    if chosen and all(isinstance(each, (bool, np.bool_)) for each in chosen):
        return [place for place, wanted in enumerate(chosen) if wanted]
    return [names.index(each) if isinstance(each, str) else int(each) for each in chosen]


def _tabulated(graph: Graph, step: Any, frame: Frame) -> Frame:
    """A step on categories alone, as a table: what it gives for each value of each column."""
    tables = [_table(graph, step, frame, place) for place in range(len(frame))]
    first = tables[0][0]
    width = len(first)
    varies = [~_equal(table, table[0]).all(axis=0) for table in tables]
    if (np.sum(varies, axis=0) > 1).any():
        raise NotConverted(f"has a step {type(step).__name__} that mixes columns of categories")
    owner = [next((place for place, each in enumerate(varies) if each[w]), None) for w in range(width)]  # fmt: skip
    if width == len(frame):  # one for one: what varies with nothing is its own column's constant
        owner = [place if own is None else own for place, own in enumerate(owner)]
    if all(own is not None for own in owner) and len(set(owner)) == width:
        return Frame(
            tuple(
                Column(frame.columns[own].source, tables[own][:, w]) for w, own in enumerate(owner) if own is not None
            )
        )  # fmt: skip
    parts, order = [], []
    for place, column in enumerate(frame.columns):
        if own_columns := [w for w in range(width) if (owner[w] or 0) == place]:
            table = graph.constant(tables[place][:, own_columns])
            parts.append(Frame(tensor=graph.op("Gather", table, graph.codes(column), axis=0),
                               width=len(own_columns)))  # fmt: skip
            order += own_columns
    joined = graph.join(parts)
    return joined if order == sorted(order) else graph.select(joined, list(np.argsort(order)))


def _table(graph: Graph, step: Any, frame: Frame, place: int) -> Any:
    """What the step gives for each code of one column, the other columns at their first value."""
    column = frame.columns[place]
    count = len(column.values)
    hard = {count - 2: UNKNOWN, count - 1: NULL}
    refused = graph.refused.get(column.source, set())
    codes = [code for code in range(count) if hard.get(code) not in refused]
    for left_out in ((), (count - 1,), (count - 2,), (count - 2, count - 1)):
        kept = [code for code in codes if code not in left_out]
        try:
            made = step.transform(_rows(step, frame, place, kept))
        except ValueError:
            continue
        break
    else:
        raise NotConverted(
            f"has a step {type(step).__name__} that fails on values it was fitted on"
        )
    graph.refused[column.source] = refused | {hard[code] for code in left_out}
    made = made.toarray() if hasattr(made, "toarray") else np.asarray(made)
    table = np.full((count, made.shape[1]), np.nan, dtype=made.dtype if made.dtype == object else float)  # fmt: skip
    table[kept] = made
    return table


def _rows(step: Any, frame: Frame, place: int, codes: list[int]) -> Any:
    import pandas as pd

    columns = [
        [column.values[code if number == place else 0] for code in codes]
        for number, column in enumerate(frame.columns)
    ]
    made = pd.DataFrame(
        {
            number: pd.Series(values, dtype=getattr(frame.columns[number].values, "dtype", None))
            for number, values in enumerate(columns)
        }
    )
    if hasattr(step, "feature_names_in_"):
        return made.set_axis(list(step.feature_names_in_), axis=1)
    return made.to_numpy()


def _equal(one: Any, other: Any) -> Any:
    same = np.asarray(one == other)
    if one.dtype != object:
        same |= np.isnan(one) & np.isnan(other)
    return same


def _affine(graph: Graph, tensor: str, minus: Any = None, by: Any = None) -> str:
    if minus is not None:
        tensor = graph.op("Sub", tensor, graph.constant(minus))
    return tensor if by is None else graph.op("Div", tensor, graph.constant(by))


def _imputed(graph: Graph, step: Any, frame: Frame, tensor: str) -> Frame:
    filled = np.asarray(step.statistics_, dtype=object)
    if not (isinstance(step.missing_values, float) and np.isnan(step.missing_values)):
        raise NotConverted("imputes values other than missing ones")
    if any(not isinstance(value, (int, float, np.number)) or np.isnan(value) for value in filled):
        raise NotConverted("imputes a column that has no value to impute")
    is_missing = graph.op("IsNaN", tensor)
    made = Frame(tensor=graph.op("Where", is_missing, graph.constant(filled.astype(float)), tensor),
                 width=len(frame))  # fmt: skip
    if not step.add_indicator:
        return made
    marks = Frame(tensor=graph.cast(is_missing, np.float64), width=len(frame))
    return graph.join([made, graph.select(marks, list(step.indicator_.features_))])


def _numbers_one_hot(graph: Graph, step: Any, tensor: str) -> Frame:
    parts = []
    for place, values in enumerate(step.categories_):
        if step.drop is not None or step._infrequent_enabled:
            raise NotConverted("has a OneHotEncoder of numbers that drops or groups categories")
        column = graph.op("Gather", tensor, graph.constant([place], np.int64), axis=1)
        equal = graph.op("Equal", column, graph.constant(np.asarray(values, float).reshape(1, -1)))
        parts.append(Frame(tensor=graph.cast(equal, np.float64), width=len(values)))
    return graph.join(parts)


def _checked_codes(graph: Graph, step: Any, tensor: str) -> str:
    """An encoder whose categories are 0, 1, …: it gives what it gets, and NaN for anything else."""
    counts = []
    for values in step.categories_:
        known = np.asarray(values, dtype=float)
        known = known[~np.isnan(known)]
        if not np.array_equal(known, np.arange(len(known))):
            raise NotConverted("has numbers as categories that are not 0, 1, …")
        counts.append(float(len(known)))
    inside = graph.op("And", graph.op("GreaterOrEqual", tensor, graph.constant([0.0])),
                      graph.op("Less", tensor, graph.constant(counts)))  # fmt: skip
    whole = graph.op("Equal", tensor, graph.op("Floor", tensor))
    return graph.op("Where", graph.op("And", inside, whole), tensor, graph.constant([np.nan]))
