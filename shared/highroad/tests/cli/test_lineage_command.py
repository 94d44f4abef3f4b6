"""`highroad lineage` and `trace --html`: text, JSON, pages, and an answer to what is not there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner, Result

from highroad.cli.commands import cli
from highroad.config.platform import load_platform
from highroad.lineage.writing import writer_to
from highroad.tracking.record import DatasetUse, Record
from highroad.tracking.writing import writer_of

TABLE = DatasetUse("shop.orders@pandas", "/s/orders", "delta", "3", 10)


@pytest.fixture
def records(platform, monkeypatch):
    monkeypatch.chdir(platform.parent)
    monkeypatch.delenv("HIGHROAD_LINEAGE", raising=False)
    load_platform.cache_clear()
    writer = writer_of(load_platform(platform), "base", platform.parent)
    begun = "2026-01-01T00:00:00.000+00:00"
    for number, project, way in ((1, "shop", "outputs"), (2, "report", "inputs")):
        assert writer.put(
            Record(f"{number:032x}", project, "local", "finished", begun, **{way: (TABLE,)})
        )
    return writer


def told(*words: str) -> Result:
    return CliRunner().invoke(cli, [*words])


def test_the_graph_is_told_as_text_and_as_json(records):
    said = told("lineage")
    assert said.exit_code == 0 and "wrote  shop.orders  delta 3, 10 rows → report" in said.output
    graph = json.loads(told("lineage", "report", "--json").output)
    assert {each["title"] for each in graph["nodes"]} == {"shop", "shop.orders", "report"}
    assert len(graph["edges"]) == 2


def test_pages_are_written_where_they_are_asked_for(records, tmp_path):
    page = tmp_path / "lineage.html"
    assert told("lineage", "--html", str(page)).output == f"wrote {page}\n"
    assert "Lineage of all projects" in page.read_text() and page.read_text().count("<section") == 3
    assert told("lineage", "--html").output == f"wrote {Path('dist', 'lineage.html')}\n"
    assert (tmp_path / "dist" / "lineage.html").read_text() == page.read_text()
    trace = tmp_path / "trace.html"
    assert told("trace", "report", "--html", str(trace)).output == f"wrote {trace}\n"
    assert "Trace of report" in trace.read_text() and trace.read_text().count("<section") == 3


def test_what_is_not_there_gets_an_answer(records):
    unknown = told("lineage", "shop.order")
    assert unknown.exit_code == 8 and "Did you mean 'shop.orders'?" in unknown.output
    assert told("lineage", "--env", "prod").exit_code == 0


def test_nothing_on_record_is_said(platform, monkeypatch):
    monkeypatch.chdir(platform.parent)
    assert "no run is on record" in told("lineage").output


def test_projects_and_data_complete(records):
    complete = ShellComplete(cli, {}, "highroad", "_HIGHROAD_COMPLETE")
    found = [each.value for each in complete.get_completions(["lineage"], "sh")]
    assert found == ["shop", "shop.orders"]


def test_events_that_wait_are_delivered_first_and_a_dead_server_is_no_obstacle(records, platform, caplog, monkeypatch):  # fmt: skip
    def spool():
        return writer_to(load_platform(platform), "base", platform.parent)._spool

    spool().keep("a", "{}")
    monkeypatch.setenv("HIGHROAD_LINEAGE", "http://127.0.0.1:1")
    assert told("lineage").exit_code == 0 and "still wait" in caplog.text
    failed = told("runs", "deliver")
    assert failed.exit_code == 8 and "127.0.0.1:1" in failed.output and len(spool().waiting()) == 1
    monkeypatch.delenv("HIGHROAD_LINEAGE")
    assert told("runs", "deliver").output == "delivered: 0 records, 1 lineage events\n"
    spool().keep("a", "{}")
    assert told("lineage").exit_code == 0 and not spool().waiting()
