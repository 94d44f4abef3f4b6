"""Write the reference pages from the code: sessions, configuration, contracts, rules, library."""

from __future__ import annotations

import ast
import inspect
import re
import sys
import tomllib
from datetime import date
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path

import yaml

from highroad import errors as module_of_errors
from highroad_workspace.commands import COMMANDS

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "shared" / "highroad" / "src" / "highroad"
OUT = Path(sys.argv[1]) if sys.argv[1:] else ROOT / "docs" / "pages" / "reference"
_TO_FILE = re.compile(r"!?\[([^\]]*)\]\((?!https?://|mailto:|#)[^)]*\)")


def sessions() -> str:
    """A heading per nox session with its docstring."""
    lines = ["# Sessions", "", "`nox --list` prints this menu."]
    module = ast.parse(
        Path(str(find_spec("highroad_workspace.sessions").origin)).read_text("utf-8")
    )
    (methods,) = (
        each.body
        for each in module.body
        if isinstance(each, ast.ClassDef) and each.name == "Sessions"
    )
    for method in methods:
        if isinstance(method, ast.FunctionDef) and method.decorator_list:
            marks = ast.unparse(method.decorator_list[0])
            times = (
                "per package"
                if "PACKAGE" in marks
                else "per project"
                if "PROJECT" in marks
                else "once"
            )
            lines += ["", f"## {method.name}", "", f"{ast.get_docstring(method)} Runs {times}."]
    for command in COMMANDS:
        times = "per project" if command.scope in ("project", "deployable") else "once"
        lines += [
            "",
            f"## {command.session}",
            "",
            f"{command.help}. Runs {times}: `highroad {command.words}`.",
        ]
    return "\n".join(lines)


def configuration() -> str:
    """platform.yml and the inherited catalog as they stand."""
    parts = ["# Configuration", "", "What a fork edits, as it stands."]
    for path in ("platform.yml", "base/catalog.yml", "base/logging.yml"):
        text = (ROOT / "platform-conf" / path).read_text(encoding="utf-8")
        parts += ["", f"## platform-conf/{path}", "", f"```yaml\n{text.rstrip()}\n```"]
    return "\n".join(parts)


def projects() -> str:
    """A heading per project, and beneath it its README."""
    lines = ["# Projects", "", "What each project says of itself, from its README."]
    for path in sorted((ROOT / "projects").glob("*/pyproject.toml")):
        told = tomllib.loads(path.read_text(encoding="utf-8")).get("tool", {}).get("highroad")
        if told is not None:
            readme = path.with_name("README.md")
            lines += ["", f"## {path.parent.name}"]
            lines += (
                beneath(readme.read_text(encoding="utf-8"))
                if readme.is_file()
                else ["", f"{told['description']} Owned by `{told['owner']}`."]
            )
    return "\n".join(lines)


def beneath(text: str) -> list[str]:
    """A page of its own as a part of another: one level down, without its title and its links to files."""
    lines, is_code = [], False
    for line in text.splitlines():
        is_code ^= line.startswith("```")
        if is_code or line.startswith("    "):
            lines.append(line)
        elif not line.startswith("# "):
            line = f"#{line}" if line.startswith("##") else line
            lines.append(_TO_FILE.sub(r"\1", line))
    return lines


def products() -> str:
    """A heading per data product with its contract's columns."""
    parts = ["# Data products", "", "What the contracts in `platform-conf/contracts/` promise."]
    for path in sorted((ROOT / "platform-conf" / "contracts").glob("*.yaml")):
        contract = yaml.safe_load(path.read_text(encoding="utf-8"))
        (table,) = contract["schema"]
        parts += [
            "",
            f"## {path.stem}",
            "",
            f"{contract['description']['purpose']} Version {contract['version']}, owned by "
            f"`{contract['team']['name']}`. {table['dataGranularityDescription']}.",
            "",
            "| column | stored as | null | what |",
            "|---|---|---|---|",
            *(
                f"| `{each['name']}` | {each['physicalType']} | "
                f"{'never' if each.get('required') else 'may be'} | {each.get('description', '')} |"
                for each in table["properties"]
            ),
        ]
    return "\n".join(parts)


def rules() -> str:
    """A heading per rule of the catalog session, from the docstrings of its classes."""
    from highroad.conformance.catalog import catalog_checks

    lines = ["# Catalog rules", "", "What `nox -s catalog` checks, in every environment."]
    for check in catalog_checks():
        lines += ["", f"## {type(check).__name__}", "", inspect.cleandoc(type(check).__doc__ or "")]
    return "\n".join(lines)


