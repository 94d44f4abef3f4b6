"""`highroad runs`: list, show, compare; and a helpful answer to what is not there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner, Result
from conftest import write

from highroad.cli.commands import cli
from highroad.config.platform import load_platform
from highroad.tracking.record import DatasetUse, Record
from highroad.tracking.writing import writer_of

ONE = Record(
    "01a20000000000000000000000000001",
    "demo",
    "local",
    "finished",
    "2026-01-01T00:00:00.000+00:00",
    seconds=1.5,
    code={"commit": "c" * 40, "dirty": True},
    who={"user": "ann", "host": "box"},
    inputs=(DatasetUse("api"), DatasetUse("table", "/t", "sha256", "ab" * 32, 1200)),
    outputs=(DatasetUse("orders", "/o", "delta", "3", None, contract={"version": "1.0.0", "verdict": "pass"}),),
    metrics={"metrics": {"auc": 0.123456789}},
    warnings=("old",),
)  # fmt: skip
TWO = replace(ONE, id="01a30000000000000000000000000001", status="failed", error="boom")


@pytest.fixture
def records(platform, monkeypatch):
    monkeypatch.chdir(platform.parent)
    writer = writer_of(load_platform(platform), "base", platform.parent)
    for each in (ONE, TWO):
        assert writer.put(each)
    return writer


def told(*words: str) -> Result:
    return CliRunner().invoke(cli, ["runs", *words])


def test_list_shows_the_newest_first(records):
    lines = told("list").output.splitlines()
    assert [line.split()[0] for line in lines] == ["run", TWO.id[:15], ONE.id[:15]]
    assert "1,200+?" in lines[2] and "cccccccccccc+" in lines[2] and max(map(len, lines)) < 130
    (only,) = json.loads(told("list", "-n", "1", "--json").output)
    assert (only["id"], only["error"]) == (TWO.id, "boom")
    assert json.loads(told("list", "--project", "other", "--json").output) == []
    assert "no run is on record" in told("list", "--project", "other").output
    assert told("list", "-n", "0").exit_code == 2


def test_show_tells_all(records):
    said = told("show", ONE.id[:6]).output
    for words in (
        "demo 01a20000000000000000000000000001: finished",
        "by: ann on box",
        "cccccccccccc+ with uncommitted changes",
        "api: version unknown",
        "table: sha256 abababababab, 1,200 rows",
        "orders: delta 3, contract 1.0.0 pass",
        "metrics.auc: 0.123457",
        "warning: old",
    ):
        assert words in said
    assert Record.from_json(told("show", "demo~1", "--json").output) == ONE


def test_compare_tells_what_differs(records):
    assert "outcome: finished → failed" in told("compare", "demo~1", "demo").output
    assert {"about": "outcome", "says": "boom"} in json.loads(
        told("compare", "demo~1", "demo", "--json").output
    )


def test_what_is_not_there_gets_an_answer(records):
    unknown = told("show", "dem")
    assert unknown.exit_code == 8 and "Did you mean 'demo'" in unknown.output
    several = told("show", "01a2" + "0" * 3)
    assert several.exit_code == 0
    assert told("show", "01a").exit_code == 8
    assert told("show", "demo~" + "9" * 20).exit_code == 8


def test_a_reader_that_has_seen_enough_is_no_error(records):
    words = [Path(sys.executable).with_name("highroad"), "runs", "list"]
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(words, stdout=writing, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writing)
    assert "Traceback" not in done.stderr and "error" not in done.stderr


def test_a_database_that_is_none_is_named(platform, monkeypatch):
    monkeypatch.chdir(platform.parent)
    monkeypatch.setenv("HIGHROAD_RECORDS", "mysql://h/d")
    said = told("list")
    assert said.exit_code == 4 and "HIGHROAD_RECORDS: expected sqlite:///" in said.output


def test_a_database_that_is_none_is_named_with_its_line(platform, monkeypatch):
    monkeypatch.chdir(platform.parent)
    settings = platform / "platform.yml"
    write(settings, settings.read_text() + "records: {url: here.db}\n")
    said = told("list")
    assert said.exit_code == 4 and f"{settings}:" in said.output and "'records.url'" in said.output


def test_records_that_waited_are_delivered_before_anything_is_shown(records, tmp_path):
    waiting = replace(ONE, id="01a40000000000000000000000000001")
    write(records.spool.folder / f"{waiting.id}.json", waiting.to_json())
    assert waiting.id[:15] in told("list").output and not records.spool.waiting()
    assert told("deliver").output == "delivered: 0 records, 0 lineage events\n"


def test_ids_and_projects_complete(records):
    complete = ShellComplete(cli, {}, "highroad", "_HIGHROAD_COMPLETE")
    found = complete.get_completions(["runs", "show"], "01a3")
    assert [each.value for each in found] == [TWO.id]
    assert [each.value for each in complete.get_completions(["runs", "compare", "demo"], "d")] == [
        "demo"
    ]
