"""Where events go: lines of files, or a server that speaks Open Lineage over HTTP."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from highroad.errors import DataError
from highroad.logs import hide, learn

KEY_VARIABLE = "OPENLINEAGE_API_KEY"
"""The variable that Open Lineage's own clients read a server's key from."""
TIMEOUT_S = 1.0
"""How long a server may take to let in, to take and to answer, each."""
_REFUSALS = (400, 413, 422)
"""Answers that are about the event; any other is about the server."""


class Files:
    """Append events to a file a day, `2026-11-24.jsonl`.

    Args:
        folder: Where they are.
    """

    def __init__(self, folder: Path):
        self._folder = folder
        self.shown = str(folder)

    def send(self, text: str) -> bool:
        """Append a line in one piece, which no other writer's can come into.

        Raises:
            OSError: It cannot be written whole. A piece of it that was is ended by the next writer.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"{datetime.now(UTC):%Y-%m-%d}.jsonl"
        with path.open("ab+", buffering=0) as file:
            line = f"{text}\n".encode()
            if file.tell() and not self._ends_a_line(file):
                line = b"\n" + line
            if file.write(line) != len(line):
                raise OSError(f"{path}: the disk took a part of an event")
        return True

    @staticmethod
    def _ends_a_line(file: Any) -> bool:
        file.seek(-1, os.SEEK_END)
        return bool(file.read(1) == b"\n")


class Server:
    """Post events to a server.

    Args:
        url: Its address, to which `/api/v1/lineage` is added.
    """

    def __init__(self, url: str):
        self._url = f"{url}/api/v1/lineage"
        self.shown = hide(self._url)

    def send(self, text: str) -> bool:
        """Post one event.

        Returns:
            False where the server will not have this event, whatever else it takes.

        Raises:
            DataError: It cannot be reached, or answers with anything but a status of 2xx.
        """
        from http.client import HTTPException
        from urllib.error import HTTPError
        from urllib.request import Request

        headers = {"Content-Type": "application/json"}
        if key := os.environ.get(KEY_VARIABLE):
            learn(key)
            headers["Authorization"] = f"Bearer {key}"
        try:
            request = Request(self._url, text.encode("utf-8"), headers, method="POST")
            with _opener().open(request, timeout=TIMEOUT_S) as answer:
                status = answer.status
        except HTTPError as error:
            error.close()
            status = error.code
        except (OSError, HTTPException) as error:
            said = getattr(error, "reason", None) or error
            raise DataError(f"{self.shown}: {hide(str(said)) or type(error).__name__}") from error
        if 200 <= status < 300:
            return True
        if status in _REFUSALS:
            return False
        raise DataError(f"{self.shown}: it answered with status {status}")


def _opener() -> Any:
    """One that follows no redirection: it would post nothing there, and show the key to a stranger."""
    from urllib.request import HTTPRedirectHandler, build_opener

    class Stay(HTTPRedirectHandler):
        def redirect_request(self, *_: Any) -> None:
            return None

    return build_opener(Stay)
