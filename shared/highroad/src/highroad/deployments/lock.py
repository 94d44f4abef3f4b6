"""One deployment at a time for each project and environment, on whatever machine it is made."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from highroad.errors import BusyError, HighroadError
from highroad.tracking.database import Connection, Database
from highroad.tracking.process import is_gone, this_process

EXPIRES_S = 60
"""How long a lock holds that is not renewed; its holder renews it three times as often. The database's
clock counts, so machines need not agree on the time."""

_PLACE = "project = :project AND environment = :environment"
_TAKE = """
INSERT INTO highroad_deployment_locks (project, environment, token, holder, process, until_s)
VALUES (:project, :environment, :token, :holder, :process, {now} + :expires_s)
ON CONFLICT (project, environment) DO UPDATE SET
  token = excluded.token, holder = excluded.holder, process = excluded.process, until_s = excluded.until_s
WHERE highroad_deployment_locks.until_s < {now} OR highroad_deployment_locks.token = :gone
RETURNING token
"""
_RENEW = f"""
UPDATE highroad_deployment_locks SET until_s = {{now}} + :expires_s
WHERE {_PLACE} AND token = :token RETURNING token
"""
_HELD = f"SELECT token, holder, process, until_s - {{now}} FROM highroad_deployment_locks WHERE {_PLACE}"
_FREE = f"DELETE FROM highroad_deployment_locks WHERE {_PLACE} AND token = :token"


class Lock:
    """The right to deploy a project to an environment.

    Args:
        database: The record store.
        project: The project.
        environment: Where to.
        holder: Who asks, for those who have to wait.
        expires_s: Seconds after which it is lost unless it is renewed.
    """

    def __init__(
        self,
        database: Database,
        project: str,
        environment: str,
        holder: str,
        expires_s: float = EXPIRES_S,
    ):
        self._database = database
        self._holder = holder
        self._expires_s = expires_s
        self._place = {"project": project, "environment": environment}
        self._token = secrets.token_hex(16)

    @contextmanager
    def held(self) -> Iterator[Lock]:
        """Hold it for as long as the block takes.

        Raises:
            BusyError: Somebody else does; says who, and when it expires.
        """
        self._take()
        try:
            with self._renewed():
                yield self
        finally:
            with self._database.connect() as connection:
                connection.run(_FREE, self._place | {"token": self._token})

    def require(self, connection: Connection) -> None:
        """Hold it for longer, within a transaction of what must happen only if that is possible.

        Raises:
            BusyError: It went to somebody else.
        """
        values = self._place | {"token": self._token, "expires_s": self._expires_s}
        if not connection.run(_RENEW, values):
            project, environment = self._place.values()
            raise BusyError(
                f"The lock on {project} in {environment} was lost: this process did not renew it in "
                f"{self._expires_s:g} s, and another one took it. Nothing more is done here."
            )

    def renew(self) -> None:
        """Hold it for longer.

        Raises:
            BusyError: It went to somebody else.
        """
        with self._database.connect() as connection:
            self.require(connection)

    def _take(self) -> None:
        values = self._place | {
            "token": self._token,
            "holder": self._holder,
            "process": this_process(),
            "expires_s": self._expires_s,
        }
        with self._database.connect() as connection:
            held = connection.run(_HELD, self._place)
            # Who was killed on this machine gives it up at once; of another one nothing can be told.
            gone = held[0][0] if held and is_gone(held[0][2]) else ""
            if connection.run(_TAKE, values | {"gone": gone}):
                return
            ((_, holder, _, left_s),) = connection.run(_HELD, self._place)
        project, environment = self._place.values()
        raise BusyError(
            f"{holder or 'Somebody'} deploys {project} to {environment} just now. The lock expires "
            f"{left_s:.0f} s from now unless it is renewed; wait for it, or see `highroad deployments list`."
        )

    @contextmanager
    def _renewed(self) -> Iterator[None]:
        """Renew it until the block ends, on a thread."""
        ended = threading.Event()

        def run() -> None:
            while not ended.wait(self._expires_s / 3):
                with suppress(HighroadError):  # the ledger asks again before anything counts
                    self.renew()

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()
