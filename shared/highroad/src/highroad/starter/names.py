"""What a project may be called: a name is a folder, a package, a distribution, an image and a session's argument."""

from __future__ import annotations

import keyword
import re
import sys
import unicodedata
from collections.abc import Collection

from highroad_workspace.metadata import RESERVED
from highroad_workspace.names import PROJECT, name_fault

LONGEST = 40
_SHADOWED = {
    "airflow", "click", "deltalake", "docker", "duckdb", "fsspec", "jinja2", "kedro", "kedro_datasets", "matplotlib",
    "mlflow", "mypy", "nox", "numpy", "omegaconf", "pandas", "pip", "polars", "pyarrow", "pydantic", "pytest",
    "scipy", "setuptools", "skops", "sklearn", "sqlalchemy", "test", "tests", "yaml",
}  # fmt: skip
"""Packages that projects import; one of this name would hide them."""


def fault_of(name: str, taken: Collection[str]) -> str:
    """Why a project cannot be called so, as the end of a sentence; empty where it can.

    Args:
        name: The name.
        taken: Names of projects, and of folders beside them.
    """
    if not name:
        return "is empty"
    if "/" in name or "\\" in name or name.startswith("."):
        return "is a path; a project lies in projects/ and nowhere else"
    if not name.isascii():
        return "has signs that are not ASCII, which not every index, registry and file system takes"
    if fault := name_fault(PROJECT, name):
        return fault
    if "__" in name or name.endswith("_"):
        return "has a _ too many; expected single ones, between words"
    if len(name) > LONGEST:
        return f"has {len(name)} signs, and images and containers are named after it; expected at most {LONGEST}"
    if keyword.iskeyword(name) or keyword.issoftkeyword(name):
        return "is a word of Python's"
    if name in sys.stdlib_module_names:
        return "is a module of Python's, which it would hide"
    if name in _SHADOWED:
        return "is a package that projects import, which it would hide"
    if name in RESERVED:
        return "is the platform's own"
    if name in taken:
        return "is taken"
    return ""


def suggestion(name: str, taken: Collection[str]) -> str:
    """A name that is like the one asked for, and may be had."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = re.findall(r"[a-z0-9]+", plain.replace("\\", "/").rpartition("/")[2])
    base = "_".join(words).lstrip("0123456789_")[: LONGEST - 8].strip("_") or "project"
    for candidate in (base, f"{base}_data", f"my_{base}"):
        if not fault_of(candidate, taken):
            return candidate
    number = 2
    while fault_of(f"{base}_{number}", taken):
        number += 1
    return f"{base}_{number}"
