"""What a project's modules may import: nodes stay pure, projects meet in data products only."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from highroad_workspace.projects import Project

FRAMEWORK = ("kedro", "kedro_datasets", "highroad")
WIRING = (
    "settings.py", "pipeline_registry.py", "pipeline.py", "hooks.py", "cli.py", "__init__.py",
    "__main__.py",
)  # fmt: skip
"""Modules that exist to speak to Kedro; every other one is a team's own logic."""

_IMPORTS, _WORDS = re.compile(r"^.*\b(?:import|from)\b.*$", re.MULTILINE), re.compile(r"\w+")


class Import(NamedTuple):
    """One imported module, absolute, and the 1-based line it is imported at."""

    module: str
    line: int


def import_faults(
    project: Project, projects: Sequence[Project], *, only_readable: bool = False
) -> list[str]:
    """What the modules of a project import and may not, with file and line.

    Args:
        project: The project to look at.
        projects: All projects.
        only_readable: Take for granted that a module is Python where it names nothing it may not import;
            to parse one costs a hundred times what a look into it does.
    """
    root = Path(project.path).parents[1]
    others = {each.name for each in projects} - {project.name}
    faults = []
    for path in sorted(Path(project.path).joinpath("src").rglob("*.py")):
        place = path.relative_to(root).as_posix()
        source = path.read_bytes()
        unwanted = others if path.name in WIRING else others.union(FRAMEWORK)
        if only_readable and not _may_import(source, unwanted):
            continue
        try:
            found = list(imports_of(source))
        except (SyntaxError, ValueError) as error:
            line = getattr(error, "lineno", None) or 1
            faults.append(f"{place}:{line}: cannot be read as Python: {error}.")
            continue
        for module, line in found:
            top = module.partition(".")[0]
            if top in others:
                faults.append(
                    f"{place}:{line}: imports the project '{top}'; projects meet in data products: "
                    f"add one of its products to [tool.highroad] consumes and load it."
                )
            elif top in FRAMEWORK and path.name not in WIRING:
                faults.append(
                    f"{place}:{line}: imports {module}; nodes are pure functions of data and "
                    f"parameters. Expected such imports only in {', '.join(WIRING)}."
                )
    return faults


def _may_import(source: bytes, names: set[str]) -> bool:
    """Whether a module could import one of some names; a module's name stands behind `import` or `from`."""
    lines = _IMPORTS.findall(source.decode("utf-8", "replace"))
    return any(line.endswith("\\") or not names.isdisjoint(_WORDS.findall(line)) for line in lines)


def imports_of(source: str | bytes) -> Iterator[Import]:
    """Every absolute import of a module's source, also inside functions."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (Import(each.name, node.lineno) for each in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            yield Import(node.module, node.lineno)