def rule_kinds() -> str:
    """A heading per kind of rule that contracts may declare, from its class."""
    from highroad.products.rules import kinds

    lines = ["# Rule kinds", "", "What a contract may declare of its data, and how."]
    for kind in kinds():
        lines += ["", f"## {kind.name}", "", inspect.cleandoc(type(kind).__doc__ or "")]
    return (
        "\n".join(lines)
        .replace("\nExample:\n    ```yaml\n    ", "\n```yaml\n")
        .replace("\n    ", "\n")
    )


def checks() -> str:
    """A heading per check of conformance, from its class."""
    from highroad.conformance.doctor import all_checks
    from highroad_workspace.metadata import LEVELS

    lines = [
        "# Checks",
        "",
        "What `nox -s conform` looks at, by the level from which on it counts.",
    ]
    for check in sorted(all_checks(), key=lambda each: LEVELS.index(each.level)):
        text = inspect.cleandoc(type(check).__doc__ or "")
        lines += [
            "",
            f"## {check.name}",
            "",
            text,
            "",
            f"**{check.level.capitalize()}.** {check.why}",
        ]
        lines += ["", f"Mend it: {check.remedy}"]
    return "\n".join(lines)


def conformance() -> str:
    """Which level each project of this repository holds, check by check."""
    from highroad.conformance.doctor import diagnose

    found = diagnose(ROOT, date.today())
    projects = [each for each in found if each.subject != "repository"]
    names = [each.check.name for each in projects[0].verdicts]
    lines = ["# Conformance", "", "As `nox -s conform` found it when this page was made.", ""]
    lines += ["| | " + " | ".join(each.subject for each in projects) + " |"]
    lines += ["|---|" + "---|" * len(projects)]
    lines += [
        "| **level** | " + " | ".join(f"**{each.level or 'none'}**" for each in projects) + " |"
    ]
    for name in names:
        told = ({one.check.name: one for one in each.verdicts}.get(name) for each in projects)
        cells = (
            ("waived" if one.waiver else one.result.outcome.value) if one else "unknown"
            for one in told
        )
        lines.append(f"| [{name}](checks.md#{name}) | " + " | ".join(cells) + " |")
    for name in (each for each in found if each.subject == "repository"):
        lines += ["", f"The repository itself holds **{name.level or 'no level'}**."]
    return "\n".join(lines)


def hooks() -> str:
    """A heading per hook that projects get, from its entry point and its module's docstring."""
    lines = ["# Hooks", "", "What every project gets by depending on `highroad`."]
    for point in sorted(entry_points(group="kedro.hooks")):
        if point.dist is None or point.dist.name != "highroad":
            continue
        name, module = point.name, point.module
        path = PACKAGE.parent / (module.replace(".", "/") + ".py")
        text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
        lines += ["", f"## {name}", "", str(text)]
    return "\n".join(lines)


def errors() -> str:
    """A heading per family of errors, by exit code: what it means and the way out."""
    lines = [
        "# Exit codes and troubleshooting",
        "",
        "Every command ends with the exit code of what went wrong, and one message: what, where (file, line or key), what",
        "was expected, the way out. `--verbose` adds the traceback. nox itself ends with 1 when a session failed.",
        "",
        "| code | family |",
        "|---|---|",
    ]
    families = [(name, getattr(module_of_errors, name)) for name in module_of_errors.__all__]
    families.sort(key=lambda family: family[1].exit_code)
    for name, family in families:
        summary = inspect.getdoc(family).splitlines()[0]
        lines.append(
            f"| {family.exit_code} | [{name}](#{family.exit_code}-{name.lower()}): {summary} |"
        )
    for name, family in families:
        lines += ["", f"## {family.exit_code}: {name}", "", inspect.getdoc(family)]
    return "\n".join(lines)


def library() -> str:
    """A heading and a mkdocstrings block per public module."""
    lines = ["# Library"]
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        is_module = (path.parent / "__init__.py").is_file()  # else it comes with a template
        if is_module and parts[-1] not in ("__init__", "__main__"):
            lines += [
                "",
                f"## {'.'.join(parts)}",
                "",
                f"::: {'.'.join(parts)}",
                "    options: {heading_level: 3, show_root_heading: false}",
            ]
    return "\n".join(lines)


OUT.mkdir(exist_ok=True)
PAGES = (
    sessions,
    configuration,
    projects,
    products,
    rules,
    rule_kinds,
    checks,
    conformance,
    hooks,
    errors,
    library,
)
for page in PAGES:
    (OUT / f"{page.__name__}.md").write_text(page() + "\n", encoding="utf-8")
