"""What a build takes from this machine to reach the package index, handed in as secrets."""

from __future__ import annotations

import configparser
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from shlex import quote
from urllib.parse import urlsplit

from highroad.secrets.redaction import secrets_of

_TAKEN = (
    "UV_DEFAULT_INDEX", "UV_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL", "UV_INDEX_STRATEGY",
    "UV_INSECURE_HOST", "UV_HTTP_TIMEOUT", "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_TRUSTED_HOST",
    "PIP_DEFAULT_TIMEOUT", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy",
)  # fmt: skip
_OF_PIP = {
    "index-url": ("PIP_INDEX_URL", "UV_DEFAULT_INDEX"),
    "extra-index-url": ("PIP_EXTRA_INDEX_URL", "UV_EXTRA_INDEX_URL"),
    "trusted-host": ("PIP_TRUSTED_HOST", "UV_INSECURE_HOST"),
}
_BUNDLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "PIP_CERT", "CURL_CA_BUNDLE")
_CERTIFICATES = ("PIP_CERT", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE")
CA = "/run/secrets/ca"
UV = "/run/secrets/uv"


def secrets(folder: Path, environ: Mapping[str, str] = os.environ) -> list[str]:
    """Options of `docker build` that hand in index, proxy and certificates; none stays in a layer.

    Args:
        folder: Where the file with the settings is written, readable to this user alone.
        environ: The environment to read.
    """
    settings = index_settings(environ)
    words = []
    if bundle := _bundle(environ):
        words += ["--secret", f"id=ca,src={bundle}"]
        settings |= dict.fromkeys(_CERTIFICATES, CA)
    if uv := _uv_file(environ):
        words += ["--secret", f"id=uv,src={uv}"]
        settings["UV_CONFIG_FILE"] = UV
    file = folder / "index"
    file.touch(mode=0o600)
    file.write_text(
        "".join(f"export {key}={quote(value)}\n" for key, value in sorted(settings.items()))
    )
    return [*words, "--secret", f"id=index,src={file}"]


def index_settings(environ: Mapping[str, str]) -> dict[str, str]:
    """The index and proxy variables for a build; what only this machine can open is left out."""
    found: dict[str, str] = {}
    for section in _pip_files(environ):
        for key, names in _OF_PIP.items():
            if value := _reachable(section.get(key, "")):
                found |= dict.fromkeys(names, value)
    for name in _TAKEN:
        if name in environ:
            value = environ[name]
            found[name] = _reachable(value) if "INDEX" in name and "://" in value else value
    return {key: value for key, value in found.items() if value}


def secret_values(environ: Mapping[str, str] = os.environ) -> set[str]:
    """Passwords of this machine that no image may hold: those in addresses, and what is called one.

    Short ones are left out, for they would be found in every second file; so are paths.
    """
    found = secrets_of(environ, shortest=12)
    for value in index_settings(environ).values():
        passwords = {urlsplit(each).password or "" for each in value.split() if "://" in each}
        found |= {each for each in passwords if len(each) >= 8}
    return {each for each in found if not each.startswith(("/", "file:"))}


def _reachable(value: str) -> str:
    return " ".join(each for each in value.split() if each.split("=", 1)[-1].startswith("http"))


def _pip_files(environ: Mapping[str, str]) -> Iterator[Mapping[str, str]]:
    """The `[global]` sections of pip's configuration, weakest first."""
    home = Path(environ.get("HOME", "/"))
    config = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
    files = [Path("/etc/xdg/pip/pip.conf"), Path("/etc/pip.conf"), home / ".pip" / "pip.conf"]
    files += [config / "pip" / "pip.conf"]
    files += [Path(environ["PIP_CONFIG_FILE"])] if environ.get("PIP_CONFIG_FILE") else []
    for file in files:
        parser = configparser.RawConfigParser()
        try:
            parser.read(file, encoding="utf-8")
        except (configparser.Error, UnicodeDecodeError):
            continue  # pip itself complains of it, better than we could
        if parser.has_section("global"):
            yield dict(parser["global"])


def _bundle(environ: Mapping[str, str]) -> str | None:
    named = [environ[name] for name in _BUNDLES if environ.get(name)]
    named += [section["cert"] for section in _pip_files(environ) if section.get("cert")]
    return next((each for each in named if Path(each).is_file()), None)


def _uv_file(environ: Mapping[str, str]) -> str | None:
    home = Path(environ.get("HOME", "/"))
    config = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
    named = environ.get("UV_CONFIG_FILE")
    files = [*([named] if named else []), str(config / "uv" / "uv.toml"), "/etc/uv/uv.toml"]
    return next((each for each in files if Path(each).is_file()), None)
