"""`highroad models`: what a person types, and what is said."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner, Result
from conftest import write
from sklearn.dummy import DummyClassifier

from highroad.cli.commands import cli
from highroad.config.platform import load_platform
from highroad.models.mlflow_client import file_of
from highroad.models.registry import Registry
from highroad.tracking.record import DatasetUse, Record
from highroad.tracking.writing import writer_of

PYPROJECT = """
[project]
name = "demo"
[tool.kedro]
package_name = "demo"
[tool.highroad]
description = "d"
owner = "o"
kind = "model"
headline = { dataset = "metrics", key = "test.auc", label = "AUC" }
models.classifier = { metric = "roc_auc", may_lose = 0.1 }
"""


@pytest.fixture
def two(platform, monkeypatch, saved, sources, frame, target, empty_registry):
    """Two registered versions, the second of which knows nothing, whose runs are on record."""
    monkeypatch.chdir(platform.parent)
    demo = platform.parent / "projects" / "demo"
    write(demo / "pyproject.toml", PYPROJECT)
    write(demo / "src" / "demo" / "__init__.py", "")
    settings = load_platform(platform)
    url = settings.models_url("base", platform.parent)
    file_of(url).parent.mkdir(parents=True)
    shutil.copy(empty_registry, file_of(url))
    registry = Registry(url)
    writer = writer_of(settings, "base", platform.parent)
    for number, more in ((1, {}), (2, {"model": DummyClassifier().fit(frame, target)})):
        version = registry.register(saved(number, **more), {"seed": number})
        about = {"name": version.name, "digest": version.digest}
        use = DatasetUse("c#models", version.place, "kedro", version.stamp, model=about)
        made = Record(version.run, "demo", "local", "finished", "2026-01-01")
        writer.put(replace(made, inputs=sources.products, outputs=(use,)))
    return registry


def told(*words: str) -> Result:
    return CliRunner().invoke(cli, ["models", *words])


def test_list_shows_the_newest_first(two):
    lines = told("list").output.splitlines()
    assert [line.split()[0] for line in lines] == [
        "model",
        "demo.classifier@2",
        "demo.classifier@1",
    ]
    assert "candidate" in lines[1] and "AUC 0.9000" in lines[1]
    facts = json.loads(told("list", "demo.classifier", "--json").output)
    assert [each["number"] for each in facts] == [2, 1] and facts[0]["folder"].endswith(
        "classifier"
    )
    wrong = told("list", "demo.clasifier")
    assert wrong.exit_code == 8 and "Did you mean 'demo.classifier'?" in wrong.output


def test_an_empty_registry_says_so_and_stays_away(platform, monkeypatch):
    monkeypatch.chdir(platform.parent)
    load_platform.cache_clear()
    assert "no model is registered" in told("list").output
    assert json.loads(told("list", "--json").output) == []
    assert not (platform.parent / "store").exists()


def test_from_candidate_to_prod_and_back(two):
    why = ("--why", "it is good")
    first = told("promote", "demo.classifier@1", "--to", "staging", *why)
    assert first.exit_code == 0 and "demo.classifier@1 is staging" in first.output, first.output
    assert "pass  metric: roc_auc 1.0000 on 200 rows; nothing is staging yet" in first.output
    assert told("promote", "demo.classifier@1", "--to", "prod", *why).exit_code == 0
    again = told("promote", "demo.classifier@prod", "--to", "prod", *why)
    assert again.output.splitlines()[-1] == "demo.classifier@1 is prod already"
    refused = told("promote", "demo.classifier", "--to", "staging", *why)
    assert (
        refused.exit_code == 10
        and "error: demo.classifier@2 does not become staging: metric" in refused.output
    )
    assert (
        "roc_auc 0.5000, demo.classifier@1 has 1.0000 on the same 200 rows; it may lose 0.1"
        in refused.output
    )
    waived = told(
        "promote", "demo.classifier", "--to", "staging", *why, "--waive", "metric", "--json"
    )
    assert json.loads(waived.output)["moved"]["after"] == 2
    shown = told("show", "demo.classifier@1").output
    assert shown.startswith("# demo.classifier\n") and "prod promoted from none to 1 by" in shown
    back = told("rollback", "demo.classifier", "--from", "staging", *why)
    assert back.output == "demo.classifier@1 is staging again; it was 2\n"
    assert told("rollback", "demo.classifier", "--from", "prod", *why).output.startswith(
        "nothing is prod"
    )
    twice = told("rollback", "demo.classifier", "--from", "prod", *why)
    assert twice.exit_code == 8 and "nothing is prod of demo.classifier" in twice.output
    assert json.loads(told("show", "demo.classifier@1", "--json").output)["aliases"] == ["staging"]


@pytest.mark.parametrize(
    "words",
    [
        ("promote", "demo.classifier", "--to", "candidate", "--why", "w"),
        ("promote", "demo.classifier", "--to", "staging"),
        ("rollback", "demo.classifier", "--why", "w"),
        ("rollback", "demo.classifier@1", "--from", "prod", "--why", "w"),
        ("list", "demo.classifier@1"),
        ("promote", "demo.classifier", "--to", "staging", "--why", " "),
        ("promote", "demo.classifier", "--to", "staging", "--why", "w", "--waive", "ordr"),
    ],
)
def test_what_is_asked_in_the_wrong_way_is_refused(two, words):
    assert told(*words).exit_code == 2


def test_names_versions_and_aliases_are_completed(two):
    complete = ShellComplete(cli, {}, "highroad", "_HIGHROAD_COMPLETE")
    found = complete.get_completions(["models", "show"], "dem")
    assert [each.value for each in found] == ["demo.classifier"]
    found = complete.get_completions(["models", "show"], "demo.classifier@")
    assert [each.value for each in found] == [
        "demo.classifier@2", "demo.classifier@candidate", "demo.classifier@1",
    ]  # fmt: skip
