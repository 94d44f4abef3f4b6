"""Each managed file stands in one of five ways to the template."""

from __future__ import annotations

import pytest

from highroad.starter.divergence import State, divergences, needless
from highroad.starter.record import Accepted

PYPROJECT = """\
[project]
name = "shop"
version = "0.1.0"
dependencies = ["highroad"]

[dependency-groups]
dev = ["pytest>=8"]

[tool.highroad]
owner = "till"

[tool.mypy]
strict = true
"""
FILES = {"pyproject.toml": PYPROJECT, "src/shop/settings.py": "A = 1\n"}
MYPY = PYPROJECT.replace("true", "false")


def states(folder, files, accepted=()):
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    found = divergences(folder, FILES, accepted)
    return {f"{each.file}:{each.key}".strip(":"): each for each in found}


def test_all_as_given_is_pristine_whatever_its_line_ends(tmp_path):
    windows = {name: text.replace("\n", "\r\n") for name, text in FILES.items()}
    for files in (FILES, windows):
        found = states(tmp_path, files)
        assert {each.state for each in found.values()} == {State.PRISTINE} and set(found) == set(
            FILES
        )


@pytest.mark.parametrize(
    ("own", "key", "what"),
    [
        (MYPY, "tool.mypy.strict", "tool.mypy.strict is false; the template has true"),
        (
            PYPROJECT.replace("strict = true\n", ""),
            "tool.mypy.strict",
            "is not there; the template has true",
        ),
        (PYPROJECT.replace('"pytest>=8"', '"x"'), "dependency-groups.dev", "lacks pytest>=8"),
        (PYPROJECT.split("[dependency")[0], "dependency-groups.dev", "is not there"),
    ],
)
def test_a_key_that_differs_is_stale(tmp_path, own, key, what):
    found = states(tmp_path, {**FILES, "pyproject.toml": own})[f"pyproject.toml:{key}"]
    assert found.state is State.STALE and what in found.what


def test_what_is_the_teams_and_what_it_adds_is_no_divergence(tmp_path):
    own = (
        PYPROJECT.replace('"0.1.0"', '"2.0.0"')
        .replace('"highroad"', '"httpx"')
        .replace('"till"', '"eve"')
    )
    own = (
        own.replace('["pytest>=8"]', '["hypothesis", "pytest>=8"]')
        + "\n[tool.ruff]\nline-length = 60\n"
    )
    found = states(tmp_path, {**FILES, "pyproject.toml": own})
    assert found["pyproject.toml"].state is State.PRISTINE


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pyproject.toml", "[project\n"),
        ("pyproject.toml", f"<<<<<<< yours\n{PYPROJECT}=======\n>>>>>>> template 2\n"),
        ("src/shop/settings.py", "<<<<<<< yours\n=======\nA = 1\n>>>>>>> template 2\n"),
    ],
)
def test_conflicts_are_told_and_never_accepted(tmp_path, name, text):
    accepted = [Accepted(name, "", "why not", "till")]
    assert states(tmp_path, {**FILES, name: text}, accepted)[name].state is State.CONFLICTING


def test_a_file_that_is_gone_is_missing(tmp_path):
    found = states(tmp_path, {"pyproject.toml": PYPROJECT})
    assert found["src/shop/settings.py"].state is State.MISSING


def test_what_is_accepted_is_told_with_reason_and_owner_and_must_differ(tmp_path):
    mypy = Accepted("pyproject.toml", "tool.mypy.strict", "old code", "till")
    vain = Accepted("src/shop/settings.py", "", "we meant to", "till")
    found = states(tmp_path, {**FILES, "pyproject.toml": MYPY}, [mypy, vain])
    told = found["pyproject.toml:tool.mypy.strict"]
    assert told.state is State.ACCEPTED and told.what.endswith("true: old code (till)")
    assert needless(list(found.values()), [mypy, vain]) == [vain]
    other = states(tmp_path, {}, [mypy._replace(key="tool.mypy.plugins")])
    assert other["pyproject.toml:tool.mypy.strict"].state is State.STALE
