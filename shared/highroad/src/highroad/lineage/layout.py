"""Where the nodes of a graph stand: in columns, from what was first to what came of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

WIDTH, HEIGHT = 220, 62
"""Of a node, in pixels."""
_ACROSS, _DOWN, _BEND = 64, 20, 14
SWEEPS = 12
Point = tuple[float, float]


@dataclass(frozen=True)
class Layout:
    """A drawing's measures.

    Attributes:
        places: The left upper corner of each node.
        lines: The points that each edge goes through, by its two ends.
        width: Of the whole.
        height: Of the whole.
    """

    places: Mapping[str, Point]
    lines: Mapping[tuple[str, str], Sequence[Point]]
    width: float
    height: float


def lay_out(nodes: Sequence[str], edges: Iterable[tuple[str, str]]) -> Layout:
    """Place nodes so that edges go to the right and few of them cross.

    An edge that leads back, in a circle, is drawn the other way round. An edge over several columns
    gets a bend in each, which takes its place among the nodes there.

    Args:
        nodes: Their ids.
        edges: Pairs of ids.
    """
    given = list(dict.fromkeys(edges))
    forward = _without_circles(nodes, given)
    columns = _columns(nodes, forward.values())
    paths = {edge: _path(*forward[edge], columns) for edge in given}
    stops = {stop for path in paths.values() for stop in path} | {
        (each, columns[each]) for each in nodes
    }
    ordered = _ordered(sorted(stops, key=lambda stop: (stop[1], str(stop[0]))), paths.values())
    tops = _tops(ordered, paths.values())
    places = {
        stop[0]: (stop[1] * (WIDTH + _ACROSS), tops[stop])
        for stop in stops
        if isinstance(stop[0], str)
    }
    lines = {}
    for edge, path in paths.items():
        points = _points(path, tops)
        lines[edge] = points if forward[edge] == edge else points[::-1]
    width = (max(columns.values(), default=0) + 1) * (WIDTH + _ACROSS) - _ACROSS
    height = max((top + _height(stop) for stop, top in tops.items()), default=0)
    return Layout(places, lines, width, height)


Name = str | tuple[str, str]
Stop = tuple[Name, int]
"""A node, or the edge that bends there, and its column."""


def _without_circles(
    nodes: Sequence[str], edges: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], tuple[str, str]]:
    """Each edge, turned where it leads back to where a walk came from."""
    onward: dict[str, list[str]] = defaultdict(list)
    for source, target in edges:
        onward[source].append(target)
    open_, done, back = set[str](), set[str](), set[tuple[str, str]]()
    for start in nodes:
        walk = [(start, iter(onward[start]))] if start not in done else []
        open_.update(each for each, _ in walk)
        while walk:
            here, more = walk[-1]
            following = next(more, None)
            if following is None:
                walk.pop()
                open_.discard(here)
                done.add(here)
            elif following in open_:
                back.add((here, following))
            elif following not in done:
                open_.add(following)
                walk.append((following, iter(onward[following])))
    return {edge: edge[::-1] if edge in back else edge for edge in edges}


def _columns(nodes: Sequence[str], edges: Iterable[tuple[str, str]]) -> dict[str, int]:
    """Behind everything that it comes from; what comes from nothing, just before its first use."""
    onward, before = defaultdict(list), dict.fromkeys(nodes, 0)
    for source, target in dict.fromkeys(edges):
        if source != target:
            onward[source].append(target)
            before[target] += 1
    sources = [each for each in nodes if not before[each]]
    found, left = dict.fromkeys(nodes, 0), list(sources)
    while left:
        here = left.pop()
        for each in onward[here]:
            found[each] = max(found[each], found[here] + 1)
            before[each] -= 1
            if not before[each]:
                left.append(each)
    for each in sources:
        if onward[each]:
            found[each] = min(found[other] for other in onward[each]) - 1
    return found


def _path(source: str, target: str, columns: Mapping[str, int]) -> list[Stop]:
    first, last = columns[source], columns[target]
    bends: list[Stop] = [((source, target), column) for column in range(first + 1, last)]
    return [(source, first), *bends, (target, last)]


def _ordered(stops: Iterable[Stop], paths: Iterable[Sequence[Stop]]) -> list[list[Stop]]:
    """Each column from top to bottom: sweeps put each stop in the middle of its neighbours."""
    columns: dict[int, list[Stop]] = defaultdict(list)
    for stop in stops:
        columns[stop[1]].append(stop)
    found = [columns[each] for each in sorted(columns)]
    left, right = _neighbours(paths)
    best, least = found, _crossings(found, right)
    for sweep in range(SWEEPS):
        beside = right if sweep % 2 else left
        order = range(len(found) - 2, -1, -1) if sweep % 2 else range(1, len(found))
        found = [list(each) for each in found]
        for column in order:
            place = {stop: index for each in found for index, stop in enumerate(each)}
            middle = {
                stop: sum(place[each] for each in beside[stop]) / len(beside[stop])
                if beside[stop]
                else place[stop]
                for stop in found[column]
            }
            found[column].sort(key=middle.__getitem__)
        if (crossings := _crossings(found, right)) < least:
            best, least = found, crossings
    return best


def _neighbours(
    paths: Iterable[Sequence[Stop]],
) -> tuple[dict[Stop, list[Stop]], dict[Stop, list[Stop]]]:
    left, right = defaultdict(list), defaultdict(list)
    for path in paths:
        for one, other in pairwise(path):
            right[one].append(other)
            left[other].append(one)
    return left, right


def _crossings(columns: Sequence[Sequence[Stop]], right: Mapping[Stop, Sequence[Stop]]) -> int:
    place = {stop: index for each in columns for index, stop in enumerate(each)}
    count = 0
    for column in columns:
        ends = [sorted(place[each] for each in right[stop]) for stop in column if stop in right]
        seen: list[int] = []
        for each in ends:
            count += sum(before > end for end in each for before in seen)
            seen += each
    return count


def _tops(columns: Sequence[Sequence[Stop]], paths: Iterable[Sequence[Stop]]) -> dict[Stop, float]:
    """How far down each stop is: level with its neighbours as far as its column has room."""
    left, right = _neighbours(paths)
    tops: dict[Stop, float] = {}
    for column in columns:
        _stack(column, dict.fromkeys(column, 0.0), tops)
    for _ in range(SWEEPS):
        for column in columns:
            wanted = {}
            for stop in column:
                beside = [*left[stop], *right[stop]]
                levels = [tops[each] + _height(each) / 2 for each in beside]
                level = sum(levels) / len(levels) if levels else tops[stop] + _height(stop) / 2
                wanted[stop] = level - _height(stop) / 2
            _stack(column, wanted, tops)
    highest = min(tops.values(), default=0.0)
    return {stop: top - highest for stop, top in tops.items()}


def _stack(column: Sequence[Stop], wanted: Mapping[Stop, float], tops: dict[Stop, float]) -> None:
    """Put a column's stops where they want to be, pushed down off those above, then back as a whole."""
    floor, pushed = float("-inf"), 0.0
    for stop in column:
        tops[stop] = max(wanted[stop], floor)
        pushed += tops[stop] - wanted[stop]
        floor = tops[stop] + _height(stop) + _DOWN
    for stop in column:
        tops[stop] -= pushed / len(column)


def _height(stop: Stop) -> int:
    return HEIGHT if isinstance(stop[0], str) else _BEND


def _points(path: Sequence[Stop], tops: Mapping[Stop, float]) -> list[Point]:
    """From the right of the first node through both sides of each bend to the left of the last."""
    points: list[Point] = []
    for index, stop in enumerate(path):
        left, level = stop[1] * (WIDTH + _ACROSS), tops[stop] + _height(stop) / 2
        if index:
            points.append((left, level))
        if index < len(path) - 1:
            points.append((left + WIDTH, level))
    return points
