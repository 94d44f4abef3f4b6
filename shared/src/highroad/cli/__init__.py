"""The `highroad` command. What CI and nox call often (`plan`, `projects`) needs no third package."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Hand over to the workspace commands where they are meant, else to the click ones."""
    from highroad.workspace import __main__ as workspace

    if len(sys.argv) > 1 and sys.argv[1] in workspace.COMMANDS:
        sys.exit(workspace.main(sys.argv[1:]))
    _use_platform_logging()
    from highroad.cli.commands import cli

    cli()


def _use_platform_logging() -> None:
    """Kedro configures logging when it is imported; without this it prints to stdout."""
    from highroad.errors import WorkspaceError
    from highroad.workspace.projects import find_root

    try:
        config = os.path.join(find_root(os.curdir), "platform-conf", "base", "logging.yml")
    except WorkspaceError:
        return
    if os.path.isfile(config):
        os.environ.setdefault("KEDRO_LOGGING_CONFIG", config)
        os.environ.setdefault("KEDRO_LOGGING_MODULE_ALLOWLIST", "highroad")
