"""What `kedro new --starter` knows of: the entry point `kedro.starters`."""

from __future__ import annotations

from pathlib import Path

from kedro.framework.cli.starters import KedroStarterSpec

TEMPLATE = Path(__file__).parent / "template"
starters = [KedroStarterSpec("highroad-project", str(TEMPLATE))]
