"""Make a project: all of it, or nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined, Template

from highroad.access.grants import FOLDER as GRANTS
from highroad.access.grants import read_rules
from highroad.config.platform import Platform, load_platform
from highroad.errors import StarterError
from highroad.principal import current_principal
from highroad.products.visible import visible_products
from highroad.starter.choices import Answers, completed, require
from highroad.starter.extension import FIELDS, VERSION, Design, Highroad, contracts_of, design_of
from highroad.starter.record import GIVEN, Given, read_chosen, written
from highroad_workspace.environments import find_uv
from highroad_workspace.leftovers import new_folder
from highroad_workspace.projects import find_root

TEMPLATE = Path(__file__).parent / "template"
"""A name such as `{{ 'pyproject' }}.toml` in it keeps tools from taking it for what it is to be."""
MANAGED = ("pyproject.toml", "settings.py", "__main__.py")
"""Files that the template goes on to manage; all others are the team's from the first day."""
_SUFFIXES = (".py", ".toml", ".md", ".yml")


def make(
    answers: Answers, root: Path, *, lock: bool = True, products: Collection[str] | None = None
) -> list[str]:
    """Make a project; a process that is killed leaves none.

    Args:
        answers: What was chosen.
        root: The repository.
        lock: Whether to write its lock too, which takes the package index.
        products: What it may consume; None for every product.

    Returns:
        The files that were written, by their paths in the repository.

    Raises:
        StarterError: The answers make no project, or its lock cannot be written.
    """
    platform = load_platform(root / "platform-conf")
    files = draft(answers, root, platform, products)
    own = f"projects/{answers.name}/"
    # As deep as projects/NAME, so that the lock's way to the library is the same.
    parent = Path(new_folder(".new", root))
    try:
        folder = parent / answers.name
        for name in (each for each in files if each.startswith(own)):
            path = folder / name.removeprefix(own)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(files[name], encoding="utf-8")
        if lock:
            write_lock(folder)
        # What is left of a project that was not made is a contract at most, which the next attempt writes again.
        for name in (each for each in files if not each.startswith(own)):
            _write(root / name, files[name])
        target = root / "projects" / answers.name
        target.parent.mkdir(exist_ok=True)
        folder.rename(target)
    finally:
        shutil.rmtree(parent, ignore_errors=True)
    written_files = [*files, f"{own}uv.lock"] if lock else [*files]
    return [*written_files, *write_owners(platform, root)]


def draft(
    answers: Answers, root: Path, platform: Platform, products: Collection[str] | None = None
) -> dict[str, str]:
    """The files of a project and its contract, by their paths in the repository; nothing is written.

    The lock and CODEOWNERS are no part of it: one takes the package index, the other is the repository's.

    Args:
        answers: What was chosen.
        root: The repository.
        platform: Its settings.
        products: What it may consume; None for every product.

    Raises:
        StarterError: The answers make no project.
    """
    contracts = contracts_of(root, products)
    answers = completed(answers, platform)
    require(answers, platform, contracts, taken(root))
    design = design_of(answers.name, answers._asdict(), root, contracts)
    files = {**render(design), GIVEN: given(design)}
    found = {f"projects/{answers.name}/{name}": text for name, text in files.items()}
    return {**found, **_beside(design, root)}


def render(design: Design, only: Sequence[str] = ()) -> dict[str, str]:
    """The files of a project, by their paths, as cookiecutter renders the same template.

    Args:
        design: The project.
        only: Names of files; none means all.
    """
    told = {
        "repo_name": design.name,
        "python_package": design.name,
        "project_name": design.name,
        "design": design,
    }
    found = {}
    for path, text in _template():
        name = path.render(cookiecutter=told)
        if not only or name.rpartition("/")[2] in only:
            found[name] = text.render(cookiecutter=told)
    return found


@cache
def _template() -> list[tuple[Template, Template]]:
    """The path and the text of each file."""
    environment = Environment(
        undefined=StrictUndefined, keep_trailing_newline=True, extensions=[Highroad]
    )
    environment.globals["design_of"] = lambda told: told["design"]
    own = TEMPLATE / "{{ cookiecutter.repo_name }}"
    paths = sorted(each for each in own.rglob("*") if each.is_file() and each.suffix in _SUFFIXES)
    return [
        (
            environment.from_string(path.relative_to(own).as_posix()),
            environment.from_string(path.read_text(encoding="utf-8")),
        )
        for path in paths
    ]


