"""From a file, a product or a run up to raw inputs, and down to what was made of it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import pytest
from click.testing import CliRunner
from conftest import write

from highroad.cli.commands import cli
from highroad.config.platform import load_platform
from highroad.errors import DataError
from highroad.tracking.reading import RecordReader
from highroad.tracking.record import DatasetUse, Record
from highroad.tracking.tracing import Step, Tracer
from highroad.tracking.writing import RecordWriter, writer_of


def delta(version: int, rows: int = 9) -> DatasetUse:
    return DatasetUse("shop.orders", "/products/shop.orders", "delta", str(version), rows)


def file(name: str, content: str) -> DatasetUse:
    version = hashlib.sha256(content.encode()).hexdigest()
    return DatasetUse(name, f"/{name}", "sha256", version, 0)


def run(number: int, project: str, inputs=(), outputs=(), **facts) -> Record:
    return Record(
        f"01a2{number:028x}",
        project,
        "local",
        facts.pop("status", "finished"),
        f"2026-01-0{number}T00:00:00",
        inputs=tuple(inputs),
        outputs=tuple(outputs),
        **facts,
    )


RAW = file("raw.csv", "raw")
MODEL = file("model.bin", "model")
CHAIN = [
    run(1, "shop", [RAW], [delta(0)]),
    run(2, "shop", [RAW], [delta(0, rows=0)]),  # found it there
    run(3, "learn", [delta(0)], [MODEL]),
    run(4, "shop", [RAW, DatasetUse("api", "somewhere")], [delta(1)]),
    run(5, "score", [MODEL, delta(1)], [file("scores.csv", "scores")]),
    run(6, "learn", [delta(0)], [MODEL]),  # the same once more
    run(7, "score", [MODEL, delta(1)], [], status="failed"),
]


@pytest.fixture
def tracer(database, tmp_path) -> Tracer:
    writer = RecordWriter(database, tmp_path / "spool")
    for each in CHAIN:
        assert writer.put(each)
    return Tracer(RecordReader(database))


def names(step: Step) -> list:
    """The tree as nested (what, beyond)."""
    what = step.facts.get("name") or step.facts["id"][-1]
    return [what, *map(names, step.beyond)]


def test_up_to_raw_inputs_through_the_runs_that_made_them(tracer):
    assert names(tracer.of_run(CHAIN[4]).up) == [
        "5",
        ["model.bin", ["3", ["shop.orders", ["1", ["raw.csv"]]]]],
        ["shop.orders", ["4", ["raw.csv"], ["api"]]],
    ]


def test_down_to_all_that_was_made_of_it(tracer):
    found = tracer.of_data("/products/shop.orders", "delta", "0").down
    assert names(found) == [
        "shop.orders",
        ["6", ["model.bin", ["7"]]],
        ["3", ["model.bin", ["5", ["scores.csv"]]]],
    ]


def test_a_run_that_reads_what_it_writes_ends_the_walk(tracer, database, tmp_path):
    loop = run(8, "loop", [file("a", "1")], [file("a", "1")])
    RecordWriter(database, tmp_path / "spool").put(loop)
    assert names(Tracer(RecordReader(database)).of_run(loop).up) == ["8", ["a"]]
    assert names(Tracer(RecordReader(database)).of_run(loop).down) == ["8", ["a"]]


def test_the_tree_says_each_run_once(tracer):
    text = str(tracer.of_run(replace(CHAIN[4], inputs=(MODEL, delta(0)))))
    assert text.count(f"run {CHAIN[0].id}") == 2 and text.count("(as above)") == 1
    assert "api" not in text and text.startswith(f"run {CHAIN[4].id} of score, finished")


def test_a_file_is_known_by_its_content(tracer, database, tmp_path):
    moved = write(tmp_path / "elsewhere.bin", "model")
    assert names(tracer.of_file(moved).up)[0:2] == [
        "model.bin",
        ["6", ["shop.orders", ["1", ["raw.csv"]]]],
    ]
    changed = write(tmp_path / "scores.csv", "scores, edited")
    with pytest.raises(DataError, match="no run on record read or wrote it"):
        tracer.of_file(changed)
    here = replace(MODEL, place=changed.resolve().as_posix())
    RecordWriter(database, tmp_path / "spool").put(run(9, "learn", [], [here]))
    with pytest.raises(DataError, match=r"the last run that wrote it.*of learn, had another"):
        Tracer(RecordReader(database)).of_file(changed)
    with pytest.raises(DataError, match="no such file"):
        tracer.of_file(tmp_path / "none")


def test_the_command_takes_files_and_runs(platform, monkeypatch):
    monkeypatch.chdir(platform.parent)
    path = write(platform.parent / "store" / "model.bin", "model")
    writer = writer_of(load_platform(platform), "base", platform.parent)
    made = replace(MODEL, place=path.resolve().as_posix())
    writer.put(replace(CHAIN[2], inputs=(RAW,), outputs=(made,)))
    told = CliRunner().invoke(cli, ["trace", "store/model.bin"])
    assert told.exit_code == 0 and "made from:" in told.output and "raw.csv, sha256" in told.output
    facts = json.loads(CliRunner().invoke(cli, ["trace", "learn", "--json"]).output)
    assert facts["up"]["beyond"][0]["data"]["name"] == "raw.csv"
    assert facts["down"]["beyond"][0]["data"]["version"] == MODEL.version
    wrong = CliRunner().invoke(cli, ["trace", "lear"])
    assert wrong.exit_code == 8 and "Did you mean 'learn'" in wrong.output
    product = CliRunner().invoke(cli, ["trace", "shop.orders"])
    assert product.exit_code != 0 and "shop.orders" in product.output
