"""What drives the predictions: AUC lost when a group of features is shuffled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

from delays.options import Options
from delays.pipelines.features.columns import FEATURES, GROUPS
from delays.pipelines.train.nodes import Model, Parts, probabilities


@dataclass(frozen=True)
class ImportanceOptions(Options):
    """How many flights are shuffled how often.

    Raises:
        ValueError: A value is not a whole number of at least 1, the seed of at least 0.
    """

    section = "importance"
    flights: int
    repeats: int
    seed: int

    def __post_init__(self) -> None:
        self.number("flights", whole=True, least=1)
        self.number("repeats", whole=True, least=1)
        self.number("seed", whole=True, least=0)


def weigh_groups(model: Model, parts: Parts, importance: dict[str, Any]) -> pd.DataFrame:
    """AUC lost on a sample of the test part when the features of a group trade places.

    Features of a group are shuffled together, because alone each is replaced by its neighbours.

    Args:
        model: From `fit_model`.
        parts: From `split_examples`.
        importance: `params:importance`.

    Returns:
        Shape (groups, 3): `group`, `auc_lost` (mean over the repeats) and `spread` (their
        standard deviation, 0 for one repeat), the largest loss first.

    Raises:
        ValueError: A bad option.
    """
    options = ImportanceOptions.of(importance)
    random = np.random.default_rng(options.seed)
    test = parts["test"]
    drawn = random.permutation(len(test))[: options.flights]
    sample = test.iloc[np.sort(drawn)].reset_index(drop=True)
    whole = _auc(model, sample)
    rows = []
    for group, columns in GROUPS.items():
        lost = []
        for _ in range(options.repeats):
            shuffled = sample[FEATURES].copy()
            order = random.permutation(len(sample))
            shuffled[columns] = sample[columns].iloc[order].reset_index(drop=True)
            lost.append(whole - _auc(model, shuffled.assign(late=sample["late"])))
        rows.append({"group": group, "auc_lost": np.mean(lost), "spread": np.std(lost)})
    return pd.DataFrame(rows).sort_values("auc_lost", ascending=False, ignore_index=True)


def _auc(model: Model, rows: pd.DataFrame) -> float:
    return float(roc_auc_score(rows["late"], probabilities(model["model"], rows)))
