"""Check a project's merged catalog in every environment, all faults at once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple

from kedro.config import MissingConfigException
from kedro.io import CatalogConfigResolver
from kedro.io.core import parse_dataset_definition

from highroad.config.explain import files_of, layers, open_loader
from highroad.config.loader import PlatformConfigLoader
from highroad.config.positions import line_of
from highroad.errors import CatalogError
from highroad.workspace.projects import Project, find_projects, find_root

_SECRET_KEY = re.compile(r"(?i)password|secret|token|api_?key|account_key")
# What Kedro itself uses for names no entry or pattern answers; said here it need not warn.
IN_MEMORY = {"{default}": {"type": "kedro.io.MemoryDataset"}}
PRODUCT = re.compile(r"^(?P<owner>\w+)\.(?P<product>\w+)(@\w+)?$")


class Fault(NamedTuple):
    """One thing wrong: where (`file:line` where there is one) and what, with the way out."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


class _Merged(NamedTuple):
    """What one environment comes to: the loader, its catalog and the pipelines' datasets."""

    project: Path
    env: str
    loader: PlatformConfigLoader
    catalog: Mapping[str, Any]
    used: frozenset[str]
    produced: frozenset[str]

    def where(self, keys: Sequence[str]) -> str:
        """`file:line` of an entry in the strongest layer that has it, else the project's name."""
        for _, folder in reversed(layers(self.loader, self.project)):
            for path in files_of(self.loader, folder, "catalog"):
                if line := line_of(path.read_text(encoding="utf-8"), keys):
                    root = self.loader.platform_conf.parent
                    return f"{path.relative_to(root).as_posix() if path.is_relative_to(root) else path}:{line}"
        return f"{self.project.name}, environment {self.env}"


def check_catalogs(project: Path, envs: Iterable[str] = ()) -> str:
    """Check the catalogs of the given environments, by default of all.

    Returns:
        One line that says what was checked.

    Raises:
        CatalogError: Every fault found, a line each.
        ConfigError: Configuration that cannot even be read.
    """
    workspace = find_projects(find_root(project))
    declared = open_loader(project, "local").platform.environments
    chosen = list(envs) or [name if name != "base" else "local" for name in declared]
    faults: list[Fault] = []
    entries = 0
    for env in chosen:
        merged = _merge(project, env)
        entries = max(entries, len(merged.catalog))
        for rule in RULES:
            faults += rule(merged, workspace)
    unique = list(dict.fromkeys(map(str, faults)))
    if unique:
        raise CatalogError(
            "\n".join([*unique, f"{len(unique)} fault(s) in the catalog of '{project.name}'."])
        )
    return (
        f"{project.name}: {entries} catalog entries and patterns are sound in {', '.join(chosen)}"
    )


def _merge(project: Path, env: str) -> _Merged:
    from kedro.framework.project import pipelines

    loader = open_loader(project, env)
    try:
        catalog = loader["catalog"]
    except MissingConfigException:
        catalog = {}
    every = list(pipelines.values())
    used = frozenset(name for pipeline in every for name in pipeline.datasets())
    produced = frozenset(
        name for pipeline in every for node in pipeline.nodes for name in node.outputs
    )
    return _Merged(project, env, loader, catalog, used, produced)


def _resolved(merged: _Merged) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """(name, catalog key, configuration) of every entry and of every dataset a pattern answers for."""
    patterns = CatalogConfigResolver(dict(merged.catalog), default_runtime_patterns=IN_MEMORY)
    for name, entry in merged.catalog.items():
        if "{" not in name:
            yield name, name, entry
    for name in sorted(merged.used - set(merged.catalog)):
        if pattern := patterns.match_dataset_pattern(name):
            yield name, pattern, patterns.resolve_pattern(name)


def _classes(merged: _Merged, _: Sequence[Project]) -> Iterator[Fault]:
    for name, key, entry in _resolved(merged):
        for config, keys in ((entry, [key]), (entry.get("dataset"), [key, "dataset"])):
            if config is None:
                continue
            try:
                parse_dataset_definition(config if isinstance(config, dict) else {"type": config})
            except Exception as error:  # whatever the class's module raises on import is the fault
                yield Fault(merged.where(keys), f"'{name}': {str(error).splitlines()[0]}")


