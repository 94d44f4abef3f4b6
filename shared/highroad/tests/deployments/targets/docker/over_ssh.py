"""An SSH server of these tests' own, by which this machine's engine is asked as one elsewhere."""

from __future__ import annotations

import getpass
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from highroad.testing.ports import free_port

_SERVER = """\
Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/host
AuthorizedKeysFile {folder}/user.pub
PidFile none
StrictModes no
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
"""
_CLIENT = """\
Host *
  IdentityFile {folder}/user
  IdentitiesOnly yes
  UserKnownHostsFile {folder}/known
  StrictHostKeyChecking accept-new
"""
_PLACES = "/usr/sbin:/usr/local/sbin:/usr/bin"
_WITHIN_S = 60


def is_installed() -> bool:
    """Are server and client here? On Debian they are `openssh-server`."""
    return _server() is not None and shutil.which("ssh") is not None


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Serve one; gives `ssh://user@host:port`, for an `ssh` in the folder that is to be first on the path."""
    for name in ("host", "user"):
        words = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)]
        subprocess.run(words, check=True)
    port = free_port()
    (folder / "server").write_text(_SERVER.format(folder=folder, port=port))
    (folder / "client").write_text(_CLIENT.format(folder=folder))
    # OpenSSH looks for its files at the user's real home, whatever HOME says.
    (folder / "ssh").write_text(f'#!/bin/sh\nexec {shutil.which("ssh")} -F {folder}/client "$@"\n')
    (folder / "ssh").chmod(0o755)
    if Path("/run").stat().st_uid == Path(folder).stat().st_uid:
        Path("/run/sshd").mkdir(exist_ok=True)  # which the system's own start of it makes
    server = _server()
    assert server is not None
    log = folder / "log"
    with (
        log.open("wb") as said,
        subprocess.Popen(
            [server, "-D", "-e", "-f", str(folder / "server")], stderr=said
        ) as process,
    ):
        try:
            _wait(port, process, log)
            yield f"ssh://{getpass.getuser()}@127.0.0.1:{port}"
        finally:
            process.terminate()


def _server() -> str | None:
    return shutil.which("sshd", path=_PLACES)


def _wait(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + _WITHIN_S
    while process.poll() is None and time.monotonic() < until:
        with socket.socket() as asking:
            if asking.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    became = "did not answer" if process.poll() is None else f"ended with {process.returncode}"
    raise AssertionError(
        f"sshd on port {port} {became} within {_WITHIN_S} s: {log.read_text(errors='replace')}"
    )
