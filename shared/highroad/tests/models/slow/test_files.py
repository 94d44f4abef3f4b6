"""The slow tests of `test_files`."""

from __future__ import annotations

import subprocess
import sys

FIT = """
import sys, numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import CountVectorizer
from highroad.models import files
junk = [object() for _ in range(int(sys.argv[1]))]
rows = np.random.default_rng(0).random((60, 3))
model = RandomForestClassifier(5, random_state=0).fit(rows, rows[:, 0] > 0.5)
texts = CountVectorizer(stop_words=["a"]).fit(["one two", "three a"])
kept = {"model": model, "texts": texts, "names": {"a", "b", "c", "d"}, "rate": 0.1, "m": {"__id__": {}}}
sys.stdout.buffer.write(files.encode(kept, "skops", ["sklearn.tree._tree.Tree"], "m"))
"""


def test_the_same_fit_gives_the_same_bytes_in_every_process():
    first, second = (
        subprocess.run(
            [sys.executable, "-c", FIT, str(size)], capture_output=True, check=True
        ).stdout
        for size in (1, 10_000)
    )
    assert first == second and len(first) > 1000
