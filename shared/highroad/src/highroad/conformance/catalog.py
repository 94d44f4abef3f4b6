"""Check a project's merged catalog in every environment, all faults at once."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from highroad.config.environments import LOCAL
from highroad.config.explain import open_loader
from highroad.conformance import contracts, entries, inputs
from highroad.conformance.rule import CatalogCheck, Merged
from highroad.errors import CatalogError
from highroad_workspace.projects import find_projects, find_root

CHECKS: tuple[CatalogCheck, ...] = (
    entries.EntriesHaveSettings(),
    entries.ClassesImport(),
    entries.CredentialsAreNamed(),
    entries.LayersAreKnown(),
    entries.PathsLieInTheStore(),
    entries.PartitionsHaveASuffix(),
    entries.EntriesAreUsed(),
    entries.PicklesAreAllowed(),
    inputs.ParametersExist(),
    inputs.InputsAreAnswered(),
    inputs.ProductsAreDeclared(),
    contracts.ProductsNameTheirContract(),
    contracts.ProductsKeepTheirGate(),
)


def check_catalogs(project: Path, envs: Iterable[str] = ()) -> str:
    """Check the catalogs of the given environments, by default of all.

    Returns:
        One line that says what was checked.

    Raises:
        CatalogError: Every fault found, a line each.
        ConfigError: Configuration that cannot even be read.
    """
    declared = open_loader(project, LOCAL).platform.environments
    chosen = list(envs) or [name if name != "base" else LOCAL for name in declared]
    faults: list[str] = []
    count = 0
    for env in chosen:
        merged = _merge(project, env)
        count = max(count, len(merged.catalog))
        faults += [str(each) for check in CHECKS for each in check.run(merged).findings]
    unique = list(dict.fromkeys(faults))
    if unique:
        raise CatalogError(
            "\n".join([*unique, f"{len(unique)} fault(s) in the catalog of '{project.name}'."])
        )
    return f"{project.name}: {count} catalog entries and patterns are sound in {', '.join(chosen)}"


def _merge(project: Path, env: str) -> Merged:
    workspace = find_projects(find_root(project))
    own = next(each for each in workspace if Path(each.path) == project)
    loader = open_loader(project, env)
    from kedro.framework.project import pipelines  # after open_loader has configured the project

    return Merged(own, env, loader, list(pipelines.values()), workspace)
