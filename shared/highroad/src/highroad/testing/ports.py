"""Ports for servers of tests, which start later than the port is chosen."""

from __future__ import annotations

import os
import socket
from itertools import chain

from highroad.errors import WorkspaceError

_FIRST, _LAST = 20_000, 32_000
"""Below the ports that Linux gives to connections, which could take a chosen one meanwhile (32768 and up)."""
_claimed: set[int] = set()


def free_port() -> int:
    """A free TCP port of 127.0.0.1 that no other caller on this machine gets while this process lives.

    The UDP port of the same number is the claim to it: the system gives that to one process alone, and frees it
    at the process's end, however that comes.

    Raises:
        WorkspaceError: There is none.
    """
    begin = _FIRST + os.getpid() * 31 % (_LAST - _FIRST)  # most callers look in different places
    for port in chain(range(begin, _LAST), range(_FIRST, begin)):
        if port in _claimed:
            continue
        claim = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            claim.bind(("127.0.0.1", port))
            with socket.socket() as tried:
                tried.bind(("127.0.0.1", port))
        except OSError:
            claim.close()
            continue
        claim.detach()  # it stays open until the process ends
        _claimed.add(port)
        return port
    raise WorkspaceError(f"No port from {_FIRST} to {_LAST} is free; which processes listen there?")
