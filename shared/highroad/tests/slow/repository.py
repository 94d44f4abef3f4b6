"""This repository as tests use it: its sessions, and an environment without a user's settings."""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).parents[4]
NOX = [sys.executable, "-m", "nox"]
SAMPLE = [
    "--",
    "--params",
    "landing.keep_every=40,train.max_iter=5,importance.flights=500,importance.repeats=1,"
    "evaluation.max_iter=5,evaluation.origins=14",
]


def environment(store: Path) -> dict[str, str]:
    clean = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("HIGHROAD_", "KEDRO_", "VIRTUAL_ENV"))
    }
    return clean | {"HIGHROAD_STORE": str(store), "HIGHROAD_LOG": "plain", "DO_NOT_TRACK": "1"}
