"""Sign a release and tell who did, as git does: by an SSH key, with OpenSSH's own program.

`ssh-keygen -Y` signs with a key on disk or in an agent and knows the file of those who may, one line
each: `name@example.org ssh-ed25519 AAAA…`. So keys are kept as people keep them already.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from highroad.errors import ConfigError, DataError
from highroad_workspace.leftovers import temporary_folder

NAMESPACE = "highroad-release"
"""What a signature is for; one for something else does not count."""
SIGNERS = "release-signers"
"""The file in platform-conf of those who may sign."""
_SIGNER = re.compile(r"\S+\s(.*\s)?(sk-)?(ssh|ecdsa)-[\w@.-]+\s+[A-Za-z0-9+/]+=*(\s|\Z)")
_EXPECTED = "It names who may sign releases, a line each: name@example.org ssh-ed25519 AAAA…"


def sign(text: str, key: Path) -> str:
    """The signature of a text.

    Args:
        text: A manifest.
        key: A private key, or the public one of a key that an agent holds.

    Raises:
        ConfigError: There is no such key, or it cannot sign.
    """
    if not key.is_file():
        raise ConfigError(f"the signing key {key} is no file; make one with ssh-keygen -t ed25519.")
    with temporary_folder("sign") as name:
        file = Path(name, "manifest")
        file.write_text(text, encoding="utf-8")
        _ssh_keygen("sign", "-f", str(key), "-n", NAMESPACE, str(file))
        return Path(name, "manifest.sig").read_text(encoding="ascii")


def are_named(signers: Path) -> bool:
    """Whether the platform names who may sign.

    Raises:
        ConfigError: The file is there and names nobody, or has a line that is no signer's.
    """
    if not os.path.lexists(signers):
        return False
    try:
        lines = signers.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeError) as error:
        raise ConfigError(f"{signers} cannot be read as signers: {error}. {_EXPECTED}") from None
    named = {number: line for number, line in enumerate(lines, 1) if line.strip("# \t")}
    named = {number: line for number, line in named.items() if not line.startswith("#")}
    if not named:
        raise ConfigError(f"{signers} names nobody, so no release could be deployed. {_EXPECTED}")
    for number, line in named.items():
        if not _SIGNER.match(line):
            raise ConfigError(f"{signers}:{number} is no signer's line. {_EXPECTED}")
    return True


def signer_of(text: str, signature: str, signers: Path) -> str:
    """Who signed a text.

    Args:
        text: A manifest.
        signature: From `sign`.
        signers: The file of those who may.

    Raises:
        DataError: The text is another one, or whoever signed is not among them.
        ConfigError: There is no such file, or it names nobody.
    """
    if not are_named(signers):
        raise ConfigError(f"{signers} is missing. {_EXPECTED}")
    with temporary_folder("verify") as name:
        file = Path(name, "manifest.sig")
        file.write_text(signature, encoding="ascii", errors="replace")
        asked = ("-s", str(file), "-f", str(signers))
        found = _ssh_keygen("find-principals", *asked)
        who = found.strip().splitlines()
        if not who:
            raise DataError(f"the signature is of nobody in {signers}.")
        _ssh_keygen("verify", *asked, "-n", NAMESPACE, "-I", who[0], given=text)
        return who[0]


def _ssh_keygen(what: str, *words: str, given: str | None = None) -> str:
    program = shutil.which("ssh-keygen")
    if program is None:
        raise ConfigError(
            "releases are signed with ssh-keygen, which is not installed: it is OpenSSH's."
        )
    done = subprocess.run(
        [program, "-Y", what, *words],
        input=given if given is not None else "",
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines() or ["it said nothing"]
        if what == "sign":
            raise ConfigError(f"the release cannot be signed: {lines[-1]}")
        raise DataError(f"the signature does not hold: {lines[-1]}")
    return done.stdout
