"""A project is made whole or not at all, by either command the same, and says what it was made from."""

from __future__ import annotations

import json
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from highroad.access.grants import read_rules
from highroad.cli.commands import cli
from highroad.config.platform import load_platform
from highroad.conformance.check import Outcome
from highroad.conformance.doctor import REPOSITORY, diagnose
from highroad.errors import StarterError
from highroad.starter.choices import CHOICES, Answers, completed
from highroad.starter.combinations import every, pairwise
from highroad.starter.extension import design_of
from highroad.starter.making import make, render
from highroad.starter.record import CHOSEN
from highroad_workspace.git import tracked_files
from highroad_workspace.projects import find_projects, project_named

ROOT = Path(__file__).parents[4]


def copied_platform(tmp_path):
    """This repository's platform and projects, without their code."""
    for piece in tracked_files(
        ROOT,
        [
            "platform-conf",
            "projects",
            "shared/*/pyproject.toml",
            "shared/*/hatch_build.py",
            "shared/*/README.md",
            ".github",
        ],
    ):
        for name in piece:
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    for words in (["init", "-q"], ["add", "-A"]):
        subprocess.run(["git", *words], cwd=tmp_path, check=True)
    return tmp_path


@pytest.fixture
def repository(tmp_path):
    return copied_platform(tmp_path)


@pytest.mark.parametrize(
    "answers", every(ROOT), ids=lambda each: f"{each.kind}-{each.frame}-{each.consumes}"
)
def test_every_combination_is_python_toml_and_yaml_and_needs_what_it_imports(answers):
    design = design_of(answers.name, answers._asdict(), ROOT)
    files = render(design)
    for name, text in files.items():
        if name.endswith(".py"):
            compile(text, name, "exec")
            assert "{{" not in text and not any(line != line.rstrip() for line in text.splitlines())
        elif name.endswith(".toml"):
            tomllib.loads(text)
        elif name.endswith(".yml"):
            yaml.safe_load(text)
    source = "".join(text for name, text in files.items() if name.startswith("src/"))
    needed = {each.partition("[")[0].partition(">")[0] for each in design.dependencies}
    for module, package in (
        ("pandas", "pandas"),
        ("polars", "polars"),
        ("sklearn", "scikit-learn"),
    ):
        assert (f"import {module}" in source or f"from {module}" in source) == (package in needed)
    assert tomllib.loads(files[CHOSEN])["answers"]["kind"] == answers.kind


def test_pairwise_leaves_out_no_two_values_and_is_small():
    wanted = every(ROOT, most=1)

    def pairs(chosen):
        found = set()
        for each in chosen:
            told = {"kind": each.kind, "frame": each.frame, "consumes": each.consumes}
            found |= {(one, two) for one in told.items() for two in told.items()}
        return found

    few = pairwise(wanted)
    assert pairs(few) == pairs(wanted) and len(few) <= 9 < len(wanted)


def test_a_new_project_is_one_among_the_others_and_conforms(repository):
    answers = Answers("arrivals", "data-product", "polars", "flights.departures", "flight-data")
    files = make(answers, repository, lock=False)
    folder = repository / "projects" / "arrivals"
    assert all((repository / path).is_file() for path in files)
    project = project_named(find_projects(repository), "arrivals")
    assert Path(project.path) == folder and project.owner == "flight-data"
    assert project.publishes == ("arrivals.counts",) and project.ranges == {
        "flights.departures": ">=1,<2"
    }
    assert (repository / "platform-conf/contracts/arrivals.counts.yaml").is_file()
    (grant,) = (
        each for each in read_rules(repository / "platform-conf").grants if each.scope == "arrivals"
    )
    assert grant.action == "administer" and [*map(str, grant.who)] == ["team:flight-data"]
    subprocess.run(["git", "add", "-A"], cwd=repository, check=True)
    from datetime import date

    found = {each.subject: each for each in diagnose(repository, date(2026, 1, 1))}
    failed = [
        each.check.name
        for each in found["arrivals"].verdicts
        if each.result.outcome is Outcome.FAIL
    ]
    assert failed == ["lock-is-current"]  # --no-lock
    assert found[REPOSITORY].level == "gold"


def test_the_readme_shows_the_contracts_of_what_it_reads(repository):
    make(Answers("arrivals", consumes="flights.departures,flights.weather"), repository, lock=False)
    text = (repository / "projects/arrivals/README.md").read_text()
    assert "| `flights.weather` |" in text and "| 3 d | flight-data |" in text


@pytest.mark.parametrize(
    ("answers", "says"),
    [
        (Answers("json"), "How about 'json_data'?"),
        (Answers("a", kind="models"), "Did you mean 'model'?"),
        (Answers("a", frame="dask"), "Expected pandas, polars"),
        (Answers("a", consumes="flights.departure"), "Did you mean 'flights.departures'?"),
        (Answers("a", consumes="flights.fleet,flights.fleet"), "names a product twice"),
        (Answers("a", owner="flight-date"), "Did you mean 'flight-data'?"),
        (Answers("a", packages="httpx; rm"), "is no requirement"),
        (Answers("a", description='a "b"'), "a quote"),
        (Answers("a", kind="model", consumes="demand.forecast"), "has too few numbers for a model"),
    ],
)
def test_answers_that_make_no_project_are_refused_and_nothing_is_written(repository, answers, says):
    before = sorted(repository.rglob("*"))
    with pytest.raises(StarterError) as error:
        make(answers, repository, lock=False)
    assert says in str(error.value) and sorted(repository.rglob("*")) == before


def test_all_that_is_wrong_is_said_at_once(repository, monkeypatch):
    monkeypatch.chdir(repository)
    done = CliRunner().invoke(cli, ["new", "Ä", "--kind", "x", "--owner", "y"])
    assert done.exit_code == StarterError.exit_code == 15
    assert done.output.count("\n") == 3 and "Traceback" not in done.output


def test_new_says_what_it_made_and_what_is_next_and_asks_for_an_owner(repository, monkeypatch):
    monkeypatch.chdir(repository)
    refused = CliRunner().invoke(cli, ["new", "sales", "--no-lock"])
    assert refused.exit_code == StarterError.exit_code
    assert "expected --owner with one of" in refused.output
    words = ["new", "sales", "--kind", "data-product", "--owner", "flight-data", "--no-lock"]
    done = CliRunner().invoke(cli, words)
    assert done.exit_code == 0
    made, next_ = done.output.split("Next:\n")
    listed = {line.strip() for line in made.splitlines()[1:]}
    assert {"projects/sales/pyproject.toml", ".github/CODEOWNERS"} < listed
    assert "platform-conf/contracts/sales.counts.yaml" in listed
    assert all((repository / path).is_file() for path in listed) and next_.count("nox -s") == 3
    owners = (repository / ".github" / "CODEOWNERS").read_text().splitlines()
    assert "/projects/sales/ @example/flight-data" in owners


def test_what_was_not_said_follows_from_the_platform():
    platform = load_platform(ROOT / "platform-conf")
    assert completed(Answers("a"), platform).owner == "airport-planning"
    assert [each.name for each in CHOICES] == list(Answers._fields[1:])


def test_the_template_asks_what_can_be_chosen():
    template = ROOT / "shared" / "highroad" / "src" / "highroad" / "starter" / "template"
    asked = json.loads((template / "cookiecutter.json").read_text())
    prompts = yaml.safe_load((template / "prompts.yml").read_text())
    names = {each.name for each in CHOICES}
    assert names <= set(asked) and names <= set(prompts)
    for each in CHOICES:
        assert asked[each.name] == each.default
        assert all(option in prompts[each.name]["text"] for option, _ in each.options)
