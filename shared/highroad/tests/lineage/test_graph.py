"""The graph of the latest state, where its nodes stand, and the page it is drawn on."""

from __future__ import annotations

import itertools
import random
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from highroad.errors import DataError
from highroad.lineage.chain import graph_of_trace
from highroad.lineage.graph import Graph, graph_of
from highroad.lineage.layout import HEIGHT, WIDTH, lay_out
from highroad.lineage.page import render
from highroad.secrets.redaction import learn
from highroad.tracking.record import DatasetUse, Record
from highroad.tracking.tracing import Step, Trace

CONTRACT = {"version": "1.0.0", "fingerprint": "f", "verdict": "pass"}


def use(name: str, version: str, rows: int = 5, **more) -> DatasetUse:
    return DatasetUse(name, f"/s/{name.partition('@')[0]}", "delta", version, rows, **more)


def run(number: int, project: str, reads=(), writes=(), **more) -> Record:
    return Record(
        f"{number:032x}", project, "local", more.pop("status", "finished"),
        f"2026-01-01T00:{number:02d}:00.000+00:00", inputs=tuple(reads), outputs=tuple(writes), **more,
    )  # fmt: skip


RAW = DatasetUse("raw", "/raw.csv", "sha256", "aa" * 32, 9)
MODEL = DatasetUse(
    "m#models", "/s/m.skops", "sha256", "cc" * 32, 0, model={"name": "late", "digest": "d"}
)
RUNS = [
    run(1, "flights", [RAW], [use("flights.departures@pandas", "0", contract=CONTRACT)]),
    run(2, "delays", [use("flights.departures@pandas", "0")], [MODEL, use("delays.scores", "0")]),
    run(3, "flights", [RAW], [use("flights.departures@pandas", "1", contract=CONTRACT)]),
    run(4, "demand", [use("flights.departures@polars", "1")], [use("demand.forecast", "0")]),
    run(5, "demand", status="failed", error="boom"),
]


def edges(graph: Graph) -> set[tuple[str, str]]:
    titles = {each.id: each.title for each in graph.nodes}
    return {(titles[each.source], titles[each.target]) for each in graph.edges}


def test_the_graph_is_of_the_latest_state_across_projects():
    graph = graph_of(RUNS)
    assert edges(graph) == {
        ("raw", "flights"), ("flights", "flights.departures"), ("flights.departures", "delays"),
        ("delays", "late"), ("delays", "delays.scores"), ("flights.departures", "demand"),
        ("demand", "demand.forecast"),
    }  # fmt: skip
    kinds = {each.title: each.kind for each in graph.nodes}
    assert (
        kinds["late"] == "model" and kinds["raw"] == "file" and kinds["delays.scores"] == "product"
    )
    runs = [each.facts["id"] for each in graph.nodes if each.kind == "run"]
    assert runs == [
        RUNS[each].id for each in (1, 2, 3, 4)
    ]  # not the one whose product was made anew
    (departures,) = [each for each in graph.nodes if each.title == "flights.departures"]
    assert departures.says == ("delta 1", "contract 1.0.0 pass", "5 rows")
    (old,) = [each for each in graph.edges if each.is_old]
    assert old.says == "delta 0" and old.target == RUNS[1].id


def test_runs_that_each_made_a_part_of_what_is_there_are_all_kept():
    first = run(1, "delays", [], [use("a", "0"), use("b", "0")])
    only = {"pipeline_names": ["train"]}
    second = run(2, "delays", [use("a", "0")], [use("b", "1")], selection=only)
    again = run(3, "delays", [use("a", "0")], [use("b", "2")], selection=only)
    graph = graph_of([again, first, second])
    assert [each.facts["id"] for each in graph.nodes if each.kind == "run"] == [first.id, again.id]
    assert {(each.source, each.target) for each in graph.edges} == {
        (first.id, "/s/a"), ("/s/a", again.id), (again.id, "/s/b"),
    }  # fmt: skip


def test_what_has_no_place_is_its_projects_own():
    graph = graph_of(
        [run(1, "a", [DatasetUse("api", "API")]), run(2, "b", [DatasetUse("api", "API")])]
    )
    assert len([each for each in graph.nodes if each.title == "api"]) == 2


def test_data_that_a_run_read_twice_is_one_edge():
    twice = run(1, "a", [use("b.c@pandas", "0"), use("b.c@polars", "0")])
    assert len(graph_of([twice]).edges) == 1


def test_around_a_name_is_what_made_it_and_what_it_made():
    graph = graph_of(RUNS)
    assert {each.title for each in graph.around("demand").nodes} == {
        "raw", "flights", "flights.departures", "demand", "demand.forecast",
    }  # fmt: skip
    assert {each.title for each in graph.around("raw").nodes} == {
        each.title for each in graph.nodes
    }
    assert "late" not in {each.title for each in graph.around("delays.scores").nodes}
    with pytest.raises(DataError, match=r"Did you mean 'demand'\?.*highroad lineage"):
        graph.around("dmeand")


def test_as_text_each_run_has_what_it_read_and_wrote():
    said = str(graph_of(RUNS))
    assert "demand: failed 2026-01-01 00:05, commit unknown" in said
    assert re.search(r"read   flights.departures +delta 0 \(now delta 1\)", said)
    assert re.search(
        r"wrote  flights.departures  delta 1, contract 1.0.0 pass, 5 rows → delays, demand", said
    )


