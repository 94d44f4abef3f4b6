"""The registry of images: releases are kept there beside their images, and tags say what is where.

A release is an artifact (OCI 1.1) of two blobs, its manifest and its signature, and refers to its image,
so that tools which know referrers list it there. The digest of the first blob is the release's id.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from highroad.errors import RegistryError
from highroad.releases.release import Release

if TYPE_CHECKING:
    from requests import Response

RELEASE_TYPE = "application/vnd.highroad.release.v1+json"
SIGNATURE_TYPE = "application/vnd.highroad.release.signature.v1+ssh"
_ARTIFACT = "application/vnd.oci.image.manifest.v1+json"
_NOTHING_TYPE, _NOTHING = "application/vnd.oci.empty.v1+json", b"{}"
_IMAGES = (
    _ARTIFACT,
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
_PATIENCE_S = 30
_UNENCRYPTED = ("localhost", "127.")
"""Hosts that are asked without TLS, as Docker does."""


class Found(NamedTuple):
    """A release as a registry has it; `signature` is empty where it is not signed."""

    release: Release
    signature: str


class Registry:
    """The repository of one project's images. Who logs in there is as `docker login` left it.

    Args:
        repository: `host[:port]/path`, without tag or digest.

    Raises:
        RegistryError: ORAS, which speaks to it, is not installed.
    """

    def __init__(self, repository: str):
        self.repository = repository
        host, _, path = repository.partition("/")
        scheme = "http" if host.startswith(_UNENCRYPTED) else "https"
        self._url = f"{scheme}://{host}/v2/{path}"
        self._root = f"{scheme}://{host}/v2/"
        self._oras: Any = None

    @classmethod
    def of(cls, image: str) -> Registry | None:
        """The one that an image was pushed to, by its digest there; None for one that was not pushed."""
        repository, at, _ = image.partition("@")
        return cls(repository) if at else None

    def digest_of(self, reference: str) -> str | None:
        """The digest that a tag names; None where there is no such tag."""
        with self._asking():
            answer = self._ask(
                "HEAD", f"manifests/{reference}", {200, 404}, {"Accept": ", ".join(_IMAGES)}
            )
        return answer.headers["Docker-Content-Digest"] if answer.status_code == 200 else None

    def point(self, tag: str, digest: str) -> str | None:
        """Have a tag name a digest, without an image being moved; gives what it named before.

        Raises:
            RegistryError: There is no such digest, or it does not take the tag.
        """
        before = self.digest_of(tag)
        if before != digest:
            content, media = self._manifest(digest)
            with self._asking():
                self._ask("PUT", f"manifests/{tag}", {201}, {"Content-Type": media}, content)
        return before

    def put(self, release: Release, signature: str = "") -> str:
        """Keep a release beside its image; put again it is the same artifact. Gives its digest.

        Raises:
            RegistryError: Its image is not there, or the registry does not take it.
        """
        _, _, image = release.image.partition("@")
        content, media = self._manifest(image)
        layers = [self._blob(release.to_json().encode(), RELEASE_TYPE)]
        if signature:
            layers.append(self._blob(signature.encode(), SIGNATURE_TYPE))
        artifact = {
            "schemaVersion": 2,
            "mediaType": _ARTIFACT,
            "artifactType": RELEASE_TYPE,
            "config": self._blob(_NOTHING, _NOTHING_TYPE),
            "layers": layers,
            "subject": {"mediaType": media, "digest": image, "size": len(content)},
            "annotations": {
                "org.opencontainers.image.title": release.project,
                "org.opencontainers.image.version": release.version,
                "org.opencontainers.image.revision": release.commit,
            },
        }
        sent = json.dumps(artifact, sort_keys=True, separators=(",", ":")).encode()
        with self._asking():
            headers = {"Content-Type": _ARTIFACT}
            self._ask("PUT", f"manifests/{tag_of(release.id)}", {201}, headers, sent)
        return _digest(sent)

    def find(self, release_id: str) -> Found | None:
        """A release by its whole id; None where it is not there.

        Raises:
            RegistryError: What is there is not what the id says.
        """
        digest = self.digest_of(tag_of(release_id))
        if digest is None:
            return None
        artifact = json.loads(self._manifest(digest)[0])
        found = {each["mediaType"]: each["digest"] for each in artifact.get("layers", ())}
        if found.get(RELEASE_TYPE) != f"sha256:{release_id}":
            raise RegistryError(
                f"{self.repository}:{tag_of(release_id)} holds another release than its tag says; the tag "
                "was moved. Make the release again, or put back what it named."
            )
        text = self._content(f"blobs/sha256:{release_id}", f"sha256:{release_id}").decode()
        signature = ""
        if signed := found.get(SIGNATURE_TYPE):
            signature = self._content(f"blobs/{signed}", signed).decode()
        return Found(Release.from_json(text, f"{self.repository}:{tag_of(release_id)}"), signature)

    def has(self, image: str) -> bool:
        """Is an image there, whole as its digest says? Its layers are told by the manifest alone."""
        digest = image.partition("@")[2]
        if self.digest_of(digest) is None:
            return False
        self._manifest(digest)
        return True

    def _manifest(self, digest: str) -> tuple[bytes, str]:
        with self._asking():
            path, accept = f"manifests/{digest}", {"Accept": ", ".join(_IMAGES)}
            answer = self._ask("GET", path, {200, 404}, accept)
        if answer.status_code == 404:
            raise RegistryError(
                f"{self.repository} has no {digest[:19]}; it was removed there. Make the release again."
            )
        self._must_be(digest, answer.content)
        return answer.content, answer.headers["Content-Type"]

    def _content(self, path: str, digest: str) -> bytes:
        with self._asking():
            content: bytes = self._ask("GET", path, {200}).content
        self._must_be(digest, content)
        return content

    def _must_be(self, digest: str, content: bytes) -> None:
        if _digest(content) != digest:
            raise RegistryError(
                f"{self.repository}: what it has as {digest[:19]} has another digest; it was tampered with, or its "
                "disk is broken. Nothing of it is used."
            )

    def _blob(self, content: bytes, media: str) -> dict[str, Any]:
        """Have some bytes there; gives what a manifest says of them."""
        told = {"mediaType": media, "digest": _digest(content), "size": len(content)}
        with self._asking(), tempfile.NamedTemporaryFile() as file:
            Path(file.name).write_bytes(content)
            answer = self._client().upload_blob(file.name, self._container(), told)
            if answer.status_code not in (200, 201, 202):
                raise self._refused(answer)
        return told

    def _ask(
        self,
        method: str,
        path: str,
        expected: set[int],
        headers: Mapping[str, str] | None = None,
        data: bytes | None = None,
    ) -> Response:
        url = f"{self._url}/{path}"
        answer: Response = self._client().do_request(url, method, data, dict(headers or {}))
        if answer.status_code not in expected:
            raise self._refused(answer)
        return answer

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """What goes wrong between here and the registry, in one message."""
        from oras.auth import AuthenticationException
        from requests import RequestException

        try:
            yield
        except RequestException as error:
            raise RegistryError(
                f"The registry of {self.repository} does not answer: {_reason(error)}. Start it, or see "
                "`registry` in platform-conf/platform.yml and HIGHROAD_REGISTRY."
            ) from error
        except (AuthenticationException, ValueError) as error:
            raise RegistryError(
                f"The registry of {self.repository} wants somebody who may: {error} `docker login "
                f"{self.repository.partition('/')[0]}` says who you are."
            ) from error

    def _refused(self, answer: Response) -> RegistryError:
        try:
            said = "; ".join(str(each["message"]) for each in answer.json()["errors"])
        except (KeyError, TypeError, ValueError):
            said = answer.reason
        host = self.repository.partition("/")[0]
        login = (
            f" `docker login {host}` says who you are." if answer.status_code in (401, 403) else ""
        )
        return RegistryError(
            f"The registry of {self.repository} refuses {answer.request.method}: {answer.status_code} {said}.{login}"
        )

    def _client(self) -> Any:
        if self._oras is None:
            from oras.auth import AuthenticationException
            from oras.auth.basic import BasicAuth

            client = _oras(self._root)
            client.auth.load_configs(self._container())
            if isinstance(client.auth, BasicAuth):
                try:
                    client.auth.get_auth_header()
                except AttributeError:
                    raise AuthenticationException("nobody is logged in.") from None
            self._oras = client
        return self._oras

    def _container(self) -> Any:
        from oras.container import Container

        host, _, path = self.repository.partition("/")
        return Container(path, registry=host)


def tag_of(release_id: str) -> str:
    """The tag of a release's artifact."""
    return f"release-{release_id}"


