"""Where Airflow reads DAGs from: a folder, or what fsspec reaches."""

from __future__ import annotations

import os
from pathlib import Path

import fsspec

from highroad.datasets import atomic_files


class DagFolder:
    """The files of DAGs; each is there whole or not at all.

    Args:
        url: A folder, or a URL such as `s3://bucket/dags`.
        root: What a relative folder is relative to.
    """

    def __init__(self, url: str, root: Path):
        atomic_files.install()
        self.url = url if "://" in url else (root / url).resolve().as_posix()
        self._files, self._folder = fsspec.url_to_fs(self.url)

    def place(self, dag: str) -> str:
        """Where the file of a DAG lies."""
        return f"{self._folder}/{dag}.py"

    def check(self) -> None:
        """See that DAGs can be written.

        Raises:
            OSError: They cannot.
        """
        try:
            self._files.makedirs(self._folder, exist_ok=True)
            self._files.ls(self._folder)
        except OSError:
            raise
        except Exception as error:  # each kind of store has errors of its own
            raise OSError(str(error)) from error

    def read(self, dag: str) -> str | None:
        """The text of a DAG; None where there is none of that name."""
        try:
            return bytes(self._files.cat_file(self.place(dag))).decode()
        except FileNotFoundError:
            return None

    def write(self, dag: str, text: str) -> None:
        """Write a DAG in place of what there is of that name."""
        self._files.makedirs(self._folder, exist_ok=True)
        path = Path(self.place(dag)) if "://" not in self.url else None
        before = path.stat() if path is not None and path.exists() else None
        with self._files.open(self.place(dag), "wb") as file:
            file.write(text.encode())
        if path is not None and before is not None:
            # Python takes compiled code for that of a file of the same size and the same second.
            after = max(path.stat().st_mtime, int(before.st_mtime) + 1)
            os.utime(path, (after, after))

    def remove(self, dag: str) -> None:
        """Remove a DAG; none of that name is well too."""
        try:
            self._files.rm_file(self.place(dag))
        except FileNotFoundError:
            return
