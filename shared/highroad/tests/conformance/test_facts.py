"""What is read by a few patterns is what the whole file says."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.requirements import Requirement as Peer

from highroad.conformance.facts.constraints import normal
from highroad.conformance.facts.locks import Lock, Requirement, requirements

ROOT = Path(__file__).parents[4]
LOCKS = sorted([ROOT / "shared" / "highroad" / "uv.lock", *ROOT.glob("projects/*/uv.lock")])


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.parent.name)
def test_a_lock_read_by_patterns_is_the_lock_read_as_toml(path):
    text = path.read_text(encoding="utf-8")
    whole = tomllib.loads(text)
    lock = Lock(text)
    assert lock.requires_python == whole["requires-python"]
    versions = [
        (normal(each["name"]), each["version"]) for each in whole["package"] if "version" in each
    ]
    assert list(lock.versions()) == versions
    for package in whole["package"]:
        if "metadata" not in package:
            continue
        found = lock.requirements_of(package["name"])
        assert found is not None
        told = {
            "": package["metadata"].get("requires-dist", []),
            **package["metadata"].get("requires-dev", {}),
        }
        assert {group: {each.name for each in found[group]} for group in found} == {
            group: {normal(each["name"]) for each in wanted} for group, wanted in told.items()
        }
    assert lock.requirements_of("no-such-package") is None


names = st.from_regex(r"[A-Za-z][A-Za-z0-9._-]{0,8}[A-Za-z0-9]", fullmatch=True)
specifiers = st.lists(
    st.tuples(st.sampled_from([">=", "<", "==", "!=", "~="]), st.sampled_from(["1.0", "2.3.4"])),
    max_size=3,
)
markers = st.sampled_from(["", "; python_version < '3.12'", ' ; sys_platform == "win32"'])


@given(names, st.lists(names, max_size=2), specifiers, markers)
def test_a_requirement_is_read_as_packaging_reads_it(name, extras, parts, marker):
    text = name + (f"[{', '.join(extras)}]" if extras else "")
    text += " " + ", ".join(f"{operator} {version}" for operator, version in parts) + marker
    peer = Peer(text)
    expected = Requirement(
        normal(peer.name),
        tuple(sorted({normal(each) for each in peer.extras})),
        tuple(sorted({str(each) for each in peer.specifier})),
    )
    (found,) = requirements([text])
    assert found.name == expected.name
    assert tuple(dict.fromkeys(found.extras)) == expected.extras
    assert tuple(dict.fromkeys(found.specifiers)) == expected.specifiers
