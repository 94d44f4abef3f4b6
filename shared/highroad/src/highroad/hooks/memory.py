"""Quick in-memory datasets in every process of a run."""

from highroad.datasets import memory


class MemoryHook:
    """Install the quick copy rule when Kedro loads hooks, before any catalog exists."""

    def __init__(self) -> None:
        memory.install()


hook = MemoryHook()
