"""Run the portal on this machine."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from highroad.config.platform import load_platform
from highroad.errors import ConfigError


def serve(
    root: Path, env: str, host: str, port: int, names: Sequence[str], say: Callable[[str], None]
) -> None:
    """Serve until it is stopped.

    Args:
        root: The repository.
        env: The environment whose store and records are shown.
        host: The address to listen at.
        port: The port; 0 takes a free one.
        names: Names that it is called by, beside this machine's.
        say: Takes the line that has the address.

    Raises:
        ConfigError: The settings cannot be read, the extra `portal` is missing, or the address is taken.
    """
    load_platform(root / "platform-conf").store_root(
        env, root
    )  # an unknown environment gets its hint
    try:
        import uvicorn

        from highroad.portal.app import LOCAL, portal_app
    except ModuleNotFoundError as error:
        raise ConfigError(
            f"the portal needs {error.name}, which is not installed here: depend on highroad[portal]."
        ) from error
    app = portal_app(root, env, [*LOCAL, host, *names])
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # What registers models takes seconds to import; whoever comes first need not wait for it.
    threading.Thread(target=app.state.warm, daemon=True).start()
    with socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((host, port))
            listening.listen()  # so that whoever reads the address below is answered
        except OSError as error:
            raise ConfigError(
                f"Nothing can listen at {host}:{port}: {error.strerror}. Choose another with --port; 0 takes a free one."
            ) from error
        shown = f"[{host}]" if ":" in host else host
        say(f"http://{shown}:{listening.getsockname()[1]}/  (Ctrl+C ends it)")
        config = uvicorn.Config(app, log_level="warning", server_header=False, lifespan="off")
        uvicorn.Server(config).run(sockets=[listening])
