"""The manifest of a release: what one version of a project is, known by its content."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from highroad.errors import DataError
from highroad.limits import parse_json

FORMAT = 1
CREDENTIALS, VARIABLE = "credentials", "variable"
"""Kinds of what a release needs from where it is deployed to."""


@dataclass(frozen=True)
class Release:
    """What a project is at one commit, in one image.

    Who made it and when is no part of it, so the same made twice is one release.

    Attributes:
        project: The project.
        version: Of its pyproject.toml.
        commit: The commit, with `+` where files differed from it.
        image: The image's digest, `sha256:…`.
        lock: SHA-256 of `uv.lock`.
        configuration: SHA-256 of the configuration's files, by environment.
        produces: Contract version by product.
        consumes: Contract version by product, at that commit.
        models: Digest of the manifest by `<project>.<name>@<number>`; of a project that has models.
        platform: The version of Highroad.
        template: The version of the template the project was made from; empty where from none.
        passed: Sessions that passed, sorted.
        sbom: SHA-256 of the bill of materials; empty where there is none.
        needs: What its configuration wants from outside, by environment: `credentials:name` and
            `variable:NAME`, separated by spaces.
        tasks: What its pipeline is for a scheduler, by environment: `tasks`, see
            `highroad.orchestration.tasks.Task`, and `faults`, why it cannot be taken apart as its tags ask.
    """

    project: str
    version: str
    commit: str
    image: str
    lock: str
    configuration: Mapping[str, str] = field(default_factory=dict)
    produces: Mapping[str, str] = field(default_factory=dict)
    consumes: Mapping[str, str] = field(default_factory=dict)
    models: Mapping[str, str] = field(default_factory=dict)
    platform: str = ""
    template: str = ""
    passed: tuple[str, ...] = ()
    sbom: str = ""
    needs: Mapping[str, str] = field(default_factory=dict)
    tasks: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """SHA-256 of the manifest."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()

    @property
    def is_dirty(self) -> bool:
        """Made of a tree that no commit has; production does not take it."""
        return self.commit.endswith("+") or not self.commit

    def to_json(self) -> str:
        """The manifest: compact JSON with sorted keys, the same for the same release."""
        facts = {"format": FORMAT, **asdict(self)}
        for later in ("needs", "tasks"):  # manifests from before they came are what they were
            if not facts[later]:
                del facts[later]
        return json.dumps(facts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str, where: str = "release") -> Release:
        """Read a manifest.

        Raises:
            DataError: It is none, or of a newer format.
        """
        try:
            facts = parse_json(text)
            if facts.pop("format") != FORMAT:
                raise ValueError("it is of a newer format; upgrade highroad")
            release = cls(**{**facts, "passed": tuple(facts["passed"])})
            if release.to_json() != text:
                raise ValueError("it is not as a release is written")
            return release
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise DataError(f"{where}: no manifest of a release: {error}.") from error


def differences(one: Release, other: Release) -> list[str]:
    """What differs between two releases, in words, most telling first; nothing where they are one.

    Raises:
        DataError: They are of two projects.
    """
    if one.project != other.project:
        raise DataError(
            f"{one.project} and {other.project} are two projects; expected two releases of one."
        )
    found = []
    for key, before in _facts(one).items():
        after = _facts(other)[key]
        if isinstance(before, Mapping):
            found += _of_mappings(key, before, after)
        elif isinstance(before, tuple):
            found += [f"{key}: {each} is gone" for each in before if each not in after]
            found += [f"{key}: {each} is new" for each in after if each not in before]
        elif before != after:
            found.append(f"{key}: {_short(before)} → {_short(after)}")
    return found


def only_models_differ(one: Release, other: Release) -> bool:
    """Whether code, lock, image, contracts and configuration are equal, and the models are not."""
    told = differences(one, other)
    return bool(told) and all(each.startswith("models") for each in told)


def _facts(release: Release) -> dict[str, Any]:
    return {name: getattr(release, name) for name in release.__dataclass_fields__}


def _of_mappings(key: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    found = []
    for name in dict.fromkeys([*before, *after]):
        old, new = before.get(name), after.get(name)
        if old == new:
            continue
        if not old or not new:
            told = "is gone" if old else "is new"
        else:  # a plan of tasks is no text to be shown
            told = f"{_short(old)} → {_short(new)}" if isinstance(old, str) else "another"
        found.append(f"{key} {name}: {told}")
    return found


def _short(value: Any) -> str:
    text = str(value).removeprefix("sha256:")
    is_hash = len(text.rstrip("+")) in (40, 64)
    return text[:12] + ("+" if text.endswith("+") else "") if is_hash else text or "none"
