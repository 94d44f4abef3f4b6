"""Who sees which products."""

from __future__ import annotations

from collections.abc import Iterable

NOTICE = "Everybody sees everything here: the portal does not ask who you are."
"""What each page says of it."""


def visible(principal: str, products: Iterable[str]) -> list[str]:
    """The products that a principal may see, in their order.

    Args:
        principal: Who looks; empty for somebody unknown.
        products: Names of products.
    """
    return list(products)
