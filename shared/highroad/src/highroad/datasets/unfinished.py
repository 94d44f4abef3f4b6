"""Whether a file that is being closed was written to its end."""

from __future__ import annotations

import sys


class Opening:
    """The moment a file was opened, to compare with the moment it is closed.

    Wrappers such as `fsspec.open(…)`, a text layer or a compressor call `close()` on the file
    beneath whether or not the `with` body failed. What tells the two apart is an exception in
    flight that was not there when the file was opened.
    """

    def __init__(self) -> None:
        self._known: list[BaseException] = []
        error = sys.exc_info()[1]
        while error is not None and error not in self._known:
            self._known.append(error)
            error = error.__context__

    def failure(self) -> BaseException | None:
        """The exception that came up since; None where there is none."""
        error = sys.exc_info()[1]
        return None if any(error is each for each in self._known) else error
