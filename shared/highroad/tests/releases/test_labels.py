"""What an image says of itself."""

from __future__ import annotations

import subprocess

from hypothesis import given
from hypothesis import strategies as st

from highroad.releases.base_image import BaseImage
from highroad.releases.labels import labels, one_line

BASE = BaseImage("python:3.12@sha256:abc", "sha256:def", (), "amd64", "3.12", False)


def test_labels_name_what_the_image_was_made_from(shop, repository):
    url = "https://me:secret-of-mine@example.org/shop.git"  # pragma: allowlist secret
    subprocess.run(["git", "remote", "add", "origin", url], cwd=repository, check=True)
    found = labels(shop, repository, "1234+", BASE, "Test")
    oci = "org.opencontainers.image"
    assert found[f"{oci}.revision"] == "1234+" and found[f"{oci}.version"] == "1.2.0"
    assert found[f"{oci}.source"] == "https://example.org/shop.git"
    assert found[f"{oci}.licenses"] == "MIT" and found[f"{oci}.vendor"] == "Test"
    assert found[f"{oci}.base.digest"] == "sha256:abc"
    assert found["highroad.contracts.produces"] == "shop.sales=2.3.0"
    assert len(found["highroad.lock"]) == 64 and "highroad.contracts.consumes" not in found
    assert "highroad.base.is-stand-in" not in found


def test_a_stand_in_is_said_to_be_one(shop, repository):
    base = BASE._replace(reference="highroad-base:0123", is_stand_in=True)
    found = labels(shop, repository, "1234", base, "Test")
    assert found["highroad.base.is-stand-in"] == "true"
    assert found["org.opencontainers.image.base.digest"] == "sha256:def"


@given(st.text())
def test_a_label_is_one_printable_line(text):
    found = one_line(text)
    assert found.isprintable() and found == found.strip() and one_line(found) == found
