"""Limits on what others wrote, held before it is read: a few kilobytes may stand for gigabytes.

What is refused raises `ValueError`; whoever reads the file says which it is.
"""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

MOST_JSON = 64 * 2**20
"""Bytes of a document in JSON."""
MOST_MEMBERS = 50_000
"""Files in an archive."""
MOST_UNPACKED, MOST_RATIO = 256 * 2**20, 10
"""Bytes that an archive may come to whatever its size, and how often its own size."""


def parse_json(text: str | bytes) -> Any:
    """What a text in JSON says.

    Raises:
        ValueError: It is none, or too large or nested too deep for one.
    """
    if len(text) > MOST_JSON:
        raise ValueError(f"{len(text):,} bytes; expected at most {MOST_JSON:,}")
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("nested too deep") from None


def require_modest_zip(data: bytes) -> None:
    """Refuse an archive that would unpack to far more than it is.

    Raises:
        ValueError: It would, or is no archive.
    """
    most = max(MOST_UNPACKED, MOST_RATIO * len(data))
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, UnicodeDecodeError) as error:
        raise ValueError(f"no archive: {error}") from error
    unpacked = sum(each.file_size for each in members)
    if len(members) > MOST_MEMBERS or unpacked > most:
        raise ValueError(
            f"{len(members):,} files of {unpacked:,} bytes in all; expected at most {MOST_MEMBERS:,} and {most:,}"
        )
