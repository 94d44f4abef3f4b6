"""A pattern means the same in Polars as in DuckDB."""

from __future__ import annotations

import duckdb
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from highroad.products.rules.pattern import as_rust

PARTS = [
    "a", ".", r"\d", r"\D", r"\w", r"\W", r"\s", r"\S", r"\b", r"\.", r"\\", "[ab]", "[^ab]", r"[\d-]",
    r"[\w\s]", "[[:alpha:]]", "[[:^digit:]a]", "[]a]", "[^]a]", "[a[b]", "[a&&b]", "[a~~b]", "[a--b]", r"[\]]",
]  # fmt: skip
SIGNS = "ab1_١é \t\n&~-[]\\.\u00a0"


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(PARTS), st.sampled_from(["", "*", "?", "{2}"])), max_size=4),
    st.text(SIGNS, max_size=4),
)
def test_both_engines_agree(parts, text):
    pattern = "".join(part + ("" if part == r"\b" else times) for part, times in parts)
    query = "SELECT regexp_full_match($1, $2)"
    try:
        expected = duckdb.execute(query, [text, pattern]).fetchall()[0][0]
    except duckdb.InvalidInputException:
        return  # RE2 knows no such pattern
    found = pl.select(pl.lit(text).str.contains(f"^(?:{as_rust(pattern)})$")).item()
    assert found == expected, pattern


@pytest.mark.parametrize("pattern", ["(", "a)|(b", "[z-a]"])
def test_what_is_no_pattern_is_an_error_in_both(pattern):
    with pytest.raises(duckdb.Error):
        duckdb.execute("SELECT regexp_full_match('a', $1)", [pattern])
    with pytest.raises(pl.exceptions.ComputeError):
        pl.select(pl.lit("a").str.contains(as_rust(pattern)))
