"""The registry: versions and aliases in MLflow's own tables, embedded or behind a server."""

from __future__ import annotations

from dataclasses import replace

import pytest

from highroad.errors import DataError
from highroad.models.registry import ModelVersion, Move, Registry

ONE = ModelVersion(
    "demo.classifier", 0, "/store/demo/06_models/classifier", "2026-01-01T00.00.00.000Z",
    "d" * 64, "a" * 32, "c" * 40, "2026-01-01T00:00:00+00:00", {"test.auc": 0.75},
)  # fmt: skip


def another(digest: str) -> ModelVersion:
    stamp = f"2026-01-0{ord(digest) - 99}T00.00.00.000Z"
    return replace(ONE, digest=digest * 64, run=digest * 32, stamp=stamp)


def moved(number: int, before: int | None, after: int | None, kind: str = "promoted") -> Move:
    return Move(
        number, f"2026-01-0{number}T00:00:00+00:00", kind, "prod", before, after, "ann", "b\"'ü"
    )


def test_a_version_comes_back_as_it_was_registered(registry):
    made = registry.register(ONE, {"train.seed": 7, "long": "x" * 2000, "od:d/key": [1]})
    assert made == replace(ONE, number=1, aliases=("candidate",))
    assert registry.find("demo.classifier") == registry.find("demo.classifier@candidate") == made
    assert made.folder == "/store/demo/06_models/classifier/2026-01-01T00.00.00.000Z/classifier"
    run = registry._client.get_run(registry._client.get_model_version(ONE.name, "1").run_id)
    assert run.data.metrics == {"test.auc": 0.75} and run.data.params["train.seed"] == "7"
    assert run.data.tags["highroad.run"] == ONE.run and run.info.status == "FINISHED"


def test_the_newest_is_the_candidate_and_the_same_is_registered_once(registry):
    registry.register(ONE, {})
    two = registry.register(another("e"), {})
    assert two.number == 2 and registry.register(another("e"), {}) == two
    assert [(each.number, each.aliases) for each in registry.versions(ONE.name)] == [
        (2, ("candidate",)),
        (1, ()),
    ]
    assert registry.names() == ["demo.classifier"]


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        ("demo.clasifier", r"Did you mean 'demo\.classifier'\?.* Registered: demo\.classifier"),
        ("demo.classifier@7", r"no version '7'.*expected 1 or candidate \(1\)\."),
        ("demo.classifier@prod", r"no version 'prod'"),
        ("x'y", "no model"),
    ],
)
def test_what_is_not_there_is_said_with_what_is(registry, wanted, says):
    registry.register(ONE, {})
    with pytest.raises(DataError, match=says):
        registry.find(wanted)


def test_an_empty_registry_says_how_it_is_filled(registry):
    with pytest.raises(DataError, match="None is registered: a run that saves one does that"):
        registry.find("demo.classifier")


def test_moves_are_on_record_in_the_order_they_were_made(registry):
    registry.register(ONE, {})
    registry.register(another("e"), {})
    moves = [moved(1, None, 1), replace(moved(2, 1, 2), at="1999-01-01T00:00:00+00:00")]
    assert [registry.move(ONE.name, replace(each, number=0)) for each in moves] == moves
    assert registry.find(f"{ONE.name}@prod").number == 2
    assert registry.history(ONE.name, "prod") == moves  # though the clock went back
    registry.move(ONE.name, moved(3, 2, None, "rolled back"))
    assert registry.find(f"{ONE.name}@2").aliases == ("candidate",)
    assert [each.number for each in registry.history(ONE.name, "prod")] == [1, 2, 3]
    assert registry.history(ONE.name, "staging") == []


def test_what_is_registered_late_is_not_the_newest(registry):
    registry.register(another("e"), {})
    late = registry.register(replace(another("f"), stamp="1999-01-01T00.00.00.000Z"), {})
    assert late.number == 2 and late.aliases == ()
    assert registry.find(ONE.name).number == registry.find(f"{ONE.name}@candidate").number == 1


def test_a_registration_that_was_cut_off_is_completed(registry):
    registry.register(ONE, {})
    registry._client.delete_registered_model_alias(ONE.name, "candidate")
    assert registry.register(ONE, {}).aliases == ("candidate",)


def test_names_that_mlflow_does_not_take_keep_no_model_out(registry, caplog):
    given = {"a+b": 1, "a*b": 2, "a//b": 3, "../b": 4, "": 5}
    many = {f"m{number}": 0.5 for number in range(3000)} | {"": 1.0}
    made = registry.register(replace(ONE, metrics=many), given)
    assert made.number == 1 and len(made.metrics) == 100
    assert "keeps no metrics" not in caplog.text
    registry._client.delete_experiment(
        registry._client.get_experiment_by_name("demo").experiment_id
    )
    assert registry.register(another("e"), {}).number == 2


def test_what_another_tool_registered_says_so(registry):
    registry.register(ONE, {})
    registry._client.create_registered_model("other.model")
    registry._client.create_model_version("other.model", source="file:///x")
    with pytest.raises(DataError, match="registered by another tool"):
        registry.find("other.model").folder  # noqa: B018


def test_a_registry_that_is_none_or_away_is_one_message(tmp_path):
    (tmp_path / "models.db").write_text("garbage" * 1000)
    with pytest.raises(DataError, match=r"models\.db: .*not a database"):
        Registry(f"sqlite:///{tmp_path}/models.db").names()
    with pytest.raises(DataError, match=r"127\.0\.0\.1:9"):
        Registry("http://127.0.0.1:9").names()
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="file"):
        Registry(f"sqlite:///{tmp_path}/file/models.db").register(ONE, {})
