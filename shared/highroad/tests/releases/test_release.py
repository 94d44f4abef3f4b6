"""A release is known by its content, and what differs between two is said in words."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from conftest import write
from hypothesis import given
from hypothesis import strategies as st

from highroad.config.platform import load_platform
from highroad.errors import DataError, ImageError
from highroad.releases.making import release_of, require_same_commit
from highroad.releases.release import Release, differences, only_models_differ
from highroad_workspace.projects import Project

ONE = Release(
    "delays", "1.0.0", "c" * 40, f"sha256:{'a' * 64}", "b" * 64, {"base": "1" * 64, "prod": "2" * 64},
    {"delays.scores": "1.0.0"}, {"flights.departures": "1.2.0"}, {"delays.classifier@3": "d" * 64},
    "0.1.0", "", ("lint", "test"), "e" * 64,
)  # fmt: skip
texts = st.text(max_size=8)
mappings = st.dictionaries(texts, texts, max_size=3)
releases = st.builds(
    Release, texts, texts, texts, texts, texts, mappings, mappings, mappings, mappings, texts, texts,
    st.lists(texts, max_size=3, unique=True).map(tuple), texts,
)  # fmt: skip


@given(releases, releases)
def test_it_is_read_as_it_was_written_and_two_are_one_where_nothing_differs(one, other):
    assert Release.from_json(one.to_json()) == one
    assert (one.id == other.id) == (one == other)
    if one.project == other.project:
        assert bool(differences(one, other)) == (one != other)


def test_the_order_in_which_things_were_named_is_no_difference():
    turned = replace(ONE, configuration=dict(reversed(ONE.configuration.items())))
    assert turned.id == ONE.id


def test_another_plan_of_tasks_is_another_release_and_is_said_shortly():
    plan = {"prod": {"tasks": [{"name": "all", "nodes": ["a"]}], "faults": []}}
    with_one, other = replace(ONE, tasks=plan), replace(ONE, tasks={"prod": {"faults": ["no"]}})
    assert Release.from_json(with_one.to_json()) == with_one and with_one.id != ONE.id
    assert '"tasks"' not in ONE.to_json()  # manifests from before there were any are what they were
    assert differences(ONE, with_one) == ["tasks prod: is new"]
    assert differences(with_one, ONE) == ["tasks prod: is gone"]
    assert differences(with_one, other) == ["tasks prod: another"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no manifest"),
        ("[]", "no manifest"),
        (ONE.to_json().replace('"format":1', '"format":2'), "of a newer format; upgrade highroad"),
        (ONE.to_json().replace('"version":', '"verzion":'), "verzion"),
        (json.dumps(json.loads(ONE.to_json())), "not as a release is written"),
    ],
)
def test_what_is_no_manifest_is_said(text, says):
    with pytest.raises(DataError, match=says):
        Release.from_json(text)


def test_what_differs_is_said_in_words():
    other = replace(
        ONE, commit="f" * 40 + "+", configuration={"base": "1" * 64, "prod": "9" * 64},
        consumes={"flights.departures": "2.0.0", "flights.fleet": "1.0.0"}, passed=("test",),
    )  # fmt: skip
    assert differences(ONE, other) == [
        "commit: cccccccccccc → ffffffffffff+",
        "configuration prod: 222222222222 → 999999999999",
        "consumes flights.departures: 1.2.0 → 2.0.0",
        "consumes flights.fleet: is new",
        "passed: lint is gone",
    ]
    assert other.is_dirty and not ONE.is_dirty and replace(ONE, commit="").is_dirty
    assert not only_models_differ(ONE, other) and not only_models_differ(ONE, ONE)
    trained = replace(ONE, models={"delays.classifier@4": "e" * 64})
    assert only_models_differ(ONE, trained)
    with pytest.raises(DataError, match="two projects"):
        differences(ONE, replace(ONE, project="demand"))


@pytest.fixture
def project(platform, monkeypatch) -> Project:
    root = platform.parent
    write(platform / "contracts" / "p.out.yaml", CONTRACT)
    folder = root / "projects" / "p"
    write(folder / "pyproject.toml", '[project]\nname = "p"\nversion = "2.1.0"\n')
    write(folder / "uv.lock", "version = 1\n")
    write(folder / "conf" / "base" / "parameters.yml", "a: 1\n")
    write(folder / "conf" / "prod" / "parameters.yml", "a: 2\n")
    write(folder / "conf" / "local" / "parameters.yml", "a: 3\n")
    return Project("p", str(folder), ">=3.11", True, "d", "o", "model", publishes=("p.out",))


CONTRACT = """
kind: DataContract
apiVersion: v3.2.0
id: p.out
version: 1.4.0
status: active
schema: [{name: out, properties: [{name: a, logicalType: integer}]}]
"""


def made(project: Project, root) -> Release:
    load_platform.cache_clear()
    platform = load_platform(root / "platform-conf")
    return release_of(project, root, platform, image="sha256:0", passed=("test", "lint"))


def test_it_says_what_the_project_is_now(project, platform):
    release = made(project, platform.parent)
    assert (release.project, release.version, release.produces) == (
        "p",
        "2.1.0",
        {"p.out": "1.4.0"},
    )
    assert len(release.lock) == 64 and release.passed == ("lint", "test")
    assert release.configuration.keys() == {"base", "prod"} and release.is_dirty  # no commit at all
    assert made(project, platform.parent) == release


@pytest.mark.parametrize(
    ("file", "changes"),
    [
        ("projects/p/conf/base/parameters.yml", {"base", "prod"}),
        ("projects/p/conf/prod/parameters.yml", {"prod"}),
        ("projects/p/conf/prod/catalog.yml", {"prod"}),
        ("projects/p/conf/local/parameters.yml", set()),
        ("platform-conf/base/globals.yml", {"base", "prod"}),
        ("platform-conf/platform.yml", {"base", "prod"}),
    ],
)
def test_a_change_of_configuration_shows_in_the_environments_it_reaches(
    project, platform, file, changes
):
    before = made(project, platform.parent).configuration
    path = platform.parent / file
    write(path, (path.read_text() if path.is_file() else "") + "# changed\n")
    after = made(project, platform.parent).configuration
    assert {env for env in before if before[env] != after[env]} == changes


def test_an_image_of_another_commit_is_none_of_this_release(tmp_path):
    require_same_commit({}, tmp_path, "delays")  # no commit, neither here nor there
    with pytest.raises(
        ImageError, match=f"built at commit {'a' * 40}, and the repository is at none"
    ):
        require_same_commit({"org.opencontainers.image.revision": "a" * 40}, tmp_path, "delays")