def _oras(root: str) -> Any:
    """A client of ORAS that asks once: its own retries take two minutes before they report an error."""
    try:
        from oras.auth import TokenAuth
        from oras.provider import Registry as Client
    except ImportError as error:
        raise RegistryError(
            "Releases go to a registry through ORAS, which is not installed here: highroad[registry]."
        ) from error
    import requests

    class Once(Client):
        def do_request(
            self,
            url: str,
            method: str = "GET",
            data: Any = None,
            headers: dict[str, str] | None = None,
            json: Any = None,
            stream: bool = False,
        ) -> Response:
            def ask() -> Response:
                answer: Response = self.session.request(
                    method,
                    url,
                    data=data,
                    json=json,
                    headers=headers,
                    stream=stream,
                    timeout=_PATIENCE_S,
                )
                return answer

            headers = headers or {}
            if isinstance(self.auth, TokenAuth) and self.auth.token is not None:
                headers |= self.auth.get_auth_header()
            answer = ask()
            for refused, refresh in (((401, 403), False), ((403,), True)):
                if answer.status_code in refused:
                    headers, changed = self.auth.authenticate_request(answer, headers, refresh)
                    if not changed:
                        raise ValueError("Cannot respond to request for authentication.")
                    answer = ask()
            return answer

    challenge = requests.get(root, timeout=_PATIENCE_S).headers.get("Www-Authenticate", "")
    way = "basic" if challenge.lower().startswith("basic") else "token"
    return Once(insecure=root.startswith("http:"), auth_backend=way)


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _reason(error: Exception) -> str:
    """The innermost reason: requests tells of its pool and its retries first."""
    while (inner := error.__cause__ or error.__context__) is not None and inner is not error:
        error = inner  # type: ignore[assignment]
    return str(error).rstrip(".") or type(error).__name__
