"""Native threads that share the cores with others, in every session and each process that it starts."""

from highroad_workspace.threads import prepare


class ThreadsHook:
    """Set the variables when Kedro loads hooks, before the pipelines and their libraries load."""

    def __init__(self) -> None:
        prepare()


hook = ThreadsHook()
