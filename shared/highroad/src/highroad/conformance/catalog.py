"""Check a project's merged catalog in every environment, all faults at once."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from highroad.config.environments import LOCAL
from highroad.config.explain import open_loader
from highroad.conformance.check import GROUP, CatalogCheck, Check, Outcome, result_of
from highroad.conformance.facts.catalog import Merged
from highroad.entry_points import registered
from highroad.errors import CatalogError
from highroad_workspace.projects import find_projects, find_root


def catalog_checks() -> tuple[CatalogCheck, ...]:
    """All checks of catalogs, by entry points of the group `highroad.checks`.

    Raises:
        ConfigError: An entry point of the group cannot be imported, or names no check.
    """
    return tuple(each for each in registered(GROUP, Check) if isinstance(each, CatalogCheck))


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
    checks, faults = catalog_checks(), list[str]()
    count = 0
    for env in chosen:
        merged = _merge(project, env)
        count = max(count, len(merged.catalog))
        for check in checks:
            result = result_of(check, merged)
            faults += map(str, result.findings)
            if result.outcome is Outcome.UNKNOWN:
                faults.append(f"{check.name}: {result.reason}")
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
