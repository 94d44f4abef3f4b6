"""Rules about catalog entries, each on its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from highroad.config.entries import class_of, stem
from highroad.conformance.check import CatalogCheck, Finding
from highroad.secrets.shapes import is_secret_name
from highroad_workspace.metadata import meant

if TYPE_CHECKING:
    from highroad.conformance.facts.catalog import Merged

PATHS = ("filepath", "path", "product_path", "ledger", "also_files")
TO_CREDENTIALS = "conf/local/credentials.yml"


class EntriesHaveSettings(CatalogCheck):
    """A catalog entry is a mapping with a `type`."""

    def findings(self, merged: Merged) -> Iterator[Finding]:
        for name, settings in merged.catalog.items():
            if not isinstance(settings, Mapping):
                yield Finding(
                    merged.where(name),
                    f"'{name}': found {settings!r}; expected settings such as "
                    "{type: pandas.CSVDataset, filepath: …}.",
                )


class ClassesImport(CatalogCheck):
    """The class of every dataset, and of a dataset within it, can be imported."""

    def findings(self, merged: Merged) -> Iterator[Finding]:
        for name, key, settings in merged.entries:
            for inner, keys in ((settings, (key,)), (settings.get("dataset"), (key, "dataset"))):
                if inner is None:
                    continue
                try:
                    class_of(inner)
                except Exception as error:  # whatever the class's module raises on import
                    yield Finding(merged.where(*keys), f"'{name}': {str(error).splitlines()[0]}")


class CredentialsAreNamed(CatalogCheck):
    """Credentials stand in conf/local/credentials.yml, and the catalog names the entry."""

    def findings(self, merged: Merged) -> Iterator[Finding]:
        for name, key, settings in merged.entries:
            for path, value in _leaves(settings):
                if path[-1] == "credentials" and not isinstance(value, str):
                    yield Finding(
                        merged.where(key, *path),
                        f"'{name}': credentials stand in the catalog; name an entry of {TO_CREDENTIALS}.",
                    )
                elif is_secret_name(path[-1]) and isinstance(value, str):
                    yield Finding(
                        merged.where(key, *path),
                        f"'{name}': '{'.'.join(path)}' looks like a secret; move it to {TO_CREDENTIALS}.",
                    )


class LayersAreKnown(CatalogCheck):
    """A dataset's layer is one of `layers` in platform.yml."""

    def findings(self, merged: Merged) -> Iterator[Finding]:
        allowed = merged.loader.platform.layers
        for name, key, settings in merged.entries:
            layer = ((settings.get("metadata") or {}).get("kedro-viz") or {}).get("layer")
            if layer is not None and layer not in allowed:
                yield Finding(
                    merged.where(key, "metadata", "kedro-viz", "layer"),
                    f"'{name}': no layer '{layer}'.{meant(str(layer), allowed)} "
                    f"Layers: {', '.join(allowed)}.",
                )


class PathsLieInTheStore(CatalogCheck):
    """Every path of a dataset lies within the environment's store."""

    def findings(self, merged: Merged) -> Iterator[Finding]:
        store = merged.loader.platform_value("store")
        for name, key, settings in merged.entries:
            for argument in PATHS:
                given = settings.get(argument)
                for path in given if isinstance(given, list) else [given]:
                    if not isinstance(path, str):
                        continue
                    if not path.startswith(f"{store}/") or ".." in path.split("/"):
                        yield Finding(
                            merged.where(key, argument),
                            f"'{name}': {argument} '{path}' is outside the store; begin it with "
                            "${platform:store}/.",
                        )


class PartitionsHaveASuffix(CatalogCheck):
    """A partitioned dataset has a `filename_suffix`, so that it reads partitions and nothing else."""

    def findings(self, merged: Merged) -> Iterator[Finding]:
        for name, key, settings in merged.entries:
            if not settings.get("filename_suffix") and _is_partitioned(settings):
                yield Finding(
                    merged.where(key),
                    f"'{name}': no filename_suffix, so it would read unfinished and foreign files "
                    "in its folder too; add one such as `filename_suffix: .parquet`.",
                )


class EntriesAreUsed(CatalogCheck):
    """Every entry is used by a pipeline, under its own name or another transcoding of it."""

    def findings(self, merged: Merged) -> Iterator[Finding]:
        stems = {stem(name) for name in merged.used}
        for name in merged.catalog:
            if "{" not in name and stem(name) not in stems:
                yield Finding(
                    merged.where(name), f"'{name}' is used by no pipeline; delete the entry."
                )


def _is_partitioned(settings: Mapping[str, Any]) -> bool:
    try:
        kind = class_of(settings)
    except Exception:  # ClassesImport says so
        return False
    # By name: asking kedro_datasets for its class would import it for every project.
    return any(each.__name__ == "PartitionedDataset" for each in kind.__mro__)


def _leaves(
    value: Mapping[Any, Any], path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], Any]]:
    """(path, value) of everything below a mapping that is none itself; `credentials` as a whole."""
    for key, inner in value.items():
        here = (*path, str(key))
        if isinstance(inner, Mapping) and key != "credentials":
            yield from _leaves(inner, here)
        elif inner is not None:
            yield here, inner


class PicklesAreAllowed(CatalogCheck):
    """A pickle runs whatever is in it when it is loaded; the platform decides whether there are any."""

    def findings(self, merged: Merged) -> Iterator[Finding]:
        if merged.loader.platform.models.pickles:
            return
        for name, key, settings in merged.entries:
            kind = str(settings.get("type", ""))
            is_pickle = kind.endswith("pickle.PickleDataset") or kind.endswith(
                "pickle_dataset.PickleDataset"
            )
            if is_pickle or settings.get("kind") == "pickle":
                yield Finding(
                    merged.where(key, "kind" if settings.get("kind") else "type"),
                    f"'{name}' is a pickle, which runs whatever is in it when it is loaded, and the platform "
                    f"does not allow that. Call a model '{name.partition('#')[0]}#models', save a table as "
                    "Parquet; or set models.pickles in platform.yml.",
                )
