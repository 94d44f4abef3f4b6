"""What a child process of a test does; children find it by its name, unlike a test's module."""

from __future__ import annotations

import logging
import os
from multiprocessing.queues import Queue

from highroad.hooks.children import told
from highroad.hooks.failures import FailuresHook
from highroad.hooks.progress import ProgressHook
from highroad.hooks.run_events import RunEvents


class _Node:
    name = "there"


class _Said(logging.Handler):
    def __init__(self):
        super().__init__()
        self.lines = []

    def emit(self, record):
        self.lines.append(record.getMessage())


def child(answers: Queue) -> None:
    """What hooks do in a child."""
    RunEvents().add({"node": "there", "odd": object})
    FailuresHook().before_dataset_saved("table", _Node)
    logging.getLogger("highroad.progress").addHandler(said := _Said())
    logging.getLogger("highroad.progress").setLevel(logging.INFO)
    ProgressHook().before_node_run(_Node)
    ProgressHook().before_node_run(_Node)  # silent: half a second has not passed
    answers.put((told("secrets"), said.lines, "swordfish" in str(os.environ)))
