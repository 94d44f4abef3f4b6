"""The layers: which one wins, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import write
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from highroad.config import PlatformConfigLoader
from highroad.errors import ConfigError

LAYERS = ("platform base", "platform prod", "project base", "project prod", "runtime")


def test_project_overrides_platform_one_key_at_a_time(platform, conf):
    source = conf("base/globals.yml", "nested: {b: 3}\n")
    assert PlatformConfigLoader(source)["globals"] == {"unit": "km", "nested": {"a": 1, "b": 3}}


def test_platform_catalog_sees_the_projects_globals(platform, conf):
    write(platform / "base" / "catalog.yml", '"{name}#x": {type: "${globals:unit}"}\n')
    source = conf("base/globals.yml", "unit: mile\n")
    assert PlatformConfigLoader(source)["catalog"]["{name}#x"]["type"] == "mile"


def test_a_catalog_entry_is_replaced_as_a_whole(platform, conf):
    write(platform / "base" / "catalog.yml", "a: {type: X, filepath: f}\n")
    source = conf("base/catalog.yml", "a: {type: Y}\n")
    assert PlatformConfigLoader(source)["catalog"]["a"] == {"type": "Y"}


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    max_examples=32,
    deadline=None,
)
@given(present=st.sets(st.sampled_from(LAYERS), min_size=1))
def test_the_strongest_layer_that_says_something_wins(platform, present):
    conf = platform.parent / "projects" / "p" / "conf"
    for name, folder in zip(
        LAYERS[:4],
        (platform / "base", platform / "prod", conf / "base", conf / "prod"),
        strict=True,
    ):
        path = write(folder / "parameters.yml", f"who: {name}\n")
        if name not in present:
            path.unlink()
    runtime = {"who": "runtime"} if "runtime" in present else None
    if present == {"runtime"}:
        write(conf / "base" / "parameters.yml", "other: 1\n")
    loaded = PlatformConfigLoader(conf, "prod", runtime)["parameters"]
    assert loaded["who"] == next(name for name in reversed(LAYERS) if name in present)


def test_store_resolves_per_environment(platform, conf, monkeypatch):
    source = conf("base/catalog.yml", "a: {type: X, filepath: '${platform:store}/f'}\n")
    assert (
        PlatformConfigLoader(source)["catalog"]["a"]["filepath"]
        == f"{platform.parent.as_posix()}/store/f"
    )
    assert PlatformConfigLoader(source, "prod")["catalog"]["a"]["filepath"] == "s3://bucket/prod/f"
    for said in ("memory://here", "memory://here/", "memory://here//"):
        monkeypatch.setenv("HIGHROAD_STORE", said)
        assert PlatformConfigLoader(source)["catalog"]["a"]["filepath"] == "memory://here/f"
    monkeypatch.setenv("HIGHROAD_STORE", "elsewhere/")
    assert (
        PlatformConfigLoader(source)["catalog"]["a"]["filepath"]
        == f"{platform.parent.as_posix()}/elsewhere/f"
    )


@pytest.mark.parametrize("said", ["s4://bucket/x", "s3://"])
def test_a_bad_variable_is_named(platform, conf, monkeypatch, said):
    source = conf("base/catalog.yml", "a: {type: X, filepath: '${platform:store}/f'}\n")
    monkeypatch.setenv("HIGHROAD_STORE", said)
    with pytest.raises(ConfigError, match=rf"HIGHROAD_STORE: .*found '{said}', expected a folder"):
        PlatformConfigLoader(source)["catalog"]


@pytest.mark.parametrize(
    ("env", "said"), [("prdo", "Did you mean 'prod'"), ("moon", "Known: base, prod and local")]
)
def test_an_unknown_environment_is_refused(platform, conf, env, said):
    with pytest.raises(ConfigError, match=said):
        PlatformConfigLoader(conf(), env)


def test_an_environment_that_one_layer_alone_knows_is_refused(platform, conf):
    source = conf("qa/parameters.yml", "a: 1\n")
    with pytest.raises(ConfigError, match=r"conf/qa: no environment 'qa' in .*platform\.yml"):
        PlatformConfigLoader(source)


def test_a_declared_environment_without_its_folder_is_refused(platform, conf):
    (platform / "prod").rmdir()
    with pytest.raises(ConfigError, match="environment 'prod' has no folder"):
        PlatformConfigLoader(conf())


def test_a_missing_platform_conf_says_where_it_looked(tmp_path, monkeypatch):
    monkeypatch.delenv("HIGHROAD_PLATFORM_CONF", raising=False)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match="or any folder above it"):
        PlatformConfigLoader(tmp_path / "conf")


def test_two_loaders_in_one_process_answer_each_for_itself(platform, conf):
    """Resolvers are one set per process; whoever reads must find its own."""
    write(
        platform / "base" / "catalog.yml",
        "a: {type: X, filepath: '${platform:store}/${globals:unit}/${runtime_params:who}'}\n",
    )
    conf("prod/globals.yml", "unit: mile\n")
    source = conf("base/parameters.yml", "a: 1\n")
    base = PlatformConfigLoader(source, None, {"who": "me"})
    prod = PlatformConfigLoader(source, "prod", {"who": "you"})
    at_home = f"{platform.parent.as_posix()}/store/km/me"
    assert base["catalog"]["a"]["filepath"] == at_home
    assert prod["catalog"]["a"]["filepath"] == "s3://bucket/prod/mile/you"
    assert base["catalog"]["a"]["filepath"] == at_home


def test_a_loader_keeps_its_own_custom_resolvers(platform, conf):
    source = conf("base/parameters.yml", "a: ${mine:x}\n")
    one, two = (
        PlatformConfigLoader(source, custom_resolvers={"mine": lambda _, who=who: who})
        for who in (1, 2)
    )
    assert (one["parameters"], two["parameters"], one["parameters"]) == (
        {"a": 1},
        {"a": 2},
        {"a": 1},
    )


def test_restricting_runtime_types_is_passed_on(platform, conf):
    write(platform / "base" / "catalog.yml", "a: {type: '${runtime_params:kind}'}\n")
    loader = PlatformConfigLoader(
        conf(), None, {"kind": "evil.Dataset"}, restrict_runtime_params_type_selection=True
    )
    with pytest.raises(ConfigError, match="not permitted"):
        loader["catalog"]


def test_the_platforms_own_layer_may_be_found_by_argument(platform, tmp_path):
    elsewhere = tmp_path / "away" / "conf"
    write(elsewhere / "base" / "parameters.yml", "a: 1\n")
    assert PlatformConfigLoader(elsewhere, platform_conf=Path(platform))["globals"]["unit"] == "km"
