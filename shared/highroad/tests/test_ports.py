"""A port that was chosen stays its process's own, though nobody listens there yet."""

from __future__ import annotations

import json
import socket
import subprocess
import sys

from highroad.testing.ports import free_port

CHOOSE = "import sys; from highroad.testing.ports import free_port; print([free_port() for _ in range(50)], flush=True); sys.stdin.read()"


def test_nobody_else_gets_a_port_and_its_owner_can_listen_there():
    words = [sys.executable, "-c", CHOOSE]
    others = [
        subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    try:
        ports = [free_port() for _ in range(50)]
        for each in others:
            ports += json.loads(each.stdout.readline())
        assert len(set(ports)) == 150
        with socket.socket() as listening:
            listening.bind(("127.0.0.1", ports[0]))
    finally:
        for each in others:
            each.communicate()


def test_a_port_that_somebody_listens_on_is_not_chosen():
    first = free_port()
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", first + 1))
        assert free_port() != first + 1
