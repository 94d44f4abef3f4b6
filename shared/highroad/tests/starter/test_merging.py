"""No edit is lost, a merge twice is a merge once, and steps lead where one leap does."""

from __future__ import annotations

from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from highroad.starter.merging import Labels, merge

LABELS = Labels("yours", "template 1", "template 2")
BASE = [f"line {number}\n" for number in range(12)]


anywhere = st.integers(0, len(BASE) - 1)


@st.composite
def edited(draw, who, places=anywhere):
    """A text with lines changed, removed and put in; what is put in tells who did it."""
    lines = list(BASE)
    for number, at in enumerate(sorted(draw(st.sets(places, max_size=4)), reverse=True)):
        new = [f"{who} {number}.{each}\n" for each in range(draw(st.integers(0, 2)))]
        lines[at : at + draw(st.integers(0, 1))] = new
    return "".join(lines)


def lines_of(text):
    return list(StringIO(text))


base = "".join(BASE)


@given(edited("team"), edited("template"))
def test_no_edit_is_lost_by_either_side(ours, theirs):
    merged = merge(base, ours, theirs, LABELS)
    found = set(lines_of(merged.text))
    assert {each for each in lines_of(ours) if each not in BASE} <= found
    assert {each for each in lines_of(theirs) if each not in BASE} <= found
    if not merged.conflicts:
        gone = {each for each in BASE if each not in lines_of(ours) or each not in lines_of(theirs)}
        assert not gone & found
        assert set(BASE) - gone <= found


@given(edited("team"), edited("template"))
def test_conflicts_are_counted_as_they_are_marked(ours, theirs):
    merged = merge(base, ours, theirs, LABELS)
    begun, ended = (merged.text.count(each) for each in ("<<<<<<< yours\n", ">>>>>>> template 2\n"))
    assert begun == ended == merged.conflicts


@pytest.mark.parametrize("half", range(1, len(BASE)))
def test_who_changes_one_half_meets_nobody_who_changes_the_other(half):
    ours, theirs = ["team\n", *BASE[half:]], [*BASE[:half], "template\n"]
    merged = merge(base, "".join(ours), "".join(theirs), LABELS)
    assert merged == ("team\ntemplate\n", 0)


@given(edited("team"), edited("template"))
def test_a_merge_twice_is_a_merge_once(ours, theirs):
    once = merge(base, ours, theirs, LABELS)
    assert merge(theirs, once.text, theirs, LABELS) == (once.text, 0)


@given(edited("team"), edited("template"))
def test_one_side_alone_is_taken_as_it_is(ours, theirs):
    assert merge(base, ours, base, LABELS) == (ours, 0)
    assert merge(base, base, theirs, LABELS) == (theirs, 0)
    assert merge(base, ours, ours, LABELS) == (ours, 0)


low, high = st.integers(0, 4), st.integers(7, 11)


@given(edited("team", low), edited("second", high), edited("third", high))
def test_in_steps_is_at_once(ours, second, third):
    one = merge(base, ours, second, LABELS)
    steps = merge(second, one.text, third, LABELS)
    assert steps == merge(base, ours, third, LABELS) and not steps.conflicts


@given(edited("team"), edited("template"))
def test_windows_line_ends_stay_and_change_nothing(ours, theirs):
    windows = ours.replace("\n", "\r\n")
    merged = merge(base, windows, theirs, LABELS)
    plain = merge(base, ours, theirs, LABELS)
    assert merged.conflicts == plain.conflicts
    assert merged.text.replace("\r\n", "\n") == plain.text
    assert not ours or "\n" not in merged.text.replace("\r\n", "")


odd = st.text(st.sampled_from("ab\n\r\x0c\u2028<=>|é'"), max_size=40)


@given(odd, odd, odd)
def test_any_text_can_be_merged(one, two, three):
    merged = merge(one, two, three, LABELS)
    assert merge(three, merged.text, three, LABELS) == (merged.text, 0)


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        # A requirement put in beside one whose floor the template raised.
        ('"a",\n"httpx",\n"b>=1",\n', '"a",\n"b>=2",\n', '"a",\n"httpx",\n"b>=2",\n'),
        ('"a",\n"b>=1",\n"httpx",\n', '"a",\n"b>=2",\n', '"a",\n"b>=2",\n"httpx",\n'),
        ('"A",\n"b>=1",\n', '"a",\n"b>=2",\n', '"A",\n"b>=2",\n'),
    ],
)
def test_lines_beside_each_other_are_no_conflict(ours, theirs, expected):
    assert merge('"a",\n"b>=1",\n', ours, theirs, LABELS) == (expected, 0)


def test_a_conflict_has_the_ordinary_markers():
    merged = merge("a\nb\n", "a\nmine\n", "a\nnew", LABELS)
    assert merged.conflicts == 1
    assert merged.text == "a\n<<<<<<< yours\nmine\n=======\nnew\n>>>>>>> template 2\n"
