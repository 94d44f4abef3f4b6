"""Who acts: made once at an edge (command, hook, service) and passed down as a value."""

from __future__ import annotations

import getpass
import os
import re
from dataclasses import dataclass
from typing import Literal, cast, get_args

from highroad.errors import ConfigError

VARIABLE = "HIGHROAD_PRINCIPAL"
"""Who acts where it is not the login: `anna`, `service:delays`; a deployed job's is set for it."""
Kind = Literal["person", "team", "service"]
_NAME = re.compile(r"[^\s:,'\"]+")


@dataclass(frozen=True, order=True)
class Principal:
    """A person, a team or a service account.

    Attributes:
        kind: Which of them.
        name: The login, the team's or the service account's name.
        groups: Teams that an identity provider says they are in, beside those of teams.yml.
    """

    kind: Kind
    name: str
    groups: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Principal:
        """Read `anna`, `person:anna`, `team:flight-data` or `service:delays`.

        Raises:
            ValueError: It is none of these.
        """
        kind, colon, name = text.partition(":")
        kind, name = (kind, name) if colon else ("person", text)
        if kind not in get_args(Kind) or not _NAME.fullmatch(name):
            raise ValueError(
                f"'{text}' is no principal; expected a login such as anna, team:flight-data or service:delays"
            )
        return cls(cast(Kind, kind), name)

    def __str__(self) -> str:
        return self.name if self.kind == "person" else f"{self.kind}:{self.name}"


def current_principal(service: str = "") -> Principal:
    """Who this process works for: HIGHROAD_PRINCIPAL, else a service account, else the login.

    Args:
        service: The service account of a run outside of `base`; empty where a person acts.

    Raises:
        ConfigError: The variable names no principal.
    """
    if text := os.environ.get(VARIABLE):
        try:
            return Principal.parse(text)
        except ValueError as error:
            raise ConfigError(f"{VARIABLE}: {error}. Correct it, or unset it.") from None
    if service:
        return Principal("service", service)
    try:
        login = getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        login = str(os.getuid()) if hasattr(os, "getuid") else "unknown"
    return Principal("person", re.sub(r"[\s:,'\"]", "_", login))
