"""The comparison that the benchmarks time: six columns, four of numbers and two of categories."""

from __future__ import annotations

import numpy as np
import pyarrow as pa


def six_columns(rows: int, seed: int = 0, shift: float = 0.0) -> pa.Table:
    """A table with nulls: normal, heavy-tailed, whole and zero-inflated numbers, two categories."""
    chance = np.random.default_rng(seed)
    numbers = {
        "normal": chance.normal(shift, 1, rows),
        "heavy": chance.lognormal(shift, 1.5, rows),
        "whole": np.rint(chance.gamma(2, 20, rows) + 10 * shift).astype(np.int32),
        "zeros": np.where(chance.random(rows) < 0.6, 0.0, chance.exponential(5 + shift, rows)),
    }
    carriers = np.array(["AA", "UA", "DL", "B6", "EV", "US", "WN", "9E", "MQ", "VX"])
    words = np.array([f"word{each:03d}" for each in range(500)])
    return pa.table(
        {
            **{
                name: pa.array(values, mask=chance.random(rows) < 0.03)
                for name, values in numbers.items()
            },
            "carrier": pa.array(carriers[chance.integers(0, 10, rows)]),
            "word": pa.array(words[np.minimum(chance.geometric(0.02, rows), 500) - 1]),
        }
    )
