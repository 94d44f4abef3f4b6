"""Levels, waivers, checks that teams add, and what is told of all of it."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from sarif_pydantic import Sarif

from highroad.cli.commands import cli
from highroad.conformance.catalog import catalog_checks
from highroad.conformance.check import GROUP, Outcome, result_of
from highroad.conformance.doctor import REPOSITORY, all_checks, diagnose, level_of
from highroad.conformance.sarif import document
from highroad.conformance.table import lines
from highroad.conformance.waivers import Waiver, waiver_of
from highroad.errors import ConfigError, ConformanceError, WorkspaceError
from highroad.testing.checks import PLATFORM, PYPROJECT, facts_in
from highroad_workspace.metadata import LEVELS

TODAY = date(2026, 6, 1)
ROOT = Path(__file__).parents[4]
WAIVER = "- {check: files-are-in-place, project: shop, owner: till, reason: we move, until: %s}\n"


def repository(folder, files=None):
    facts_in(folder, all_checks()[0], files)
    return folder


def only(found, name="shop"):
    (one,) = (each for each in found if each.subject == name)
    return one


kept = st.lists(st.tuples(st.sampled_from(LEVELS), st.booleans()))


@given(kept)
def test_a_level_is_held_with_all_below_it(checks):
    level = level_of(checks)
    for each in LEVELS:
        holds = all(is_kept for name, is_kept in checks if LEVELS.index(name) <= LEVELS.index(each))
        is_held = level is not None and LEVELS.index(each) <= LEVELS.index(level)
        assert holds == is_held


@given(kept, st.sampled_from(LEVELS))
def test_what_is_mended_never_costs_a_level(checks, level):
    ranks = [None, *LEVELS]
    assert ranks.index(level_of([*checks, (level, True)])) == ranks.index(level_of(checks))
    assert ranks.index(level_of([*checks, (level, False)])) <= ranks.index(level_of(checks))


days = st.integers(-40, 40).map(lambda number: TODAY + timedelta(number))


@given(st.lists(days))
def test_a_waiver_holds_through_its_day_and_the_longest_counts(ends):
    waivers = [Waiver("a", "shop", "till", "why", each, "here") for each in ends]
    good, old = waiver_of([*waivers, Waiver("b", "shop", "x", "y", TODAY, "z")], "a", "shop", TODAY)
    later = [each for each in ends if each >= TODAY]
    assert (good.until if good else None) == max(later, default=None)
    assert (old.until if old else None) == (None if later else max(ends, default=None))


def test_the_projects_here_hold_silver_and_the_repository_gold():
    found = {each.subject: each for each in diagnose(ROOT, TODAY)}
    assert found[REPOSITORY].level == "gold"
    assert {"flights", "delays", "demand"} <= set(found)
    assert all(each.level in ("silver", "gold") and each.is_enough for each in found.values())


def test_a_project_with_broken_metadata_is_told_and_takes_no_other_with_it(tmp_path):
    bad = {"projects/till/pyproject.toml": PYPROJECT.replace('owner = "till"\n', "")}
    found = diagnose(repository(tmp_path, bad), TODAY)
    (verdict,) = only(found, "till").verdicts
    assert verdict.check.name == "metadata-is-sound" and not only(found, "till").is_enough
    assert any("no owner" in each.what for each in verdict.result.findings)
    assert len(only(found).verdicts) > 10


def test_a_waiver_lets_a_check_fail_until_it_runs_out(tmp_path):
    files = {"platform-conf/waivers.yml": WAIVER % "2026-06-01"}
    root = repository(tmp_path, files)
    good, late = (
        {each.check.name: each for each in only(diagnose(root, day)).verdicts}["files-are-in-place"]
        for day in (TODAY, TODAY + timedelta(1))
    )
    assert good.is_kept and good.result.outcome is Outcome.FAIL
    assert not late.is_kept and late.waiver is None
    assert "ran out on 2026-06-01" in late.result.findings[-1].what
    told = "\n".join(lines(diagnose(root, TODAY)))
    assert "waived until 2026-06-01  files-are-in-place: we move (till)" in told


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (WAIVER.replace("files-are", "file-are") % TODAY, "Did you mean 'files-are-in-place'?"),
        (WAIVER.replace(": shop", ": shops") % TODAY, "Did you mean 'shop'?"),
        (WAIVER % "soon", "until is 'soon'; expected a day"),
        (WAIVER.replace("we move", "' '") % TODAY, "reason is ' '"),
        ("- {check: a}\n", "found check; expected check, project, owner, reason, until"),
        ("check: a\n", "expected a list of waivers"),
        ("- [\n", "not valid YAML"),
    ],
)
def test_a_waiver_that_is_none_is_said(tmp_path, text, says):
    root = repository(tmp_path, {"platform-conf/waivers.yml": text})
    with pytest.raises(ConfigError, match=r"waivers\.yml") as error:
        diagnose(root, TODAY)
    assert says in str(error.value)


ENDING = """\
- {what: a style, instead: Remove it., key: tool.ruff, warned: 2026-05-01, enforced: 2026-07-01}
"""


def test_a_convention_that_ends_is_a_warning_that_costs_no_level(tmp_path):
    styled = PYPROJECT + "\n[tool.ruff]\nline-length = 60\n"
    files = {"platform-conf/deprecations.yml": ENDING, "projects/shop/pyproject.toml": styled}
    found = diagnose(repository(tmp_path, files), TODAY)
    told = "\n".join(lines(found))
    assert "warning  conventions-have-not-ended" in told and "ends on 2026-07-01" in told
    assert only(found).warnings and not any(
        each.check.name == "conventions-have-not-ended" for each in only(found).missing
    )
    (run,) = document(found)["runs"]
    (note,) = (each for each in run["results"] if each["ruleId"] == "conventions-have-not-ended")
    assert note["level"] == "note" and "Remove it." in note["message"]["text"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (ENDING.replace("2026-07-01", "soon"), "enforced is 'soon'; expected a day"),
        (ENDING.replace("2026-07-01", "2026-04-01"), "warned is 2026-05-01, after enforced"),
        (ENDING.replace("key: tool.ruff, ", ""), "and either key or path"),
        (ENDING.replace("key: tool.ruff", "key: ''"), "key is ''; expected a text"),
        ("- [a]\n", "deprecation 1: found ['a']"),
        ("what: a\n", "expected a list of deprecations"),
    ],
)
def test_a_deprecation_that_is_none_is_said(tmp_path, text, says):
    root = repository(tmp_path, {"platform-conf/deprecations.yml": text})
    with pytest.raises(ConfigError, match=r"deprecations\.yml") as error:
        diagnose(root, TODAY)
    assert says in str(error.value)


@pytest.mark.parametrize("line", ["pandas", "pandas>=2.2", "pandas>=x  # why", "=2 # why"])
def test_a_constraint_that_is_none_is_said(tmp_path, line):
    files = {"platform-conf/constraints.txt": f"# all\n{line}\n"}
    with pytest.raises(ConfigError, match=r"platform-conf/constraints.txt:2: '.*expected"):
        diagnose(repository(tmp_path, files), TODAY)


def test_what_is_not_there_is_said_with_what_is(tmp_path):
    root = repository(tmp_path)
    with pytest.raises(ConfigError, match="Did you mean 'lock-is-current'"):
        diagnose(root, TODAY, only=["lock-is-curent"])
    with pytest.raises(WorkspaceError, match="Did you mean 'shop'"):
        diagnose(root, TODAY, projects=["shopp"])


ADDED = """
from highroad.conformance.check import CatalogCheck, ProjectCheck, passed

