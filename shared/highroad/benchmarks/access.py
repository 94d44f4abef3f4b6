"""Who may see what: the visible set, one decision with its reason, and everybody's visible sets."""

from __future__ import annotations

import random
import shutil
import statistics
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

from measure import BIN, PLATFORM, ROOT, Command, Figure, against
from workloads import kedro_project

from highroad.access import ACTIONS
from highroad.access.decisions import Access
from highroad.access.grants import EVERYONE, Grant, Rules
from highroad.principal import Principal

DAY = date(2026, 1, 1)
CONTRACT = """
kind: DataContract
apiVersion: v3.2.0
id: bench.rows
version: 1.0.0
status: active
schema:
  - name: rows
    properties:
      - {name: id, logicalType: integer, required: true}
      - {name: name, logicalType: string, tags: [pii]}
"""
READER = """
from kedro.pipeline import node, pipeline

def register_pipelines():
    return {"__default__": pipeline([node(len, "bench.rows@pandas", "n", name="n")])}
"""


def figures(folder: Path, smoke: bool) -> list[Figure]:
    """CPU of each, in milliseconds; beside it what asking Cedar for every product would take."""
    people, products, times = (5, 50, 1) if smoke else (500, 5000, 7)
    rules, names, principals = _platform(people, products)
    access = Access(rules, names, DAY)
    asked = random.Random(2).sample(names, min(200, len(names)))
    one = _cpu_ms(lambda: [access.may(principals[0], "read", each) for each in asked], times)
    decision, all_by_cedar = one / len(asked), one / len(asked) * len(names)
    fresh = [Access(rules, names, DAY) for _ in range(times)]
    cold = statistics.median(
        _cpu_ms(lambda each=each: each.visible(principals[0]), 1)
        for each in fresh  # type: ignore[misc]
    )
    warm = _cpu_ms(lambda: access.visible(principals[0]), times)
    every = _cpu_ms(lambda: [fresh[0].visible(each) for each in principals], 1)
    what = f"{len(names):,} products"
    return [
        Figure(f"visible set of {what}, CPU ms", cold, 3, cold, all_by_cedar, "ms"),
        Figure(f"visible set of {what}, warm, CPU ms", warm, 0.1, warm, all_by_cedar, "ms"),
        Figure("one decision with its reason, CPU ms", decision, 0.15, decision, decision, "ms"),
        Figure(
            f"{people} principals, {what}, CPU ms", every, 1500, every, all_by_cedar * people, "ms"
        ),
        _run(folder, 1 if smoke else 9),
    ]


def _run(folder: Path, runs: int) -> Figure:
    """A run that reads a product, with grants and without."""
    import pandas as pd

    from highroad.datasets import DataProductDataset

    project, store = kedro_project(folder / "bench", 1, highroad=True), str(folder / "store")
    (project / "src" / "bench" / "pipeline_registry.py").write_text(READER)
    commands = []
    for name in ("with", "without"):
        conf = folder / name / "platform-conf"
        shutil.copytree(ROOT / "platform-conf" / "base", conf / "base")
        for env in ("staging", "prod", "contracts"):
            (conf / env).mkdir()
        shutil.copy(ROOT / "platform-conf" / "platform.yml", conf)
        (conf / "contracts" / "bench.rows.yaml").write_text(CONTRACT)
        settings = {**PLATFORM, "HIGHROAD_PLATFORM_CONF": str(conf), "HIGHROAD_STORE": store}
        commands.append(Command([str(BIN / "kedro"), "run"], project, settings))
    DataProductDataset(
        product="bench.rows", store=store, platform_conf=str(conf), project="bench"
    ).save(pd.DataFrame({"id": range(1_000_000), "name": "anna"}))
    grants = folder / "with" / "platform-conf" / "access"
    grants.mkdir()
    (grants / "teams.yml").write_text("t: [anna]\n")
    (grants / "bench.yml").write_text(
        "- {who: everyone, may: read, rows: [[id, '>=', 0]], why: all of it}\n"
    )
    what = "a run that reads 1,000,000 rows, row filter and mask, CPU, against no grants"
    return against(what, 1.05, commands[0], [commands[1]], "cpu_s", runs)


def _cpu_ms(call: Callable[[], object], times: int) -> float:
    spent = []
    for _ in range(times):
        began = time.process_time()
        call()
        spent.append((time.process_time() - began) * 1000)
    return statistics.median(spent)


def _platform(people: int, products: int) -> tuple[Rules, list[str], list[Principal]]:
    """Sixty teams, some within others; a grant or two a product, and some of whole projects."""
    drawn = random.Random(1)
    principals = [Principal("person", f"p{each}") for each in range(people)]
    teams = {
        f"t{each}": (
            *(drawn.choice(principals) for _ in range(25)),
            *([Principal("team", f"t{each - 1}")] if each % 3 else []),
        )
        for each in range(60)
    }
    names = [f"d{each % 200}.p{each}" for each in range(products)]
    scopes = [*names, *names[: products // 2], *(f"d{each}" for each in range(0, 200, 4))]
    grants = tuple(
        Grant(
            scope,
            (Principal("team", f"t{drawn.randrange(60)}"),)
            if drawn.random() < 0.9
            else (EVERYONE,),
            drawn.choice(ACTIONS),
            drawn.random() < 0.05,
            None,
            (),
            None,
            "w",
            f"access/{scope}.yml:1",
        )
        for scope in scopes
    )
    return Rules(teams, grants, ""), names, principals
