"""Where a value comes from, in words."""

from __future__ import annotations

import pytest
from conftest import write
from kedro.framework import startup

from highroad.config.explain import explain
from highroad.config.positions import line_of
from highroad.errors import ConfigError

NESTED = """
organisation: Test
store: store
pythons: ["3.11"]
base_image: python:3.12
layers: [01_raw]
environments:
  base: {}
  prod:
    store: store-prod
"""


@pytest.fixture
def project(platform, conf, monkeypatch):
    monkeypatch.setattr(startup, "bootstrap_project", lambda _: None)
    return conf("base/parameters.yml", "a: {b: 1}\n").parent


def test_a_value_names_file_line_layer_and_what_it_overrode(platform, project):
    write(platform / "base" / "parameters.yml", "x: 0\na:\n  b: 3\n")
    assert explain(project, "local", "parameters.a.b").splitlines() == [
        "parameters.a.b = 1",
        "  from projects/p/conf/base/parameters.yml:1 (project base)",
        "  overrides platform-conf/base/parameters.yml:3 (platform base), which says 3",
    ]


def test_the_store_names_its_true_source(platform, project, monkeypatch):
    write(platform / "platform.yml", NESTED)
    top = "platform-conf/platform.yml:3 (store)"
    own = "platform-conf/platform.yml:10 (environments.prod.store)"
    assert explain(project, "local", "platform.store").splitlines() == [
        f"platform.store = {platform.parent}/store",
        f"  from {top}",
    ]
    assert explain(project, "prod", "platform.store").splitlines() == [
        f"platform.store = {platform.parent}/store-prod",
        f"  from {own}",
        f"  overrides {top}, which says 'store'",
    ]
    monkeypatch.setenv("HIGHROAD_STORE", "s3://here/")
    assert explain(project, "prod", "platform.store").splitlines() == [
        "platform.store = s3://here",
        "  from HIGHROAD_STORE (the variable)",
        f"  overrides {own}, which says 'store-prod'",
        f"  overrides {top}, which says 'store'",
    ]


def test_a_platform_key_that_no_file_says_is_the_default(platform, project):
    assert "from highroad (the default)" in explain(project, "local", "platform.lock_timeout_s")
    with pytest.raises(ConfigError, match=r"has no 'organisaton'. Did you mean 'organisation'"):
        explain(project, "local", "platform.organisaton")


def test_an_environment_says_whether_contracts_are_enforced(platform, project):
    write(platform / "platform.yml", NESTED + "    enforced: true\n")
    assert explain(project, "local", "platform.environments.prod.enforced").splitlines() == [
        "platform.environments.prod.enforced = true",
        "  from platform-conf/platform.yml:11 (environments.prod.enforced)",
    ]
    base = explain(project, "local", "platform.environments.base.enforced")
    assert base.startswith("platform.environments.base.enforced = false\n  from highroad")


def test_a_key_inherited_through_a_merge_has_its_place(platform, project):
    write(
        project / "conf" / "base" / "catalog.yml",
        "a: &a\n  type: X\n  filepath: f\nb:\n  <<: *a\n  filepath: g\n",
    )
    assert "catalog.yml:2 (" in explain(project, "local", "catalog.b.type")
    assert "catalog.yml:6 (" in explain(project, "local", "catalog.b.filepath")


@pytest.mark.parametrize(
    ("keys", "line"),
    [(["c", "x"], 2), (["c", "y"], 4), (["c", "z"], 7), (["c", "w"], None), (["d", "x"], 2)],
)
def test_merges_are_followed_as_yaml_has_them(keys, line):
    text = "a: &a\n  x: 1\nb: &b\n  y: 2\n  x: 3\nc: &c\n  z: 4\n  <<: [*a, *b]\nd:\n  <<: *c\n"
    assert line_of(text, keys) == line


def test_a_misspelt_key_is_guessed(platform, project):
    with pytest.raises(ConfigError, match=r"No key 'alphas' in parameters. Did you mean 'alpha'\?"):
        write(project / "conf" / "base" / "parameters.yml", "alpha: 1\n")
        explain(project, "local", "parameters.alphas")
