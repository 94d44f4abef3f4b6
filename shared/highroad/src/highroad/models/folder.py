"""A version of a model on a store: its files, and a manifest, written last, that vouches for them."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from highroad.errors import DataError
from highroad.limits import parse_json

FILE = "manifest.json"
FORMAT = 1
CARD, LOCK, SIGNATURE, METRICS, TEST_DATA, ONNX, SERVING = (
    "README.md", "uv.lock", "signature.json", "metrics.json", "test_data.parquet", "model.onnx", "serving.json",
)  # fmt: skip
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_HASH = re.compile(r"[0-9a-f]{64}")
_ABOUT = (CARD, LOCK, ONNX, SERVING)
"""Files that say the same in other words, or what surrounded it: no part of `content`."""


@dataclass(frozen=True)
class Manifest:
    """What vouches for a version's files.

    Attributes:
        name: The model, `<project>.<name>`.
        kind: Of the model's file: `skops` or `pickle`.
        is_bare: The estimator is alone in it.
        files: SHA-256 and bytes by name.
        content: SHA-256 over model, signature, metrics and test data; the same for the same fit.
        run: The run that made it; empty outside of runs.
        commit: Of that run.
        saved_at: ISO 8601 in UTC.
        versions: Of Python and the packages that decide whether it loads.
        notes: What a reader should know, such as why there is no ONNX.
        digest: SHA-256 of the manifest itself; what a registry and a record keep.
    """

    name: str
    kind: str
    is_bare: bool
    files: Mapping[str, Mapping[str, Any]]
    content: str
    run: str = ""
    commit: str = ""
    saved_at: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    digest: str = ""


def write(fs: Any, place: str, files: Mapping[str, bytes], about: Mapping[str, Any]) -> Manifest:
    """Write a version; it exists once its manifest does.

    Args:
        fs: An fsspec file system.
        place: The version's folder.
        files: Content by name.
        about: The manifest's other attributes.
    """
    listed = {
        name: {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
        for name, content in sorted(files.items())
    }
    told = "\n".join(
        f"{name} {each['sha256']}" for name, each in listed.items() if name not in _ABOUT
    )
    content = hashlib.sha256(told.encode()).hexdigest()
    manifest = Manifest(files=listed, content=content, **about)
    facts = {"format": FORMAT, **asdict(manifest)}
    del facts["digest"]  # it cannot hold its own
    text = json.dumps(facts, indent=2).encode()
    fs.makedirs(place, exist_ok=True)
    for name, each in {**files, FILE: text}.items():
        with fs.open(f"{place}/{name}", "wb") as file:
            file.write(each)
    return Manifest(**{**asdict(manifest), "digest": hashlib.sha256(text).hexdigest()})


def read_manifest(fs: Any, place: str) -> Manifest:
    """The manifest of a version.

    Raises:
        DataError: There is none, or it is none.
    """
    where = f"{place}/{FILE}"
    try:
        text = fs.cat_file(where)
    except FileNotFoundError as error:
        raise DataError(f"{place}: no model; expected a {FILE} in it.") from error
    try:
        facts = parse_json(text)
        if facts.pop("format") != FORMAT:
            raise ValueError("of a newer format; upgrade highroad")
        _require_sound(facts["files"])
        facts["notes"] = tuple(facts["notes"])
        return Manifest(**facts, digest=hashlib.sha256(text).hexdigest())
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise DataError(f"{where}: no manifest of a model: {error}.") from error


def _require_sound(listed: Mapping[str, Mapping[str, Any]]) -> None:
    """Names that stay within the folder, each with a hash and a size; whoever wrote it."""
    for name, each in listed.items():
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} is not a valid file name")
        if not _HASH.fullmatch(each["sha256"]) or type(each["bytes"]) is not int:
            raise ValueError(f"{name!r} has no hash and size")
    if not {SIGNATURE, METRICS} <= listed.keys():
        raise ValueError("files are missing in it")


def read(fs: Any, place: str, manifest: Manifest, name: str) -> bytes:
    """A file's bytes, after they were held against the manifest.

    Raises:
        DataError: It is missing, or is not what was written; nothing of it was decoded.
    """
    where = f"{place}/{name}"
    expected = manifest.files.get(name)
    if expected is None:
        raise DataError(f"{where}: not in the manifest; found {', '.join(manifest.files)}.")
    try:
        if fs.size(where) != expected["bytes"]:
            raise DataError(_not_as_it_was(where, f"{fs.size(where)} bytes", expected["bytes"]))
        data: bytes = fs.cat_file(where)
    except FileNotFoundError as error:
        raise DataError(f"{where}: is gone, and the manifest names it.") from error
    found = hashlib.sha256(data).hexdigest()
    if found != expected["sha256"]:
        raise DataError(_not_as_it_was(where, f"SHA-256 {found[:12]}", expected["sha256"][:12]))
    return data


def _not_as_it_was(where: str, found: str, expected: object) -> str:
    return (
        f"{where}: is not what was saved: {found}, expected {expected}. It is not loaded. Take another "
        "version of the model, or train it again."
    )


def verified(fs: Any, place: str, manifest: Manifest) -> dict[str, bytes]:
    """Every file's bytes, held against the manifest.

    Raises:
        DataError: For the first that differs.
    """
    return {name: read(fs, place, manifest, name) for name in manifest.files}
