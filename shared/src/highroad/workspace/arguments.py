"""Nox called with a project that does not exist, or in the wrong place: the command that was meant."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from highroad.workspace.metadata import closest
from highroad.workspace.projects import no_project

if TYPE_CHECKING:
    import os
    from collections.abc import Collection, Sequence

_OPTION = re.compile(r"^(?:--sessions?=|-[hlrNRxv]*[se]=?)(?P<first>.*)$")
_CALL = re.compile(r"^(?P<name>[\w-]+?)(?:-(?P<python>\d+\.\d+))?(?:\((?P<arguments>.*)\))?$")
_PROJECT = re.compile(r"""\bproject\s*=\s*(?P<quote>["']?)(?P<project>[^"',)]*)(?P=quote)""")
_WRITTEN = re.compile(r"""^def (\w+)|^@nox\.session\(.*?\bname=["']([^"']+)""", re.MULTILINE)
_CLOSE = 0.75


def check_request(
    argv: Sequence[str],
    sessions: Sequence[str],
    projects: Sequence[str],
    whole: Collection[str] = (),
) -> str | None:
    """What is wrong with a nox command line, with the right command; None where nothing is.

    Args:
        argv: The arguments without the program.
        sessions: Names of all sessions, without parameters.
        projects: Names that `project=` may have.
        whole: Sessions that are not per project; what follows `--` there is never a project.
    """
    asked, positional = _parse(argv)
    for each in asked:
        call = _CALL.match(each)
        fault = call and _call_fault(call, sessions, projects)
        if fault:
            return fault
    if asked and not any("(" in each for each in asked):
        return _misplaced(asked, positional, projects, whole)
    return None


def sessions_written_in(noxfile: str | os.PathLike[str]) -> set[str]:
    """Names that a noxfile's source may register, wherever in it; functions that are none too."""
    with open(noxfile, encoding="utf-8") as file:
        return {name for names in _WRITTEN.findall(file.read()) for name in names if name}


def _call_fault(
    call: re.Match[str], sessions: Sequence[str], projects: Sequence[str]
) -> str | None:
    name, given = call["name"], call["arguments"]
    if name not in sessions:
        close = closest(name, sessions, _CLOSE)
        if close is None:
            return f"No session '{name}'. The menu: nox --list"
        return f"No session '{name}'. Did you mean: nox -s {_quoted(call.string.replace(name, close, 1))}"
    if not given:
        return None
    named = _PROJECT.search(given)
    if named is None:
        # test(delays), test('delays')
        word = given.strip("\"' ")
        meant = word if word in projects else closest(word, projects, _CLOSE)
        return (
            f"'{given}' names no parameter. Did you mean: {_command(name, meant)}"
            if meant
            else None
        )
    project = named["project"]
    if project in projects:
        if named["quote"]:
            return None
        return f"The project's name needs quotes: {_command(name, project)}"
    message = no_project(project, projects)
    close = closest(project, projects)
    return f"{message}. Type: {_command(name, close)}" if close else message


def _misplaced(
    asked: Sequence[str],
    positional: Sequence[str],
    projects: Sequence[str],
    whole: Collection[str],
) -> str | None:
    """A project's name after `--`, where only the tool's own arguments belong."""
    per_project = [session for session in asked if session not in whole]
    if not positional or not per_project:
        return None
    word = positional[0]
    meant = word if word in projects else None
    if meant is None and word.isidentifier():
        meant = closest(word, projects, _CLOSE)
    if meant is None:
        return None
    is_one = "is a project" if word in projects else f"looks like the project '{meant}'"
    calls = " ".join(f"\"{session}(project='{meant}')\"" for session in per_project)
    return f"Arguments after -- go to the tool, and '{word}' {is_one}. Type: nox -s {calls}"


def _parse(argv: Sequence[str]) -> tuple[list[str], list[str]]:
    """The sessions asked for, and what stands after `--`."""
    end = argv.index("--") if "--" in argv else len(argv)
    asked: list[str] = []
    taking = False
    for word in argv[:end]:
        option = _OPTION.match(word) if word.startswith("-") else None
        if word in ("--session", "--sessions"):
            taking = True
        elif word.startswith("--") and not option:
            taking = False
        elif option:
            taking = not option["first"]
            asked += [option["first"]] if option["first"] else []
        elif word.startswith("-"):
            taking = False
        elif taking:
            asked.append(word)
    return asked, list(argv[end + 1 :])


def _command(session: str, project: str | None) -> str:
    return f"nox -s \"{session}(project='{project}')\""


def _quoted(session: str) -> str:
    return f'"{session}"' if "(" in session else session


def value_of(words: Sequence[str], *names: str) -> str | None:
    """What a command line gives an option: `--env prod`, `--env=prod`, `-e prod` or `-eprod`.

    Args:
        words: The arguments.
        names: The option's spellings.

    Returns:
        The last value given, as click takes it; None where the option is not there.
    """
    found = None
    for position, word in enumerate(words):
        for name in names:
            if word == name and position + 1 < len(words):
                found = words[position + 1]
            elif name.startswith("--") and word.startswith(f"{name}="):
                found = word.partition("=")[2]
            elif not name.startswith("--") and word.startswith(name) and len(word) > len(name):
                found = word[len(name) :].removeprefix("=")
    return found
