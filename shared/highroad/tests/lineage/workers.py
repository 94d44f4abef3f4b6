"""What processes that write events at once do; importable in all of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from highroad.lineage.sending import Files
from highroad.lineage.writing import EventWriter
from highroad.tracking.spool import Spool


def event(number: int = 0, **more: Any) -> dict[str, Any]:
    """One that can be told from others."""
    return {"eventType": "START", "number": number, **more}


def put_some(folder: Path, writer: int) -> None:
    """Fifty events that no buffer holds whole."""
    target = EventWriter(Files(folder), Spool(folder / ".spool"))
    for number in range(50):
        target.put(f"{number}", event(number, writer=writer, text="x" * 20_000))
