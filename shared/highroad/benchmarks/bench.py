"""Measure what the docs state, each as a ratio of two things timed in turn.

`nox -s bench` prints a table and writes bench.json at the repository's root;
`nox -s bench -- --smoke` runs everything once, small, and states no figure;
`nox -s bench -- --only runs` measures one group.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from importlib import import_module
from pathlib import Path

from measure import ROOT, Figure, table

GROUPS = (
    "runs", "planning", "sessions", "contracts", "drift", "products", "records", "models", "images",
    "deployments", "conformance", "starter", "portal", "upgrades", "sharing", "access", "serving",
)  # fmt: skip


def main() -> None:
    """Run the groups asked for and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--smoke", action="store_true", help="run everything once, small; the figures mean nothing"
    )
    parser.add_argument("--only", choices=GROUPS, action="append")
    options = parser.parse_args()
    figures: list[Figure] = []
    for name in options.only or GROUPS:
        folder = Path(tempfile.mkdtemp(prefix="highroad-bench-"))
        try:
            began = time.monotonic()
            figures += import_module(name).figures(folder, options.smoke)
            print(f"{name}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    print(table(figures))
    if not options.smoke:
        rows = [{**each._asdict(), "is_met": each.is_met} for each in figures]
        (ROOT / "bench.json").write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
