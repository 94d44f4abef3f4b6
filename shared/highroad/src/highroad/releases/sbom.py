"""The bill of materials beside an image: CycloneDX, of what is in it and nothing else."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Mapping
from email.parser import HeaderParser
from typing import Any

from packaging.utils import canonicalize_name

from highroad.releases.layers import Entry

_METADATA = re.compile(r"(?:site|dist)-packages/[^/]+\.(?:dist-info/METADATA|egg-info/PKG-INFO)$")
_DPKG = "var/lib/dpkg/status"


def bill(document: Mapping[str, Any], files: Mapping[str, Entry], image: str) -> dict[str, Any]:
    """uv's document of a lock, cut down to what an image has, with the base's packages added.

    Args:
        document: What `uv export --format cyclonedx1.5` gave.
        files: What a container of the image sees.
        image: The image's digest; the document's own number is made of it.

    Returns:
        The document; the same image gives the same one.
    """
    there = dict(_python_packages(files))
    locked: dict[str, Any] = {
        canonicalize_name(each["name"]): each for each in document.get("components", ())
    }
    components = [
        locked[name]
        if name in locked and locked[name].get("version") == version
        else _component(name, version, f"pkg:pypi/{name}@{version}")
        for name, version in sorted(there.items())
    ]
    components += [
        _component(name, version, f"pkg:deb/debian/{name}@{version}")
        for name, version in sorted(_debian_packages(files))
    ]
    refs = {each["bom-ref"] for each in components}
    metadata = {
        "tools": document.get("metadata", {}).get("tools", []),
        "component": {
            "type": "container",
            "bom-ref": image,
            "name": document.get("metadata", {}).get("component", {}).get("name", ""),
            "version": image,
        },
    }
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, image)}",
        "metadata": metadata,
        "components": components,
        "dependencies": [
            {**each, "dependsOn": [ref for ref in each.get("dependsOn", ()) if ref in refs]}
            for each in document.get("dependencies", ())
            if each["ref"] in refs
        ],
    }


def _python_packages(files: Mapping[str, Entry]) -> Iterator[tuple[str, str]]:
    for path, entry in files.items():
        if _METADATA.search(path):
            headers = HeaderParser().parsestr(entry.read().decode("utf-8", "replace"))
            yield canonicalize_name(str(headers["Name"])), str(headers["Version"])


def _debian_packages(files: Mapping[str, Entry]) -> Iterator[tuple[str, str]]:
    if _DPKG not in files:
        return
    for paragraph in files[_DPKG].read().decode("utf-8", "replace").split("\n\n"):
        fields = dict(re.findall(r"^(Package|Version|Status): (.+)$", paragraph, re.MULTILINE))
        if fields.get("Status", "").endswith(" installed"):
            yield fields["Package"], fields["Version"]


def _component(name: str, version: str, purl: str) -> dict[str, Any]:
    return {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl}
