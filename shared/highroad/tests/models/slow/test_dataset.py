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

import pytest
from kedro.io import Version

from highroad.datasets import ModelDataset

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
