"""Trees as one `TreeEnsemble` node of doubles."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from highroad.models.onnx.graph import DOMAIN, Frame, Graph

LESS_OR_EQUAL, MEMBER = 0, 6


class Split(NamedTuple):
    """An interior node: rows that fulfil its condition go to the left.

    Attributes:
        feature: The column that is asked.
        threshold: Left where the value is at most this.
        members: Left where the value is one of these; None of a numeric split.
        left: A node's number within the tree.
        right: The other's.
        missing_left: Where NaN goes.
    """

    feature: int
    threshold: float
    members: Sequence[int] | None
    left: int
    right: int
    missing_left: bool


Node = Split | float
"""Interior, or what a leaf adds to the sum."""


class Ensemble:
    """Trees that add up, per target.

    Args:
        targets: How many sums there are.
    """

    def __init__(self, targets: int):
        self.base = np.zeros(targets)
        """What each sum begins with."""
        self._roots: list[int] = []
        self._nodes: list[tuple[Split, tuple[int, bool], tuple[int, bool]]] = []
        self._leaves: list[tuple[int, float]] = []

    def add(self, target: int, node_at: Callable[[int], Node]) -> None:
        """Add a tree whose root is node 0."""
        root = node_at(0)
        if not isinstance(root, Split):  # ONNX has no tree without an interior node
            self.base[target] += root
            return
        self._roots.append(len(self._nodes))
        numbers: dict[int, tuple[int, bool]] = {}
        pending, splits = [0], list[Split]()
        while pending:
            number = pending.pop()
            node = node_at(number)
            if isinstance(node, Split):
                numbers[number] = (len(self._nodes) + len(splits), False)
                splits.append(node)
                pending += [node.right, node.left]
            else:
                numbers[number] = (len(self._leaves), True)
                self._leaves.append((target, node))
        self._nodes += [(each, numbers[each.left], numbers[each.right]) for each in splits]

    def build(self, graph: Graph, frame: Frame, *, single: bool = False) -> str:
        """Add the node to a graph; returns a tensor of shape (rows, targets).

        Args:
            graph: The graph.
            frame: What the trees are asked about.
            single: The values are rounded to single precision first, as in `sklearn.tree`.
        """
        tensor = graph.tensor(frame)
        if single:
            tensor = graph.cast(graph.cast(tensor, np.float32), np.float64)
        base = graph.constant(self.base.reshape(1, -1))
        if not self._nodes:
            zero = graph.op("Mul", graph.op("Gather", tensor, graph.constant([0], np.int64), axis=1),
                            graph.constant([0.0]))  # fmt: skip
            filled = graph.op("Where", graph.op("IsNaN", zero), graph.constant([0.0]), zero)
            return graph.op("Add", filled, base)
        graph.thresholds += [
            (frame.columns[split.feature].source, split.threshold)
            for split, *_ in self._nodes
            if frame.columns
            and split.members is None
            and frame.columns[split.feature].values is None
        ]
        return graph.op("Add", graph.op("TreeEnsemble", tensor, domain=DOMAIN, **self._attributes()), base)  # fmt: skip

    def _attributes(self) -> dict[str, Any]:
        splits = [split for split, *_ in self._nodes]
        members: list[float] = []
        for split in splits:
            if split.members is not None:
                members += [*map(float, split.members), np.nan]
        modes = [LESS_OR_EQUAL if split.members is None else MEMBER for split in splits]
        found = {
            "n_targets": len(self.base),
            "aggregate_function": 1,
            "post_transform": 0,
            "tree_roots": self._roots,
            "nodes_featureids": [split.feature for split in splits],
            "nodes_splits": _tensor([split.threshold for split in splits], np.float64),
            "nodes_modes": _tensor(modes, np.uint8),
            "nodes_missing_value_tracks_true": [int(split.missing_left) for split in splits],
            "nodes_truenodeids": [left for _, (left, _), _ in self._nodes],
            "nodes_trueleafs": [int(is_leaf) for _, (_, is_leaf), _ in self._nodes],
            "nodes_falsenodeids": [right for *_, (right, _) in self._nodes],
            "nodes_falseleafs": [int(is_leaf) for *_, (_, is_leaf) in self._nodes],
            "leaf_targetids": [target for target, _ in self._leaves],
            "leaf_weights": _tensor([weight for _, weight in self._leaves], np.float64),
        }
        return found | ({"membership_values": _tensor(members, np.float64)} if members else {})


def histogram_tree(predictor: Any) -> Callable[[int], Node]:
    """A tree of scikit-learn's histogram gradient boosting."""

    def node_at(number: int) -> Node:
        node = predictor.nodes[number]
        if node["is_leaf"]:
            return float(node["value"])
        members = None
        if node["is_categorical"]:
            words = predictor.raw_left_cat_bitsets[node["bitset_idx"]]
            members = [code for code in range(256) if words[code // 32] >> (code % 32) & 1]
        return Split(
            int(node["feature_idx"]),
            0.0 if members is not None else float(node["num_threshold"]),
            members,
            int(node["left"]),
            int(node["right"]),
            bool(node["missing_go_to_left"]),
        )

    return node_at


def plain_tree(tree: Any, value_of: Callable[[Any], float]) -> Callable[[int], Node]:
    """A tree of `sklearn.tree`; `value_of` takes a leaf's values, of shape (outputs, classes)."""
    missing = getattr(tree, "missing_go_to_left", np.zeros(tree.node_count, dtype=bool))

    def node_at(number: int) -> Node:
        left = int(tree.children_left[number])
        if left < 0:
            return value_of(tree.value[number])
        return Split(
            int(tree.feature[number]),
            float(tree.threshold[number]),
            None,
            left,
            int(tree.children_right[number]),
            bool(missing[number]),
        )

    return node_at


def _tensor(values: Sequence[float], dtype: Any) -> Any:
    from onnx import numpy_helper

    return numpy_helper.from_array(np.asarray(values, dtype=dtype))
