"""The project as it is run: one drop corrected, one month made again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
import yaml
from deltalake import DeltaTable

pytestmark = pytest.mark.slow
PROJECT = Path(__file__).parents[1]
EVERY = 100
PUBLISHED = "products/flights.departures/2013-06"


def kedro_run(store: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    variables = os.environ | {"HIGHROAD_STORE": str(store), "DO_NOT_TRACK": "1"}
    command = [sys.executable, "-m", "kedro", "run", *arguments]
    return subprocess.run(
        command, cwd=PROJECT, env=variables, capture_output=True, text=True, check=False
    )


def files_of(store: Path) -> dict[str, object]:
    """Landed files and when they were written, and the file that holds each published partition."""
    landed = [
        *store.glob("flights/01_raw/*/2013-*.csv"),
        *store.glob("flights/01_raw/fleet/*.csv"),
    ]
    found: dict[str, object] = {
        path.relative_to(store).as_posix(): path.stat().st_mtime_ns for path in landed
    }
    for folder in store.glob("products/*"):
        for file in pa.table(DeltaTable(folder).get_add_actions(flatten=True)).to_pylist():
            month = file.get("partition.month", "")
            found[f"products/{folder.name}/{month}"] = file["path"]
    return found


def published(store: Path) -> pd.DataFrame:
    """`flights.departures` as it stands."""
    return DeltaTable(store / "products/flights.departures").to_pandas()


def test_a_rerun_touches_only_what_changed(tmp_path: Path) -> None:
    first = kedro_run(tmp_path, "--params", f"landing.keep_every={EVERY}")
    assert first.returncode == 0, first.stderr
    fresh = files_of(tmp_path)
    assert len(fresh) == 2 * (12 + 12 + 1)

    again = kedro_run(tmp_path, "--params", f"landing.keep_every={EVERY}")
    assert again.returncode == 0, again.stderr
    assert files_of(tmp_path) == fresh

    damaged = (
        tmp_path / "products/flights.departures" / str(fresh["products/flights.departures/2013-03"])
    )
    damaged.write_bytes(damaged.read_bytes()[:-100])
    mended = kedro_run(tmp_path, "--pipelines", "cleaning")
    assert mended.returncode == 0, mended.stderr
    one_mended = files_of(tmp_path)
    assert {path for path in fresh if one_mended[path] != fresh[path]} == {
        "products/flights.departures/2013-03"
    }
    fresh = one_mended

    landed = tmp_path / "flights/01_raw/departures/2013-06.csv"
    manifest = landed.with_name("manifest.json")
    promised = json.loads(manifest.read_text(encoding="utf-8"))
    lines = landed.read_text(encoding="utf-8").splitlines(keepends=True)
    assert promised["2013-06"]["rows"] == len(lines) - 1
    landed.write_text("".join(lines[:-1]), encoding="utf-8")
    cut = kedro_run(tmp_path, "--pipelines", "cleaning")
    assert cut.returncode != 0
    assert (
        f"saving 'flights.departures@partitions': drop '2013-06' has {len(lines) - 2} rows, sha256"
        in cut.stderr
        and f"expected {len(lines) - 1} rows, sha256" in cut.stderr
        and "departures/manifest.json says" in cut.stderr
    )
    assert files_of(tmp_path)[PUBLISHED] == fresh[PUBLISHED]

    promised["2013-06"] = {"rows": len(lines) - 2}
    manifest.write_text(json.dumps(promised), encoding="utf-8")
    corrected = kedro_run(tmp_path, "--pipelines", "cleaning")
    assert corrected.returncode == 0, corrected.stderr
    now = files_of(tmp_path)
    assert {path for path in now if now[path] != fresh[path]} == {
        "flights/01_raw/departures/2013-06.csv",
        PUBLISHED,
    }
    every_month = published(tmp_path)
    assert (every_month["month"] == "2013-06").sum() == len(lines) - 2
    quality = json.loads((tmp_path / "flights/08_reporting/quality.json").read_text())
    assert quality["departures"]["rows"] == len(every_month)

    manifest.unlink()
    landed.write_text("".join(lines)[:-30], encoding="utf-8")
    broken = kedro_run(tmp_path, "--pipelines", "cleaning")
    assert broken.returncode != 0
    assert f"departures/2013-06, row {len(lines) - 1}: found" in broken.stdout + broken.stderr
    assert files_of(tmp_path)[PUBLISHED] == now[PUBLISHED]


def test_a_corrected_airport_makes_departures_again(tmp_path: Path) -> None:
    """What departures depend on beside their drops: the airports' list and the time zones."""
    first = kedro_run(tmp_path, "--params", f"landing.keep_every={EVERY}")
    assert first.returncode == 0, first.stderr
    fresh = files_of(tmp_path)
    airports = tmp_path / "flights/01_raw/airports/airports.csv"
    text = airports.read_text(encoding="utf-8")
    airports.write_text(text.replace("America/Los_Angeles", "America/Denver"), encoding="utf-8")
    again = kedro_run(tmp_path, "--pipelines", "cleaning")
    assert again.returncode == 0, again.stderr
    now = files_of(tmp_path)
    touched = {path for path in now if now[path] != fresh[path] and "01_raw" not in path}
    assert touched == {path for path in now if path.startswith("products/flights.departures/")}
    assert len(touched) == 12


def test_the_time_zones_take_part_in_what_is_due() -> None:
    text = (PROJECT / "conf/base/catalog.yml").read_text(encoding="utf-8")
    entry = yaml.safe_load(text)["landed_flights@changed"]
    assert entry["also"] == {"time_zones": "${globals:time_zones}"}
    parameters = yaml.safe_load((PROJECT / "conf/base/parameters.yml").read_text(encoding="utf-8"))
    assert parameters["time_zones"] == "${globals:time_zones}"


def test_the_recipe_names_every_module_of_cleaning() -> None:
    """What is published is made again when the code that makes it changes, wherever it stands."""
    catalog = yaml.safe_load((PROJECT / "conf/base/catalog.yml").read_text(encoding="utf-8"))
    folder = PROJECT / "src/flights/pipelines/cleaning"
    modules = {path.stem for path in folder.glob("*.py")} - {"__init__", "pipeline"}
    for name in ("landed_flights@changed", "landed_weather@changed", "landed_fleet@changed"):
        assert set(catalog[name]["recipe"]) == {
            f"flights.pipelines.cleaning.{each}" for each in modules
        }
