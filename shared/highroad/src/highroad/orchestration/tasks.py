"""Group a pipeline's nodes into the tasks of a scheduler, whichever that is: plain data, no engine.

A task is a process of its own. What its nodes hand each other in memory stays inside it, so two nodes with
a dataset in memory between them are in one task. Each further process pays its imports again: nodes that can
only run one after the other are in one task too, unless a tag `task.NAME` says otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from highroad.config.entries import stem
from highroad.errors import DeploymentError

TAG = "task."
"""What a tag begins with that puts a node into the task whose name follows."""
_UNFIT = re.compile(r"[^A-Za-z0-9_.-]+")


class Step(NamedTuple):
    """A node: its name, the datasets it reads and writes (parameters left out), its tags."""

    name: str
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Task:
    """Nodes that run in one process.

    Attributes:
        name: Of letters, digits and `_.-`; unique among the tasks of a pipeline.
        nodes: Names of its nodes, in an order in which they can run.
        reads: Datasets that it reads and does not write, sorted.
        writes: Datasets outside memory that it writes, sorted.
        after: Names of the tasks that have to be done right before it, sorted; those before them are left out.
    """

    name: str
    nodes: tuple[str, ...]
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    after: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """As plain values, ready for JSON."""
        return {
            key: list(value) if isinstance(value, tuple) else value
            for key, value in asdict(self).items()
        }

    @classmethod
    def from_dict(cls, told: Mapping[str, Any]) -> Task:
        """From plain values; a key that is missing is empty."""
        lists = ("nodes", "reads", "writes", "after")
        return cls(told["name"], *(tuple(told.get(key, ())) for key in lists))


class Plan(NamedTuple):
    """The tasks of a pipeline, or why it cannot be taken apart."""

    tasks: tuple[Task, ...] = ()
    faults: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """As plain values, ready for JSON."""
        return {"tasks": [task.to_dict() for task in self.tasks], "faults": list(self.faults)}

    @classmethod
    def from_dict(cls, told: Mapping[str, Any]) -> Plan:
        """From plain values; what is missing is empty."""
        tasks = tuple(map(Task.from_dict, told.get("tasks", ())))
        return cls(tasks, tuple(told.get("faults", ())))


def tasks_of(steps: Sequence[Step], is_in_memory: Callable[[str], bool]) -> tuple[Task, ...]:
    """The tasks of a pipeline, each after those that it needs.

    Args:
        steps: Its nodes, each after those whose data it reads.
        is_in_memory: Whether a dataset is lost with its process.

    Raises:
        DeploymentError: Tags ask for tasks with a dataset in memory between them, or for tasks that need each
            other; says all of them.
    """
    groups = _Groups(steps)
    faults = [*_join_tagged(groups, is_in_memory), *_join_circles(groups)]
    if faults:
        raise DeploymentError("\n".join(faults))
    _join_chains(groups)
    return tuple(_named(groups, is_in_memory))


class _Groups:
    """Steps that are joined, by the number of a step that stands for all of its group."""

    def __init__(self, steps: Sequence[Step]):
        self.steps = steps
        self.numbers = range(len(steps))
        self._parent = list(self.numbers)
        self._tags = [_task_tag(step) for step in steps]
        writers: dict[str, list[int]] = {}
        for number, step in enumerate(steps):
            for name in step.writes:
                writers.setdefault(stem(name), []).append(number)
        self.edges = [
            (writer, number, name)
            for number, step in enumerate(steps)
            for name in step.reads
            for writer in writers.get(stem(name), ())
            if writer != number
        ]
        """Who writes and who reads, and by which name it reads."""

    def of(self, number: int) -> int:
        while self._parent[number] != number:
            self._parent[number] = self._parent[self._parent[number]]
            number = self._parent[number]
        return number

    def tag(self, number: int) -> str:
        return self._tags[self.of(number)]

    def join(self, one: int, other: int) -> bool:
        """Make one group of two; False where tags keep them apart."""
        first, second = sorted((self.of(one), self.of(other)))
        if first == second:
            return True
        tags = {self._tags[first], self._tags[second]} - {""}
        if len(tags) > 1:
            return False
        self._parent[second] = first
        self._tags[first] = next(iter(tags), "")
        return True

    def following(self) -> dict[int, set[int]]:
        """The groups that read what each group writes."""
        found: dict[int, set[int]] = {self.of(number): set() for number in self.numbers}
        for writer, reader, _ in self.edges:
            if self.of(writer) != self.of(reader):
                found[self.of(writer)].add(self.of(reader))
        return found

    def right_behind(self) -> dict[int, set[int]]:
        """The same without those that come behind another one anyway (its transitive reduction).

        There must be no circle left.
        """
        following = self.following()
        reached = _reached(following)
        return {
            group: {each for each in behind if not any(each in reached[other] for other in behind)}
            for group, behind in following.items()
        }


def _join_tagged(groups: _Groups, is_in_memory: Callable[[str], bool]) -> Iterator[str]:
    by_tag: dict[str, int] = {}
    for number in groups.numbers:
        if tag := _task_tag(groups.steps[number]):
            groups.join(by_tag.setdefault(tag, number), number)
    for writer, reader, name in groups.edges:
        written = (each for each in groups.steps[writer].writes if stem(each) == stem(name))
        if not (is_in_memory(name) or any(map(is_in_memory, written))):
            continue
        if not groups.join(writer, reader):
            yield (
                f"'{name}' is in memory and would be lost between the tasks '{groups.tag(writer)}' and "
                f"'{groups.tag(reader)}'; give it an entry in the catalog, or node "
                f"'{groups.steps[reader].name}' another tag '{TAG}…'."
            )


def _join_circles(groups: _Groups) -> Iterator[str]:
    """Groups that need each other are one: what is in memory may have made A → B → A of A → B → C."""
    following = groups.following()
    for circle in _circles(following):
        first, *others = sorted(circle)
        for other in others:
            if not groups.join(first, other):
                yield (
                    f"the tasks '{groups.tag(first)}' and '{groups.tag(other)}' need each other; give the nodes "
                    f"that go back and forth between them one tag '{TAG}…'."
                )


def _circles(following: Mapping[int, Iterable[int]]) -> Iterator[set[int]]:
    """Strongly connected components of more than one group: those that reach each other."""
    reached, done = _reached(following), set[int]()
    for start, seen in reached.items():
        if start in seen and start not in done:
            circle = {each for each in seen if start in reached[each]}
            done |= circle
            yield circle


def _reached(following: Mapping[int, Iterable[int]]) -> dict[int, set[int]]:
    """All that come behind each, however far; itself only in a circle."""
    found: dict[int, set[int]] = {}
    for start in following:
        seen, waiting = set[int](), [start]
        while waiting:
            for each in following[waiting.pop()]:
                if each not in seen:
                    seen.add(each)
                    waiting.append(each)
        found[start] = seen
    return found


def _before(following: Mapping[int, Iterable[int]]) -> dict[int, set[int]]:
    found: dict[int, set[int]] = {group: set() for group in following}
    for group, behind in following.items():
        for each in behind:
            found[each].add(group)
    return found


def _join_chains(groups: _Groups) -> None:
    """Two groups of which each has only the other, one before and one behind, are one."""
    following = groups.right_behind()
    before = _before(following)
    for group, behind in following.items():
        if len(behind) != 1:
            continue
        (only,) = behind
        if len(before[only]) == 1 and not groups.tag(group) and not groups.tag(only):
            groups.join(group, only)


def _named(groups: _Groups, is_in_memory: Callable[[str], bool]) -> Iterator[Task]:
    members: dict[int, list[Step]] = {}
    for number in groups.numbers:
        members.setdefault(groups.of(number), []).append(groups.steps[number])
    names: dict[int, str] = {}
    for group, steps in members.items():
        names[group] = _unique(groups.tag(group) or _name_of(steps), names.values())
    before = _before(groups.right_behind())
    done: list[int] = []
    while len(done) < len(members):  # the first one whose needs are done, by the order of nodes
        group = next(each for each in members if each not in done and before[each] <= set(done))
        done.append(group)
        steps = members[group]
        written = {stem(name) for step in steps for name in step.writes}
        yield Task(
            names[group],
            tuple(step.name for step in steps),
            tuple(sorted({n for s in steps for n in s.reads if stem(n) not in written})),
            tuple(sorted({n for s in steps for n in s.writes if not is_in_memory(n)})),
            tuple(sorted(names[each] for each in before[group])),
        )


def _name_of(steps: Sequence[Step]) -> str:
    ends = dict.fromkeys(_fit(step.name) for step in (steps[0], steps[-1]))
    return "__".join(ends)


def _fit(name: str) -> str:
    return _UNFIT.sub("_", name).strip("_.-") or "task"


def _unique(name: str, taken: Iterable[str]) -> str:
    names, wanted, number = set(taken), name, 2
    while wanted in names:
        wanted, number = f"{name}_{number}", number + 1
    return wanted


def _task_tag(step: Step) -> str:
    return next(
        (_fit(tag.removeprefix(TAG)) for tag in sorted(step.tags) if tag.startswith(TAG)), ""
    )
