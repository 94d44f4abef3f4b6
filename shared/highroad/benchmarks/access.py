"""Who may see what: the visible set, one decision with its reason, and everybody's visible sets."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

from measure import Figure

from highroad.access import ACTIONS
from highroad.access.decisions import Access
from highroad.access.grants import EVERYONE, Grant, Rules
from highroad.principal import Principal

DAY = date(2026, 1, 1)


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
    ]


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
