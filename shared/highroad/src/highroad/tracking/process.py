"""Who a process is, so that another one can tell whether it still lives."""

from __future__ import annotations

import os
import uuid
from pathlib import Path

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_NAMESPACE = Path("/proc/self/ns/pid")


def this_process() -> str:
    """`where/pid/started`: names of machines may be the same, a boot's and a namespace's are not."""
    pid = os.getpid()
    return f"{_where()}/{pid}/{_started(pid) or ''}"


def is_gone(process: str) -> bool | None:
    """Has it ended? None where that cannot be told from here."""
    where, _, rest = process.rpartition("/")[0].rpartition("/")
    pid, started = rest, process.rpartition("/")[2]
    if where != _where() or not pid.isdigit() or os.name != "posix":
        return None
    found = _started(int(pid))
    if started and found is not None:
        return found != started  # the number went to another process since
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def _where() -> str:
    try:
        return f"{_BOOT.read_text(encoding='ascii').strip()}:{_NAMESPACE.readlink()}"
    except OSError:
        return f"{uuid.getnode():012x}"


def _started(pid: int) -> str | None:
    """When the process began, in ticks since the boot; None where the system does not say."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()
    # A process that has ended but was not waited for has a row still.
    return "" if fields[0] == "Z" else fields[19]
