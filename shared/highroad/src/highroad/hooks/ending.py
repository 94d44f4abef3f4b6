"""A run whose process ends when it is over."""

from highroad.ending import end_at_once


class EndingHook:
    """Registered when Kedro loads hooks, so that it comes after all that is registered later."""

    def __init__(self) -> None:
        end_at_once()


hook = EndingHook()
