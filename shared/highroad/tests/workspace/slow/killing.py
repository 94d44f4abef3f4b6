"""Kill a command at points spread over what it does, let it be run again, and list what is there then.

Run as a program: `killing.py COMMAND FOLDER KILLS` prints one line of JSON: the listings of an undisturbed
attempt and of those after each kill.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from highroad.adoption.foreign import read_foreign
from highroad.errors import StarterError
from highroad.starter.choices import Answers
from highroad.starter.initializing import initialize
from highroad.starter.making import make
from highroad_workspace.git import checked_out

COUNTED = (
    "open",
    "os.mkdir",
    "os.rename",
    "os.remove",
    "os.rmdir",
    "subprocess.Popen",
    "shutil.rmtree",
)


def code(folder: Path) -> None:
    with checked_out(folder / "repository", "HEAD") as copy:
        assert Path(copy, "README.md").is_file()


COMMANDS: dict[str, Callable[[Path], object]] = {
    "init": lambda folder: initialize(
        folder / "acme", "Acme", "sales", lock=False, say=lambda _: None
    ),
    "new": lambda folder: make(
        Answers("fresh", owner="platform"), folder / "repository", lock=False
    ),
    "code": code,
    "adopt": lambda folder: read_foreign(folder / "repository" / "projects" / "sales"),
}


def attempt(command: Callable[[Path], object], folder: Path, kill_at: int = 0) -> int:
    """Run a command in a child that may be killed; gives how many steps it took."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        steps = 0

        def step(event: str, _: object) -> None:
            nonlocal steps
            if event in COUNTED:
                steps += 1
                if steps == kill_at:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(step)
        try:
            command(folder)
        except StarterError as error:  # what the killed attempt made is whole
            assert "is taken" in str(error) or "not empty" in str(error)
        except BaseException as error:
            print(repr(error), file=sys.stderr)
            os._exit(1)
        os.write(writing, str(steps).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        text = pipe.read()
    _, status = os.waitpid(child, 0)
    assert kill_at or status == 0, "an attempt that nobody kills must work"
    return int(text or 0)


def listing(folder: Path) -> list[str]:
    """Every file and folder, but for what git keeps of itself in one repository."""
    found = (path.relative_to(folder).as_posix() for path in folder.rglob("*"))
    return sorted(
        name for name in found if "/.git/objects/" not in name and "/.git/logs/" not in name
    )


def main(name: str, start: Path, kills: int) -> None:
    command, results = COMMANDS[name], []
    work = start.with_name(f"{start.name}-work")
    tempfile.tempdir = str(work / "tmp")  # looking for one, Python writes a file
    steps = 0
    for number in range(kills + 1):
        shutil.rmtree(work, ignore_errors=True)
        shutil.copytree(start, work, symlinks=True)
        (work / "tmp").mkdir(exist_ok=True)
        if number:
            attempt(command, work, kill_at=max(1, steps * number // (kills + 1)))
        steps = attempt(command, work) if not number else steps
        if number:
            attempt(command, work)
        results.append(listing(work))
    print(json.dumps(results))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
