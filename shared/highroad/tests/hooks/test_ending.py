"""What a process holds is not freed piece by piece at its end."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

HOLDS_A_CYCLE = """
class Held:
    def __del__(self):
        print("freed")

held = Held()
held.itself = held
import atexit
import tempfile
folder = tempfile.TemporaryDirectory()
print(folder.name)
atexit.register(print, "told")
"""


@pytest.mark.parametrize(
    ("way", "said"),
    [
        ("", "told\nfreed\n"),
        ("from kedro.framework.hooks.manager import _create_hook_manager, _register_hooks_entry_points\n"
         "_register_hooks_entry_points(_create_hook_manager(), ())", "told\n"),
        ("import sys; sys.argv = ['highroad', 'projects', '--help']\n"
         "from highroad.cli import main\ntry: main()\nexcept SystemExit: pass", "told\n"),
    ],
    ids=["plain", "run", "command"],
)  # fmt: skip
def test_the_end_frees_nothing_and_says_all(way, said):
    done = subprocess.run(
        [sys.executable, "-c", f"{way}\n{HOLDS_A_CYCLE}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.endswith(said)
    assert ("freed" in done.stdout) == ("freed" in said)
    (folder,) = (
        line for line in done.stdout.splitlines() if line.startswith(tempfile.gettempdir())
    )
    assert not Path(folder).exists()


def test_types_that_complain_are_freed():
    code = "import duckdb\nfrom highroad.ending import end_at_once\nend_at_once()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == ""
