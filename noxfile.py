"""The sessions come from `highroad_workspace.sessions`; one that is defined here adds to them or replaces one."""

import sys
from pathlib import Path

import nox

if sys.version_info < (3, 11):  # noqa: UP036
    raise SystemExit(f"error: Python 3.11 or newer is required; this is {sys.version.split()[0]}.")
# Where the library's sources are in the repository, nothing has to be installed for this file.
sys.path.insert(0, str(Path(__file__).parent / "shared" / "workspace" / "src"))

from highroad_workspace import sessions

nox.needs_version = ">=2025.5.1"
nox.options.sessions = ["check"]
nox.options.default_venv_backend = "none"
nox.options.stop_on_first_error = False

__doc__ = sessions.register(__file__)  # what `nox --list` begins with
