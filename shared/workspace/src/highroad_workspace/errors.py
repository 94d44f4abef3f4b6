"""The errors of what runs before anything is installed; `highroad.errors` has the whole tree."""


class HighroadError(Exception):
    """Anything a user can mend. `exit_code` is the process's exit status."""

    exit_code = 1


class WorkspaceError(HighroadError):
    """The repository's projects, metadata or revisions are not what they should be.

    Typical causes: a project's name that does not exist, a `pyproject.toml` that is not valid TOML, a revision that was
    not fetched (`git fetch origin main`), a command outside of a platform repository.
    """

    exit_code = 3


class LockError(HighroadError):
    """A project's `uv.lock` is missing or does not match its `pyproject.toml`.

    Write it again with `nox -s "lock(project='NAME')"` and commit it.
    """

    exit_code = 6
