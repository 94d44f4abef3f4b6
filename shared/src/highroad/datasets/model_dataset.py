"""A model: its file, and beside it all that one has to know to trust it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path, PurePosixPath
from typing import Any

import fsspec
from kedro.io import AbstractVersionedDataset, Version
from kedro.io.core import get_protocol_and_path

from highroad.config.platform import Models, load_platform
from highroad.models import files, folder
from highroad.models.bundle import Bundle, loaded
from highroad.models.card import card
from highroad.models.folder import Manifest
from highroad.models.signature import as_table, signature_of
from highroad.runs import current_run
from highroad.tracking.surroundings import without_secrets

MOST_TEST_ROWS = 20_000
_DECISIVE = ("scikit-learn", "skops", "numpy", "scipy", "pandas", "polars")


class ModelDataset(AbstractVersionedDataset[Any, Any]):
    """Save a scikit-learn model with its signature, metrics, environment and card; load it safely.

    A version is a folder: `model.skops`, `signature.json`, `metrics.json`, `test_data.parquet`,
    `uv.lock`, `README.md` (the card), `model.onnx` where asked for, and `manifest.json` with SHA-256
    of each. The manifest is written last, so a version that was cut off is none. On loading each file
    is held against the manifest before it is decoded, and only types that scikit-learn's own format
    or platform.yml trusts are made.

    A node returns an estimator, or a dict: `model`; where it likes `training_data` (for the
    signature, not saved), `test_data` and `test_target` (at most 20,000 rows are kept, evenly
    spaced, so that promotion compares models on the same ones), `metrics`; and whatever is to be kept
    beside the model. What was kept is loaded again.

    Args:
        filepath: The folder of all versions; its name is the model's.
        project: The project; the model is registered as `<project>.<name>`.
        platform_conf: The platform's folder, whose `models` decide what is trusted.
        project_path: The project's folder, for its `uv.lock`; empty where it is packaged.
        kind: `skops`, or `pickle` where the platform allows it.
        onnx: Convert to ONNX too; written only where it agrees with the model.
        version: Kedro's, from `versioned: true`.
        credentials: For fsspec.
        fs_args: For fsspec.
        metadata: Anything; Kedro ignores it.
    """

    def __init__(
        self,
        *,
        filepath: str,
        project: str,
        platform_conf: str,
        project_path: str = "",
        kind: str = files.SKOPS,
        onnx: bool = False,
        version: Version | None = None,
        credentials: dict[str, Any] | None = None,
        fs_args: dict[str, Any] | None = None,
        metadata: dict[str, Any] | None = None,
    ):
        self._protocol, path = get_protocol_and_path(filepath)
        self._fs = fsspec.filesystem(self._protocol, **{**(fs_args or {}), **(credentials or {})})
        super().__init__(
            PurePosixPath(path),
            version,
            exists_function=self._is_whole,
            glob_function=self._fs.glob,
        )
        self.name = f"{project}.{PurePosixPath(path).name}"
        self.metadata = metadata
        self._conf = Path(platform_conf)
        self._lock = Path(project_path, folder.LOCK) if project_path else None
        self._kind, self._onnx = kind, onnx
        self._manifest: Manifest | None = None

    @property
    def manifest(self) -> Manifest | None:
        """Of the version this dataset last loaded or saved."""
        return self._manifest

    def model_facts(self) -> dict[str, str] | None:
        """For the run's record: `name`, `digest` of the manifest, `content`."""
        if self._manifest is None:
            return None
        return {
            "name": self.name,
            "digest": self._manifest.digest,
            "content": self._manifest.content,
        }

    def load(self) -> Any:
        place = self._get_load_path().as_posix()
        manifest, platform = folder.read_manifest(self._fs, place), self._platform()
        files.require_allowed(manifest.kind, platform.pickles, place)
        folder.verify(self._fs, place, manifest)
        file = files.NAMES[manifest.kind]
        kept = files.decode(
            folder.read(self._fs, place, manifest, file),
            manifest.kind,
            platform.trusted,
            f"{place}/{file}",
        )
        self._manifest = manifest
        return loaded(kept, is_bare=manifest.is_bare)

    def save(self, data: Any) -> None:
        place, platform = self._get_save_path().as_posix(), self._platform()
        files.require_allowed(self._kind, platform.pickles, self.name)
        bundle = Bundle.of(data, self.name)
        signature = signature_of(bundle.model, bundle.training_data)
        about, metrics = self._about(bundle), without_secrets(bundle.metrics)
        written = {
            files.NAMES[self._kind]: files.encode(
                bundle.kept, self._kind, platform.trusted, self.name
            ),
            folder.SIGNATURE: _json(signature.to_dict()),
            folder.METRICS: _json(metrics),
        }
        if bundle.test_data is not None:
            written[folder.TEST_DATA] = _parquet(bundle)
        if self._lock is not None and self._lock.is_file():
            written[folder.LOCK] = self._lock.read_bytes()
        if self._onnx:
            self._add_onnx(bundle, written, about)
        written[folder.CARD] = card(self.name, about, signature, metrics).encode()
        self._manifest = folder.write(self._fs, place, written, about)

    def _add_onnx(self, bundle: Bundle, written: dict[str, bytes], about: dict[str, Any]) -> None:
        from highroad.models.onnx_export import NotConverted, to_onnx

        if bundle.training_data is None:
            about["notes"] += ("no ONNX: there is no training data to compare it on",)
            return
        try:
            written[folder.ONNX] = to_onnx(bundle.model, bundle.training_data)
        except NotConverted as why:
            about["notes"] += (f"no ONNX: it {why}",)

    def _about(self, bundle: Bundle) -> dict[str, Any]:
        run = current_run()
        return {
            "name": self.name,
            "kind": self._kind,
            "is_bare": bundle.is_bare,
            "run": run.id if run else "",
            "commit": run.commit if run else "",
            "saved_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "versions": _versions(),
            "notes": (),
        }

    def _platform(self) -> Models:
        return load_platform(self._conf).models

    def _is_whole(self, place: str) -> bool:
        return bool(self._fs.exists(f"{place}/{folder.FILE}"))

    def _exists(self) -> bool:
        try:
            return self._is_whole(self._get_load_path().as_posix())
        except Exception:  # Kedro's, where there is no version at all
            return False

    def _release(self) -> None:
        super()._release()
        self._fs.invalidate_cache(self._filepath.as_posix())

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._filepath, "kind": self._kind, "version": self._version}


def _parquet(bundle: Bundle) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = as_table(bundle.test_data)
    target = pa.array(list(bundle.test_target), from_pandas=True)
    table = table.append_column(folder.TARGET_COLUMN, target)
    step = -(-len(table) // MOST_TEST_ROWS)
    if step > 1:
        table = table.take(list(range(0, len(table), step)))
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    return bytes(sink.getvalue())


def _json(value: Any) -> bytes:
    return json.dumps(value, indent=2, sort_keys=True, default=str).encode()


def _versions() -> dict[str, str]:
    import platform

    found = {"python": platform.python_version()}
    for name in ("highroad", *_DECISIVE):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
