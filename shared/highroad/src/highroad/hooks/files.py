"""Atomic local files in every process of a run."""

from highroad.datasets import atomic_files


class FilesHook:
    """Install the atomic file system when Kedro loads hooks, before any catalog exists."""

    def __init__(self) -> None:
        atomic_files.install()


hook = FilesHook()
