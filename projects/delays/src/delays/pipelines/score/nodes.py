"""Score flights with the trained model."""

from __future__ import annotations

from typing import Any

import pandas as pd

from delays.pipelines.features.nodes import FEATURES, KEYS


def score_flights(model: dict[str, Any], examples: pd.DataFrame) -> pd.DataFrame:
    """The probability of arriving late, for every flight, whatever became of it.

    Returns:
        Shape (n, 6): the keys, `probability` (float64, 0 to 1) and `warn` (bool).
    """
    scores = examples[KEYS].copy()
    scores["probability"] = model["model"].predict_proba(examples[FEATURES])[:, 1]
    scores["warn"] = scores["probability"] >= model["threshold"]
    return scores
