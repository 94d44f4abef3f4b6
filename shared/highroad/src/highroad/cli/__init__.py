"""The `highroad` command. What CI and nox call often (`plan`, `projects`) needs no third package."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Hand over to the workspace commands where they are meant, else to the click ones."""
    from highroad_workspace import __main__ as workspace
    from highroad_workspace.threads import prepare

    if len(sys.argv) > 1 and sys.argv[1] in workspace.COMMANDS:
        sys.exit(workspace.main(sys.argv[1:]))
    prepare()
    use_platform_logging()
    from highroad.cli.commands import cli

    cli()


def use_platform_logging() -> None:
    """Have Kedro log as the platform does; to be called before Kedro is imported.

    Kedro configures logging at its import and then prints to standard output; what is chosen
    already stays.
    """
    from highroad.errors import WorkspaceError
    from highroad_workspace.projects import find_root

    try:
        folder = os.environ.get("HIGHROAD_PLATFORM_CONF") or os.path.join(
            find_root(os.curdir), "platform-conf"
        )
    except WorkspaceError:
        return
    config = os.path.join(folder, "base", "logging.yml")
    if os.path.isfile(config):
        os.environ.setdefault("KEDRO_LOGGING_CONFIG", config)
        os.environ.setdefault("KEDRO_LOGGING_MODULE_ALLOWLIST", "highroad")
