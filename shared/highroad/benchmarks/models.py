"""Runs that are traced, against what teams have otherwise: kedro-mlflow, and Kedro with nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from textwrap import dedent

from measure import BIN, PLATFORM, ROOT, Command, Figure, against, cost, find
from sessions import SAMPLE
from workloads import kedro_project

KEDRO_MLFLOW = "2.0.3"
INPUTS = ("departures", "weather", "fleet")
CATALOG = """
"{name}.{product}@pandas":
  type: pandas.ParquetDataset
  filepath: {folder}/{name}.{product}.parquet
  load_args: {dtype_backend: numpy_nullable}
"{name}#{layer}@pandas": {type: pandas.ParquetDataset, filepath: "{folder}/{layer}/{name}.parquet"}
"{name}#models": {type: pickle.PickleDataset, filepath: "{folder}/models/{name}.pickle"}
"{name}#metrics": {type: json.JSONDataset, filepath: "{folder}/metrics/{name}.json"}
"{name}#report": {type: text.TextDataset, filepath: "{folder}/report/{name}.html"}
"""
EXPORT = """
    import sys
    from highroad.datasets import DataProductDataset
    store, conf, folder, *products = sys.argv[1:]
    for product in products:
        data = DataProductDataset(
            product=product, store=store, platform_conf=conf, project="delays", principal="service:delays"
        )
        data.load().to_parquet(f"{folder}/{product}.parquet")
"""


def figures(folder: Path, smoke: bool) -> list[Figure]:
    """A run of one node against kedro-mlflow's, and `delays` against the same nodes on plain Kedro."""
    return [_against_kedro_mlflow(folder, smoke), _against_plain_kedro(folder, smoke)]


def _against_kedro_mlflow(folder: Path, smoke: bool) -> Figure:
    pins = [f"{name}=={version(name)}" for name in ("kedro", "kedro-datasets")]
    peer = environment(folder / "peer", [*pins, f"kedro-mlflow=={KEDRO_MLFLOW}"])
    theirs = kedro_project(folder / "theirs", 1, highroad=False)
    (theirs / "conf" / "base" / "mlflow.yml").write_text(
        f"server: {{mlflow_tracking_uri: 'sqlite:///{folder}/mlflow.db'}}\n"
    )
    ours = kedro_project(folder / "ours", 1, highroad=True)
    settings = {**PLATFORM, "HIGHROAD_STORE": str(folder / "store")}
    return against(
        "one-node run on record, CPU, against kedro-mlflow's in its own environment",
        0.5,
        Command([str(BIN / "kedro"), "run"], ours, settings),
        [Command([str(peer / "kedro"), "run"], theirs)],
        "cpu_s",
        1 if smoke else 7,
    )


def _against_plain_kedro(folder: Path, smoke: bool) -> Figure:
    store = {"HIGHROAD_STORE": str(folder / "store")}
    sample = SAMPLE if smoke else ["--"]
    for name in ("flights", "delays"):
        cost(Command([find("nox"), "-s", f"run(project='{name}')", *sample], ROOT, store))
    project = ROOT / "projects" / "delays"
    own = project / ".venv" / ("Scripts" if sys.platform == "win32" else "bin")
    plain = plain_project(folder, project)
    export = [str(own / "python"), "-c", dedent(EXPORT), str(folder / "store")]
    export += [str(ROOT / "platform-conf"), str(folder), *(f"flights.{name}" for name in INPUTS)]
    subprocess.run(export, check=True)
    pins = subprocess.run(
        [find("uv"), "pip", "freeze", "--python", str(own.parent), "--exclude-editable"],
        check=True, capture_output=True, text=True,
    ).stdout.splitlines()  # fmt: skip
    stock = environment(folder / "stock", [pin for pin in pins if "==" in pin])
    words = ["run", *sample[1:]]
    return against(
        "`delays` end to end with everything on, wall, against the same nodes on plain Kedro",
        1.1,
        Command([str(own / "kedro"), *words], project, {**PLATFORM, **store}),
        [Command([str(stock / "kedro"), *words], plain)],
        "wall_s",
        1 if smoke else 5,
    )


def plain_project(folder: Path, project: Path) -> Path:
    """The project's nodes and parameters, with a catalog of stock datasets and Kedro's own settings."""
    plain = folder / "plain"
    shutil.copytree(project / "src", plain / "src")
    shutil.copytree(project / "conf", plain / "conf")
    shutil.copy(project / "pyproject.toml", plain)
    (plain / "src" / "delays" / "settings.py").write_text("")
    (plain / "conf" / "local").mkdir(exist_ok=True)
    catalog = CATALOG.replace("{folder}", str(folder))
    (plain / "conf" / "base" / "catalog.yml").write_text(catalog)
    return plain


def environment(folder: Path, packages: list[str]) -> Path:
    """An environment of its own, bytecode compiled; returns where its commands are."""
    env = os.environ | {"UV_COMPILE_BYTECODE": "1"}
    making = [find("uv"), "venv", "--quiet", "--python", sys.executable, str(folder)]
    installing = [find("uv"), "pip", "install", "--quiet", "--python", str(folder), *packages]
    for words in (making, installing):
        subprocess.run(words, check=True, env=env)
    return folder / ("Scripts" if sys.platform == "win32" else "bin")
