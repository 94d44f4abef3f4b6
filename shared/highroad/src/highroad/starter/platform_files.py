"""The files of a platform repository: Highroad's own, as a repository has them that takes the library by version."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from jinja2 import Environment, StrictUndefined
from packaging.version import InvalidVersion, Version

from highroad import __version__
from highroad.errors import StarterError, WorkspaceError
from highroad_workspace.projects import find_root

HERE = Path(__file__).parent
FIRST = HERE / "first"
"""Files that are other than in Highroad's own repository."""
MANAGED = (
    ".gitattributes",
    ".github/audit.txt",
    ".github/tools.in",
    ".github/tools.txt",
    ".github/workflows/audit.yml",
    ".github/workflows/ci.yml",
    ".github/workflows/release.yml",
    ".github/workflows/upgrade.yml",
    ".gitignore",
    ".pre-commit-config.yaml",
    "noxfile.py",
    "pyproject.toml",
    "shared/extensions/pyproject.toml",
    "tools.txt",
)
"""Files and folders that an upgrade goes on to manage; all others are the organisation's from the first day."""
_FILES = (
    *MANAGED,
    ".editorconfig",
    ".github/ISSUE_TEMPLATE/",
    ".github/pull_request_template.md",
    "platform-conf/base/",
    "platform-conf/constraints.txt",
    "platform-conf/platform.yml",
    "platform-conf/prod/",
    "platform-conf/staging/",
    "shared/extensions/README.md",
    "shared/extensions/src/",
    "shared/extensions/tests/",
)
"""What a wheel has of them, see `hatch_build.py`."""
_PIN = re.compile(r"^highroad-workspace==(\S+)$", re.MULTILINE)
_SOURCES = re.compile(r"\[tool\.uv\.sources\]\n(?:.+\n)+\n?")
_CLOCK = re.compile(
    r"(# What time it is for [^.;]*; null: the system's time\.)[^\n]*\n(?:#[^\n]*\n)*clock: [^\n]*\n"
)
_OWNERS = re.compile(r"^owners:\n(?:  .*\n)+", re.MULTILINE)


def platform_files(organisation: str) -> dict[str, str]:
    """The files of a new platform repository, by their path in it, without projects and locks.

    Args:
        organisation: Its name, as people read it.

    Raises:
        StarterError: The library was installed without them.
    """
    files = dict(_of_highroad())
    environment = Environment(undefined=StrictUndefined, keep_trailing_newline=True)
    for path in sorted(each for each in FIRST.rglob("*") if each.is_file()):
        text = environment.from_string(path.read_text(encoding="utf-8"))
        name = path.relative_to(FIRST).as_posix()
        files[name] = text.render(organisation=organisation, version=__version__)
    files["shared/extensions/pyproject.toml"] = _by_version(
        files["shared/extensions/pyproject.toml"]
    )
    platform = "platform-conf/platform.yml"
    files[platform] = owned(files[platform], organisation)
    return files


def managed_files() -> dict[str, str]:
    """Those of them that an upgrade manages; none names the organisation."""
    return {name: text for name, text in platform_files("").items() if name.startswith(MANAGED)}


def version_of(files: Mapping[str, str]) -> Version | None:
    """The version of the library that gave a platform its files; None where they do not name one."""
    found = _PIN.search(files.get("tools.txt", ""))
    try:
        return Version(found[1]) if found else None
    except InvalidVersion:
        return None


def owned(text: str, organisation: str, *, is_empty: bool = True) -> str:
    """`platform.yml` of an organisation: its name, and of an empty repository its clock and first teams.

    Args:
        text: The file as another organisation has it.
        organisation: The name.
        is_empty: Whether no project there needs the sample's clock and the owners that `text` has.
    """
    name = f"organisation: {json.dumps(organisation, ensure_ascii=False)}"
    text = re.sub(r"^organisation: .*$", lambda _: name, text, flags=re.MULTILINE)
    if not is_empty:
        return text
    handle = handle_of(organisation)
    owners = "".join(
        f'  {team}: {{handle: "@{handle}/{team}", contact: {team}@{handle}.example}}\n'
        for team in ("data-science", "platform")
    )
    text = _CLOCK.sub(r"\1 HIGHROAD_CLOCK takes precedence." + "\nclock: null\n", text)
    return _OWNERS.sub(lambda _: f"owners:\n{owners}", text)


def handle_of(organisation: str) -> str:
    """An organisation's name as code hosts take one."""
    return re.sub(r"[^a-z0-9]+", "-", organisation.lower()).strip("-") or "organisation"


def _by_version(pyproject: str) -> str:
    """The extensions' pyproject.toml with the library from the package index."""
    text = _SOURCES.sub("", pyproject)
    return text.replace(
        'dependencies = ["highroad"]', f'dependencies = ["highroad=={__version__}"]'
    )


def _of_highroad() -> Iterator[tuple[str, str]]:
    """Files of Highroad's repository: a wheel has them beside this module, an editable installation around it."""
    root = HERE / "platform"
    if not root.is_dir():
        try:
            root = Path(find_root(HERE))
        except WorkspaceError:
            raise StarterError(
                "This installation of highroad has no files of a platform repository; expected them in "
                f"{root}. Install it from its wheel: pip install highroad"
            ) from None
    for own in _FILES:
        path = root / own
        for each in sorted(path.rglob("*")) if own.endswith("/") else [path]:
            name = each.relative_to(root).as_posix()
            is_other = "__pycache__" in name or (FIRST / name).exists()
            if each.is_file() and not is_other:
                yield name, each.read_text(encoding="utf-8")
