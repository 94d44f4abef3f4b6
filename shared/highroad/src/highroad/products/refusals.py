"""What a contract kept out, told along with the error that says so."""

from __future__ import annotations

from typing import Any

_ATTRIBUTE = "highroad_refusal"


def note_refusal(error: Exception, product: str, place: str, assertions: list[Any]) -> None:
    """Write down on an error which product it kept out of which place, and what was checked."""
    setattr(error, _ATTRIBUTE, {"product": product, "place": place, "assertions": assertions})


def refusal_in(error: BaseException | None) -> dict[str, Any] | None:
    """What was written down on an error or on one that led to it; None where nothing was."""
    while error is not None:
        if found := getattr(error, _ATTRIBUTE, None):
            return dict(found)
        error = error.__cause__ or error.__context__
    return None
