"""A lineage server of a test's own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from lineage.servers import Lineage, serving


@pytest.fixture
def server() -> Iterator[Lineage]:
    """It takes everything."""
    with serving() as found:
        yield found
