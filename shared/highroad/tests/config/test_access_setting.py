"""`access` of an environment: advisory, or refused while there is no broker."""

from __future__ import annotations

import pytest
from conftest import PLATFORM, write

from highroad.config.platform import load_platform
from highroad.errors import ConfigError


def test_access_is_advisory_unless_somebody_says_otherwise(platform):
    assert load_platform.__wrapped__(platform).environments["prod"].access == "advisory"


def test_enforced_is_refused_without_a_broker(platform):
    text = PLATFORM.replace("base: {}", "base: {access: enforced}")
    write(platform / "platform.yml", text)
    with pytest.raises(
        ConfigError, match=r"platform\.yml:8: 'environments\.base\.access'.*needs a broker"
    ):
        load_platform.__wrapped__(platform)


def test_anything_else_is_refused(platform):
    write(platform / "platform.yml", PLATFORM.replace("base: {}", "base: {access: maybe}"))
    with pytest.raises(ConfigError, match="Input should be 'advisory' or 'enforced'"):
        load_platform.__wrapped__(platform)
