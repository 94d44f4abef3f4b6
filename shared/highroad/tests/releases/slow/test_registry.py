"""Releases beside their images in a real registry, tags that are moved, and all that can be wrong there."""

from __future__ import annotations

import base64
import json
import socket
from dataclasses import replace

import pytest
from releases.registries import delete, digest_of, push_image, tag
from releases.test_release import ONE

from highroad.errors import ConfigError, DataError, RegistryError
from highroad.releases.registry import RELEASE_TYPE, Registry, tag_of
from highroad.releases.shelf import Kept
from highroad.releases.verifying import fetched, in_registry
from highroad.testing import registry as testing

pytestmark = pytest.mark.skipif(
    not testing.is_installed(), reason="NO REGISTRY IS TESTED: docker-registry is not installed"
)
SIGNATURE = "-----BEGIN SSH SIGNATURE-----\nAAAA\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("registry")


@pytest.fixture(scope="module")
def host(folder):
    with testing.serving(folder) as address:
        yield address


@pytest.fixture
def repository(host, request):
    return f"{host}/team/{request.node.name.partition('[')[0].lower()[:60]}"


@pytest.fixture
def release(repository):
    return replace(ONE, image=push_image(repository))


@pytest.fixture
def registry(repository):
    return Registry(repository)


def kept(release, signature=""):
    return Kept(release, 1, "2026-01-01T00:00:00+00:00", "ann", signature)


def test_a_release_is_put_beside_its_image_and_found_by_its_id(registry, release):
    digest = registry.put(release, SIGNATURE)
    assert registry.put(release, SIGNATURE) == digest == registry.digest_of(tag_of(release.id))
    assert registry.find(release.id) == (release, SIGNATURE)
    assert registry.find("0" * 64) is None
    content, _ = registry._manifest(digest)
    artifact = json.loads(content)
    assert artifact["artifactType"] == RELEASE_TYPE
    assert artifact["subject"]["digest"] == release.image.partition("@")[2]
    assert artifact["layers"][0]["digest"] == f"sha256:{release.id}"
    assert "both as they were put there" in in_registry(kept(release, SIGNATURE))


def test_an_image_that_was_not_pushed_has_no_registry():
    local = replace(ONE, image=f"sha256:{'1' * 64}")
    assert Registry.of(local.image) is None
    assert in_registry(kept(local)).startswith("none")


def test_a_tag_names_what_it_is_told_to_and_says_what_it_named(registry, repository):
    one, two = (push_image(repository, each).partition("@")[2] for each in ("one", "two"))
    assert registry.digest_of("staging") is None
    assert registry.point("staging", one) is None
    assert registry.point("staging", two) == one
    assert registry.point("staging", two) == two == registry.digest_of("staging")
    with pytest.raises(RegistryError, match="has no sha256:000000000000; it was removed there"):
        registry.point("staging", f"sha256:{'0' * 64}")
    assert registry.digest_of("staging") == two


def test_what_was_removed_there_is_said(registry, release):
    registry.put(release)
    delete(release.image)
    with pytest.raises(RegistryError, match="does not have the image of release"):
        in_registry(kept(release))
    with pytest.raises(RegistryError, match="does not have the image of release"):
        fetched(release.id, registry.repository)


def test_a_release_that_is_not_there_is_said(registry, release):
    with pytest.raises(RegistryError, match="has the image and no release"):
        in_registry(kept(release))
    with pytest.raises(DataError, match="has no release"):
        fetched(release.id, registry.repository)
    with pytest.raises(DataError, match="is no whole id; expected 64 signs"):
        fetched(release.id[:12], registry.repository)
    with pytest.raises(ConfigError, match="HIGHROAD_REGISTRY"):
        fetched(release.id, None)


def test_a_tag_of_a_release_that_was_moved_is_said(registry, repository, release):
    other = replace(release, version="9")
    registry.put(release)
    tag(repository, tag_of(release.id), f"{repository}@{registry.put(other)}")
    for look in (lambda: registry.find(release.id), lambda: in_registry(kept(release))):
        with pytest.raises(RegistryError, match="another release than its tag says"):
            look()


def test_another_signature_than_the_one_on_record_is_said(registry, release):
    registry.put(release, "by eve")
    with pytest.raises(RegistryError, match="another signature than the one on record"):
        in_registry(kept(release, SIGNATURE))


def test_bytes_that_were_changed_on_the_registrys_disk_are_found(registry, release, folder):
    registry.put(release)
    path = folder / "blobs/docker/registry/v2/blobs/sha256" / release.id[:2] / release.id / "data"
    content = path.read_bytes()
    path.write_bytes(content.replace(b'"project":"delays"', b'"project":"delayz"'))
    with pytest.raises(RegistryError, match="it was tampered with, or its disk is broken"):
        registry.find(release.id)


def test_a_registry_that_is_gone_is_said_at_once():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = "{}:{}".format(*free.getsockname())
        with pytest.raises(RegistryError, match=rf"{address}/delays does not answer: .*refused"):
            Registry(f"{address}/delays").digest_of("staging")


def test_only_who_may_is_let_in(tmp_path, monkeypatch):
    line = "ann:$2b$04$tyPmTO3zb.8hY5pGf47o7eW.WWQDgM13bkitcKqeX1fvWafG.zvrC\n"  # pragma: allowlist secret
    with testing.serving(tmp_path / "registry", line) as host:
        monkeypatch.setenv("HOME", str(tmp_path))
        with pytest.raises(RegistryError, match=f"`docker login {host}`"):
            Registry(f"{host}/delays").digest_of("staging")
        who = base64.b64encode(b"ann:open-sesame").decode()
        settings = tmp_path / ".docker" / "config.json"
        settings.parent.mkdir()
        settings.write_text(json.dumps({"auths": {host: {"auth": who}}}))
        assert Registry(f"{host}/delays").digest_of("staging") is None
        settings.write_text(json.dumps({"auths": {host: {"auth": who[:-4] + "AAAA"}}}))
        with pytest.raises(RegistryError, match=r"refuses HEAD: 401 .*docker login"):
            Registry(f"{host}/delays").digest_of("staging")


def test_digests_are_of_bytes():
    assert digest_of(ONE.to_json().encode()) == f"sha256:{ONE.id}"
