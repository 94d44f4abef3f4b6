"""What a project's configuration wants from wherever it runs: credentials and variables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from highroad.config.loader import PlatformConfigLoader
from highroad.releases.release import CREDENTIALS, VARIABLE
from highroad_workspace.projects import Project

_VARIABLE = re.compile(r"\$\{\s*oc\.env:\s*([A-Za-z_]\w*)\s*\}")
"""One with a default needs nothing."""


def needs(project: Project, env: str) -> str:
    """What has to come from outside in an environment, as a release keeps it; empty where nothing has.

    Args:
        project: The project.
        env: The environment, one of platform.yml.

    Raises:
        ConfigError: A file of its configuration cannot be read.
    """
    loader = PlatformConfigLoader(Path(project.path) / "conf", env)
    variables, wanted, given = set[str](), set[str](), set[str]()
    for kind in ("catalog", "credentials"):
        for source in loader.sources(kind):
            content = yaml.safe_load(source.text)
            if kind == "catalog":
                wanted |= set(_named_in(content))
                continue
            given |= set(content) if isinstance(content, Mapping) else set()
            # Kedro reads variables in credentials alone.
            variables |= set(_VARIABLE.findall(source.text))
    found = [f"{CREDENTIALS}:{each}" for each in sorted(wanted - given)]
    return " ".join([*found, *(f"{VARIABLE}:{each}" for each in sorted(variables))])


def _named_in(value: Any) -> Iterator[str]:
    """The values of every `credentials` key, however deep."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if key == "credentials" and isinstance(inner, str):
                yield inner
            else:
                yield from _named_in(inner)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for inner in value:
            yield from _named_in(inner)
