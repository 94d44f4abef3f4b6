"""The small project, written down."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import write
from hooks.demo import CATALOG, REGISTRY


@pytest.fixture
def project(platform) -> Path:
    return demo(platform)


def demo(platform: Path) -> Path:
    folder = platform.parent / "projects" / "demo"
    write(
        folder / "pyproject.toml",
        '[tool.kedro]\npackage_name = "demo"\nproject_name = "demo"\nkedro_init_version = "1.7.0"\nsource_dir = "src"\n',
    )
    write(folder / "src" / "demo" / "__init__.py", "")
    write(
        folder / "src" / "demo" / "settings.py",
        "from highroad.config import PlatformConfigLoader\nCONFIG_LOADER_CLASS = PlatformConfigLoader\n",
    )
    write(folder / "src" / "demo" / "pipeline_registry.py", REGISTRY)
    write(folder / "conf" / "base" / "catalog.yml", CATALOG)
    return folder
