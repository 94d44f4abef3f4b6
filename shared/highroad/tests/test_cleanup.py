"""What tests start ends with them, also where they are killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from highroad.testing import postgresql
from highroad.testing.cleanup import at_end
from highroad.waiting import wait_for

HOLD = """
import sys
from highroad.testing.cleanup import at_end
with at_end('echo over > "$1"', sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_it_is_done_at_the_end_of_the_block(tmp_path):
    path = tmp_path / "over"
    with at_end('echo over > "$1"', str(path)):
        assert not path.exists()
    assert path.exists()


def test_it_is_done_where_the_process_is_killed(tmp_path):
    path = tmp_path / "over"
    words = [sys.executable, "-c", HOLD, str(path)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None and child.stdout.readline() == b"held\n"
        assert not path.exists()
        os.kill(child.pid, signal.SIGKILL)
    wait_for(path.exists, 60, 0.01)


@pytest.mark.skipif(not postgresql.is_installed(), reason="PostgreSQL is not installed")
def test_a_server_leaves_nothing():
    with postgresql.server() as url:
        folder = Path(url.partition("host=")[2])
        assert folder.exists()
    assert not folder.exists()
