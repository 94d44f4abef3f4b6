"""What a project may be called, and what is suggested instead."""

from __future__ import annotations

import keyword
import sys

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from highroad.starter.names import LONGEST, fault_of, suggestion

TAKEN = ["flights", "delays", "project", "data"]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("", "is empty"),
        ("class", "a word of Python's"),
        ("match", "a word of Python's"),
        ("json", "a module of Python's"),
        ("pandas", "a package that projects import"),
        ("highroad", "the platform's own"),
        ("flights", "is taken"),
        ("café", "not ASCII"),
        ("../up", "is a path"),
        ("a\\b", "is a path"),
        (".hidden", "is a path"),
        ("Flights", "expected a-z"),
        ("two words", "expected a-z"),
        ("a-b", "expected a-z"),
        ("2fast", "expected a-z"),
        ("a__b", "a _ too many"),
        ("a" * 41, f"at most {LONGEST}"),
    ],
)
def test_a_name_that_cannot_be_is_refused_with_the_reason(name, says):
    assert says in fault_of(name, TAKEN)
    assert fault_of(suggestion(name, TAKEN), TAKEN) == ""


@given(
    st.text(max_size=60)
    | st.sampled_from([*sorted(sys.stdlib_module_names), *keyword.kwlist, *TAKEN])
)
@example("../../etc/passwd")
@example("Müller & Söhne")
def test_what_is_suggested_may_be_had(name):
    assert fault_of(suggestion(name, TAKEN), TAKEN) == ""


@given(st.from_regex(r"[a-z][a-z0-9]{2,9}(_[a-z0-9]{1,5}){0,3}", fullmatch=True))
def test_a_name_that_may_be_is_a_module_and_stays(name):
    if fault_of(name, TAKEN) == "":
        assert name.isidentifier() and not keyword.iskeyword(name)


def test_a_suggestion_is_like_what_was_asked_for():
    assert suggestion("My Shop", TAKEN) == "my_shop"
    assert suggestion("Größe", TAKEN) == "groe"
    assert suggestion("flights", TAKEN) == "flights_data"
