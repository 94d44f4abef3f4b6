"""Images as the engine would save them, from files by path."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Mapping

from highroad.releases.layers import Content


def archive(files: Mapping[str, bytes | str]) -> tarfile.TarFile:
    """A layer with these files; text names the file of which this is a second name."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as writing:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            if isinstance(content, str):
                entry.type, entry.linkname = tarfile.LNKTYPE, content
                writing.addfile(entry)
                continue
            entry.size = len(content)
            writing.addfile(entry, io.BytesIO(content))
    stream.seek(0)
    return tarfile.open(fileobj=stream)


def content(*layers: Mapping[str, bytes | str], **config: object) -> Content:
    """An image with these layers, lowest first."""
    return Content(config, [archive(each) for each in layers])
