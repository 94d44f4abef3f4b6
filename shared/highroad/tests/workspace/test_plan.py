"""The CI plan, the gate and the commands around them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import highroad_workspace.__main__ as commands
from highroad_workspace.errors import WorkspaceError
from highroad_workspace.gate import gate, outputs, summary
from highroad_workspace.plan import MOST_JOBS, listed, plan, select
from highroad_workspace.projects import find_projects


def session(
    name: str, project: str | None = None, tags: tuple[str, ...] = ("ci",)
) -> dict[str, Any]:
    return {
        "session": f"{name}(project='{project}')" if project else name,
        "name": name,
        "description": "",
        "python": None,
        "tags": list(tags),
        "call_spec": {"project": project} if project else {},
    }


SESSIONS = [
    *(session("test", each) for each in ("highroad", "demand", "flights", "delays")),
    session("docs"),
    session("precommit"),
    session("run", "delays", tags=()),
]


def jobs(made: dict[str, Any]) -> list[str]:
    return [job["session"] for job in made["matrix"]["include"]]


def test_one_project_changed(repository: Any) -> None:
    repository.write("projects/flights/x.py")
    made = plan(repository.root, "HEAD", SESSIONS)
    assert jobs(made) == ["test(project='flights')", "test(project='delays')", "precommit"]
    assert made["base"] == "HEAD" and made["empty"] is False
    assert made["matrix"]["include"][0] == {
        "name": "test flights",
        "session": "test(project='flights')",
        "python": None,
    }
    assert made["skipped"]["docs"] == "nothing changed that affects docs"
    assert "run(project='delays')" not in made["skipped"]


def test_docs_only(repository: Any) -> None:
    repository.write("docs/new page.md")
    assert jobs(plan(repository.root, "HEAD", SESSIONS)) == ["docs", "precommit"]


def test_unknown_file_selects_every_session(repository: Any) -> None:
    repository.write("Makefile")
    made = plan(repository.root, "HEAD", SESSIONS)
    assert len(jobs(made)) == len(SESSIONS) - 1 and made["skipped"] == {}


def test_nothing_changed_is_an_empty_matrix(repository: Any) -> None:
    made = plan(repository.root, "HEAD", SESSIONS)
    assert made["empty"] is True and made["matrix"] == {"include": []} and made["reasons"] == {}
    assert outputs(made) == 'matrix={"include":[]}\nempty=true\n'


def test_removed_project_selects_everything_that_is_left(repository: Any) -> None:
    repository.git("rm", "-rq", "projects/demand")
    left = [each for each in SESSIONS if each["call_spec"].get("project") != "demand"]
    assert len(jobs(plan(repository.root, "HEAD", left))) == len(left) - 1


def test_added_project_is_planned(repository: Any) -> None:
    repository.project("fourth")
    made = plan(repository.root, "HEAD", [*SESSIONS, session("test", "fourth")])
    assert "test(project='fourth')" in jobs(made)


def test_session_of_a_project_that_does_not_exist(repository: Any) -> None:
    with pytest.raises(WorkspaceError, match="'nobody', which is no project"):
        plan(repository.root, "HEAD", [session("test", "nobody")])


def test_no_session_for_ci_is_an_error(repository: Any) -> None:
    with pytest.raises(WorkspaceError, match="no session with the tag 'ci'"):
        plan(repository.root, "HEAD", [])


def test_bad_base_is_an_error(repository: Any) -> None:
    with pytest.raises(WorkspaceError, match="git knows no commit 'nowhere'"):
        plan(repository.root, "nowhere", SESSIONS)


def test_fault_in_a_project_leaves_no_git_behind(repository: Any) -> None:
    repository.write("projects/delays/pyproject.toml", "[")
    with pytest.raises(WorkspaceError, match="delays"):
        plan(repository.root, "HEAD", SESSIONS)  # a ResourceWarning would fail the test


def test_the_listing_is_nox_s_own_whatever_it_says_beside_it(tmp_path: Path) -> None:
    noxfile = tmp_path / "noxfile.py"
    noxfile.write_text(
        "import sys, nox\nprint('a warning', file=sys.stderr)\n"
        "@nox.session(tags=['ci'])\ndef test(session): ...\n@nox.session\ndef run(session): ...\n"
    )
    assert [each["session"] for each in listed(noxfile) if "ci" in each["tags"]] == ["test"]


def test_a_listing_that_is_none_is_an_error_with_what_nox_said(tmp_path: Path) -> None:
    noxfile = tmp_path / "noxfile.py"
    noxfile.write_text("raise SystemExit('the noxfile is broken')\n")
    with pytest.raises(WorkspaceError, match=r"could not list the sessions.*noxfile is broken"):
        listed(noxfile)


def test_never_more_jobs_than_github_takes(repository: Any) -> None:
    many = [
        session(name, "delays") | {"session": f"{name}-{number}", "python": python}
        for name in ("lint", "test")
        for python in ("3.11", "3.12")
        for number in range(MOST_JOBS)
    ]
    made = select(many, find_projects(repository.root), {"delays": ["x changed"]})
    assert len(jobs(made)) <= MOST_JOBS
    assert [each for job in jobs(made) for each in job.split("\n")] == [s["session"] for s in many]


NEEDS: dict[str, tuple[dict[str, Any], bool]] = {
    "all well": ({"plan": ("success", "false"), "session": ("success",)}, True),
    "empty plan": ({"plan": ("success", "true"), "session": ("skipped",)}, True),
    "skipped though planned": ({"plan": ("success", "false"), "session": ("skipped",)}, False),
    "session failed": ({"plan": ("success", "false"), "session": ("failure",)}, False),
    "session cancelled": ({"plan": ("success", "false"), "session": ("cancelled",)}, False),
    "plan failed": ({"plan": ("failure",), "session": ("skipped",)}, False),
    "plan failed late": ({"plan": ("failure", "true"), "session": ("skipped",)}, False),
    "plan cancelled": ({"plan": ("cancelled", "true"), "session": ("skipped",)}, False),
    "plan skipped": ({"plan": ("skipped",), "session": ("skipped",)}, False),
    "plan without outputs": ({"plan": ("success",), "session": ("skipped",)}, False),
    "plan missing": ({"session": ("success",)}, False),
    "sessions missing": ({"plan": ("success", "true")}, False),
    "nothing": ({}, False),
}


@pytest.mark.parametrize("case", NEEDS)
def test_gate(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    given, passes = NEEDS[case]
    needs = {
        name: {"result": result, "outputs": {"empty": empty[0]} if empty else {}}
        for name, (result, *empty) in given.items()
    }
    assert (gate(needs) == []) is passes
    monkeypatch.setenv("NEEDS", json.dumps(needs))
    assert commands.main(["gate"]) == (0 if passes else 1)


def test_gate_fails_on_what_it_cannot_read(monkeypatch: pytest.MonkeyPatch) -> None:
    assert gate({"plan": None, "session": "success"}) != []
    for text in ("", "{", "[]"):
        monkeypatch.setenv("NEEDS", text)
        assert commands.main(["gate"]) == 3
    monkeypatch.delenv("NEEDS")
    assert commands.main(["gate"]) == 3


def test_plan_command(
    repository: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(repository.root / "shared")
    repository.write("projects/delays/x.py")
    assert commands.main(["plan", "HEAD"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown == {"base": "HEAD", "reasons": {"delays": ["projects/delays/x.py changed"]}}
    listing = tmp_path / "sessions.json"
    listing.write_text(json.dumps(SESSIONS))
    assert commands.main(["plan", "HEAD", "--sessions", str(listing)]) == 0
    text = capsys.readouterr().out
    assert jobs(json.loads(text)) == ["test(project='delays')", "precommit"]

    file = tmp_path / "plan.json"
    file.write_text(text)
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "output"))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary"))
    assert commands.main(["outputs", str(file)]) == 0
    matrix, empty = (tmp_path / "output").read_text().splitlines()
    assert jobs({"matrix": json.loads(matrix.removeprefix("matrix="))}) == jobs(json.loads(text))
    assert empty == "empty=false"
    assert "`projects/delays/x.py changed`" in (tmp_path / "summary").read_text()


def test_summary_shows_odd_names_as_they_are() -> None:
    made = {"matrix": {"include": []}, "skipped": {}, "reasons": {"docs": ["a`b\n\udcff changed"]}}
    assert "- **docs**: `a'b ? changed`" in summary(made)


def test_projects_command(
    repository: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(repository.root)
    assert commands.main(["projects", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [each["name"] for each in found] == ["demand", "flights", "delays"]
    assert found[2]["consumes"] == ["flights.departures"]
    assert commands.main(["projects"]) == 0
    assert capsys.readouterr().out.splitlines()[0] == "demand   model, team: What demand is for"


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (["plan", "nowhere"], 3, "error: git knows no commit 'nowhere'"),
        (["plan", "HEAD", "--sessions", "missing.json"], 3, "error: missing.json cannot be read"),
        (["plan", "HEAD", "--sessions"], 2, "--sessions needs a value"),
        (["plan", "HEAD", "HEAD"], 2, "one argument too many"),
        (["plan", "--quick"], 2, "No option '--quick'"),
        (["plam"], 2, "No command 'plam'"),
        ([], 2, "usage:"),
    ],
)
def test_errors_are_one_message_and_a_status(
    repository: Any,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    status: int,
    message: str,
) -> None:
    monkeypatch.chdir(repository.root)
    assert commands.main(words) == status
    printed = capsys.readouterr()
    assert message in printed.err and "Traceback" not in printed.err and printed.out == ""


def test_verbose_shows_where_an_error_came_from(
    repository: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(repository.root)
    with pytest.raises(WorkspaceError):
        commands.main(["plan", "nowhere", "--verbose"])


def test_only_the_standard_library_is_imported() -> None:
    code = """
import sys
before = set(sys.modules)
import highroad_workspace.__main__
from highroad_workspace import changes, gate, git, metadata, plan, projects, pythons, ranges
heavy = {"argparse", "asyncio", "dataclasses", "inspect", "pathlib"}
print(*sorted(heavy & (set(sys.modules) - before)))
from highroad_workspace import environments, imports
tops = {name.partition(".")[0] for name in set(sys.modules) - before}
print(*sorted(tops - set(sys.stdlib_module_names) - {"highroad_workspace"}))
"""
    done = subprocess.run(
        [sys.executable, "-S", "-c", f"import sys; sys.path[:0] = {sys.path!r}\n{code}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == []
