"""Discovery: the order of projects, and every fault in one clear message."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from highroad_workspace.errors import WorkspaceError
from highroad_workspace.projects import find_projects, find_root, project_named, upstream


def names(root: Path) -> list[str]:
    return [project.name for project in find_projects(root)]


def fails(root: Path) -> str:
    with pytest.raises(WorkspaceError) as caught:
        find_projects(root)
    assert caught.value.exit_code == 3
    return str(caught.value)


def test_producers_come_before_their_consumers(repository: Any) -> None:
    assert names(repository.root) == ["demand", "flights", "delays"]


def test_a_project_knows_its_metadata(repository: Any) -> None:
    repository.project(
        "zoo",
        more='schedule = "0 6 * * *"\nmodels.a = {metric = "r2", may_lose = 0.1}\nheadline = {dataset = "m#metrics", key = "auc", label = "AUC"}',
    )
    zoo = project_named(find_projects(repository.root), "zoo")
    assert zoo.path == str(repository.root / "projects" / "zoo")
    assert (zoo.owner, zoo.kind, zoo.schedule) == ("team", "model", "0 6 * * *")
    assert zoo.models == {"a": {"metric": "r2", "may_lose": 0.1}}
    assert zoo.headline == {"dataset": "m#metrics", "key": "auc", "label": "AUC"}
    assert zoo.uses_library and zoo.requires_python == ">=3.11"


def test_folders_without_a_kedro_project_are_passed_over(repository: Any) -> None:
    repository.write("projects/notes/todo.txt")
    repository.write("projects/tool/pyproject.toml", "[project]\nname = 'tool'\n")
    repository.write("projects/gone/.venv/pyvenv.cfg")
    assert names(repository.root) == ["demand", "flights", "delays"]


@pytest.mark.parametrize(
    ("requirement", "uses"),
    [
        ("highroad", True),
        ("highroad>=1; python_version>'3'", True),
        ("highroad[s3]", True),
        ("highroad-plugins", False),
        ("highroad_x", False),
        ("highroads", False),
    ],
)
def test_dependence_on_the_library(repository: Any, requirement: str, uses: bool) -> None:
    file = repository.project("zoo")
    file.write_text(file.read_text().replace('"highroad"', f'"{requirement}"'))
    assert project_named(find_projects(repository.root), "zoo").uses_library is uses


def test_root_is_found_from_below(repository: Any) -> None:
    assert find_root(repository.root / "projects" / "delays" / "src") == str(repository.root)


def test_no_root_says_what_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError, match=r"platform-conf/platform\.yml"):
        find_root(tmp_path)


@pytest.mark.parametrize("empty_folder", [True, False])
def test_no_project(tmp_path: Path, empty_folder: bool) -> None:
    if empty_folder:
        (tmp_path / "projects").mkdir()
    assert "No project under" in fails(tmp_path)


def test_two_projects_of_one_name(repository: Any) -> None:
    file = repository.project("copy")
    file.write_text(file.read_text().replace('"copy"', '"delays"'))
    message = fails(repository.root)
    assert (
        "projects/copy/pyproject.toml:2: the name 'delays' is taken by projects/delays" in message
    )
    assert 'name = "copy"' in message


def test_name_is_the_folders(repository: Any) -> None:
    file = repository.project("zoo")
    file.write_text(file.read_text().replace('"zoo"', '"boo"'))
    assert "projects/zoo/pyproject.toml:2: the name 'boo' is not the folder's" in fails(
        repository.root
    )


EDITS: dict[str, tuple[Callable[[str], str], str]] = {
    "broken TOML": (lambda text: text.replace('owner = "team"', "owner = "), "line 14"),
    "not UTF-8": (lambda text: text + "\udcff", "cannot be read as TOML"),
    "no name": (
        lambda text: text.replace('name = "zoo"\nversion', "version"),
        ":1: [project] has no name",
    ),
    "other package": (
        lambda text: text.replace('package_name = "zoo"', 'package_name = "boo"'),
        ":8: package_name is 'boo'; expected 'zoo'",
    ),
    "no metadata": (lambda text: text.split("[tool.highroad]")[0], ":7: no [tool.highroad] table"),
    "no owner": (lambda text: text.replace("owner", "owners"), ":12: no owner"),
    "no kind": (lambda text: text.replace('kind = "model"', ""), ":12: no kind"),
    "unknown key": (
        lambda text: text + 'scedule = "x"\n',
        "unknown key 'scedule'. Did you mean 'schedule'?",
    ),
    "wrong type": (lambda text: text.replace('kind = "model"', "kind = 3"), ":15: kind is 3"),
    "bad schedule": (lambda text: text + 'schedule = "daily"\n', "expected five cron fields"),
    "no size": (
        lambda text: text + 'image_budget_mib = "large"\n',
        "image_budget_mib is 'large'; expected a whole number of MiB",
    ),
    "a port below": (
        lambda text: text + "serves = { port = 80 }\n",
        "serves is {'port': 80}; expected",
    ),
    "unknown key of what is served": (
        lambda text: text + 'serves = { port = 8080, models = "m" }\n',
        "unknown key 'models'. Did you mean 'model'?",
    ),
    "a word that is none": (
        lambda text: text + 'serves = { port = 8080, out_of_range = "clip" }\n',
        "out_of_range is 'clip'; expected reject or accept",
    ),
    "no limit": (
        lambda text: text + "serves = { port = 8080, queue = 0 }\n",
        "queue is 0; expected a whole number above 0",
    ),
    "a field that is no table": (
        lambda text: text + 'serves = { port = 8080, fields = { size = "x" } }\n',
        "expected a table for each column, with nulls, least, most, categories",
    ),
    "smoke as a text": (
        lambda text: text + 'smoke = "--tags quick"\n',
        "smoke is '--tags quick'; expected arguments of `kedro run`",
    ),
    "python as a number": (
        lambda text: text + "python = 3.13\n",
        "python is 3.13; expected a text",
    ),
    "python with a patch": (lambda text: text + 'python = "3.13.1"\n', 'such as "3.13"'),
    "bad product": (lambda text: text + 'publishes = ["zoo"]\n', "expected a list of"),
    "twice": (lambda text: text + 'publishes = ["zoo.a", "zoo.a"]\n', "names a product twice"),
    "foreign product": (
        lambda text: text + 'publishes = ["boo.a"]\n',
        "begins with its project's, 'zoo.'",
    ),
    "published twice": (
        lambda text: text + 'publishes = ["flights.fleet"]\n',
        "'flights.fleet' is published by projects/flights too",
    ),
    "published by none": (
        lambda text: text + 'consumes = ["flights.fleets"]\n',
        "which no project publishes. Did you mean 'flights.fleet'?",
    ),
    "models as a list": (lambda text: text + 'models = ["a"]\n', "expected a table"),
    "a model without a metric": (
        lambda text: text + "models.a = { may_lose = 1 }\n",
        'expected { metric = "roc_auc" }',
    ),
    "bad headline": (
        lambda text: text + 'headline = {dataset = "m"}\n',
        "expected texts for dataset, key",
    ),
}


@pytest.mark.parametrize("case", EDITS)
def test_fault_names_file_and_way_out(repository: Any, case: str) -> None:
    edit, expected = EDITS[case]
    file = repository.project("zoo")
    text = edit(file.read_text(encoding="utf-8"))
    file.write_bytes(text.encode("utf-8", "surrogateescape"))
    message = fails(repository.root)
    assert message.startswith("projects/zoo/pyproject.toml") and expected in message


@pytest.mark.parametrize(
    "name", ["docs", "highroad", "products", "runs", "prod", "Zoo", "my-zoo", "été"]
)
def test_names_that_cannot_be(repository: Any, name: str) -> None:
    repository.project(name)
    assert f"the name '{name}' is" in fails(repository.root)


def test_package_must_be_there(repository: Any) -> None:
    file = repository.project("zoo")
    (file.parent / "src" / "zoo" / "__init__.py").unlink()
    (file.parent / "src" / "zoo").rmdir()
    assert "no package src/zoo" in fails(repository.root)


def test_all_faults_at_once_and_none_that_only_follows(repository: Any) -> None:
    repository.write("projects/flights/pyproject.toml", "[tool.kedro\n")
    repository.project("zoo", more='colour = "red"')
    lines = fails(repository.root).splitlines()
    assert [line.split(":")[0] for line in lines] == [
        "projects/flights/pyproject.toml",
        "projects/zoo/pyproject.toml",
    ]  # delays, which consumes from flights, is not accused


def test_circle(repository: Any) -> None:
    repository.project("a", publishes=["a.x"], consumes=["c.x"])
    repository.project("b", publishes=["b.x"], consumes=["a.x"])
    repository.project("c", publishes=["c.x"], consumes=["b.x"])
    repository.project("d", consumes=["c.x"])
    assert "in a circle: a → b → c → a. Take" in fails(repository.root)


def test_own_product_is_no_circle(repository: Any) -> None:
    repository.project("a", publishes=["a.x"], consumes=["a.x"])
    assert "a" in names(repository.root)


def test_misspelt_project(repository: Any) -> None:
    with pytest.raises(WorkspaceError) as caught:
        project_named(find_projects(repository.root), "dealys")
    expected = "No project 'dealys'. Did you mean 'delays'? (projects: delays, demand, flights)"
    assert str(caught.value) == expected


RANGES = '[tool.highroad.consumes]\n"flights.departures" = "{}"\n'


def test_a_consumer_may_say_which_versions_it_accepts(repository: Any) -> None:
    repository.project("delays", more=RANGES.format(">=1,<2"))
    (found,) = [each for each in find_projects(repository.root) if each.name == "delays"]
    assert found.consumes == ("flights.departures",)
    assert found.ranges == {"flights.departures": ">=1,<2"}
    assert upstream([found, *find_projects(repository.root)])["delays"] == {"flights"}


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (RANGES.format("1"), "Invalid specifier: '1'; expected a range such as >=1.4"),
        ('[tool.highroad.consumes]\n"flights" = ">=1"\n', "'flights' is no product"),
        ('[tool.highroad.consumes]\n"flights.departures" = 1\n', "expected a range such as"),
        ('[tool.highroad.consumes]\n"flights.none" = ">=1"\n', "which no project publishes"),
    ],
)
def test_a_range_that_is_none_is_named_with_its_line(repository: Any, more: str, said: str) -> None:
    repository.project("delays", more=more)
    with pytest.raises(WorkspaceError, match=said):
        find_projects(repository.root)
