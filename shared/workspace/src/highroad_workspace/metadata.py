"""What one pyproject.toml says of its project, and every fault in it with its line."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from highroad_workspace.names import PRODUCT, PROJECT, name_fault

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

KEYS = (
    "description", "owner", "kind", "schedule", "publishes", "consumes", "headline", "python", "models",
    "image_budget_mib", "smoke", "serves", "memory_mib", "timeout_min", "retries", "conformance",
    "least_tests",
)  # fmt: skip
REQUIRED = ("description", "owner", "kind")
HEADLINE = ("dataset", "key", "label")
MODEL = ("metric", "may_lose")
SERVES = (
    "port",
    "model",
    "unknown_categories",
    "out_of_range",
    "fields",
    "most_rows",
    "body_kib",
    "queue",
)
SERVES_WORDS = {"unknown_categories": ("reject", "map"), "out_of_range": ("reject", "accept")}
FIELD = ("nulls", "least", "most", "categories")
RESERVED = (
    "highroad", "extensions", "docs",  # sessions of what is shared
    "products", "runs", "quarantine",  # folders of the store
    "base", "local", "staging", "prod",  # environments
)  # fmt: skip
MOST_RETRIES = 20
LEVELS = ("bronze", "silver", "gold")
"""Levels of conformance, lowest first."""
_MINOR = re.compile(r"3\.\d+")


class Fault(NamedTuple):
    """What is wrong, and the table and key of pyproject.toml where it shows."""

    table: str
    key: str
    text: str


def faults_of(path: str, content: dict[str, Any]) -> Iterator[Fault]:
    """Every fault of one project's pyproject.toml.

    Args:
        path: The project's folder.
        content: The parsed file; it has a `[tool.kedro]` table.
    """
    yield from _name_faults(path, content)
    metadata = table(content, "tool", "highroad")
    if metadata:
        yield from _metadata_faults(metadata)
    else:
        yield Fault(
            "tool.kedro", "", f"no [tool.highroad] table; expected at least {', '.join(REQUIRED)}."
        )


def _name_faults(path: str, content: dict[str, Any]) -> Iterator[Fault]:
    folder = os.path.basename(path)
    name = table(content, "project").get("name")
    package = table(content, "tool", "kedro").get("package_name")
    if not isinstance(name, str):
        yield Fault("project", "name", f"[project] has no name; expected '{folder}', the folder's.")
        return
    if name in RESERVED:
        yield Fault("project", "name", f"the name '{name}' is the platform's; choose another.")
    elif fault := name_fault(PROJECT, name):
        yield Fault("project", "name", f"the name '{name}' {fault}.")
    if package != name:
        yield Fault(
            "tool.kedro",
            "package_name",
            f"package_name is {package!r}; expected '{name}', the name of the project.",
        )
        return
    source = str(table(content, "tool", "kedro").get("source_dir", "src"))
    if name == folder and not os.path.isdir(os.path.join(path, source, name)):
        yield Fault(
            "tool.kedro",
            "package_name",
            f"no package {source}/{name}; rename the folder or create it.",
        )


def _metadata_faults(metadata: dict[str, Any]) -> Iterator[Fault]:
    where = "tool.highroad"
    for key in metadata:
        if key not in KEYS:
            yield Fault(
                where, key, f"unknown key '{key}'.{meant(key, KEYS)} (keys: {', '.join(KEYS)})"
            )
    for key in (*REQUIRED, "schedule"):
        value = metadata.get(key)
        if key == "schedule" and value is None:
            continue
        if value is None:
            yield Fault(where, key, f'no {key}; expected {key} = "…" in [tool.highroad].')
        elif not isinstance(value, str) or not value.strip():
            yield Fault(where, key, f"{key} is {value!r}; expected a text that is not empty.")
        elif key == "schedule" and len(value.split()) != 5 and not value.startswith("@"):
            yield Fault(
                where, key, f'schedule is {value!r}; expected five cron fields such as "0 6 * * *".'
            )
    for key in ("publishes", "consumes"):
        value = metadata.get(key, [])
        if key == "consumes" and isinstance(value, dict):
            yield from _range_faults(value)
            continue
        if not isinstance(value, list) or not all(map(_is_product, value)):
            yield Fault(
                where, key, f'{key} is {value!r}; expected a list of "<project>.<product>".'
            )
        elif len(set(value)) < len(value):
            yield Fault(where, key, f"{key} names a product twice: {', '.join(value)}.")
    yield from _model_faults(metadata.get("models", {}))
    python = metadata.get("python")
    if python is not None and not (isinstance(python, str) and _MINOR.fullmatch(python)):
        yield Fault(where, "python", f'python is {python!r}; expected a text such as "3.13".')
    for key, unit in (
        ("image_budget_mib", "MiB"),
        ("memory_mib", "MiB"),
        ("timeout_min", "minutes"),
        ("least_tests", "tests"),
    ):
        number = metadata.get(key)
        if number is not None and (type(number) is not int or number <= 0):
            text = f"{key} is {number!r}; expected a whole number of {unit}, such as 800."
            yield Fault(where, key, text)
    retries = metadata.get("retries")
    if retries is not None and (type(retries) is not int or not 0 <= retries <= MOST_RETRIES):
        text = f"retries is {retries!r}; expected a whole number from 0 to {MOST_RETRIES}."
        yield Fault(where, "retries", text)
    level = metadata.get("conformance")
    if level is not None and level not in LEVELS:
        text = f"conformance is {level!r}; expected {', '.join(LEVELS)}."
        yield Fault(where, "conformance", text)
    yield from _serving_faults(metadata.get("serves", {"port": 8080}))
    smoke = metadata.get("smoke", [])
    if not isinstance(smoke, list) or not all(isinstance(word, str) for word in smoke):
        text = (
            f'smoke is {smoke!r}; expected arguments of `kedro run`, such as ["--tags", "quick"].'
        )
        yield Fault(where, "smoke", text)
    headline = metadata.get("headline")
    if headline is not None and not (
        isinstance(headline, dict)
        and sorted(headline) == sorted(HEADLINE)
        and all(isinstance(value, str) for value in headline.values())
    ):
        yield Fault(
            where,
            "headline",
            f"headline is {headline!r}; expected texts for {', '.join(HEADLINE)}.",
        )


def _serving_faults(serves: object) -> Iterator[Fault]:
    """The faults of `serves`: what is served, and what of its requests."""
    where = "tool.highroad.serves"
    if (
        not isinstance(serves, dict)
        or type(serves.get("port")) is not int
        or not 1024 <= serves["port"] < 65536
    ):
        text = f"serves is {serves!r}; expected {{ port = 8080 }}, from 1024 on, and perhaps model."
        yield Fault("tool.highroad", "serves", text)
        return
    for key in sorted(set(serves) - set(SERVES)):
        yield Fault(
            where, key, f"unknown key '{key}'.{meant(key, SERVES)} (keys: {', '.join(SERVES)})"
        )
    if not isinstance(serves.get("model", ""), str):
        yield Fault(
            where,
            "model",
            f'model is {serves["model"]!r}; expected the name of one, such as "classifier".',
        )
    for key, words in SERVES_WORDS.items():
        if serves.get(key, words[0]) not in words:
            yield Fault(where, key, f"{key} is {serves[key]!r}; expected {' or '.join(words)}.")
    for key in ("most_rows", "body_kib", "queue"):
        number = serves.get(key, 1)
        if type(number) is not int or number <= 0:
            yield Fault(where, key, f"{key} is {number!r}; expected a whole number above 0.")
    fields = serves.get("fields", {})
    if not isinstance(fields, dict) or not all(
        isinstance(each, dict) and set(each) <= set(FIELD) for each in fields.values()
    ):
        text = f"fields is {fields!r}; expected a table for each column, with {', '.join(FIELD)}."
        yield Fault(where, "fields", text)


def _model_faults(models: object) -> Iterator[Fault]:
    """The faults of `[tool.highroad.models]`, which says by what each model is judged."""
    if not isinstance(models, dict):
        yield Fault("tool.highroad", "models", f"models is {models!r}; expected a table.")
        return
    for name, judged in models.items():
        if (
            not isinstance(judged, dict)
            or not isinstance(judged.get("metric"), str)
            or not set(judged) <= set(MODEL)
            or not isinstance(judged.get("may_lose", 0), (int, float))
            or isinstance(judged.get("may_lose"), bool)
        ):
            yield Fault(
                "tool.highroad.models",
                name,
                f'{name} is {judged!r}; expected {{ metric = "roc_auc" }} and perhaps may_lose, a number.',
            )


def _range_faults(consumes: dict[str, Any]) -> Iterator[Fault]:
    """The faults of `[tool.highroad.consumes]`, which gives a version range to each product."""
    from highroad_workspace.ranges import version_range

    where = "tool.highroad.consumes"
    for product, text in consumes.items():
        if not _is_product(product):
            yield Fault(where, product, f"'{product}' is no product; expected <project>.<product>.")
        elif not isinstance(text, str):
            yield Fault(
                where, product, f"'{product}' is {text!r}; expected a range such as \">=1,<2\"."
            )
        else:
            try:
                version_range(text)
            except ValueError as error:
                yield Fault(where, product, f"'{product}': {error}.")


def _is_product(value: object) -> bool:
    return not name_fault(PRODUCT, value)


def table(content: dict[str, Any], *names: str) -> dict[str, Any]:
    """A table within parsed TOML; an empty one where there is none."""
    found: Any = content
    for name in names:
        found = found.get(name) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def meant(name: str, names: Sequence[str]) -> str:
    """` Did you mean 'x'?` for the closest of `names`, or nothing."""
    close = closest(name, names)
    return f" Did you mean '{close}'?" if close else ""


def closest(name: str, names: Sequence[str], cutoff: float = 0.6) -> str | None:
    """The name most like a misspelt one; None where none is near."""
    from difflib import get_close_matches

    return next(iter(get_close_matches(name, names, n=1, cutoff=cutoff)), None)


def line_of(text: str, table_name: str, key: str) -> int | None:
    """The line of a key in a TOML text, else of its table, else None."""
    header, inside = None, False
    for number, line in enumerate(text.splitlines(), 1):
        words = line.strip()
        if words.startswith("["):
            inside = words.split("]")[0].strip("[ ") == table_name
            header = number if inside else header
        elif inside and key and words.split("=")[0].strip(" \"'") == key:
            return number
    return header
