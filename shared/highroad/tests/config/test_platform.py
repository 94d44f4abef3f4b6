"""platform.yml: what is refused, and that the error names file, line and key."""

from __future__ import annotations

import pytest

from highroad.config.platform import load_platform
from highroad.errors import ConfigError


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            "organisaton: X\n",
            r"platform\.yml:\d+: unknown key 'organisaton'. Did you mean 'organisation'",
        ),
        ("registry: https://here\n", r"platform\.yml:\d+: 'registry'.*without https://"),
        ("lock_timeout_s: soon\n", r"platform\.yml:\d+: 'lock_timeout_s'.*found 'soon'"),
        ("runner: [1]\n", r"platform\.yml:\d+: 'runner'.*found \[1\]"),
        ("store: other\n", r"platform\.yml:\d+: 'store' stands here and on line 3"),
        ("a: [\n", r"platform\.yml:\d+: not valid YAML"),
    ],
)
def test_a_fault_names_file_line_and_key(platform, change, said):
    path = platform / "platform.yml"
    path.write_text(path.read_text() + change)
    with pytest.raises(ConfigError, match=said):
        load_platform(platform)


@pytest.mark.parametrize("store", ["s4://bucket/x", "s3://"])
def test_a_bad_store_is_refused(platform, store):
    path = platform / "platform.yml"
    path.write_text(path.read_text().replace("store: store", f"store: '{store}'"))
    with pytest.raises(ConfigError, match=r"platform\.yml:3: 'store'"):
        load_platform(platform)


def test_every_fault_is_reported_at_once(platform):
    path = platform / "platform.yml"
    path.write_text(path.read_text() + "one: 1\ntwo: 2\n")
    with pytest.raises(ConfigError) as caught:
        load_platform(platform)
    assert str(caught.value).count("unknown key") == 2


@pytest.mark.parametrize("inner", ["store/prod", "./store/prod/"])
def test_a_store_within_another_is_refused(platform, inner):
    path = platform / "platform.yml"
    path.write_text(path.read_text().replace('"s3://bucket/prod"', f'"{inner}"'))
    with pytest.raises(
        ConfigError,
        match=r"platform\.yml:9: environments\.prod\.store .* lies within store 'store', .*'store-prod'",
    ):
        load_platform(platform)
    path.write_text(path.read_text().replace(inner, "store-prod"))
    assert load_platform.__wrapped__(platform).environments["prod"].store == "store-prod"


def test_models_are_registered_where_the_strongest_says(platform, monkeypatch):
    home = platform.parent
    assert (
        load_platform(platform).models_url("base", home) == f"sqlite:///{home}/store/runs/models.db"
    )
    assert load_platform(platform).models_url("prod", home) == f"sqlite:///{home}/records/models.db"
    path = platform / "platform.yml"
    text = path.read_text().replace("base: {}", 'base: {models: "http://there"}')
    path.write_text(text + 'models: {registry: "https://elsewhere"}\n')
    load_platform.cache_clear()
    assert load_platform(platform).models_url("base", home) == "http://there"
    assert load_platform(platform).models_url("prod", home) == "https://elsewhere"
    monkeypatch.setenv("HIGHROAD_MODELS", "sqlite:///mine.db")
    assert load_platform(platform).models_url("base", home) == f"sqlite:///{home}/mine.db"
    monkeypatch.setenv("HIGHROAD_MODELS", "mysql://x")
    with pytest.raises(ConfigError, match=r"HIGHROAD_MODELS: expected sqlite:///"):
        load_platform(platform).models_url("base", home)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("models: {registry: here}", r"models\.registry.*the URL of an MLflow server"),
        ("models: {registry: 'https://ann@x'}", "MLFLOW_TRACKING_PASSWORD"),
        ("models: {pickels: true}", r"unknown key 'models\.pickels'"),
        ("models: {oldest_data_days: 0}", "models.oldest_data_days"),
        ("models: {trusted: all}", "models.trusted"),
    ],
)
def test_what_is_wrong_of_models_is_said(platform, text, said):
    path = platform / "platform.yml"
    path.write_text(path.read_text() + text + "\n")
    load_platform.cache_clear()
    with pytest.raises(ConfigError, match=said):
        load_platform(platform)


@pytest.mark.parametrize(
    ("deploy", "says"),
    [
        ("{after: prod}", r"environments.prod.deploy.after is 'prod'; expected .* comes first"),
        ("{after: stage}", r"is 'stage'; expected an environment that comes first"),
    ],
)
def test_what_is_wrong_of_a_place_to_deploy_to_is_said(platform, deploy, says):
    path = platform / "platform.yml"
    text = path.read_text().replace("prod: {store", f"prod: {{deploy: {deploy}, store")
    path.write_text(text)
    with pytest.raises(ConfigError, match=says):
        load_platform(platform)


@pytest.mark.parametrize(
    ("settings", "env", "enforced"),
    [
        ("{}", "base", False),
        ("{enforced: true}", "base", True),
        ("{enforced: true}", "local", True),
        ("{}", "local", False),
        ("{}", "prod", True),
        ("{}", "elsewhere", True),
    ],
)
def test_contracts_are_enforced_where_platform_yml_says_so_or_nothing(
    platform, settings, env, enforced
):
    path = platform / "platform.yml"
    path.write_text(path.read_text().replace("base: {}", f"base: {settings}"))
    assert load_platform.__wrapped__(platform).is_enforced(env) is enforced


def test_an_environment_may_give_enforcement_up(platform):
    path = platform / "platform.yml"
    path.write_text(path.read_text().replace("prod: {", "prod: {enforced: false, "))
    assert load_platform.__wrapped__(platform).is_enforced("prod") is False
    path.write_text(path.read_text().replace("enforced: false", "enforced: perhaps"))
    with pytest.raises(ConfigError, match=r"platform\.yml:9: 'environments\.prod\.enforced'"):
        load_platform.__wrapped__(platform)
