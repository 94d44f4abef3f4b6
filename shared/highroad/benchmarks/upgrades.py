"""`highroad upgrade` over many projects by one version of the template, git's own time left out."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from conformance import linear, repository
from measure import Figure

from highroad.starter.record import GIVEN, read_given, written

_UPGRADE = """\
import time
from pathlib import Path
from highroad.starter.extension import contracts_of
from highroad.starter.upgrading import upgrade
root = Path.cwd()
done = upgrade(root, contracts_of(root), lock=False)
assert len(done) == len(list((root / "projects").iterdir())), done
assert not any(each.conflicts for each in done)
print(time.process_time())  # of this process, and so without git
"""


def figures(folder: Path, smoke: bool) -> list[Figure]:
    """CPU of a project beyond start-up, and whether twice as many take twice as long."""
    runs, sizes = (1, (1, 2, 3)) if smoke else (7, (1, 50, 99))
    repositories = [_older(repository(folder / str(size), size)) for size in sizes]
    for each in repositories:
        _cpu_s(each)
    taken = [[_cpu_s(each) for each in repositories] for _ in range(runs)]
    return linear("`highroad upgrade`, CPU a project of {} beyond git's", 50, taken, sizes)


def _older(root: Path) -> Path:
    """As if every project had been given an older template, and its team had edited every file."""
    for folder in (root / "projects").iterdir():
        given = read_given(folder)
        files = {name: f"# before\n{text}" for name, text in given.files.items()}
        (folder / GIVEN).write_text(written(given._replace(version="0", files=files)), "utf-8")
        for name in files:
            own = (folder / name).read_text("utf-8")
            (folder / name).write_text(f"# before\n{own}\n# ours\n", "utf-8")
    identity = ["-c", "user.name=bench", "-c", "user.email=bench@example.com"]
    for words in (["add", "-A"], [*identity, "commit", "-qm", "start"]):
        subprocess.run(["git", *words], cwd=root, check=True)
    return root


def _cpu_s(root: Path) -> float:
    subprocess.run(["git", "checkout", "-q", "--", "."], cwd=root, check=True)
    words = [sys.executable, "-c", _UPGRADE]
    done = subprocess.run(words, cwd=root, check=True, capture_output=True, text=True)
    return float(done.stdout)
