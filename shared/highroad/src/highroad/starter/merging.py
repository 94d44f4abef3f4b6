"""Merge three texts: what a file was given as, what its team made of it, what the template has now.

git merges, as it merges branches. Where it sees a conflict in lines that only stand beside each other, which
in a list of requirements is the rule, the conflict is taken apart: a conflict is left only where both sides
changed the same lines, or put something in at the same place.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from io import StringIO
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from highroad.errors import UpgradeError
from highroad_workspace.leftovers import temporary_folder

_WIDE = 59
"""How wide the markers are that git is asked for, so that no line of a file is taken for one."""


class Labels(NamedTuple):
    """What the sides of a conflict are called."""

    ours: str
    base: str
    theirs: str


class Merged(NamedTuple):
    """A merged text, and how many conflicts it has."""

    text: str
    conflicts: int


class _Change(NamedTuple):
    """Lines `start` to `end` of the base become `lines`."""

    start: int
    end: int
    lines: tuple[str, ...]


def has_conflicts(text: str) -> bool:
    """Whether a text has conflict markers that nobody took out yet."""
    return any(line.startswith(("<<<<<<< ", ">>>>>>> ")) for line in text.splitlines())


def merge(base: str, ours: str, theirs: str, labels: Labels) -> Merged:
    """Merge what both sides made of one text.

    Args:
        base: What both began from.
        ours: What the team made of it. Where all its lines end in CR LF, those of the result do.
        theirs: What the template made of it.
        labels: For conflict markers.

    Raises:
        UpgradeError: git cannot merge it.
    """
    is_windows = 0 < ours.count("\n") == ours.count("\r\n")
    own = ours.replace("\r\n", "\n") if is_windows else ours
    if own in (base, theirs):
        merged = Merged(theirs, 0)
    elif theirs == base:
        merged = Merged(own, 0)
    else:
        pieces = list(_pieces(_git_merge(base, own, theirs), labels))
        merged = Merged("".join(text for text, _ in pieces), sum(each for _, each in pieces))
    return merged._replace(text=merged.text.replace("\n", "\r\n")) if is_windows else merged


def _git_merge(base: str, ours: str, theirs: str) -> str:
    with temporary_folder("merge") as folder:
        names = ("ours", "base", "theirs")
        for name, text in zip(names, (ours, base, theirs), strict=True):
            (Path(folder) / name).write_bytes(text.encode())
        words = ["git", "merge-file", "-p", "-q", "--diff3", f"--marker-size={_WIDE}", *names]
        try:
            done = subprocess.run(words, cwd=folder, capture_output=True, check=False)
        except FileNotFoundError:
            raise UpgradeError("git is not installed, which merges.") from None
    if not 0 <= done.returncode < 128:  # up to 127 it counts the conflicts
        raise UpgradeError(f"git cannot merge: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout.decode()


def _pieces(text: str, labels: Labels) -> Iterator[tuple[str, int]]:
    """The parts of what git merged, each with its conflicts."""
    marks = {each * _WIDE: number for number, each in enumerate("<|=>")}
    sides: list[list[str]] = [[], [], []]
    side = None
    for line in StringIO(text):  # lines end in LF and in nothing else
        mark = marks.get(line.partition(" ")[0].rstrip("\n"))
        if mark is None:
            if side is None:
                yield line, 0
            else:
                sides[side].append(line)
        elif mark < 3:
            side = mark
        else:
            ours, base, theirs = sides
            apart = _beside(base, ours, theirs)
            yield (_conflict(sides, labels), 1) if apart is None else ("".join(apart), 0)
            side, sides = None, [[], [], []]


def _beside(base: Sequence[str], ours: Sequence[str], theirs: Sequence[str]) -> list[str] | None:
    """Both sides' changes, where none is of the same lines as one of the other side; else None."""
    own, other = _changes(base, ours), _changes(base, theirs)
    both = sorted({*own, *other}, key=lambda each: (each.start, each.end))
    for one, two in pairwise(both):
        if two.start < one.end or (one.start, one.end) == (two.start, two.end):
            return None
    found: list[str] = []
    at = 0
    for each in both:
        found += [*base[at : each.start], *each.lines]
        at = each.end
    return [*found, *base[at:]]


def _changes(base: Sequence[str], lines: Sequence[str]) -> list[_Change]:
    matcher = SequenceMatcher(None, base, lines, autojunk=False)
    return [
        _Change(start, end, tuple(lines[first:last]))
        for kind, start, end, first, last in matcher.get_opcodes()
        if kind != "equal"
    ]


def _conflict(sides: Sequence[Sequence[str]], labels: Labels) -> str:
    ours, _, theirs = ("".join(each) for each in sides)
    ends = [each if not each or each.endswith("\n") else f"{each}\n" for each in (ours, theirs)]
    return f"<<<<<<< {labels.ours}\n{ends[0]}=======\n{ends[1]}>>>>>>> {labels.theirs}\n"
