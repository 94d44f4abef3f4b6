"""Score flights with the trained model."""

from __future__ import annotations

from typing import Any

import pandas as pd

from delays.pipelines.features.columns import FEATURES, KEYS


def score_flights(model: dict[str, Any], examples: pd.DataFrame) -> pd.DataFrame:
    """The probability of arriving late, for every flight, whatever became of it.

    Args:
        model: From `fit_model`: `model` and `threshold`.
        examples: From `build_examples`, shape (n, …); `late` is not read.

    Returns:
        Shape (n, 6), in the order of the examples: the keys, `probability` (float64, 0 to 1)
        and `warn` (bool), true from the threshold on.

    Raises:
        ValueError: The examples lack a column; names it.
    """
    if lacking := [name for name in [*KEYS, *FEATURES] if name not in examples]:
        raise ValueError(f"examples lack {', '.join(lacking)}; run the features pipeline first.")
    scores = examples[KEYS].copy()
    scores["probability"] = model["model"].predict_proba(examples[FEATURES])[:, 1]
    scores["warn"] = scores["probability"] >= model["threshold"]
    return scores
