"""Ask a service without pause, to know whether any request was lost while releases changed."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from highroad.serving import PATH

_TIMEOUT_S = 30
"""A request is lost where no answer comes; one that is late on a busy machine is not."""


@dataclass
class Answers:
    """What a service answered so far.

    Attributes:
        well: How often with 200.
        failed: What else it did, a line each: another status, or a connection that broke.
        bodies: The different answers, in the order in which they were first given.
    """

    well: int = 0
    failed: list[str] = field(default_factory=list)
    bodies: dict[str, None] = field(default_factory=dict)


@contextmanager
def asking(address: str, clients: int = 4) -> Iterator[Answers]:
    """Ask for as long as the block takes; every other client opens a connection for each request.

    Args:
        address: `host:port`.
        clients: How many ask at once.
    """
    answers, ended, lock = Answers(), threading.Event(), threading.Lock()

    def ask(keeps: bool) -> None:
        connection = http.client.HTTPConnection(address, timeout=_TIMEOUT_S)
        while not ended.is_set():
            try:
                connection.request("GET", PATH)
                answer = connection.getresponse()
                body, problem = answer.read().decode(), ""
                if answer.status != http.HTTPStatus.OK:
                    problem = f"{answer.status} {answer.reason}"
            except (OSError, http.client.HTTPException) as error:
                body, problem = "", f"{type(error).__name__}: {error}"
                connection.close()
            with lock:
                if problem:
                    answers.failed.append(problem)
                else:
                    answers.well += 1
                    answers.bodies.setdefault(body)
            if not keeps:
                connection.close()
        connection.close()

    threads = [threading.Thread(target=ask, args=(each % 2 == 0,)) for each in range(clients)]
    for each in threads:
        each.start()
    try:
        yield answers
    finally:
        ended.set()
        for each in threads:
            each.join()
