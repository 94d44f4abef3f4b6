"""What an event says of its job: whose it is, what for, and where its code lies."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import quote

from highroad.lineage.facets import facet
from highroad_workspace.git import remote_of
from highroad_workspace.metadata import table

_SCP = re.compile(r"(?P<user>[\w.-]+@)?(?P<host>[\w.-]+):(?P<path>[^/].*)\Z")
_USER = re.compile(r"\A(https?://)[^/@]*@")


@dataclass(frozen=True)
class Job:
    """A project as a job.

    Attributes:
        folder: The project's folder.
    """

    folder: Path

    def facets(self, commit: str) -> dict[str, Any]:
        """The job's facets; what is not known is left out.

        Args:
            commit: What the working tree is at; empty where there is none.
        """
        what_kind = {"processingType": "BATCH", "integration": "HIGHROAD", "jobType": "PIPELINE"}
        found = {"jobType": facet("JobTypeJobFacet", **what_kind)}
        if what := self._metadata.get("description"):
            found["documentation"] = facet("DocumentationJobFacet", description=str(what))
        if owner := self._metadata.get("owner"):
            owners = [{"name": f"team:{owner}", "type": "OWNER"}]
            found["ownership"] = facet("OwnershipJobFacet", owners=owners)
        if commit:
            found["sourceCodeLocation"] = self._source(commit)
        return found

    def _source(self, commit: str) -> dict[str, Any]:
        """In pip's words, `git+URL@commit#subdirectory=…`: how hosts lay out their pages is no matter."""
        path = self.folder.resolve().relative_to(self._root).as_posix()
        url = self._remote or self._root.as_uri()
        return facet(
            "SourceCodeLocationJobFacet",
            type="git",
            url=f"git+{url}@{commit}#subdirectory={quote(path)}",
            repoUrl=self._remote,
            path=path,
            version=commit,
        )

    @cached_property
    def _metadata(self) -> dict[str, Any]:
        try:
            text = (self.folder / "pyproject.toml").read_text(encoding="utf-8")
            return table(tomllib.loads(text), "tool", "highroad")
        except (OSError, ValueError):
            return {}

    @cached_property
    def _root(self) -> Path:
        folder = self.folder.resolve()
        return next(
            (each for each in (folder, *folder.parents) if (each / ".git").exists()), folder
        )

    @cached_property
    def _remote(self) -> str | None:
        """The URL of `origin` without whoever logs in there; None where it has none."""
        found = remote_of(self._root)
        if not found:
            return None
        if scp := _SCP.match(found):
            return f"ssh://{scp['user'] or ''}{scp['host']}/{quote(scp['path'])}"
        return _USER.sub(r"\1", found) if "://" in found else None
