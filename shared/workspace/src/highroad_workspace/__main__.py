"""`highroad plan`, `projects`, `outputs` and `gate`: standard library only, so CI needs no install."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from highroad_workspace.errors import HighroadError, WorkspaceError

if TYPE_CHECKING:
    from collections.abc import Callable

USAGE = """\
usage: highroad COMMAND, or python -m highroad_workspace COMMAND

  plan [BASE]         who is affected by what changed since BASE (default origin/main), as JSON
    --sessions FILE   the whole CI plan; FILE holds what `nox --list --json` prints, - is stdin
  projects [--json]   every project, in the order they run
  imports PROJECT     exit 3 if its modules import what they may not
  outputs FILE        hand the plan in FILE to GitHub's later jobs and its summary
  gate                exit 1 unless the CI jobs in $NEEDS (GitHub's needs context) may pass

  --verbose           show where an error came from
"""


def main(argv: list[str]) -> int:
    """Run one command; returns the exit status."""
    words = [word for word in argv if word != "--verbose"]
    if {"-h", "--help"} & set(words):
        print(USAGE, end="")
        return 0
    try:
        if not words or words[0] not in COMMANDS:
            raise _UsageError(f"No command '{words[0]}'." if words else "No command.")
        return COMMANDS[words[0]](words[1:])
    except HighroadError as error:
        if "--verbose" in argv:
            raise
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code


class _UsageError(HighroadError):
    """The command line makes no sense."""

    exit_code = 2

    def __str__(self) -> str:
        return f"{super().__str__()}\n{USAGE.rstrip()}"


def _plan(words: list[str]) -> int:
    from highroad_workspace.plan import plan, reasons
    from highroad_workspace.projects import find_root

    sessions = _option(words, "--sessions")
    (base,) = _positional(words, "origin/main")
    root = find_root(os.curdir)
    if sessions is None:
        return _print({"base": base, "reasons": reasons(root, base)})
    return _print(plan(root, base, _read(sessions, list)))


def _projects(words: list[str]) -> int:
    from highroad_workspace.projects import find_projects, find_root

    as_json = "--json" in words
    _positional([word for word in words if word != "--json"])
    projects = find_projects(find_root(os.curdir))
    if as_json:
        return _print([project._asdict() for project in projects])
    width = max(len(project.name) for project in projects)
    for project in projects:
        print(
            f"{project.name.ljust(width)}  {project.kind}, {project.owner}: {project.description}"
        )
    return 0


def _imports(words: list[str]) -> int:
    from highroad_workspace.imports import import_faults
    from highroad_workspace.projects import find_projects, find_root, project_named

    (name,) = _positional(words, "")
    projects = find_projects(find_root(os.curdir))
    if faults := import_faults(project_named(projects, name), projects):
        raise WorkspaceError("\n".join(faults))
    return 0


def _outputs(words: list[str]) -> int:
    from highroad_workspace.gate import outputs, summary

    (file,) = _positional(words, "-")
    plan = _read(file, dict)
    _append("GITHUB_OUTPUT", outputs(plan))
    _append("GITHUB_STEP_SUMMARY", summary(plan))
    return 0


def _gate(words: list[str]) -> int:
    from highroad_workspace.gate import gate

    _positional(words)
    faults = gate(_parsed(os.environ.get("NEEDS", ""), "the variable NEEDS", dict))
    print("\n".join(faults) or "every job succeeded, or was skipped by an empty plan")
    return 1 if faults else 0


def _option(words: list[str], name: str) -> str | None:
    """Take an option and its value out of the words."""
    for position, word in enumerate(words):
        if word == name:
            if position + 1 == len(words):
                raise _UsageError(f"{name} needs a value.")
            del words[position]
            return words.pop(position)
        if word.startswith(f"{name}="):
            return words.pop(position).partition("=")[2]
    return None


def _positional(words: list[str], *defaults: str) -> list[str]:
    for word in words:
        if word.startswith("-") and word != "-":
            raise _UsageError(f"No option '{word}'.")
    if len(words) > len(defaults):
        raise _UsageError(f"'{words[len(defaults)]}' is one argument too many.")
    return [*words, *defaults[len(words) :]]


def _read(file: str, kind: type) -> Any:
    try:
        if file == "-":
            return _parsed(sys.stdin.read(), "the standard input", kind)
        with open(file, encoding="utf-8") as stream:
            return _parsed(stream.read(), file, kind)
    except (OSError, UnicodeDecodeError) as error:
        raise WorkspaceError(f"{file} cannot be read: {error}.") from None


def _parsed(text: str, where: str, kind: type) -> Any:
    import json

    try:
        found = json.loads(text)
    except ValueError as error:
        raise WorkspaceError(f"{where} is not JSON: {error}.") from None
    if not isinstance(found, kind):
        wanted = "a list" if kind is list else "an object"
        raise WorkspaceError(f"{where} holds a JSON {type(found).__name__}; expected {wanted}.")
    return found


def _append(variable: str, text: str) -> None:
    path = os.environ.get(variable)
    if not path:
        raise WorkspaceError(f"${variable} is not set; this command is for GitHub's runners.")
    with open(path, "a", encoding="utf-8") as stream:
        stream.write(text)


def _print(content: object) -> int:
    import json

    print(json.dumps(content, indent=2))
    return 0


COMMANDS: dict[str, Callable[[list[str]], int]] = {
    "plan": _plan,
    "projects": _projects,
    "imports": _imports,
    "outputs": _outputs,
    "gate": _gate,
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
