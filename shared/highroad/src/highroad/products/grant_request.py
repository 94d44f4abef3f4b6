"""A grant that somebody asks for: as text, or on a branch for the owner to review."""

from __future__ import annotations

import subprocess
from datetime import date
from pathlib import Path

import yaml

from highroad.access import Action
from highroad.access.grants import FOLDER
from highroad.errors import AccessError
from highroad.principal import Principal
from highroad_workspace.git import checked_out


def requested_grant(
    principal: Principal, action: Action, why: str, columns: tuple[str, ...], until: date | None
) -> str:
    """The grant as its file has it."""
    grant = {
        "who": [str(principal)],
        "may": action,
        **({"columns": [*columns]} if columns else {}),
        **({"until": until} if until else {}),
        "why": why,
    }
    text: str = yaml.safe_dump([grant], sort_keys=False, allow_unicode=True, width=120)
    return text


def file_of(product: str) -> str:
    """Where grants of one product are, from the repository's root."""
    return f"platform-conf/{FOLDER}/{product}.yml"


def grant_on_branch(root: Path, product: str, grant: str, branch: str) -> None:
    """Commit a grant to a new branch; the working tree stays as it is.

    Raises:
        AccessError: git cannot make the branch.
        WorkspaceError: This is no repository, or has no commit.
    """
    with checked_out(root, "HEAD") as copy:
        file = Path(copy, file_of(product))
        file.parent.mkdir(parents=True, exist_ok=True)
        before = file.read_text(encoding="utf-8") if file.is_file() else ""
        file.write_text(before + grant, encoding="utf-8")
        title = grant.partition("why: ")[2].strip()
        _git(copy, "add", "--", file_of(product))
        _git(copy, "commit", "--quiet", "--no-verify", "--message", f"Access: {product}\n\n{title}")
        _git(copy, "branch", branch)


def _git(folder: str, *words: str) -> None:
    done = subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise AccessError(f"git {words[0]}: {done.stderr.strip() or done.stdout.strip()}")
