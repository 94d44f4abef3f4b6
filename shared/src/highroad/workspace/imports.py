"""What a project's modules may import: nodes stay pure, projects meet in data products only."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from highroad.workspace.projects import Project

FRAMEWORK = ("kedro", "kedro_datasets", "highroad")
WIRING = (
    "settings.py", "pipeline_registry.py", "pipeline.py", "hooks.py", "cli.py", "__init__.py",
    "__main__.py",
)  # fmt: skip
"""Modules that exist to speak to Kedro; every other one is a team's own logic."""


class Import(NamedTuple):
    """One imported module, absolute, and the 1-based line it is imported at."""

    module: str
    line: int


def import_faults(project: Project, projects: Sequence[Project]) -> list[str]:
    """What the modules of a project import and may not, with file and line.

    Args:
        project: The project to look at.
        projects: All projects.
    """
    root = Path(project.path).parents[1]
    others = {each.name for each in projects} - {project.name}
    faults = []
    for path in sorted(Path(project.path).joinpath("src").rglob("*.py")):
        place = path.relative_to(root).as_posix()
        try:
            found = list(imports_of(path.read_bytes()))
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


def imports_of(source: str | bytes) -> Iterator[Import]:
    """Every absolute import of a module's source, also inside functions."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (Import(each.name, node.lineno) for each in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            yield Import(node.module, node.lineno)
