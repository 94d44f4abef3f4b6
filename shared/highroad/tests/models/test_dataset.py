"""A model saved with all that belongs to it; loaded only as it was saved."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import boto3
import numpy as np
import pandas as pd
import pytest
from kedro.io import DatasetError, Version
from moto.server import ThreadedMotoServer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression
from sklearn.naive_bayes import GaussianNB

from highroad.datasets import ModelDataset
from highroad.models import files
from highroad.runs import Run, announce

FILES = {
    "README.md", "manifest.json", "metrics.json", "model.skops", "signature.json", "test_data.parquet",
}  # fmt: skip


ROWS = np.array([[1.0], [2.0]])
FITTED = LinearRegression().fit(ROWS, [1, 2])
TAKEN = pd.DataFrame({"__target__": [1, 2]})
TWICE = pd.DataFrame([[1, 2]], columns=["a", "a"])


def folder_of(dataset: ModelDataset) -> Path:
    return Path(dataset._get_load_path())


def test_a_model_comes_back_with_what_was_kept_beside_it(dataset, bundle, frame, tmp_path):
    (tmp_path / "uv.lock").write_text("version = 1\n")
    announce(Run("a" * 32, "demo", "local", "b" * 40))
    try:
        one = dataset(project_path=str(tmp_path))
        assert not one.exists()
        one.save(bundle)
    finally:
        announce(None)
    assert one.exists() and {each.name for each in folder_of(one).iterdir()} == FILES | {"uv.lock"}
    again = dataset().load()
    assert again.keys() == {"model", "threshold"} and again["threshold"] == 0.25
    assert np.array_equal(again["model"].predict(frame), bundle["model"].predict(frame))
    assert one.manifest.run == "a" * 32 and one.manifest.commit == "b" * 40
    assert one.manifest.versions.keys() >= {"python", "scikit-learn", "skops", "numpy"}
    card = (folder_of(one) / "README.md").read_text()
    assert "# demo.classifier" in card and "| test.auc | 0.9 |" in card and "a" * 32 in card
    assert "| size | double | no |" in card and "False, True" in card
    kept = pd.read_parquet(folder_of(one) / "test_data.parquet")
    assert list(kept) == ["size", "weight", "__target__"] and len(kept) == len(frame)


def test_an_estimator_alone_comes_back_alone(dataset, fitted):
    dataset().save(fitted)
    assert type(dataset().load()) is type(fitted)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ([1], "list is no model"),
        ({"classifier": 1}, "'classifier'; expected an estimator with `predict` as 'model'"),
        (LinearRegression(), "LinearRegression is not fitted"),
        ({"model": FITTED, "test_data": ROWS}, "go together"),
        ({"model": FITTED, "test_data": ROWS, "test_target": [1]}, "2 rows and 'test_target' 1"),
        ({"model": FITTED, "test_data": ROWS, "test_target": [1, None]}, "has 1 nulls"),
        ({"model": FITTED, "test_data": ROWS, "test_target": ROWS}, r"of shape \(2, 1\)"),
        ({"model": FITTED, "test_data": TAKEN, "test_target": [1, 2]}, "kept for the truth"),
        ({"model": FITTED, "training_data": 3}, "'training_data' cannot be read as a table: int"),
        ({"model": FITTED, "training_data": TWICE}, "'training_data' cannot be read as a table"),
        ({"model": FITTED, "metrics": 0.9}, "'metrics' is 0.9; expected a dict"),
        (
            {"model": FITTED, "metrics": {"a": {"b": np.nan}}},
            "metric 'a.b' is nan; expected a finite",
        ),
    ],
)
def test_what_is_no_model_is_refused(dataset, data, says):
    with pytest.raises(DatasetError, match=says):
        dataset().save(data)
    assert not dataset().exists()


def test_the_newest_whole_version_is_loaded(dataset, bundle):
    for number in (1, 2, 3):
        dataset(f"2026-01-0{number}T00.00.00.000Z").save(bundle | {"threshold": number})
    (folder_of(dataset("2026-01-03T00.00.00.000Z")) / "manifest.json").unlink()
    dataset().release()
    assert dataset("2026-01-04T00.00.00.000Z").load()["threshold"] == 2


@pytest.mark.parametrize("name", sorted(FILES - {"manifest.json"}))
@pytest.mark.parametrize("harm", ["changed", "cut", "gone"])
def test_a_file_that_is_not_as_it_was_is_refused_before_it_is_decoded(
    dataset, bundle, monkeypatch, name, harm
):
    dataset().save(bundle)
    path = folder_of(dataset()) / name
    data = path.read_bytes()
    if harm == "gone":
        path.unlink()
    else:
        path.write_bytes(data[:-1] if harm == "cut" else data[:-1] + bytes([data[-1] ^ 1]))
    decoded = []
    monkeypatch.setattr(files, "decode", lambda *_: decoded.append(1))
    with pytest.raises(DatasetError, match=f"{name}: is (not what was saved|gone)"):
        dataset().load()
    assert not decoded


@pytest.mark.parametrize(
    "text",
    [
        "", "{}", "[]", '{"format": 2}', '{"format": 1, "odd": 2}', {"files": []}, {"files": {}},
        {"files": {"../../x": {"sha256": "0" * 64, "bytes": 1}}}, {"files": {"x": {"sha256": "0"}}},
    ],
)  # fmt: skip
def test_a_manifest_that_is_none_is_said(dataset, bundle, text):
    dataset().save(bundle)
    path = folder_of(dataset()) / "manifest.json"
    if not isinstance(text, str):
        text = json.dumps(json.loads(path.read_text()) | text)
    path.write_text(text)
    with pytest.raises(DatasetError, match="no manifest of a model"):
        dataset().load()


def test_a_version_of_another_model_is_none_of_this(dataset, bundle, platform):
    dataset().save(bundle)
    source = folder_of(dataset())
    other = source.parents[1].with_name("other") / source.parent.name / "other"
    shutil.copytree(source, other)
    one = ModelDataset(
        filepath=str(other.parents[1]),
        project="demo",
        platform_conf=str(platform),
        version=Version(None, None),
    )
    with pytest.raises(
        DatasetError, match=r"is a version of demo\.classifier, and not of demo\.other"
    ):
        one.load()


@pytest.mark.parametrize(
    ("name", "version", "says"),
    [("my model", Version(None, None), "not a valid model name"), ("m", None, "versioned: true")],
)
def test_what_could_not_be_registered_is_refused_at_once(platform, name, version, says):
    with pytest.raises(ValueError, match=says):
        ModelDataset(
            filepath=f"/s/{name}", project="p", platform_conf=str(platform), version=version
        )


def test_numbers_of_numpy_are_numbers(dataset, bundle):
    metrics = {
        "auc": np.float32(0.5),
        "rows": np.int64(3),
        "good": np.bool_(True),
        "l": [np.float64(1)],
    }
    dataset().save(bundle | {"metrics": metrics})
    found = json.loads((folder_of(dataset()) / "metrics.json").read_text())
    assert found == {"auc": 0.5, "rows": 3, "good": True, "l": [1.0]}


def test_pickles_need_the_platforms_word_to_be_saved_and_loaded(dataset, bundle, settings):
    with pytest.raises(DatasetError, match="runs whatever is in it"):
        dataset(kind="pickle").save(bundle)
    settings("models: {pickles: true}\n")
    dataset(kind="pickle").save(bundle)
    assert dataset().load()["threshold"] == 0.25
    settings("")
    with pytest.raises(DatasetError, match="runs whatever is in it"):
        dataset().load()


def test_a_trusted_type_is_the_platforms_decision(dataset, frame, target, settings):
    forest = RandomForestClassifier(3, random_state=0).fit(frame, target)
    with pytest.raises(DatasetError, match=r"sklearn\.tree\._tree\.Tree"):
        dataset().save(forest)
    settings("models: {trusted: [sklearn.tree._tree.Tree]}\n")
    dataset().save(forest)
    settings("")
    with pytest.raises(DatasetError, match=r"sklearn\.tree\._tree\.Tree"):
        dataset().load()


def test_a_secret_among_the_metrics_is_written_nowhere(dataset, bundle):
    secret = "swordfish-in-a-barrel"  # pragma: allowlist secret
    dataset().save(bundle | {"metrics": {"auc": 0.5, "api_key": secret}})
    assert not any(secret.encode() in each.read_bytes() for each in folder_of(dataset()).iterdir())


def test_many_test_rows_are_thinned_evenly(dataset, fitted, frame, target):
    many = pd.concat([frame] * 300, ignore_index=True)
    truth = pd.concat([target] * 300, ignore_index=True)
    dataset().save({"model": fitted, "test_data": many, "test_target": truth})
    kept = pd.read_parquet(folder_of(dataset()) / "test_data.parquet")
    assert 10_000 < len(kept) <= 20_000 and kept["size"].iloc[1] == many["size"].iloc[3]


def test_it_lies_in_an_object_store_as_well(platform, settings, bundle, monkeypatch):
    server = ThreadedMotoServer(port=0)
    server.start()
    host, port = server.get_host_and_port()
    for key in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(key, "test")
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    try:
        boto3.client("s3").create_bucket(Bucket="models")
        made = [
            ModelDataset(
                filepath="s3://models/demo/06_models/classifier",
                project="demo",
                platform_conf=str(platform),
                version=Version(None, f"2026-01-0{number}T00.00.00.000Z"),
            )
            for number in (1, 2)
        ]
        made[0].save(bundle)
        assert made[1].load()["threshold"] == 0.25
        assert made[1].model_facts() == made[0].model_facts() | {"metrics": {}}
    finally:
        server.stop()


def test_its_facts_for_the_record_name_digest_and_content(dataset, bundle):
    one, two = dataset("2026-01-01T00.00.00.000Z"), dataset("2026-01-02T00.00.00.000Z")
    assert one.model_facts() is None
    one.save(bundle)
    announce(Run("f" * 32, "demo", "local", ""))
    two.save(bundle)
    announce(None)
    first, second = one.model_facts(), two.model_facts()
    assert first["name"] == "demo.classifier" and first["content"] == second["content"]
    assert first["digest"] != second["digest"]  # of another run
    three = dataset("2026-01-03T00.00.00.000Z")
    three.save(bundle | {"threshold": 0.3})
    assert three.model_facts()["content"] != first["content"]
    facts = json.loads((folder_of(one) / "manifest.json").read_text())
    assert facts["files"].keys() == FILES - {"manifest.json"}


def test_a_model_that_can_be_served_is_and_another_says_why_not(dataset, bundle, frame, target):
    one = dataset("2026-01-01T00.00.00.000Z", onnx=None)
    one.save(bundle)
    assert {"model.onnx", "serving.json"} <= one.manifest.files.keys() and not one.manifest.notes
    assert json.loads((folder_of(one) / "serving.json").read_text())["threshold"] == 0.25
    two = dataset("2026-01-02T00.00.00.000Z")
    two.save(bundle)
    assert two.manifest.content == one.manifest.content
    three = dataset("2026-01-03T00.00.00.000Z", onnx=True)
    three.save({"model": GaussianNB().fit(frame, target), "training_data": frame})
    note = "no ONNX: it is a GaussianNB, for which there is no conversion"
    assert three.manifest.notes == (note,) and note in (folder_of(three) / "README.md").read_text()
    four = dataset("2026-01-04T00.00.00.000Z", onnx=True)
    four.save(bundle["model"])
    assert four.manifest.notes == ("no ONNX: there is no data to compare it on",)