def _credentials(merged: _Merged, _: Sequence[Project]) -> Iterator[Fault]:
    for name, key, entry in _resolved(merged):
        given = entry.get("credentials")
        if given is not None and not isinstance(given, str):
            yield Fault(
                merged.where([key, "credentials"]),
                f"'{name}': credentials stand in the catalog; name an entry of conf/local/credentials.yml.",
            )
        for path in _paths_to_secrets({k: v for k, v in entry.items() if k != "credentials"}):
            yield Fault(
                merged.where([key, *path]),
                f"'{name}': '{'.'.join(path)}' looks like a secret; move it to conf/local/credentials.yml.",
            )


def _paths_to_secrets(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if _SECRET_KEY.search(str(key)) and isinstance(inner, str):
                yield (*path, str(key))
            else:
                yield from _paths_to_secrets(inner, (*path, str(key)))


def _layer(merged: _Merged, _: Sequence[Project]) -> Iterator[Fault]:
    allowed = merged.loader.platform.layers
    for name, key, entry in _resolved(merged):
        layer = ((entry.get("metadata") or {}).get("kedro-viz") or {}).get("layer")
        if layer is not None and layer not in allowed:
            close = get_close_matches(layer, allowed, n=1)
            hint = f" Did you mean '{close[0]}'?" if close else ""
            yield Fault(
                merged.where([key, "metadata", "kedro-viz", "layer"]),
                f"'{name}': no layer '{layer}'.{hint} Layers: {', '.join(allowed)}.",
            )


def _paths(merged: _Merged, _: Sequence[Project]) -> Iterator[Fault]:
    store = merged.loader.platform.store_root(
        merged.loader.platform_env, merged.loader.platform_conf.parent
    )
    for name, key, entry in _resolved(merged):
        for argument in ("filepath", "path", "made_path"):
            path = entry.get(argument)
            if not isinstance(path, str):
                continue
            if not path.startswith(f"{store}/") or ".." in path.split("/"):
                yield Fault(
                    merged.where([key, argument]),
                    f"'{name}': {argument} '{path}' is outside the store; begin it with ${{platform:store}}/.",
                )


def _inputs(merged: _Merged, workspace: Sequence[Project]) -> Iterator[Fault]:
    answered = {name for name, _, _ in _resolved(merged)} | merged.produced
    try:
        parameters = merged.loader["parameters"]
    except MissingConfigException:
        parameters = {}
    for name in sorted(merged.used):
        if name == "parameters":
            continue
        if name.startswith("params:"):
            value: Any = parameters
            for part in name.removeprefix("params:").split("."):
                value = value.get(part) if isinstance(value, Mapping) else None
            if value is None:
                yield Fault(
                    f"{merged.project.name}, environment {merged.env}",
                    f"'{name}': no such parameter in conf/*/parameters*.yml.",
                )
        elif name not in answered:
            close = get_close_matches(name, sorted(answered), n=1)
            hint = f" Did you mean '{close[0]}'?" if close else ""
            yield Fault(
                f"{merged.project.name}, environment {merged.env}",
                f"pipeline input '{name}' is neither produced, in the catalog nor a data product.{hint}",
            )
    yield from _products(merged, workspace)


def _products(merged: _Merged, workspace: Sequence[Project]) -> Iterator[Fault]:
    """Data products in pipelines must be what pyproject.toml says is published and consumed."""
    own = next(project for project in workspace if Path(project.path) == merged.project)
    published = {product for project in workspace for product in project.publishes}
    for name, key, _ in _resolved(merged):
        if not (match := PRODUCT.match(name)) or "{owner}" not in key:
            continue
        product = f"{match['owner']}.{match['product']}"
        where = f"{merged.project.name}/pyproject.toml"
        if name in merged.produced:
            if product not in own.publishes:
                yield Fault(
                    where,
                    f"'{product}' is saved but not in [tool.highroad] publishes; add it there.",
                )
        elif product not in published:
            close = get_close_matches(product, sorted(published), n=1)
            hint = f" Did you mean '{close[0]}'?" if close else ""
            yield Fault(where, f"no project publishes '{product}'.{hint}")
        elif product not in own.consumes and product not in own.publishes:
            yield Fault(
                where, f"'{product}' is loaded but not in [tool.highroad] consumes; add it there."
            )


def _unused(merged: _Merged, _: Sequence[Project]) -> Iterator[Fault]:
    stems = {name.split("@")[0] for name in merged.used}
    for name in merged.catalog:
        if "{" not in name and name not in merged.used and name.split("@")[0] not in stems:
            yield Fault(merged.where([name]), f"'{name}' is used by no pipeline; delete the entry.")


RULES = (_classes, _credentials, _layer, _paths, _inputs, _unused)
