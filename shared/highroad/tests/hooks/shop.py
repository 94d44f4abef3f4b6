"""A project that publishes a data product and reads it, for real runs of Kedro in processes of their own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from conftest import write
from processes import run_clean

CONTRACT = """
kind: DataContract
apiVersion: v3.2.0
id: shop.orders
version: 1.0.0
status: active
team: {name: sales}
slaProperties: [{property: latency, value: 2, unit: d, element: orders.at}]
schema:
  - name: orders
    properties:
      - {name: month, logicalType: string, required: true, partitioned: true}
      - {name: id, logicalType: integer, required: true, unique: true}
      - {name: at, logicalType: timestamp, required: true}
"""
CATALOG = """
"{owner}.{product}@{kind}":
  type: highroad.datasets.DataProductDataset
  product: "{owner}.{product}"
  kind: "{kind}"
  store: ${platform:store}
  platform_conf: ${platform:conf}
  project: ${project:name}
  metadata: {highroad: {product: "{owner}.{product}", contract: "{owner}.{product}"}}
"""


def shop(platform: Path, registry: str, catalog: str = "") -> Path:
    """The project, with this pipeline registry and these entries of its own catalog."""
    folder = platform.parent / "projects" / "shop"
    write(platform / "contracts" / "shop.orders.yaml", CONTRACT)
    write(platform / "base" / "catalog.yml", CATALOG)
    write(
        folder / "pyproject.toml",
        '[project]\nname = "shop"\n[tool.kedro]\npackage_name = "shop"\nproject_name = "shop"\n'
        'kedro_init_version = "1.7.0"\nsource_dir = "src"\n',
    )
    write(folder / "src" / "shop" / "__init__.py", "")
    settings = "from highroad.config import PlatformConfigLoader\nCONFIG_LOADER_CLASS = PlatformConfigLoader\n"
    write(folder / "src" / "shop" / "settings.py", settings)
    write(folder / "src" / "shop" / "pipeline_registry.py", registry)
    write(folder / "conf" / "base" / "parameters.yml", "first: 1\n")
    if catalog:
        write(folder / "conf" / "base" / "catalog.yml", catalog)
    return folder


def kedro(project: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    """`kedro run` in the project, on the day after its data."""
    command = [sys.executable, "-m", "kedro", "run", *words]
    return run_clean(command, project, **{"HIGHROAD_CLOCK": "2013-03-01", **env})
