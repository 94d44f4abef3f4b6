"""What a service is to serve: the project's settings, the model's version, and where predictions are logged."""

from __future__ import annotations

from typing import Any

import msgspec


class FieldRule(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What a team says of one input column; None leaves what the model's signature says."""

    nulls: bool | None = None
    least: float | None = None
    most: float | None = None
    categories: list[str] | None = None


class Settings(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`serves` of a project's pyproject.toml.

    Attributes:
        port: Where a container listens.
        model: The model's name within the project; empty of a service without one.
        unknown_categories: `reject`, or `map` to what the model does with a value it never saw.
        out_of_range: `reject` numbers beyond those of the training data, or `accept` them.
        fields: By column, what differs from the signature.
        most_rows: Of a request.
        body_kib: The largest request.
        queue: How many requests may wait; one more is answered with 429.
    """

    port: int = 8080
    model: str = ""
    unknown_categories: str = "reject"
    out_of_range: str = "reject"
    fields: dict[str, FieldRule] = msgspec.field(default_factory=dict)
    most_rows: int = 1_000
    body_kib: int = 1_024
    queue: int = 128


class Assignment(msgspec.Struct, frozen=True):
    """What one process serves.

    Attributes:
        project: The project.
        settings: As its pyproject.toml says.
        model: The model, `<project>.<name>`.
        version: Its number in the registry.
        folder: Where its files are.
        digest: SHA-256 of its manifest, as registered.
        run: Which made it.
        commit: Of that run.
        saved_at: ISO 8601 in UTC.
        log: The folder or URL of the prediction log.
    """

    project: str
    settings: Settings
    model: str
    version: int
    folder: str
    digest: str
    run: str
    commit: str
    saved_at: str
    log: str


def settings_of(serves: dict[str, Any]) -> Settings:
    """The settings in a pyproject.toml that was checked."""
    return msgspec.convert(serves, Settings)
