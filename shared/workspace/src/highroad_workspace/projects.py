"""The projects of a repository: found, checked and put into the order of their data products."""

from __future__ import annotations

import os
import re
import tomllib
from typing import TYPE_CHECKING, Any, NamedTuple

from highroad_workspace.errors import WorkspaceError
from highroad_workspace.metadata import Fault, faults_of, line_of, meant, table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    Path = str | os.PathLike[str]

_NAME = re.compile(r"\s*(?:highroad|platform[-_.]extensions)(?![\w.-])", re.IGNORECASE)


class Project(NamedTuple):
    """A Kedro project under `projects/` and what its pyproject.toml says of it.

    `path` is absolute. `publishes` and `consumes` name data products as `<project>.<product>`;
    `headline` has the keys `dataset`, `key` and `label`. `python` is the minor version that CI
    gives it; None means the newest that both the platform and `requires_python` allow. `ranges`
    has the contract versions accepted of a consumed product, such as `>=1,<2`, where it says;
    `models` says by which metric each of its models is judged. `image_budget_mib` is what its image
    may weigh beyond the base (None: the platform's default); `smoke` are arguments of `kedro run` for
    the run that proves an image. A project that `serves` has a service, which listens at its `port`;
    `memory_mib` and `timeout_min` are what its containers may use, `retries` how often a scheduler that can
    tries a task of it again (None: the platform's default).
    `conformance` is the level that it must hold (None: the platform's), `least_tests` how many tests it must
    have (None: one).
    """

    name: str
    path: str
    requires_python: str
    uses_library: bool
    description: str
    owner: str
    kind: str
    schedule: str | None = None
    publishes: tuple[str, ...] = ()
    consumes: tuple[str, ...] = ()
    headline: dict[str, Any] | None = None
    python: str | None = None
    ranges: dict[str, str] | None = None
    models: dict[str, Any] | None = None
    image_budget_mib: int | None = None
    smoke: tuple[str, ...] = ()
    serves: dict[str, Any] | None = None
    memory_mib: int | None = None
    timeout_min: int | None = None
    retries: int | None = None
    conformance: str | None = None
    least_tests: int | None = None


def find_root(start: Path) -> str:
    """The folder at or above `start` that holds platform-conf/platform.yml.

    Raises:
        WorkspaceError: None does.
    """
    folder = os.path.abspath(start)
    while not os.path.isfile(os.path.join(folder, "platform-conf", "platform.yml")):
        parent = os.path.dirname(folder)
        if parent == folder:
            raise WorkspaceError(
                f"No platform-conf/platform.yml in '{os.path.abspath(start)}' or any folder above; "
                "run this inside the repository."
            )
        folder = parent
    return folder


class Survey(NamedTuple):
    """What projects there are: those that hold together, and what is wrong with each other one.

    `faults` has the messages, with file and line, by the folder's name; `projects` are in the order of
    their folders, and `contents` has the parsed pyproject.toml of each by its folder's name.
    """

    projects: tuple[Project, ...]
    faults: dict[str, list[str]]
    contents: dict[str, dict[str, Any]]


def survey(root: Path) -> Survey:
    """Look at every project, and stop at none.

    A project is a folder of projects/ whose pyproject.toml has a [tool.kedro] table.
    """
    root = os.path.abspath(root)
    contents: dict[str, dict[str, Any]] = {}
    faults: dict[str, list[str]] = {}
    for folder in _folders(root):
        try:
            with open(_file(root, folder), "rb") as stream:
                content = tomllib.load(stream)
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
            faults[folder] = [f"projects/{folder}/pyproject.toml: cannot be read as TOML: {error}."]
            continue
        if "kedro" in table(content, "tool"):
            contents[folder] = content
    for folder, fault in _all_faults(root, contents, set(faults)):
        text = f"{_place(root, folder, fault)}: {fault.text}"
        faults.setdefault(folder, []).append(text)
    whole = (key for key in contents if key not in faults)
    projects = (_project(os.path.join(root, "projects", key), contents[key]) for key in whole)
    return Survey(tuple(projects), faults, contents)


def find_projects(root: Path) -> tuple[Project, ...]:
    """Every project, producers before their consumers, else by name.

    Raises:
        WorkspaceError: Every fault of every pyproject.toml, with file, line and what was
            expected; or there is no project.
    """
    projects, faults, _ = survey(root)
    if faults:
        raise WorkspaceError("\n".join(text for each in faults.values() for text in each))
    if not projects:
        raise WorkspaceError(
            f"No project under '{os.path.join(os.path.abspath(root), 'projects')}'; expected "
            "projects/<name>/pyproject.toml with a [tool.kedro] table. Copy an example project."
        )
    return _ordered(projects)


def project_named(projects: Sequence[Project], name: str) -> Project:
    """The project of that name.

    Raises:
        WorkspaceError: There is none; names the closest and all.
    """
    for project in projects:
        if project.name == name:
            return project
    raise WorkspaceError(no_project(name, [project.name for project in projects]))


def no_project(name: str, names: Sequence[str]) -> str:
    """The message for a project that is not there."""
    return f"No project '{name}'.{meant(name, names)} (projects: {', '.join(sorted(names))})"


def upstream(projects: Sequence[Project]) -> dict[str, set[str]]:
    """For each project, the other projects whose products it consumes."""
    publisher = {product: project.name for project in projects for product in project.publishes}
    return {
        project.name: {publisher[each] for each in project.consumes if each in publisher}
        - {project.name}
        for project in projects
    }