def given(design: Design) -> str:
    """What is kept of the managed files, for a later upgrade to begin from."""
    return written(Given(design.name, VERSION, render(design, MANAGED)))


def require_choices(
    name: str, told: Mapping[str, str], root: Path, contracts: Mapping[str, Any]
) -> None:
    """Refuse the answers of a project that there is.

    Raises:
        StarterError: They make no project; all that is wrong with them.
    """
    platform = load_platform(root / "platform-conf")
    require(completed(Answers(name, **told), platform), platform, contracts, [])


def require_answers(name: str, told: Mapping[str, str], folder: Path) -> None:
    """Refuse what `kedro new` was told, before it has written anything.

    Args:
        name: The project's name.
        told: The answers, by `FIELDS`.
        folder: Where it would be written, which cookiecutter has made already.

    Raises:
        StarterError: It is not in projects/ of a repository, or the answers make no project.
    """
    projects = folder.resolve().parent
    root = Path(find_root(projects))
    if projects != root / "projects":
        raise StarterError(
            f"{folder} is not in {root / 'projects'}, where projects lie; run `kedro new` there, or "
            "`highroad new NAME` anywhere in the repository."
        )
    platform = load_platform(root / "platform-conf")
    answers = completed(Answers(name, *(told[field] for field in FIELDS)), platform)
    products = visible_products(root / "platform-conf", current_principal())
    require(
        answers,
        platform,
        contracts_of(root, products),
        [each for each in taken(root) if each != folder.name],
    )


def finish(folder: Path) -> None:
    """Write what lies beside a project that cookiecutter made: its contract, its owner's line, its lock.

    Raises:
        StarterError: Its lock cannot be written.
    """
    root = Path(find_root(folder))
    design = design_of(folder.name, read_chosen(folder, FIELDS).answers, root)
    _write(folder / GIVEN, given(design))
    write_lock(folder)
    for name, text in _beside(design, root).items():
        _write(root / name, text)
    write_owners(load_platform(root / "platform-conf"), root)


def _beside(design: Design, root: Path) -> dict[str, str]:
    """What lies beside a project that publishes, by path: its contract and, where there are grants, its team's."""
    if not design.is_product:
        return {}
    text = (TEMPLATE.parent / "contract.yaml.j2").read_text(encoding="utf-8")
    environment = Environment(undefined=StrictUndefined, keep_trailing_newline=True)
    contract = f"platform-conf/contracts/{design.product}.yaml"
    files = {contract: environment.from_string(text).render(project=design)}
    rules, owner = read_rules(root / "platform-conf"), design.answers.owner
    grants = f"platform-conf/{GRANTS}/{design.name}.yml"
    if rules is not None and owner in rules.teams and not (root / grants).exists():
        files[grants] = f"- who: [team:{owner}]\n  may: administer\n  why: They own it.\n"
    return files


def write_owners(platform: Platform, root: Path) -> list[str]:
    """Write CODEOWNERS anew where the platform has owners; gives its path, or nothing."""
    from highroad.conformance.codeowners import FILE, render
    from highroad.conformance.facts.repository import RepositoryFacts

    if not platform.owners:
        return []
    _write(root / FILE, render(RepositoryFacts(root)))
    return [FILE]


def write_lock(folder: Path) -> None:
    """The project's lock.

    Raises:
        StarterError: uv is not there, or cannot resolve what the project requires.
    """
    uv = find_uv()
    if uv is None:
        raise StarterError(
            'uv is not installed, which writes the lock: pip install "nox[uv]", or --no-lock.'
        )
    done = subprocess.run(
        [uv, "lock", "--quiet", "--project", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise StarterError(
            f"The lock of '{folder.name}' cannot be written, so nothing was; uv says:\n{done.stderr.strip()}"
        )


def taken(root: Path) -> list[str]:
    """Names that nothing new may have."""
    projects = root / "projects"
    return sorted(each.name for each in projects.iterdir()) if projects.is_dir() else []


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(path)
