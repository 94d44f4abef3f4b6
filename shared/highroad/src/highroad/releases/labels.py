"""What an image says of itself: OCI's own annotations, and what a release is made from."""

from __future__ import annotations

import subprocess
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import yaml

from highroad import __version__
from highroad.releases.base_image import BaseImage
from highroad.secrets.redaction import redact
from highroad.tracking.surroundings import hash_of
from highroad_workspace.metadata import table
from highroad_workspace.projects import Project

_OCI = "org.opencontainers.image"
PLATFORM = "highroad.platform"
"""The label of every image that was built here."""


def labels(
    project: Project, root: Path, commit: str, base: BaseImage, organisation: str
) -> dict[str, str]:
    """The labels of a project's image, without those that have nothing to say.

    Args:
        project: The project.
        root: The repository.
        commit: Its commit, with `+` where files differ from it.
        base: What the image is built on.
        organisation: Whose it is.
    """
    content = tomllib.loads(Path(project.path, "pyproject.toml").read_text(encoding="utf-8"))
    metadata = table(content, "project")
    conf = root / "platform-conf"
    found = {
        f"{_OCI}.title": project.name,
        f"{_OCI}.description": project.description,
        f"{_OCI}.vendor": organisation,
        f"{_OCI}.version": str(metadata.get("version", "")),
        f"{_OCI}.revision": commit,
        f"{_OCI}.source": _source(root),
        f"{_OCI}.licenses": _licence(metadata, root),
        f"{_OCI}.base.name": base.reference.partition("@")[0],
        f"{_OCI}.base.digest": base.reference.partition("@")[2] or base.id,
        PLATFORM: __version__,
        "highroad.owner": project.owner,
        "highroad.lock": hash_of(Path(project.path) / "uv.lock") or "",
        "highroad.contracts.produces": _versions(project.publishes, conf),
        "highroad.contracts.consumes": _versions(project.consumes, conf),
        "highroad.base.is-stand-in": "true" if base.is_stand_in else "",
    }
    return {key: redact(one_line(value)) for key, value in found.items() if value}


def one_line(value: str) -> str:
    """The value as a label can hold it: without line breaks and other control characters."""
    return " ".join("".join(each if each.isprintable() else " " for each in value).split())


def _versions(products: tuple[str, ...], conf: Path) -> str:
    """`flights.departures=1.2.0 flights.fleet=1.0.0`; a product without a contract by its name."""
    return " ".join(
        f"{each}={version}" if (version := _version(each, conf)) else each for each in products
    )


def _version(product: str, conf: Path) -> str:
    path = conf / "contracts" / f"{product}.yaml"
    if not path.is_file():
        return ""
    # The whole document is read and checked by `nox -s contracts`; here its version will do.
    for event in yaml.safe_load(path.read_text(encoding="utf-8")).items():
        if event[0] == "version":
            return str(event[1])
    return ""


def _licence(metadata: Mapping[str, Any], root: Path) -> str:
    """The project's, else the extensions'."""
    for each in (metadata, _metadata_of(root / "shared" / "extensions")):
        licence = each.get("license")
        if isinstance(licence, Mapping):
            licence = licence.get("text")
        if licence:
            return str(licence)
    return ""


def _metadata_of(folder: Path) -> dict[str, Any]:
    path = folder / "pyproject.toml"
    return (
        table(tomllib.loads(path.read_text(encoding="utf-8")), "project") if path.is_file() else {}
    )


def _source(root: Path) -> str:
    """Where the repository came from, without a password in the address."""
    done = subprocess.run(
        ["git", "--no-optional-locks", "-C", str(root), "config", "--get", "remote.origin.url"],
        capture_output=True,
        text=True,
        check=False,
    )
    url = done.stdout.strip()
    parts = urlsplit(url)
    if "@" in parts.netloc:
        url = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    return url if "://" in url or "@" in url else ""
