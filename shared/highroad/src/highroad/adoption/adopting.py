"""Bring a foreign project in: on a branch, first as it is, then with what it cannot be without."""

from __future__ import annotations

import shutil
import subprocess
import tomllib
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

from highroad.adoption.foreign import Foreign, read_foreign
from highroad.adoption.proposal import Change, propose
from highroad.adoption.static import static_metadata
from highroad.config.platform import load_platform
from highroad.conformance.codeowners import FILE as CODEOWNERS
from highroad.conformance.doctor import diagnose
from highroad.conformance.table import lines as shown
from highroad.errors import AdoptionError, StarterError
from highroad.starter.making import write_lock, write_owners
from highroad_workspace.git import checked_out
from highroad_workspace.metadata import meant

_MARK = "Adopted-With: highroad adopt"
"""In the message of each commit made here: what has it may be made anew."""


def adopt(
    folder: Path,
    root: Path,
    *,
    owner: str = "",
    description: str = "",
    data: bool = False,
    allow_build: bool = False,
    say: Callable[[str], None] = lambda _: None,
) -> str:
    """Make the branch `adopt/NAME`, with the project in projects/NAME; nothing else is touched.

    A second time the branch is made anew, from what the project is then.

    Args:
        folder: The project; one in projects/ already gets what it lacks.
        root: The repository, which has a commit.
        owner: The team that answers for it; empty is the first of platform.yml.
        description: What it is for; empty is what it says of itself.
        data: Whether to bring what lies below `data/` although its own .gitignore leaves it out.
        allow_build: Whether code of the project may run where nothing else says what it requires.
        say: Takes what there is to tell, a line each.

    Returns:
        The branch.

    Raises:
        AdoptionError: It cannot be brought in; nothing has been changed.
    """
    platform = load_platform(root / "platform-conf")
    if owner and platform.owners and owner not in platform.owners:
        known = sorted(platform.owners)
        raise AdoptionError(
            f"owner is '{owner}'.{meant(owner, known)} Expected one of `owners` in platform.yml: {', '.join(known)}."
        )
    foreign = read_foreign(folder.resolve(), data=data)
    branch = f"adopt/{foreign.name}"
    is_ours = foreign.folder.parent == (root / "projects").resolve()
    _require_free(root, foreign, branch, is_ours)
    with checked_out(root, "HEAD") as code:
        copy = Path(code)
        project = copy / "projects" / foreign.name
        if not is_ours:
            _bring(foreign, project)
            _commit(copy, f"Bring in {foreign.name} as it is", ["--force", "projects"])
        text, changes = propose(foreign, platform, owner, description)
        if text != foreign.text:
            (project / "pyproject.toml").write_text(text, encoding="utf-8")
        changes += _lock(project, foreign, allow_build)
        write_owners(platform, copy)
        if _git(copy, "status", "--porcelain", "--", CODEOWNERS):
            changes.append(
                Change(CODEOWNERS, "a change of it asks the team that owns it, and nobody else")
            )
        _commit(copy, _message(foreign, changes), ["."])
        for line in _told(foreign, changes):
            say(line)
        for line in shown(diagnose(copy, date.today(), projects=[foreign.name])):
            say(line)
        _git(root, "branch", "--force", branch, _git(copy, "rev-parse", "HEAD"))
    return branch


def _require_free(root: Path, foreign: Foreign, branch: str, is_ours: bool) -> None:
    if _fails(root, "rev-parse", "--verify", "--quiet", "HEAD^{commit}"):
        raise AdoptionError(
            f"'{root}' has no commit that a branch could begin at: git init, git commit."
        )
    if _git(root, "branch", "--show-current") == branch:
        raise AdoptionError(
            f"'{branch}' is checked out, and would be made anew; git switch another one first."
        )
    if not is_ours and not _fails(
        root, "rev-parse", "--verify", "--quiet", f"HEAD:projects/{foreign.name}"
    ):
        raise AdoptionError(
            f"projects/{foreign.name} is there already. If it is another project, rename the package of this one; "
            f"if it is this one: nox -s adopt -- projects/{foreign.name}"
        )
    if _fails(root, "rev-parse", "--verify", "--quiet", f"refs/heads/{branch}"):
        return
    ours = _git(root, "log", "--format=%H", f"--grep={_MARK}", f"HEAD..{branch}").split()
    if own := [
        each
        for each in _git(root, "log", "--format=%H", f"HEAD..{branch}").split()
        if each not in ours
    ]:
        raise AdoptionError(
            f"'{branch}' has a commit that was not made here, {own[0][:9]}: merge it, or rename it "
            f"(git branch -m {branch} …), and adopt again."
        )


def _bring(foreign: Foreign, project: Path) -> None:
    for name in foreign.files:
        target = project / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(foreign.folder / name, target, follow_symlinks=False)


def _lock(project: Path, foreign: Foreign, allow_build: bool) -> list[Change]:
    path = project / "uv.lock"
    before = path.read_bytes() if path.is_file() else None
    try:
        if allow_build:
            write_lock(project)
        else:
            with static_metadata(project, foreign.folder):
                write_lock(project)
    except StarterError as error:
        raise AdoptionError(
            f"{foreign.folder}: uv cannot resolve what it requires, so there can be no lock:\n{error}"
        ) from None
    packages = tomllib.loads(path.read_text(encoding="utf-8")).get("package", [])
    kedro = next((each["version"] for each in packages if each["name"] == "kedro"), None)
    if kedro is None or int(kedro.partition(".")[0]) < 1:
        has = f"kedro {kedro}" if kedro else "no kedro among what it requires"
        raise AdoptionError(
            f"{foreign.folder}: has {has}; expected 1.0 or later. Kedro's migration guide says what changed since "
            "0.19; raise the requirement, see its tests pass, and adopt it then."
        )
    if before == path.read_bytes():
        return []
    why = f"every machine installs the same, kedro {kedro} among it, apart from what other projects chose"
    return [Change("uv.lock", why)]


def _message(foreign: Foreign, changes: Sequence[Change]) -> str:
    told = "\n".join(f"- {each.what}:\n  {each.why}." for each in changes)
    return f"Make {foreign.name} one of the projects\n\n{told}"


def _told(foreign: Foreign, changes: Sequence[Change]) -> list[str]:
    said = [f"projects/{foreign.name}: {len(foreign.files)} files, as they are"]
    said += [f"  + {each.what}\n      {each.why}" for each in changes]
    if foreign.ignored:
        some = ", ".join(foreign.ignored[:3]) + (" …" if len(foreign.ignored) > 3 else "")
        said.append(
            f"  not brought, for its own .gitignore leaves them out: {len(foreign.ignored)} files ({some}); "
            "--data brings those below data/"
        )
    said += [
        f"  not brought, for it is a git repository of its own: {each}" for each in foreign.inner
    ]
    return said


def _commit(copy: Path, message: str, paths: Sequence[str]) -> None:
    _git(copy, "add", "--all", *paths)
    if not _fails(copy, "diff", "--cached", "--quiet"):
        return
    # Hooks hold what is written here to the platform's style; this was written elsewhere.
    _git(copy, "commit", "--quiet", "--no-verify", "--message", f"{message}\n\n{_MARK}")


def _fails(folder: Path, *words: str) -> bool:
    return (
        subprocess.run(
            ["git", "--no-optional-locks", *words], cwd=folder, capture_output=True, check=False
        ).returncode
        != 0
    )


def _git(folder: Path, *words: str) -> str:
    done = subprocess.run(
        ["git", "--no-optional-locks", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise AdoptionError(f"git {words[0]}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout.strip()