class HasAName(ProjectCheck):
    '''The project has a name.'''

    level = "gold"
    why = "How else would it be called."
    remedy = "Give it one."

    def run(self, facts):
        return passed(f"it is {facts.name}")

class Fails(HasAName):
    '''It fails.'''

    def run(self, facts):
        raise RuntimeError("boom")

class Unlevelled(HasAName):
    level = "tin"

class NeverEnds(CatalogCheck):
    '''A catalog check that raises.'''

    def findings(self, merged):
        raise RuntimeError("boom")
"""


def test_a_team_adds_a_check_and_one_that_breaks_is_unknown(tmp_path, install):
    install("highroad.checks", {"a": "added:HasAName", "b": "added:Fails"}, ADDED)
    found = {each.check.name: each for each in only(diagnose(repository(tmp_path), TODAY)).verdicts}
    assert found["has-a-name"].result.reason == "it is shop"
    assert found["fails"].result.reason == "the check failed: RuntimeError: boom"
    assert found["fails"].result.outcome is Outcome.UNKNOWN and not found["fails"].is_kept


def test_a_team_adds_a_catalog_check_and_one_that_breaks_is_unknown(install):
    install("highroad.checks", {"a": "added:NeverEnds"}, ADDED)
    (check,) = (each for each in catalog_checks() if each.name == "never-ends")
    assert check not in all_checks()
    assert result_of(check, None).reason == "the check failed: RuntimeError: boom"


@pytest.mark.parametrize(
    ("points", "says"),
    [
        ({"a": "added:ProjectCheck"}, "cannot be made: TypeError"),
        ({"a": "added:ADDED"}, "cannot be imported: AttributeError"),
        (
            {"a": "missing:Check"},
            "cannot be imported: ModuleNotFoundError: No module named 'missing'",
        ),
        ({"a": "added:passed"}, "is no class that inherits Check"),
        (
            {"a": "added:HasAName", "b": "added:HasAName"},
            "is named 'has-a-name', as added:HasAName is",
        ),
        ({"a": "highroad.conformance.checks.code:NodesArePure"}, "is named 'nodes-are-pure'"),
        ({"a": "added:Unlevelled"}, "is of level 'tin'; expected bronze, silver, gold"),
    ],
)
def test_an_entry_point_that_is_no_check_is_said(install, points, says):
    install("highroad.checks", points, ADDED)
    with pytest.raises(ConfigError, match=re.escape(says)) as error:
        all_checks()
    assert "\n" not in str(error.value)


def test_an_entry_point_of_the_library_is_called_as_its_check():
    points = [
        each for each in entry_points(group=GROUP) if each.dist and each.dist.name == "highroad"
    ]
    assert len(points) > 30 and {each.name for each in points} == {
        each.load()().name for each in points
    }


def test_json_has_every_check_of_a_project(tmp_path):
    root = repository(tmp_path, {"platform-conf/waivers.yml": WAIVER % TODAY})
    found = json.loads(json.dumps([each.summary for each in diagnose(root, TODAY)]))
    (shop,) = (each for each in found if each["subject"] == "shop")
    assert shop["required"] == "bronze"
    checks = {each["name"]: each for each in shop["checks"]}
    assert checks["metadata-is-sound"]["outcome"] == "pass"
    assert checks["tests-are-there"]["outcome"] == "fail"
    assert all(each["findings"] for each in checks.values() if each["outcome"] == "fail")
    assert any(each["waived_until"] == str(TODAY) for each in checks.values())


def test_sarif_is_read_by_others(tmp_path):
    root = repository(tmp_path, {"platform-conf/waivers.yml": WAIVER % TODAY})
    told = document(diagnose(root, TODAY))
    read = Sarif.model_validate_json(json.dumps(told))
    (run,) = read.runs
    rules = [each.id for each in run.tool.driver.rules]
    assert run.results and {each.rule_id for each in run.results} <= set(rules)
    assert all(rules[each.rule_index] == each.rule_id for each in run.results)
    results = told["runs"][0]["results"]
    assert {each["ruleId"] for each in results if "suppressions" in each} == {"files-are-in-place"}
    places = [each["locations"][0]["physicalLocation"] for each in results]
    assert all(not each["artifactLocation"]["uri"].startswith("/") for each in places)


def test_the_command_tells_the_next_step_and_fails_where_it_must(tmp_path, monkeypatch):
    monkeypatch.chdir(repository(tmp_path))
    done = CliRunner().invoke(cli, ["doctor", "--sarif", "out.sarif"])
    assert done.exit_code == ConformanceError.exit_code == 13
    assert "shop        no level, and bronze is asked; for bronze:" in done.output
    assert "→ nox -s \"lock(project='shop')\"" in done.output
    assert "These do not hold the level that they must: shop (no level, not bronze)." in done.output
    assert json.loads((tmp_path / "out.sarif").read_text())["version"] == "2.1.0"
    done = CliRunner().invoke(cli, ["doctor", "--json", "--project", "repository"])
    assert done.exit_code == 0 and json.loads(done.output)[0]["subject"] == "repository"


def test_a_level_that_is_set_is_held_or_it_fails(tmp_path, monkeypatch):
    files = {
        "platform-conf/platform.yml": PLATFORM,
        "projects/shop/pyproject.toml": f'{PYPROJECT}conformance = "gold"\n',
    }
    monkeypatch.chdir(repository(tmp_path, files))
    done = CliRunner().invoke(cli, ["doctor", "--check", "tests-are-there"])
    assert done.exit_code == 13 and "shop (bronze, not gold)" in done.output


def test_codeowners_are_written(tmp_path, monkeypatch):
    monkeypatch.chdir(repository(tmp_path))
    done = CliRunner().invoke(cli, ["codeowners"])
    assert "/projects/shop/" in done.output and not (tmp_path / ".github").exists()
    assert CliRunner().invoke(cli, ["codeowners", "--write"]).exit_code == 0
    assert (tmp_path / ".github" / "CODEOWNERS").read_text() == done.output
