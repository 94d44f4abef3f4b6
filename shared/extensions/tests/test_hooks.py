"""The organisation's hooks."""

from __future__ import annotations

import logging
from importlib.metadata import entry_points

from kedro.pipeline import node

from platform_extensions.hooks import SlowNodesHook, hook


def run(limit_s: float) -> None:
    seconds = iter([0.0, 10.0])
    slow_nodes, made = (
        SlowNodesHook(limit_s, lambda: next(seconds)),
        node(lambda: 1, None, "one", name="make"),
    )
    slow_nodes.before_node_run(made)
    slow_nodes.after_node_run(made)


def test_a_node_over_the_limit_is_named(caplog):
    with caplog.at_level(logging.WARNING, "platform_extensions"):
        run(limit_s=9)
    assert "Node 'make' took 10 s, more than 9 s" in caplog.text


def test_a_node_within_the_limit_is_not(caplog):
    with caplog.at_level(logging.WARNING, "platform_extensions"):
        run(limit_s=10)
    assert "took" not in caplog.text


def test_projects_get_it():
    (point,) = [
        each
        for each in entry_points(group="kedro.hooks")
        if each.value.startswith("platform_extensions")
    ]
    assert point.load() is hook
