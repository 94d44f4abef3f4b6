"""A run registers the models it saved, imports MLflow for nothing else, and fails for no registry."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner
from conftest import write
from hooks.demo import kedro

from highroad.cli.commands import cli
from highroad.config.platform import load_platform
from highroad.models.registry import Registry
from highroad.tracking.database import database_of
from highroad.tracking.reading import RecordReader

REGISTRY = """
import sys
import numpy as np
from kedro.pipeline import node, pipeline
from sklearn.linear_model import LogisticRegression

ROWS = np.random.default_rng(0).random((50, 2))

def fit():
    return {
        "model": LogisticRegression().fit(ROWS, ROWS[:, 0] > 0.5),
        "training_data": ROWS,
        "metrics": {"test": {"auc": 0.75, "token": "swordfish-in-a-barrel"}},
    }

def score(model):
    return {"mean": float(model["model"].predict_proba(ROWS)[:, 1].mean())}

def look():
    return {"mlflow": "mlflow" in sys.modules, "skops": "skops" in sys.modules}

def fail(scores):
    raise ValueError("boom")

def register_pipelines():
    good = pipeline([node(fit, None, "classifier#models", name="fit"),
                     node(score, "classifier#models", "scores", name="score")])
    return {"__default__": good, "score": good.only_nodes("score"),
            "bad": good + pipeline([node(fail, "scores", "never", name="fail")]),
            "none": pipeline([node(look, None, "seen", name="look")])}
"""
CATALOG = """
"{name}#models":
  type: highroad.datasets.ModelDataset
  filepath: ${platform:store}/demo/06_models/{name}
  project: ${project:name}
  project_path: ${project:path}
  platform_conf: ${platform:conf}
  versioned: true
scores: {type: json.JSONDataset, filepath: "${platform:store}/demo/scores.json"}
seen: {type: json.JSONDataset, filepath: "${platform:store}/demo/seen.json"}
"""


@pytest.fixture
def store(project) -> Path:
    write(project / "src" / "demo" / "pipeline_registry.py", REGISTRY)
    write(project / "conf" / "base" / "catalog.yml", CATALOG)
    write(project / "uv.lock", "version = 1\n")
    return project.parents[1] / "store"


def records(store: Path) -> RecordReader:
    return RecordReader(database_of("sqlite:///runs/records.db", store))


def registry(store: Path) -> Registry:
    return Registry(f"sqlite:///{store}/runs/models.db")


@pytest.mark.parametrize(
    ("runner", "method"),
    [("SequentialRunner", ""), ("ThreadRunner", ""), ("ParallelRunner", "spawn")],
)
def test_a_run_registers_the_model_it_saved(project, store, runner, method):
    done = kedro(project, "--runner", runner, KEDRO_MP_CONTEXT=method)
    assert done.returncode == 0 and "demo.classifier@1 is registered" in done.stderr, done.stderr
    assert "mlflow" not in done.stderr.lower()
    version = registry(store).find("demo.classifier@candidate")
    (record,) = records(store).recent()
    (model,) = (each for each in record.outputs if each.model)
    assert (version.run, version.place, version.stamp) == (record.id, model.place, model.version)
    assert version.digest == model.model["digest"] and version.metrics == {"test.auc": 0.75}
    assert (
        model.kind == "kedro" and model.read_back and (Path(version.folder) / "uv.lock").is_file()
    )
    everything = [*Path(version.folder).iterdir(), store / "runs" / "models.db"]
    assert not any(b"swordfish" in each.read_bytes() for each in everything)


def test_from_a_model_to_what_was_made_of_it_and_back(project, store, monkeypatch):
    monkeypatch.chdir(project.parents[1])
    load_platform.cache_clear()
    assert kedro(project).returncode == 0
    assert kedro(project, "--pipelines", "score").returncode == 0
    told = CliRunner().invoke(cli, ["trace", "demo.classifier@candidate"])
    assert told.exit_code == 0, told.output
    up, down = told.output.split("read by:")
    assert "demo.classifier@1, kedro 20" in up and "run " in up
    assert down.count("scores, sha256") == 2  # by the run that made it, and by one after
    back = CliRunner().invoke(cli, ["trace", str(store / "demo" / "scores.json")])
    assert "classifier#models, kedro 20" in back.output
    wrong = CliRunner().invoke(cli, ["trace", "demo.clasifier"])
    assert wrong.exit_code == 8 and "Did you mean 'demo.classifier'?" in wrong.output


def test_what_no_model_came_of_imports_no_mlflow_and_registers_nothing(project, store):
    assert kedro(project, "--pipelines", "none").returncode == 0
    assert json.loads((store / "demo" / "seen.json").read_text()) == {
        "mlflow": False,
        "skops": False,
    }
    assert kedro(project, "--pipelines", "bad").returncode == 8
    assert not (store / "runs" / "models.db").exists()


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "sqlite:////proc/no/models.db"])
def test_a_registry_that_is_away_changes_no_outcome(project, store, monkeypatch, url):
    done = kedro(project, HIGHROAD_MODELS=url)
    assert done.returncode == 0 and (store / "demo" / "scores.json").is_file()
    (record,) = records(store).recent()
    assert record.status == "finished"
    assert f"`highroad models register {record.id}` does it later" in done.stderr
    monkeypatch.chdir(project.parents[1])
    load_platform.cache_clear()
    later = CliRunner().invoke(cli, ["models", "register", "demo"])
    assert later.exit_code == 0 and "demo.classifier@1 is registered" in later.output, later.output
    (project / "pyproject.toml").unlink()  # as where there is no project, in an image
    shutil.rmtree(store / "demo")
    why = ["--to", "staging", "--why", "w"]
    gone = CliRunner().invoke(cli, ["models", "promote", "demo.classifier", *why])
    assert gone.exit_code == 10 and "no model; expected a manifest.json in it" in gone.output
