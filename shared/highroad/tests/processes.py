"""Commands in processes of their own, with none of this process's settings of the platform."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path


def run_clean(
    words: Sequence[str], folder: Path, before: Callable[[], None] | None = None, **env: str
) -> subprocess.CompletedProcess[str]:
    """Run a command with plain logs and this environment on top; `before` runs in the child first."""
    clean = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("HIGHROAD_", "KEDRO_"))
    }
    return subprocess.run(
        [*words],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env=clean | {"DO_NOT_TRACK": "1", "HIGHROAD_LOG": "plain", **env},
        preexec_fn=before,
    )
