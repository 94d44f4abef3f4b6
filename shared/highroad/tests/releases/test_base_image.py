"""Which base an image gets, and what is said where none will do."""

from __future__ import annotations

import json

import pytest

from highroad.errors import ImageError
from highroad.releases.base_image import BaseImage, base_image
from highroad.releases.image import _must_fit

NAMED = "python:3.12-slim"


def facts(architecture: str = "amd64", digest: str | None = None) -> str:
    found = {
        "Id": "sha256:0123456789abcdef",
        "Architecture": architecture,
        "Size": 1,
        "RootFS": {"Layers": ["sha256:1"]},
        "RepoDigests": [f"python@{digest}"] if digest else [],
        "Config": {"Env": ["PYTHON_VERSION=3.12.4"], "Labels": None},
    }
    return json.dumps([found])


def engine(docker, images: dict[str, str]):
    """A client whose engine is for amd64, has these images and can pull none."""
    cases = "".join(f"'image inspect {name}') echo '{text}';;\n" for name, text in images.items())
    return docker(
        f"""case "$1 $2 $3" in
        {cases}
        image*) echo 'Error: No such image: it' >&2; exit 1;;
        pull*) echo 'no route to the registry' >&2; exit 1;;
        version*) echo amd64;;
        esac"""
    )


def test_a_tag_is_made_the_digest_that_it_means_here(docker):
    found = base_image(engine(docker, {NAMED: facts(digest="sha256:abc")}), NAMED)
    assert found.reference == f"{NAMED}@sha256:abc" and found.python == "3.12"
    assert not found.is_stand_in


def test_the_stand_in_is_taken_where_the_named_one_is_not_here(docker):
    found = base_image(engine(docker, {"highroad-base": facts()}), NAMED)
    assert found.reference == "highroad-base:0123456789ab" and found.is_stand_in


def test_none_to_be_had_says_how_to_make_one(docker):
    with pytest.raises(ImageError, match=r"nox -s base_image(.|\n)*no route to the registry"):
        base_image(engine(docker, {}), NAMED)


def test_a_base_for_another_architecture(docker):
    with pytest.raises(
        ImageError, match=r"is for arm64, and the engine builds for amd64\. Name one"
    ):
        base_image(engine(docker, {NAMED: facts("arm64")}), NAMED)


def test_a_base_whose_python_the_project_does_not_allow(shop):
    base = BaseImage("base", "", (), "amd64", "3.10", False)
    with pytest.raises(
        ImageError, match=r"requires Python >=3.11, and the base image base has 3.10"
    ):
        _must_fit(shop, base)
    _must_fit(shop, base._replace(python=None))
