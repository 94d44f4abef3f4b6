"""Waiting ends as soon as it is so, and never later than it may."""

from __future__ import annotations

import pytest

from highroad.waiting import wait_for


def test_what_is_so_already_is_not_waited_for():
    wait_for(lambda: True, 0)


def test_what_comes_is_seen_at_the_next_question():
    answers = iter([False, False, True])
    wait_for(lambda: next(answers), 60, 0)
    assert list(answers) == []


def test_what_never_comes_is_given_up():
    asked = []
    with pytest.raises(TimeoutError, match=r"not within 0\.01 s"):
        wait_for(lambda: bool(asked.append(1)), 0.01, 0)
    assert asked
