"""Teams and grants in a temporary platform-conf."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import write

TEAMS = "shop: [anna, service:shop, team:clerks]\nclerks: [ben]\nguests: [eve]\n"


@pytest.fixture
def grants(tmp_path: Path) -> Callable[..., Path]:
    """Write grants files, and teams beside them; returns platform-conf."""

    def add(teams: str = TEAMS, **files: str) -> Path:
        folder = tmp_path / "platform-conf"
        write(folder / "access" / "teams.yml", teams)
        for name, text in files.items():
            write(folder / "access" / f"{name.replace('__', '.')}.yml", text)
        return folder

    return add
