"""A registry on this machine, and images that were put there without an engine."""

from __future__ import annotations

import hashlib
import json
import urllib.request

IMAGE_TYPE = "application/vnd.oci.image.manifest.v1+json"


def digest_of(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def push_image(repository: str, text: str = "an image") -> str:
    """Put an image of one small layer there; gives it by its digest."""
    host, _, path = repository.partition("/")
    url = f"http://{host}/v2/{path}"
    told = {
        kind: _blob(url, content, media)
        for kind, content, media in (
            ("config", b"{}", "application/vnd.oci.image.config.v1+json"),
            ("layer", text.encode(), "application/vnd.oci.image.layer.v1.tar"),
        )
    }
    manifest = json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": IMAGE_TYPE,
            "config": told["config"],
            "layers": [told["layer"]],
        }
    ).encode()
    digest = digest_of(manifest)
    _send("PUT", f"{url}/manifests/{digest}", manifest, IMAGE_TYPE)
    return f"{repository}@{digest}"


def tag(repository: str, name: str, image: str) -> None:
    """Move a tag by hand."""
    host, _, path = repository.partition("/")
    url = f"http://{host}/v2/{path}/manifests"
    asked = urllib.request.Request(
        f"{url}/{image.partition('@')[2]}", headers={"Accept": IMAGE_TYPE}
    )
    with urllib.request.urlopen(asked) as answer:
        _send("PUT", f"{url}/{name}", answer.read(), IMAGE_TYPE)


def delete(image: str) -> None:
    """Remove an image's manifest."""
    repository, _, digest = image.partition("@")
    host, _, path = repository.partition("/")
    _send("DELETE", f"http://{host}/v2/{path}/manifests/{digest}")


def _blob(url: str, content: bytes, media: str) -> dict[str, object]:
    begun = _send("POST", f"{url}/blobs/uploads/")
    there, digest = begun["Location"], digest_of(content)
    mark = "&" if "?" in there else "?"
    _send("PUT", f"{there}{mark}digest={digest}", content, "application/octet-stream")
    return {"mediaType": media, "digest": digest, "size": len(content)}


def _send(method: str, url: str, content: bytes | None = None, media: str = "") -> dict[str, str]:
    headers = {"Content-Type": media} if media else {}
    asked = urllib.request.Request(url, content, headers, method=method)
    with urllib.request.urlopen(asked) as answer:
        return dict(answer.headers)
