"""A model: its file, and beside it all that one has to know to trust it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import fsspec
from kedro.io import AbstractVersionedDataset, Version
from kedro.io.core import get_protocol_and_path

from highroad.config.platform import Models, load_platform
from highroad.errors import DataError
from highroad.models import files, folder
from highroad.models.bundle import TRAINING, Bundle, loaded, table_of
from highroad.models.card import card
from highroad.models.folder import Manifest
from highroad.models.signature import Signature, signature_of
from highroad.runs import current_run
from highroad.secrets.redaction import redact_values
from highroad_workspace.names import MODEL, name_fault

if TYPE_CHECKING:
    import pyarrow as pa

MOST_TEST_ROWS = 20_000
_DECISIVE = ("scikit-learn", "skops", "numpy", "scipy", "pandas", "polars")


class ModelDataset(AbstractVersionedDataset[Any, Any]):
    """Save a scikit-learn model with its signature, metrics, environment and card; load it safely.

    A version is a folder: `model.skops`, `signature.json`, `metrics.json`, `test_data.parquet`,
    `uv.lock`, `README.md` (the card), `model.onnx` and `serving.json` where the model can be served, and
    `manifest.json` with SHA-256 of each. The manifest is written last, so a version that was cut off is none. On loading each file
    is held against the manifest before it is decoded, and only types that scikit-learn's own format
    or platform.yml trusts are made.

    A node returns an estimator, or a dict: `model`; where it likes `training_data` (for the
    signature, not saved), `test_data` and `test_target` (at most 20,000 rows are kept, evenly
    spaced, so that promotion compares models on the same ones), `metrics`; and whatever is to be kept
    beside the model. What was kept is loaded again. Credentials of a remote store come from the
    environment, as they do where the model is registered and promoted.

    Args:
        filepath: The folder of all versions; its name is the model's.
        project: The project; the model is registered as `<project>.<name>`.
        platform_conf: The platform's folder, whose `models` decide what is trusted.
        project_path: The project's folder, for its `uv.lock`; empty where it is packaged.
        kind: `skops`, or `pickle` where the platform allows it.
        onnx: Convert to ONNX too; written only where it computes the same as the model, else the card says why
            not. None: where onnx is installed, as it is with `highroad[serving]`.
        version: Kedro's, from `versioned: true`.
        metadata: Anything; Kedro ignores it.

    Raises:
        ValueError: The entry is not versioned, or its name is none that a registry takes.
    """

    def __init__(
        self,
        *,
        filepath: str,
        project: str,
        platform_conf: str,
        project_path: str = "",
        kind: str = files.SKOPS,
        onnx: bool | None = None,
        version: Version | None = None,
        metadata: dict[str, Any] | None = None,
    ):
        self._protocol, path = get_protocol_and_path(filepath)
        self.name = f"{project}.{PurePosixPath(path).name}"
        if version is None:
            raise ValueError(f"{self.name}: a model has versions; say `versioned: true`.")
        if fault := name_fault(MODEL, self.name):
            raise ValueError(f"{self.name}: {fault}.")
        if ".." in PurePosixPath(path).parts:
            raise ValueError(
                f"{self.name}: its filepath leads out of its folder by '..': {filepath}."
            )
        self._fs = fsspec.filesystem(self._protocol)
        super().__init__(
            PurePosixPath(path),
            version,
            exists_function=self._is_whole,
            glob_function=self._fs.glob,
        )
        self.metadata = metadata
        self._conf = Path(platform_conf)
        self._lock = Path(project_path, folder.LOCK) if project_path else None
        self._kind, self._onnx = kind, onnx
        self._manifest: Manifest | None = None
        self._metrics: dict[str, Any] = {}

    @property
    def manifest(self) -> Manifest | None:
        """Of the version this dataset last loaded or saved."""
        return self._manifest

    def model_facts(self) -> dict[str, Any] | None:
        """For the run's record: `name`, `digest` of the manifest, `content`, `saved_at`, `metrics`."""
        found = self._manifest
        if found is None:
            return None
        return {
            "name": self.name,
            "digest": found.digest,
            "content": found.content,
            "saved_at": found.saved_at,
            "metrics": self._metrics,
        }

    def load(self) -> Any:
        place = self._get_load_path().as_posix()
        manifest, platform = folder.read_manifest(self._fs, place), self._platform()
        if manifest.name != self.name:
            raise DataError(f"{place}: is a version of {manifest.name}, and not of {self.name}.")
        files.require_allowed(manifest.kind, platform.pickles, place)
        file = files.NAMES[manifest.kind]
        data = folder.verified(self._fs, place, manifest)[file]
        kept = files.decode(data, manifest.kind, platform.trusted, f"{place}/{file}")
        self._manifest, self._metrics = manifest, {}
        return loaded(kept, is_bare=manifest.is_bare)

    def save(self, data: Any) -> None:
        place, platform = self._get_save_path().as_posix(), self._platform()
        files.require_allowed(self._kind, platform.pickles, self.name)
        bundle = Bundle.of(data, self.name)
        training = (
            table_of(bundle.training_data, self.name, TRAINING)
            if bundle.training_data is not None
            else None
        )
        signature = signature_of(bundle.model, training)
        about, metrics = self._about(bundle), redact_values(bundle.metrics)
        written = {
            files.NAMES[self._kind]: files.encode(
                bundle.kept, self._kind, platform.trusted, self.name
            ),
            folder.SIGNATURE: _json(signature.to_dict()),
            folder.METRICS: _json(metrics),
        }
        if bundle.test_data is not None:
            written[folder.TEST_DATA] = _parquet(bundle.test_data)
        if self._lock is not None and self._lock.is_file():
            written[folder.LOCK] = self._lock.read_bytes()
        if find_spec("onnx") is not None if self._onnx is None else self._onnx:
            self._add_onnx(bundle, signature, training, written, about)
        written[folder.CARD] = card(self.name, about, signature, metrics).encode()
        self._manifest = folder.write(self._fs, place, written, about)
        self._metrics = metrics

    def _add_onnx(
        self,
        bundle: Bundle,
        signature: Signature,
        training: pa.Table | None,
        written: dict[str, bytes],
        about: dict[str, Any],
    ) -> None:
        from highroad.models.onnx.export import export
        from highroad.models.onnx.graph import NotConverted

        rows = [each for each in (bundle.test_data, training) if each is not None]
        if not rows:
            about["notes"] += ("no ONNX: there is no data to compare it on",)
            return
        is_array = not hasattr(bundle.model, "feature_names_in_")
        try:
            made = export(bundle.model, signature, rows, beside=bundle.beside, is_array=is_array)
        except NotConverted as why:
            about["notes"] += (f"no ONNX: it {why}",)
        else:
            written |= {folder.ONNX: made.onnx, folder.SERVING: made.serving}

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


def _parquet(table: pa.Table) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    step = -(-len(table) // MOST_TEST_ROWS)
    if step > 1:
        table = table.take(list(range(0, len(table), step)))
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    return bytes(sink.getvalue())


def _json(value: Any) -> bytes:
    return json.dumps(value, indent=2, sort_keys=True, default=str, allow_nan=False).encode()


def _versions() -> dict[str, str]:
    import platform

    found = {"python": platform.python_version()}
    for name in ("highroad", *_DECISIVE):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
