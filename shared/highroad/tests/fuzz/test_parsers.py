"""Whatever others write is read, or refused with a message; never a traceback."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from .parsers import PARSERS, inputs, tried

COUNT = 400


@pytest.mark.parametrize("seed", range(2))
def test_texts_that_have_gone_wrong(seed):
    for name, text in inputs(seed, COUNT):
        try:
            tried(name, text)
        except Exception as error:
            pytest.fail(f"{name}: {error!r} of {text[:300]!r}")


@settings(max_examples=50)
@given(st.sampled_from(sorted(PARSERS)), st.text())
def test_any_text(name, text):
    tried(name, text)
