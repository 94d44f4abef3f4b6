"""What a node hands over to be saved as a model: the estimator, and what it was made and judged with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from highroad.errors import DataError

MODEL, TRAINING, TEST, TARGET, METRICS = (
    "model", "training_data", "test_data", "test_target", "metrics",
)  # fmt: skip


@dataclass(frozen=True)
class Bundle:
    """A model and what belongs to it.

    Attributes:
        model: The estimator.
        beside: What is saved and loaded with it: other estimators, numbers, texts.
        training_data: What it was fitted on, for the signature; not saved.
        test_data: What it was measured on; saved, so that models are compared on the same rows.
        test_target: The truth of `test_data`, one value a row.
        metrics: What came of it.
        is_bare: The estimator was handed over alone, and is loaded so.
    """

    model: Any
    beside: Mapping[str, Any] = field(default_factory=dict)
    training_data: Any = None
    test_data: Any = None
    test_target: Any = None
    metrics: Mapping[str, Any] = field(default_factory=dict)
    is_bare: bool = False

    @classmethod
    def of(cls, data: Any, name: str) -> Bundle:
        """Take apart what a node returned: an estimator, or a dict with one under `model`.

        Raises:
            DataError: It is neither, or the test data and its target do not match.
        """
        if not isinstance(data, Mapping):
            if not hasattr(data, "predict"):
                raise DataError(
                    f"{name}: {type(data).__name__} is no model; expected an estimator with `predict`, "
                    f"or a dict with one as '{MODEL}'."
                )
            return cls(data, is_bare=True)
        if not hasattr(data.get(MODEL), "predict"):
            raise DataError(
                f"{name}: a dict with {', '.join(map(repr, data)) or 'nothing'}; expected an estimator "
                f"with `predict` as '{MODEL}', and as you like '{TRAINING}', '{TEST}' with '{TARGET}', "
                f"'{METRICS}', and what is to be kept beside it."
            )
        parts = dict(data)
        model = parts.pop(MODEL)
        known = {key: parts.pop(key, None) for key in (TRAINING, TEST, TARGET)}
        metrics = parts.pop(METRICS, None) or {}
        if (known[TEST] is None) != (known[TARGET] is None):
            raise DataError(f"{name}: '{TEST}' and '{TARGET}' go together; found one of them.")
        if known[TEST] is not None and len(known[TEST]) != len(known[TARGET]):
            raise DataError(
                f"{name}: '{TEST}' has {len(known[TEST])} rows and '{TARGET}' {len(known[TARGET])}; "
                "expected as many."
            )
        return cls(model, parts, known[TRAINING], known[TEST], known[TARGET], metrics)

    @property
    def kept(self) -> dict[str, Any]:
        """What goes into the model's file."""
        return {MODEL: self.model, **self.beside}


def loaded(kept: Mapping[str, Any], *, is_bare: bool) -> Any:
    """What a node is given: what one returned, less what was not kept."""
    return kept[MODEL] if is_bare else dict(kept)