def test_a_trace_is_a_graph_of_both_directions():
    def data(name: str, *beyond: Step) -> Step:
        facts = {
            "name": name,
            "place": f"/{name}",
            "kind": "sha256",
            "version": "1",
            "contract": None,
        }
        return Step("data", name, facts, beyond)

    def of(number: int, *beyond: Step) -> Step:
        facts = {
            "id": f"{number}",
            "project": "p",
            "status": "finished",
            "began_at": "2026",
            "code": {},
        }
        return Step("run", "", facts, beyond)

    raw = data("raw")
    found = graph_of_trace(
        Trace("b", data("b", of(1, raw, data("a", of(0, raw)))), data("b", of(2, data("c"))))
    )
    assert [each.title for each in found.nodes].count("raw") == 1
    assert {(each.source, each.target) for each in found.edges} == {
        ("/raw 1", "1"), ("/raw 1", "0"), ("0", "/a 1"), ("/a 1", "1"), ("1", "/b 1"), ("/b 1", "2"),
        ("2", "/c 1"),
    }  # fmt: skip


def layers(count: int, wide: int, seed: int) -> tuple[list[str], list[tuple[str, str]]]:
    chance = random.Random(seed)
    nodes = [f"{column}.{row}" for column in range(count) for row in range(wide)]
    chance.shuffle(nodes)
    pairs = [
        (one, other)
        for one, other in itertools.product(nodes, nodes)
        if int(one[0]) < int(other[0]) and chance.random() < 0.25
    ]
    return nodes, pairs


@pytest.mark.parametrize("seed", range(5))
def test_nodes_overlap_nowhere_and_edges_go_to_the_right(seed):
    nodes, pairs = layers(4, 6, seed)
    laid = lay_out(nodes, pairs)
    assert laid.places.keys() == set(nodes) and laid.lines.keys() == set(pairs)
    for (x, y), (a, b) in itertools.combinations(laid.places.values(), 2):
        assert abs(x - a) >= WIDTH or abs(y - b) >= HEIGHT
    for source, target in pairs:
        assert laid.places[source][0] < laid.places[target][0]
        line = laid.lines[source, target]
        assert [x for x, _ in line] == sorted(x for x, _ in line)
        assert line[0][1] == pytest.approx(laid.places[source][1] + HEIGHT / 2)
    assert all(0 <= x <= laid.width - WIDTH and 0 <= y <= laid.height - HEIGHT for x, y in laid.places.values())  # fmt: skip


def test_chains_that_need_not_cross_do_not():
    chains = [[f"{chain}{step}" for step in range(5)] for chain in "abcd"]
    pairs = [pair for chain in chains for pair in itertools.pairwise(chain)]
    random.Random(2).shuffle(pairs)
    laid = lay_out([each for chain in reversed(chains) for each in chain], pairs)
    for chain in chains:
        assert len({round(laid.places[each][1]) for each in chain}) == 1  # each is a straight line


def test_a_circle_is_drawn_too():
    laid = lay_out(["a", "b", "c"], [("a", "b"), ("b", "c"), ("c", "a"), ("a", "a")])
    assert laid.places["a"][0] < laid.places["b"][0] < laid.places["c"][0]
    assert laid.lines["c", "a"][0][0] > laid.lines["c", "a"][-1][0]
    assert lay_out([], []).height == 0


class Read(HTMLParser):
    """The ids and links of a page, and whatever it would load or run."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.ids, self.links, self.loads, self.tags = [], [], [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.tags.append(tag)
        self.ids += [found["id"]] if "id" in found else []
        self.links += [found["href"]] if tag == "a" else []
        self.loads += [found[key] for key in ("src", "srcset", "data") if key in found]
        self.loads += [found["href"]] if tag != "a" and "href" in found else []


def test_the_page_loads_nothing_and_leads_from_each_node_to_its_facts():
    graph = graph_of(RUNS)
    text = render(graph, "All", "sub")
    page = Read(text)
    assert (
        not page.loads
        and "script" not in page.tags
        and "url(http" not in text
        and "@import" not in text
    )
    assert len(set(page.ids)) == len(page.ids)
    assert set(page.links) <= {f"#{each}" for each in page.ids}
    assert {f"#n{index}" for index in range(len(graph.nodes))} <= set(page.links)
    assert text.count("class=old") == 2  # the key, and the one version that was left behind
    assert "prefers-color-scheme: dark" in text and '<html lang="en">' in text
    for words in ("contract 1.0.0 pass", "boom", "cc" * 32, 'class="facts run failed"'):
        assert words in text


def test_names_are_text_on_the_page_and_no_secret_is(monkeypatch):
    secret = "swordfish-on-a-page"  # pragma: allowlist secret
    learn({"key": secret})
    evil = '<script>alert("x")</script>\' onload=x'
    bad = run(
        6, evil, [DatasetUse(evil, f"/{evil}", "sha256", evil)], [use(f"{evil}{secret}", secret)],
        error=f"{evil} {secret} https://u:{secret}@h", selection={evil: [evil]}, status="failed",
    )  # fmt: skip
    text = render(graph_of([bad]), f"{evil} {secret}", f"{evil} {secret}")
    assert secret not in text and "<script" not in text and "***" in text
    page = Read(text)
    assert "script" not in page.tags and set(page.links) <= {f"#{each}" for each in page.ids}
    assert secret not in str(graph_of([bad])) and secret not in str(graph_of([bad]).to_dict())


def test_a_graph_of_a_hundred_projects_is_laid_out_in_no_time():
    import time

    records = [
        run(
            index, f"p{index}", [use(f"p{max(index - back, 0)}.out", "0") for back in (1, 7)],
            [use(f"p{index}.out", "0"), use(f"p{index}.more", "0")],
        )
        for index in range(1, 101)
    ]  # fmt: skip
    records = [replace(each, began_at="2026-01-01T00:00:00") for each in records]
    began = time.process_time()
    text = render(graph_of(records), "All")
    assert time.process_time() - began < 20 and text.count("<section") == 301
