"""An ONNX graph under construction, and the frame of columns that a step of a pipeline takes."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

DOMAIN, OPSET, ML_OPSET, IR = "ai.onnx.ml", 20, 5, 10
INPUT, OUTPUT = "X", "Y"


class NotConverted(Exception):  # noqa: N818  it is an outcome, not a fault
    """Why there is no ONNX file of a model."""


@dataclass(frozen=True)
class Column:
    """A column that the graph's input can hold as it is: one number a row.

    Attributes:
        source: Which column of the model's input it comes from.
        values: Of a category: what each of its codes stands for, of shape (codes,): the known values, then
            an unknown one and a missing one. None where the number itself is the value.
    """

    source: int
    values: Any = None


@dataclass(frozen=True)
class Frame:
    """What a step takes: columns of the input, or a tensor of shape (rows, `width`) that steps computed."""

    columns: tuple[Column, ...] = ()
    tensor: str = ""
    width: int = 0

    def __len__(self) -> int:
        return self.width or len(self.columns)


@dataclass
class Graph:
    """The nodes and constants of a graph whose input is a matrix of doubles.

    Attributes:
        layout: The columns of the input, in their order.
        refused: By column of the model's input, of `unknown` and `null` what a step cannot take.
        thresholds: Where trees split, as (column of the model's input, value).
    """

    layout: list[Column] = field(default_factory=list)
    refused: dict[int, set[str]] = field(default_factory=dict)
    thresholds: list[tuple[int, float]] = field(default_factory=list)
    _nodes: list[Any] = field(default_factory=list)
    _constants: list[Any] = field(default_factory=list)
    _gathers: dict[str, list[int]] = field(default_factory=dict)

    def constant(self, values: Any, dtype: Any = np.float64) -> str:
        """A constant tensor; returns its name."""
        from onnx import numpy_helper

        name = f"c{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.asarray(values, dtype=dtype), name))
        return name

    def op(self, kind: str, *inputs: str, domain: str = "", **attributes: Any) -> str:
        """A node with one output; returns its name."""
        from onnx import helper

        name = f"t{len(self._nodes)}"
        made = helper.make_node(kind, list(inputs), [name], domain=domain, **attributes)
        self._nodes.append(made)
        return name

    def cast(self, tensor: str, dtype: Any) -> str:
        """The tensor in another type."""
        from onnx import helper

        return self.op("Cast", tensor, to=helper.np_dtype_to_tensor_dtype(np.dtype(dtype)))

    def tensor(self, frame: Frame) -> str:
        """The frame as a tensor of doubles of shape (rows, columns).

        Raises:
            NotConverted: Text reaches a step that computes.
        """
        if frame.tensor:
            return frame.tensor
        places = []
        for column in frame.columns:
            if column.values is not None:
                column = replace(column, values=_numbers(column.values))
            places.append(self._place(column))
        name = self.op("Gather", INPUT, self.constant(places, np.int64), axis=1)
        self._gathers[name] = places
        return name

    def codes(self, column: Column) -> str:
        """The codes of a category, int64 of shape (rows,)."""
        place = self._place(replace(column, values=np.arange(len(column.values), dtype=float)))
        return self.cast(self.op("Gather", INPUT, self.constant(place, np.int64), axis=1), np.int64)

    def select(self, frame: Frame, places: list[int]) -> Frame:
        """Some columns of a frame."""
        if not frame.tensor:
            return Frame(tuple(frame.columns[place] for place in places))
        index = self.constant(places, np.int64)
        return Frame(tensor=self.op("Gather", frame.tensor, index, axis=1), width=len(places))

    def join(self, frames: list[Frame]) -> Frame:
        """Frames side by side."""
        frames = [frame for frame in frames if len(frame)]
        if len(frames) == 1:
            return frames[0]
        if not any(frame.tensor for frame in frames):
            return Frame(tuple(column for frame in frames for column in frame.columns))
        tensors = [self.tensor(frame) for frame in frames]
        joined = self.op("Concat", *tensors, axis=1)
        return Frame(tensor=joined, width=sum(map(len, frames)))

    def finish(self, output: str) -> bytes:
        """The model file whose output is this tensor."""
        from onnx import TensorProto, checker, helper

        whole = list(range(len(self.layout)))
        for node in self._nodes:
            if self._gathers.get(node.output[0]) == whole:
                node.CopyFrom(helper.make_node("Identity", [INPUT], [node.output[0]]))
        self._nodes.append(helper.make_node("Identity", [output], [OUTPUT]))
        used = {name for node in self._nodes for name in node.input}
        graph = helper.make_graph(
            self._nodes,
            "model",
            [helper.make_tensor_value_info(INPUT, TensorProto.DOUBLE, [None, len(self.layout)])],
            [helper.make_tensor_value_info(OUTPUT, TensorProto.DOUBLE, [None, None])],
            [constant for constant in self._constants if constant.name in used],
        )
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(DOMAIN, ML_OPSET)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=IR)
        checker.check_model(model)
        return bytes(model.SerializeToString())

    def _place(self, column: Column) -> int:
        for place, known in enumerate(self.layout):
            if known.source == column.source and _same(known.values, column.values):
                return place
        self.layout.append(column)
        return len(self.layout) - 1


def _same(one: Any, other: Any) -> bool:
    if one is None or other is None:
        return one is other
    return bool(np.array_equal(one, other, equal_nan=True))


def _numbers(values: Any) -> Any:
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise NotConverted("feeds texts to a step that computes with numbers") from None
