"""What a container is started with, and which images a run on the sample needs."""

from __future__ import annotations

import pytest

from highroad.config.platform import load_platform
from highroad.errors import ImageError
from highroad.releases.base_image import BaseImage
from highroad.releases.engine import ImageFacts
from highroad.releases.image import image_named
from highroad.releases.report import Report, must_be_sound
from highroad.releases.running import options_here, run_options
from highroad_workspace.projects import Project, with_producers

FACTS = ImageFacts("sha256:1", "amd64", 1, ("a", "b"), (), (), {})


def project(name: str, publishes: tuple[str, ...] = (), consumes: tuple[str, ...] = ()) -> Project:
    return Project(name, "", "", True, "", "", "", publishes=publishes, consumes=consumes)


def test_an_image_is_told_its_digest_and_writes_only_its_store():
    words = " ".join(run_options(FACTS, store="/srv/store", user="1:2"))
    assert words == (
        "--read-only --tmpfs /tmp --env HIGHROAD_IMAGE=sha256:1 --volume /srv/store:/app/store --user 1:2"
    )
    pushed = FACTS._replace(digests=("registry.example/shop@sha256:9",))
    assert "HIGHROAD_IMAGE=registry.example/shop@sha256:9" in run_options(pushed)


def test_a_run_here_has_this_store_its_owner_and_local_configuration(shop, repository, monkeypatch):
    monkeypatch.delenv("HIGHROAD_STORE", raising=False)
    load_platform.cache_clear()
    platform = load_platform(repository / "platform-conf")
    words = options_here(shop, FACTS, platform, repository, "base")
    assert f"{repository}/store:/app/store" in words
    assert f"{shop.path}/conf/local:/app/projects/shop/conf/local:ro" in words
    owner = (repository / "store").stat()
    assert words[-2:] == ["--user", f"{owner.st_uid}:{owner.st_gid}"]
    monkeypatch.setenv("HIGHROAD_STORE", str(repository / "elsewhere"))
    words = options_here(shop, FACTS, platform, repository, "base")
    assert f"{repository}/elsewhere:/app/store" in words
    monkeypatch.setenv("HIGHROAD_STORE", "s3://bucket/store")
    assert "--user" not in options_here(shop, FACTS, platform, repository, "base")


def test_producers_of_producers_run_first():
    one = project("one", publishes=("one.a",))
    two = project("two", publishes=("two.a",), consumes=("one.a",))
    three, other = project("three", consumes=("two.a",)), project("other")
    assert with_producers(three, (one, two, three, other)) == {"one", "two", "three"}


def test_an_image_of_another_base_is_not_taken_for_one_of_today_s(docker, monkeypatch):
    engine = docker("exit 0")
    monkeypatch.setattr(engine, "facts", lambda _: FACTS)
    base = BaseImage("base", "", ("a",), "amd64", None, False)
    assert image_named(engine, "shop", base).own_layers == ("b",)
    with pytest.raises(ImageError, match="not built on base, the base of today"):
        image_named(engine, "shop", base._replace(layers=("c",)))


def test_an_image_with_a_fault_is_refused_with_all_of_them():
    sound = Report("shop", "sha256:1", "base", 2.0, 1.0, 10, [], [], [], [])
    must_be_sound(sound)
    with pytest.raises(ImageError, match="must not be used:\n  secret in a\n  too large"):
        must_be_sound(sound._replace(faults=["secret in a", "too large"]))
