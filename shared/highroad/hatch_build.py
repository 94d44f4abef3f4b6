"""Puts the files of a platform repository into wheel and sdist, for `highroad init`; they are this repository's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FILES = (
    ".editorconfig",
    ".gitattributes",
    ".github/ISSUE_TEMPLATE",
    ".github/audit.txt",
    ".github/pull_request_template.md",
    ".github/tools.in",
    ".github/tools.txt",
    ".github/workflows/audit.yml",
    ".github/workflows/ci.yml",
    ".github/workflows/release.yml",
    ".github/workflows/upgrade.yml",
    ".gitignore",
    ".pre-commit-config.yaml",
    "noxfile.py",
    "platform-conf/base",
    "platform-conf/constraints.txt",
    "platform-conf/platform.yml",
    "platform-conf/prod",
    "platform-conf/staging",
    "pyproject.toml",
    "shared/extensions/README.md",
    "shared/extensions/pyproject.toml",
    "shared/extensions/src",
    "shared/extensions/tests",
)
TARGET = "highroad/starter/platform"


class PlatformFiles(BuildHookInterface[Any]):
    """Add them where the repository is around; an editable installation reads them there."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Choose the files.

        Args:
            version: `standard`, or `editable`.
            build_data: What the builder puts into the wheel.
        """
        root = Path(self.root).parents[1]
        target = f"src/{TARGET}" if self.target_name == "sdist" else TARGET
        if version != "standard" or not (root / "noxfile.py").is_file():
            return
        for name in FILES:
            for path in [root / name] if (root / name).is_file() else (root / name).rglob("*"):
                if path.is_file() and "__pycache__" not in path.parts:
                    build_data["force_include"][str(path)] = (
                        f"{target}/{path.relative_to(root).as_posix()}"
                    )
