"""Write the reference pages from the code: sessions, configuration and the library's modules."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "shared" / "src" / "highroad"
OUT = ROOT / "docs" / "pages" / "reference"


def sessions() -> str:
    """A heading per nox session with its docstring."""
    lines = ["# Sessions", "", "`nox --list` prints this menu."]
    for function in ast.parse((ROOT / "noxfile.py").read_text(encoding="utf-8")).body:
        if isinstance(function, ast.FunctionDef) and any(
            "session" in ast.unparse(each) for each in function.decorator_list
        ):
            each = [d for d in function.decorator_list if ast.unparse(d).startswith("each_")]
            what = (
                "per project"
                + (" and the library" if each and "package" in ast.unparse(each[0]) else "")
                if each
                else "once"
            )
            lines += ["", f"## {function.name}", "", f"{ast.get_docstring(function)} Runs {what}."]
    return "\n".join(lines)


def configuration() -> str:
    """platform.yml and the inherited catalog as they stand."""
    parts = ["# Configuration", "", "What a fork edits, as it stands."]
    for path in ("platform.yml", "base/catalog.yml", "base/logging.yml"):
        text = (ROOT / "platform-conf" / path).read_text(encoding="utf-8")
        parts += ["", f"## platform-conf/{path}", "", f"```yaml\n{text.rstrip()}\n```"]
    return "\n".join(parts)


def library() -> str:
    """A heading and a mkdocstrings block per public module."""
    lines = ["# Library"]
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        if parts[-1] not in ("__init__", "__main__"):
            lines += [
                "",
                f"## {'.'.join(parts)}",
                "",
                f"::: {'.'.join(parts)}",
                "    options: {heading_level: 3, show_root_heading: false}",
            ]
    return "\n".join(lines)


OUT.mkdir(exist_ok=True)
for page in (sessions, configuration, library):
    (OUT / f"{page.__name__}.md").write_text(page() + "\n", encoding="utf-8")
