"""The smallest change with which a foreign project is one of the repository's, and why each line is needed."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from typing import Any, NamedTuple

from highroad.adoption.foreign import Foreign
from highroad.config.platform import Platform
from highroad.errors import AdoptionError
from highroad_workspace.metadata import line_of, table

_PYTEST = re.compile(r"pytest($|[^\w.-]|-cov\b)")
_DEV = re.compile(r"(?m)^(\s*[\"']?dev[\"']?\s*=\s*\[)")
_TEST = re.compile(r"(^|/)(test_[^/]*|[^/]*_test)\.py$")


class Change(NamedTuple):
    """A line, or a few that belong together, and the reason."""

    what: str
    why: str


def propose(
    foreign: Foreign, platform: Platform, owner: str = "", description: str = ""
) -> tuple[str, list[Change]]:
    """The project's pyproject.toml with what it lacks, and each change with its reason.

    Args:
        foreign: The project.
        platform: The platform's settings.
        owner: The team that answers for it; empty is the first of the platform's.
        description: What it is for; empty is what it says of itself.

    Raises:
        AdoptionError: The file is written such that nothing can be added to it.
    """
    text, changes = foreign.text.rstrip("\n") + "\n", []
    for edit in (_project, _name, _python, _tests, _metadata):
        text, found = edit(foreign, platform, text, owner, description)
        changes += found
    try:
        written = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        written, why = {}, f" ({error})"
    else:
        why = ""
    if "highroad" not in table(written, "tool") or not table(written, "project"):
        lacking = "\n".join(f"  {each.what}" for each in changes)
        raise AdoptionError(
            f"{foreign.folder / 'pyproject.toml'}: is written such that nothing can be added to it{why}. "
            f"Write its tables with headers, such as [project], or add by hand:\n{lacking}"
        )
    return text, changes


Edited = tuple[str, list[Change]]


def _project(foreign: Foreign, platform: Platform, text: str, *_: str) -> Edited:
    """`[project]`, for one whose dependencies stand in requirements.txt alone."""
    if "project" in foreign.content:
        return text, []
    source = next((each for each in _requirements(foreign)), "")
    lines = ["", "[project]", f'name = "{foreign.name}"', 'version = "0.1.0"']
    lines += [f'requires-python = ">={platform.pythons[0]}"']
    dynamic = "dynamic" in table(foreign.content, "tool", "setuptools")
    if source or dynamic:
        lines += ['dynamic = ["dependencies"]']
    if source and not dynamic:
        lines += ["", "[tool.setuptools.dynamic]", f'dependencies = {{ file = ["{source}"] }}']
    if "build-system" not in foreign.content:
        lines += ["", "[build-system]", 'requires = ["setuptools"]']
        lines += ['build-backend = "setuptools.build_meta"']
    change = Change(
        "[project], with its dependencies read from " + (source or "nowhere yet"),
        "uv, which makes its environment and its lock, reads what it needs there; the file stays the source",
    )
    return text + "\n".join(lines) + "\n", [change]


def _requirements(foreign: Foreign) -> Iterator[str]:
    yield from (
        each for each in ("requirements.txt", "src/requirements.txt") if each in foreign.files
    )


def _name(foreign: Foreign, _: Platform, text: str, *__: str) -> Edited:
    name = table(foreign.content, "project").get("name", foreign.name)
    line = line_of(text, "project", "name")
    if name == foreign.name or line is None:
        return text, []
    lines = text.splitlines(keepends=True)
    lines[line - 1] = f'name = "{foreign.name}"\n'
    return "".join(lines), [
        Change(
            f'name = "{foreign.name}", in place of "{name}"',
            "folder, package and project are called alike, so that a session, an image and a path name one thing",
        )
    ]


def _python(foreign: Foreign, platform: Platform, text: str, *_: str) -> Edited:
    project = table(foreign.content, "project")
    if not project or "requires-python" in project:
        return text, []
    header = line_of(text, "project", "")
    if header is None:  # written as dotted keys
        return text, []
    lines = text.splitlines(keepends=True)
    lines.insert(header, f'requires-python = ">={platform.pythons[0]}"\n')
    why = "without it the lock is made for any Python, and CI does not know which one to give it"
    return "".join(lines), [Change(f'requires-python = ">={platform.pythons[0]}"', why)]


def _tests(foreign: Foreign, _: Platform, text: str, *__: str) -> Edited:
    """A group `dev` with pytest, for a project with tests: sessions install groups, and no extras."""
    project = table(foreign.content, "project")
    groups = table(foreign.content, "dependency-groups")
    has_tests = any(map(_TEST.search, foreign.files))
    told = [*project.get("dependencies", []), *groups.get("dev", []), *_in_files(foreign)]
    if not has_tests or _asks_for_pytest(told):
        return text, []
    extras = table(project, "optional-dependencies")
    extra = next((name for name, each in extras.items() if _asks_for_pytest(each)), "")
    needed = f"{foreign.name}[{extra}]" if extra else "pytest>=8"
    before, header, after = text.partition("[dependency-groups]")
    if "dev" in groups:
        after = _DEV.sub(rf'\1"{needed}", ', after, count=1)
    elif groups:
        after = f'\ndev = ["{needed}"]{after}'
    else:
        before, header, after = text, "\n[dependency-groups]", f'\ndev = ["{needed}"]\n'
    text = before + header + after
    why = "sessions install the group dev, and its tests need pytest" + (
        f", which its extra '{extra}' has" if extra else ""
    )
    return text, [Change(f'dev = ["{needed}"] in [dependency-groups]', why)]


def _in_files(foreign: Foreign) -> Iterator[str]:
    """Requirements that stand in requirements.txt, as far as they are read from there."""
    project = foreign.content.get("project")
    if project is None or "dependencies" in project.get("dynamic", ()):
        for name in _requirements(foreign):
            text = (foreign.folder / name).read_text(encoding="utf-8", errors="replace")
            yield from map(str.strip, text.splitlines())


def _asks_for_pytest(requirements: list[Any]) -> bool:
    return any(isinstance(each, str) and _PYTEST.match(each) for each in requirements)


def _metadata(
    foreign: Foreign, platform: Platform, text: str, owner: str, description: str
) -> Edited:
    if "highroad" in table(foreign.content, "tool"):
        return text, []
    teams = [name for name in platform.owners if name != "platform"] or ["team-name"]
    own = table(foreign.content, "project").get("description")
    what = description or (
        own if isinstance(own, str) and own.strip() else f"Adopted: {foreign.name}"
    )
    lines = [
        "",
        "[tool.highroad]",
        f"description = {json.dumps(what, ensure_ascii=False)}",
        f'owner = "{owner or teams[0]}"',
        'kind = "pipeline"',
        'conformance = "bronze"',
    ]
    return text + "\n".join(lines) + "\n", [
        Change("[tool.highroad] description, owner, kind", "who answers for it, and what for"),
        Change(
            'conformance = "bronze"',
            "the first level: style, types and the catalog's rules are shown, and fail nothing until it asks for silver",
        ),
    ]
