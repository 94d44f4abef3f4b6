"""A run that adds to what it reads is behind it once: no arrow there and back."""

from __future__ import annotations

from highroad.lineage.chain import graph_of_trace
from highroad.lineage.graph import graph_of
from highroad.lineage.layout import lay_out
from highroad.tracking.record import DatasetUse, Record
from highroad.tracking.tracing import Step, Trace


def test_a_product_that_its_run_adds_to_stands_right_of_the_run():
    rows = [DatasetUse("p.rows", "/s/p.rows", "delta", version, 5) for version in ("0", "1")]
    record = Record(
        "1", "p", "local", "finished", "2026-01-01", inputs=(rows[0],), outputs=(rows[1],)
    )
    graph = graph_of([record])
    assert [(edge.source, edge.target) for edge in graph.edges] == [("1", "/s/p.rows")]
    laid = lay_out([node.id for node in graph.nodes], [(e.source, e.target) for e in graph.edges])
    assert laid.places["1"][0] < laid.places["/s/p.rows"][0]


def test_what_a_run_made_and_read_again_is_behind_it_in_a_trace():
    def data(name: str, *beyond: Step, **more: object) -> Step:
        facts = {"name": name, "place": f"/{name}", "kind": "sha256", "version": "1", **more}
        return Step("data", name, {"contract": None, "model": None, **facts}, beyond)

    facts = {"id": "1", "project": "p", "status": "finished", "began_at": "2026", "code": {}}
    run = Step("run", "", facts, (data("raw"), data("beside", made_here=True)))
    below = Step("run", "", facts, (data("b"), data("beside")))
    graph = graph_of_trace(Trace("b", data("b", run), data("b", below)))
    titles = [node.title for node in graph.nodes]
    assert sorted(titles) == ["b", "beside", "p", "raw"]
    assert {(edge.source, edge.target) for edge in graph.edges} == {
        ("/raw 1", "1"),
        ("1", "/beside 1"),
        ("1", "/b 1"),
    }
