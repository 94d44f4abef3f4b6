"""Nodes go into tasks: no memory between two, no circle, nothing lost, nothing out of order."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from highroad.errors import DeploymentError
from highroad.orchestration.tasks import TAG, Step, Task, stem, tasks_of


def in_memory(name: str) -> bool:
    return name.startswith("m")


def names_of(steps: Sequence[Step]) -> dict[str, tuple[str, ...]]:
    return {task.name: task.nodes for task in tasks_of(steps, in_memory)}


def step(name: str, reads: str = "", writes: str = "", tags: str = "") -> Step:
    return Step(name, *(tuple(words.split()) for words in (reads, writes, tags)))


@st.composite
def pipelines(draw: st.DrawFn) -> list[Step]:
    """Pipelines in an order that can run; data is on disk (`d…`) or in memory (`m…`)."""
    steps, made = [], list[str]()
    for number in range(draw(st.integers(1, 9))):
        reads = draw(st.lists(st.sampled_from([*made, "d_source"]), unique=True, max_size=3))
        kinds = draw(st.lists(st.sampled_from("dm"), max_size=2))
        writes = [f"{kind}{number}_{each}" for each, kind in enumerate(kinds)]
        kinds_of_reading = [f"{each}@pandas" if each in made else each for each in reads]
        transcoded = draw(st.booleans())
        steps.append(
            Step(f"node {number}", tuple(kinds_of_reading if transcoded else reads), tuple(writes))
        )
        made += writes
    return steps


@given(pipelines())
def test_every_node_is_in_one_task_and_after_all_it_needs(steps: list[Step]) -> None:
    tasks = tasks_of(steps, in_memory)
    assert sorted(node for task in tasks for node in task.nodes) == sorted(s.name for s in steps)
    assert len({task.name for task in tasks}) == len(tasks)
    done: set[str] = set()
    written: set[str] = {"d_source"}
    by_name = {each.name: each for each in steps}
    for task in tasks:  # in their order, each as the scheduler would start it
        assert set(task.after) <= done, "a task that is needed comes later: a circle"
        for name in task.nodes:
            assert {stem(read) for read in by_name[name].reads} <= written
            written |= {stem(each) for each in by_name[name].writes}
        done.add(task.name)


@given(pipelines())
def test_nothing_in_memory_is_between_two_tasks_and_what_is_read_was_made_before(
    steps: list[Step],
) -> None:
    tasks = tasks_of(steps, in_memory)
    makers = {stem(name): task.name for task in tasks for name in task.writes}
    before: dict[str, set[str]] = {}
    for task in tasks:
        before[task.name] = set(task.after).union(*(before[each] for each in task.after))
    for task in tasks:
        assert not any(map(in_memory, (*task.reads, *task.writes)))
        for name in task.reads:
            assert name == "d_source" or makers[stem(name)] in before[task.name]


@given(pipelines())
def test_the_same_pipeline_gives_the_same_tasks_through_json_too(steps: list[Step]) -> None:
    tasks = tasks_of(steps, in_memory)
    told = json.loads(json.dumps([task.to_dict() for task in tasks]))
    assert tuple(map(Task.from_dict, told)) == tasks == tasks_of(steps, in_memory)


@given(pipelines())
def test_no_two_tasks_are_left_that_could_only_run_one_after_the_other(steps: list[Step]) -> None:
    tasks = tasks_of(steps, in_memory)
    behind = {task.name: {each.name for each in tasks if task.name in each.after} for task in tasks}
    for task in tasks:
        if len(task.after) == 1:
            assert len(behind[task.after[0]]) > 1


def test_a_group_that_memory_makes_is_no_circle() -> None:
    # A hands C something in memory, and B what is on disk, which C needs too: A and C with B behind and before.
    steps = [
        step("a", "d_source", "m1 d1"),
        step("b", "d1", "d2"),
        step("c", "m1 d2", "d3"),
        step("other", "d_source", "d4"),
    ]
    assert names_of(steps) == {"a__c": ("a", "b", "c"), "other": ("other",)}


def test_branches_stay_apart_and_chains_are_one_task() -> None:
    steps = [
        step("land", "d_source", "d1"),
        step("clean left", "d1", "d2"),
        step("clean right", "d1", "d3"),
        step("count left", "d2", "d4"),
        step("report", "d4 d3", "d5"),
    ]
    assert names_of(steps) == {
        "land": ("land",),
        "clean_left__count_left": ("clean left", "count left"),
        "clean_right": ("clean right",),
        "report": ("report",),
    }


def test_what_comes_behind_anyway_is_no_branch() -> None:
    steps = [
        step("build", "d_source", "d1"),
        step("fit", "d1", "d2"),
        step("score", "d1 d2", "d3"),
    ]
    assert names_of(steps) == {"build__score": ("build", "fit", "score")}


def test_a_tag_names_a_task_and_keeps_a_chain_apart() -> None:
    steps = [
        step("load", "d_source", "d1"),
        step("fit", "d1", "d2", "gpu task.training"),
        step("calibrate", "d2", "d3", "task.training"),
        step("score", "d3", "d4"),
    ]
    assert names_of(steps) == {
        "load": ("load",),
        "training": ("fit", "calibrate"),
        "score": ("score",),
    }


def test_memory_between_tags_and_tags_that_need_each_other_are_refused_all_at_once() -> None:
    steps = [
        step("a", "d_source", "m1 d1", "task.left"),
        step("b", "m1 d1", "d2", "task.right"),
        step("c", "d2", "d3", "task.left"),
    ]
    with pytest.raises(DeploymentError) as refused:
        tasks_of(steps, in_memory)
    lost, circle = str(refused.value).splitlines()
    assert "'m1' is in memory" in lost and "'left' and 'right'" in lost and f"'{TAG}" in lost
    assert "'left' and 'right' need each other" in circle


def test_names_fit_every_scheduler_and_are_unique() -> None:
    steps = [step("f([d1]) -> [d2]", "d1", "d2"), step("f [d1 d2]", "d9", "d8"), step("…", "d7")]
    assert [task.name for task in tasks_of(steps, in_memory)] == ["f_d1_-_d2", "f_d1_d2", "task"]
    same = [step("a b", "d1", "d2"), step("a.b", "d1", "d3"), step("a,b", "d1", "d4")]
    assert [task.name for task in tasks_of(same, in_memory)] == ["a_b", "a.b", "a_b_2"]


def test_a_reader_of_another_kind_that_is_in_memory_stays_with_the_writer() -> None:
    steps = [
        step("a", "d_source", "x@pandas"),
        step("b", "x@polars", "d1"),
        step("c", "d1 x@pandas"),
    ]
    lost = tasks_of(steps, lambda name: name == "x@polars")
    assert len(lost) == 1
