"""Clean up after tests, also when their process is killed."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def at_end(script: str, *words: str) -> Iterator[None]:
    """Run a shell script when the block ends, or this process, however that comes.

    A process of its own waits for the end of a pipe that only this one holds open.

    Args:
        script: For `sh`.
        words: Its `$1`, `$2` and so on.
    """
    waiting = subprocess.Popen(
        ["sh", "-c", f"read -r _\n{script}", "sh", *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        start_new_session=True,
    )
    try:
        yield
    finally:
        waiting.communicate()
