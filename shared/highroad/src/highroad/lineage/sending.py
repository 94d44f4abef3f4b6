"""Where events go: lines of files, or a server that speaks Open Lineage over HTTP."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from highroad.errors import DataError
from highroad.secrets.redaction import learn, redact

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

        What a full disk cut off is ended by the next writer. One that takes a line which is just
        being written for such a piece adds an empty line, which means nothing.

        Raises:
            OSError: It cannot be written whole.
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
        self._headers = {"Content-Type": "application/json"}
        if key := os.environ.get(KEY_VARIABLE):
            learn(key)
            self._headers["Authorization"] = f"Bearer {key}"
        self._opener = build_opener(_Stay)
        self.shown = redact(self._url)

    def send(self, text: str) -> bool:
        """Post one event.

        Returns:
            False where the server will not have this event, whatever else it takes.

        Raises:
            DataError: It cannot be reached, or answers with anything but a status of 2xx.
        """
        request = Request(self._url, text.encode("utf-8"), self._headers, method="POST")
        try:
            with self._opener.open(request, timeout=TIMEOUT_S) as answer:
                status = answer.status
        except HTTPError as error:
            error.close()
            status = error.code
        except (OSError, HTTPException) as error:
            said = str(getattr(error, "reason", None) or error) or type(error).__name__
            raise DataError(f"{self.shown}: {redact(said)}") from error
        if 200 <= status < 300:
            return True
        if status in _REFUSALS:
            return False
        raise DataError(f"{self.shown}: it answered with status {status}")


class _Stay(HTTPRedirectHandler):
    """Follow no redirection: nothing would be posted there, and the key would be shown to a stranger."""

    def redirect_request(self, *_: Any) -> None:
        return None
