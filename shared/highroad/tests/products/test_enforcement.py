"""Contracts are switched off where the environment allows it, and nowhere else."""

from __future__ import annotations

import pytest
from conftest import write

from highroad.config.platform import load_platform
from highroad.errors import ConfigError
from highroad.products.enforcement import SWITCH, are_off
from highroad.runs import VARIABLE, Run, announce

TWO = "  base: {}\n  lab: {enforced: false, store: store-lab}\n  prod: {store: store-prod}\n"


@pytest.fixture
def conf(platform, monkeypatch):
    text = (platform / "platform.yml").read_text().split("  base:")[0]
    write(platform / "platform.yml", text + TWO)
    monkeypatch.delenv(VARIABLE, raising=False)
    load_platform.cache_clear()
    return platform


def store(conf, name: str) -> str:
    return (conf.parent / name).as_posix()


@pytest.mark.parametrize("value", ["0", "false", "OFF ", " False"])
def test_outside_of_runs_the_store_names_the_environment(conf, monkeypatch, value):
    monkeypatch.setenv(SWITCH, value)
    assert are_off(conf, store(conf, "store")) and are_off(conf, store(conf, "store-lab"))
    for name in ("store-prod", "store-of-nobody"):
        with pytest.raises(ConfigError, match=f"{SWITCH}={value} switches contracts off.*unset it"):
            are_off(conf, store(conf, name))
    monkeypatch.setenv("HIGHROAD_STORE", store(conf, "store"))  # any environment's, prod's too
    with pytest.raises(ConfigError, match="environment 'prod' does not allow"):
        are_off(conf, store(conf, "store"))


@pytest.mark.parametrize("value", ["1", "true", "", "on", "maybe"])
def test_what_does_not_switch_off_is_allowed_everywhere(conf, monkeypatch, value):
    monkeypatch.setenv(SWITCH, value)
    assert not are_off(conf, store(conf, "store-prod"))


def test_a_run_knows_its_environment(conf, monkeypatch):
    monkeypatch.setenv(SWITCH, "0")
    monkeypatch.setenv(VARIABLE, "")  # restored when the test ends
    announce(Run("1", "shop", "local"))
    assert are_off(conf, store(conf, "anywhere"))
    announce(Run("1", "shop", "prod"))
    with pytest.raises(ConfigError, match="'prod'"):
        are_off(conf, store(conf, "store"))
    announce(Run("1", "shop", "elsewhere"))
    with pytest.raises(ConfigError, match="'elsewhere'"):
        are_off(conf, store(conf, "store"))
