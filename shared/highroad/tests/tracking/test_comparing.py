"""What differs between two runs is said in words, causes before effects."""

from __future__ import annotations

from dataclasses import replace

from highroad.tracking.comparing import differences
from highroad.tracking.record import DatasetUse, Record

CODE = {"commit": "a" * 40, "dirty": False, "diff": None, "lock": "1" * 64}
ONE = Record(
    "01",
    "demo",
    "local",
    "finished",
    "t",
    code=CODE,
    versions={"kedro": "1.7.0"},
    parameters={"train": {"depth": 3, "gone": 1}},
    config="c",
    inputs=(
        DatasetUse(
            "orders", "/p", "delta", "1", 10, contract={"version": "1.0.0", "verdict": "pass"}
        ),
        DatasetUse("api"),
        DatasetUse("old", "/o", "sha256", "x"),
    ),
    metrics={"metrics": {"auc": 0.75}},
)


def said(one: Record, two: Record) -> list[str]:
    return [str(each) for each in differences(one, two)]


def test_nothing_differs_but_what_cannot_be_known():
    assert said(ONE, ONE) == ["data: read api; whether it is the same is unknown"]


def test_each_difference_is_told_once_and_in_order():
    two = replace(
        ONE,
        code={**CODE, "commit": "b" * 40, "diff": "d" * 64, "lock": "2" * 64},
        versions={"kedro": "1.8.0", "image": "sha256:1"},
        parameters={"train": {"depth": 4, "new": None}},
        config="d",
        inputs=(
            DatasetUse(
                "orders", "/p", "delta", "2", 12, contract={"version": "2.0.0", "verdict": "pass"}
            ),
            DatasetUse("fresh", "/f", "sha256", "y"),
        ),
        metrics={"metrics": {"auc": 0.8}},
        status="failed",
        error="node 'x': boom\nmore",
    )
    assert said(ONE, two) == [
        "code: commit aaaaaaaaaaaa → bbbbbbbbbbbb",
        "code: a clean tree → uncommitted changes dddddddddddd",
        "lock: uv.lock 111111111111 → 222222222222",
        "versions: kedro 1.7.0 → 1.8.0",
        "versions: image sha256:1 is new",
        "parameters: train.depth 3 → 4",
        "parameters: train.gone 1 is gone",
        "parameters: train.new None is new",
        "data: read orders delta 1 (10 rows) → 2 (12 rows)",
        "data: no longer read api",
        "data: no longer read old",
        "data: read fresh, which is new",
        "contracts: orders 1.0.0 (pass) → 2.0.0 (pass)",
        "metrics: metrics.auc 0.75 → 0.8",
        "outcome: finished → failed",
        "outcome: node 'x': boom",
    ]


def test_another_catalog_is_told_where_the_parameters_are_the_same():
    assert "configuration: the merged catalog differs" in said(ONE, replace(ONE, config="d"))
