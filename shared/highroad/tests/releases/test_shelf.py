"""Releases are kept for ever as they were made, in either database, by several at once."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner, Result
from releases.test_release import ONE

from highroad.cli.commands import cli
from highroad.config.platform import load_platform
from highroad.errors import DataError
from highroad.releases.shelf import Shelf
from highroad.tracking.database import database_of

TWO = replace(ONE, version="1.1.0")
OTHER = replace(ONE, project="demand")


@pytest.fixture
def shelf(database) -> Shelf:
    return Shelf(database)


def test_a_release_is_kept_once_and_found_by_what_people_know_of_it(shelf):
    kept = shelf.put(ONE, by="ann")
    assert (kept.release, kept.number, kept.made_by, kept.signature) == (ONE, 1, "ann", "")
    assert shelf.put(ONE, by="eve") == kept
    shelf.put(OTHER)
    newest = shelf.put(TWO)
    assert [each.release for each in shelf.recent()] == [TWO, OTHER, ONE]
    assert [each.release for each in shelf.recent("delays", most=1)] == [TWO]
    assert shelf.find("delays") == shelf.find(TWO.id[:8]) == newest
    assert shelf.find("delays~1").release == shelf.find(ONE.id).release == ONE


def test_it_may_be_signed_later_and_only_once(shelf):
    shelf.put(ONE)
    assert shelf.put(ONE, signature="by ann").signature == "by ann"
    assert shelf.put(ONE, signature="by eve").signature == "by ann"


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        ("delay", r"Did you mean 'delays'\?.* a project for its newest: delays\."),
        ("delays~1", "no release 'delays~1'"),
        ("ffffff", "no release 'ffffff'"),
        ("' OR 1=1 --", "no release"),
    ],
)
def test_what_is_not_there_is_said_with_what_is(shelf, wanted, says):
    with pytest.raises(DataError, match="none was made yet"):
        shelf.find(wanted)
    shelf.put(ONE)
    with pytest.raises(DataError, match=says):
        shelf.find(wanted)


def test_a_manifest_that_was_changed_in_the_database_is_refused(shelf):
    shelf.put(ONE)
    forged = replace(ONE, image=f"sha256:{'f' * 64}").to_json()
    with shelf._database.connect() as connection:
        connection.run("UPDATE highroad_releases SET manifest = :manifest", {"manifest": forged})
    with pytest.raises(DataError, match=r"its manifest was changed, it is [0-9a-f]{12} now"):
        shelf.find(ONE.id)
    with pytest.raises(DataError, match="its manifest was changed"):
        shelf.recent()


def test_ten_at_once_are_all_kept(shelf):
    many = [replace(ONE, version=f"1.0.{number % 5}") for number in range(10)]
    with ThreadPoolExecutor(10) as pool:
        list(pool.map(shelf.put, many))
    found = shelf.recent()
    assert sorted(each.release.version for each in found) == sorted({one.version for one in many})
    assert len({each.number for each in found}) == 5


@pytest.fixture
def two(platform, monkeypatch) -> Shelf:
    monkeypatch.chdir(platform.parent)
    load_platform.cache_clear()
    url = load_platform(platform).records_url("base", platform.parent)
    shelf = Shelf(database_of(url, platform.parent))
    for each in (ONE, TWO):
        shelf.put(each, by="ann@box")
    return shelf


def told(*words: str) -> Result:
    return CliRunner().invoke(cli, ["releases", *words])


def test_the_commands_show_and_compare(two):
    lines = told("list").output.splitlines()
    assert [line.split()[0] for line in lines] == ["release", TWO.id[:12], ONE.id[:12]]
    assert "1.1.0" in lines[1] and "ann@box" in lines[1] and max(map(len, lines)) < 130
    (only,) = json.loads(told("list", "-n", "1", "--json").output)
    assert only["id"] == TWO.id and only["models"] == {"delays.classifier@3": "d" * 64}
    shown = told("show", "delays~1").output
    assert shown.startswith(f"delays 1.0.0, release {ONE.id}") and "passed: lint, test" in shown
    assert "produces delays.scores: 1.0.0" in shown and "template" not in shown
    assert "version: 1.0.0 → 1.1.0" in told("compare", "delays~1", "delays").output
    assert "they are one release" in told("compare", "delays", "delays").output
    assert json.loads(told("compare", "delays~1", "delays", "--json").output) == [
        "version: 1.0.0 → 1.1.0"
    ]
    trained = two.put(replace(TWO, models={}))
    assert "are equal" in told("compare", "delays~1", trained.release.id[:9]).output
    assert told("verify", "delays~1").output.splitlines()[1] == "signature: none"
    wrong = told("show", "dealys")
    assert wrong.exit_code == 8 and "Did you mean 'delays'?" in wrong.output
    complete = ShellComplete(cli, {}, "highroad", "_HIGHROAD_COMPLETE")
    found = complete.get_completions(["releases", "show"], "del")
    assert [each.value for each in found] == ["delays"]


def test_an_empty_shelf_says_so(platform, monkeypatch):
    monkeypatch.chdir(platform.parent)
    load_platform.cache_clear()
    assert "no release was made yet" in told("list").output
