"""Readers of the files that checks look at."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from highroad.config.positions import LOADER, yaml_fault
from highroad.errors import ConfigError


def read_yaml(text: str) -> Any:
    """A YAML document.

    Raises:
        yaml.YAMLError: It is none.
    """
    return yaml.load(text, LOADER)


def read_yaml_file(path: Path) -> Any:
    """A YAML document of platform-conf.

    Raises:
        ConfigError: It is none; with the line.
    """
    try:
        return read_yaml(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise ConfigError(yaml_fault(str(path), error)) from error