def with_producers(project: Project, projects: Sequence[Project]) -> set[str]:
    """The project and, closed over all steps, the projects whose products it reads."""
    producers = upstream(projects)
    needed, waiting = set[str](), {project.name}
    while waiting:
        needed |= waiting
        waiting = {name for each in waiting for name in producers[each]} - needed
    return needed


def _folders(root: str) -> list[str]:
    try:
        folders = sorted(os.listdir(os.path.join(root, "projects")))
    except (FileNotFoundError, NotADirectoryError):
        return []
    return [folder for folder in folders if os.path.isfile(_file(root, folder))]


def _file(root: str, folder: str) -> str:
    return os.path.join(root, "projects", folder, "pyproject.toml")


def _place(root: str, folder: str, fault: Fault) -> str:
    with open(_file(root, folder), encoding="utf-8") as stream:
        line = line_of(stream.read(), fault.table, fault.key)
    return f"projects/{folder}/pyproject.toml" + (f":{line}" if line else "")


def _project(path: str, content: dict[str, Any]) -> Project:
    metadata = table(content, "tool", "highroad")
    project = content["project"]
    lists: dict[str, Any] = {
        key: tuple(metadata.get(key, ())) for key in ("publishes", "consumes", "smoke")
    }
    consumes = metadata.get("consumes")
    if isinstance(consumes, dict):
        lists["ranges"] = consumes
    return Project(
        name=project["name"],
        path=path,
        requires_python=project.get("requires-python", ""),
        uses_library=_uses_library(project.get("dependencies", ())),
        **{**metadata, **lists},
    )


def _uses_library(requirements: object) -> bool:
    for requirement in requirements if isinstance(requirements, list) else ():
        if _NAME.match(str(requirement)):
            return True
    return False


def _all_faults(
    root: str, contents: Mapping[str, dict[str, Any]], broken: AbstractSet[str]
) -> Iterator[tuple[str, Fault]]:
    faulty = set(broken)
    for folder, content in contents.items():
        for fault in faults_of(os.path.join(root, "projects", folder), content):
            faulty.add(folder)
            yield folder, fault
    names: dict[str, str] = {}
    for folder, content in contents.items():
        name = table(content, "project").get("name")
        if isinstance(name, str) and name != folder:
            yield (
                folder,
                _misnamed(name, folder, names.get(name) or (name if name in contents else "")),
            )
        names.setdefault(str(name), folder)
    yield from _product_faults(contents, faulty)


def _misnamed(name: str, folder: str, taken_by: str) -> Fault:
    problem = f"the name '{name}' " + (
        f"is taken by projects/{taken_by}" if taken_by else "is not the folder's"
    )
    way_out = f'name = "{folder}", package_name = "{folder}" and the package src/{folder}'
    return Fault("project", "name", f"{problem}; expected {way_out}.")


def _product_faults(
    contents: Mapping[str, dict[str, Any]], faulty: AbstractSet[str]
) -> Iterator[tuple[str, Fault]]:
    published: dict[str, str] = {}
    for folder, product in _products(contents, "publishes"):
        name = table(contents[folder], "project").get("name")
        if product in published and published[product] != folder:
            text = f"'{product}' is published by projects/{published[product]} too; one must go."
            yield folder, Fault("tool.highroad", "publishes", text)
        elif product.split(".")[0] != name:
            text = f"publishes '{product}'; a product's name begins with its project's, '{name}.'."
            yield folder, Fault("tool.highroad", "publishes", text)
        published.setdefault(product, folder)
    for folder, product in _products(contents, "consumes"):
        # A producer with faults of its own may well publish it: one message for one mistake.
        if product not in published and product.split(".")[0] not in faulty:
            text = (
                f"consumes '{product}', which no project publishes.{meant(product, [*published])}"
            )
            yield folder, Fault("tool.highroad", "consumes", text)


def _products(contents: Mapping[str, dict[str, Any]], key: str) -> Iterator[tuple[str, str]]:
    for folder, content in contents.items():
        value = table(content, "tool", "highroad").get(key)
        for product in value if isinstance(value, (list, dict)) else ():
            if isinstance(product, str):
                yield folder, product


def _ordered(projects: Sequence[Project]) -> tuple[Project, ...]:
    by_name = {project.name: project for project in projects}
    missing = upstream(projects)
    consumers: dict[str, list[str]] = {name: [] for name in by_name}
    for name, producers in missing.items():
        for producer in producers:
            consumers[producer].append(name)
    ready = [name for name, producers in missing.items() if not producers]
    done: list[Project] = []
    while ready:
        ready.sort(reverse=True)
        name = ready.pop()
        done.append(by_name[name])
        for consumer in consumers[name]:
            missing[consumer].remove(name)
            if not missing[consumer]:
                ready.append(consumer)
    if len(done) < len(by_name):
        circle = _circle({name: needs for name, needs in missing.items() if needs})
        raise WorkspaceError(
            f"The data products of these projects depend on each other in a circle: "
            f"{' → '.join(circle)}. Take one product out of [tool.highroad] consumes."
        )
    return tuple(done)


def _circle(needs: Mapping[str, AbstractSet[str]]) -> list[str]:
    """One circle, first name repeated at the end; every name in `needs` needs another one."""
    walk = [min(needs)]
    while walk[-1] not in walk[:-1]:
        walk.append(min(needs[walk[-1]]))
    return walk[walk.index(walk[-1]) :][::-1]
