"""The slow tests of `test_dataset`."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from contextlib import suppress

import numpy as np
import pandas as pd
import polars as pl
import pytest
from kedro.io import Version
from models.test_dataset import folder_of
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from highroad.datasets import ModelDataset
from highroad.models.onnx_export import NotConverted, to_onnx


def test_onnx_is_written_where_it_agrees(dataset, bundle, frame, target, settings):
    import onnxruntime

    settings(
        "models: {trusted: [sklearn.tree._tree.Tree, "
        "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor]}\n"
    )
    one = dataset("2026-01-01T00.00.00.000Z", onnx=True)
    one.save(bundle)
    session = onnxruntime.InferenceSession((folder_of(one) / "model.onnx").read_bytes())
    assert not one.manifest.notes
    _, given = session.run(None, {"X": frame.to_numpy(np.float32)})
    assert np.allclose(given, bundle["model"].predict_proba(frame), atol=1e-5)
    array = frame.to_numpy(np.float32)
    line = LinearRegression().fit(array, frame["size"])
    two = dataset("2026-01-02T00.00.00.000Z", onnx=True)
    two.save({"model": line, "training_data": array})
    assert (folder_of(two) / "model.onnx").is_file() and not two.manifest.notes
    boosted = HistGradientBoostingClassifier(max_iter=3).fit(frame, target)
    three = dataset("2026-01-03T00.00.00.000Z", onnx=True)
    three.save({"model": boosted, "training_data": frame})
    assert not (folder_of(three) / "model.onnx").exists()
    assert three.manifest.notes[0].startswith("no ONNX: it ")
    assert three.manifest.notes[0] in (folder_of(three) / "README.md").read_text()
    four = dataset("2026-01-04T00.00.00.000Z", onnx=True)
    four.save(bundle["model"])
    assert "no training data" in four.manifest.notes[0]
    words = LinearSVC().fit(frame, target.map({True: "yes", False: "no"}))
    five = dataset("2026-01-05T00.00.00.000Z", onnx=True)
    five.save({"model": words, "training_data": pl.from_pandas(frame.assign(id=1)).lazy()})
    assert not five.manifest.notes
    by_name = make_pipeline(
        make_column_transformer((StandardScaler(), ["size"]), remainder="passthrough"),
        LogisticRegression(),
    ).fit(frame, target)
    six = dataset("2026-01-06T00.00.00.000Z", onnx=True)
    six.save({"model": by_name, "training_data": frame})
    assert not six.manifest.notes


def test_an_onnx_that_disagrees_is_not_written():
    """A small difference of large numbers is lost in float32."""
    close = pd.DataFrame({"x": 1e9 + np.arange(40.0)})
    line = LinearRegression().fit(close, np.arange(40.0))
    with pytest.raises(NotConverted, match="off on 40 rows"):
        to_onnx(line, close)


SAVE = textwrap.dedent(
    """
    import sys
    from pathlib import Path
    import numpy as np
    from kedro.io import Version
    from sklearn.linear_model import LogisticRegression
    from highroad.datasets import ModelDataset, atomic_files
    atomic_files.install()
    conf, store = sys.argv[1:]
    rows = np.random.default_rng(0).random((50, 2))
    model = LogisticRegression().fit(rows, rows[:, 0] > 0.5)
    for number in range(1, 1000):
        dataset = ModelDataset(filepath=store, project="demo", platform_conf=conf,
                               version=Version(None, f"2026-01-01T00.00.00.{number:03d}Z"))
        dataset.save({"model": model, "number": number, "pad": list(range(20000))})
        print(number, flush=True)
    """
)


@pytest.mark.skipif(os.name != "posix", reason="kill -9")
def test_a_killed_save_leaves_the_version_before(platform, settings, tmp_path):
    store = str(tmp_path / "classifier")
    for third in range(3):
        child = subprocess.Popen(
            [sys.executable, "-c", SAVE, str(platform), store], stdout=subprocess.PIPE, text=True
        )
        child.stdout.readline()
        began = time.monotonic()
        child.stdout.readline()
        with suppress(subprocess.TimeoutExpired):  # at another moment of a save each time
            child.wait((time.monotonic() - began) * third / 3)
        child.send_signal(signal.SIGKILL)
        done = max([2, *(int(line) for line in child.stdout)])
        child.wait()
        child.stdout.close()
        reader = ModelDataset(
            filepath=store,
            project="demo",
            platform_conf=str(platform),
            version=Version(None, None),
        )
        assert reader.load()["number"] in (done, done + 1)
        shutil.rmtree(store)
