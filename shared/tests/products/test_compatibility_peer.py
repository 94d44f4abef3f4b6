"""Held against `datacontract breaking`, in an environment of its own; where the two disagree it says why."""

from __future__ import annotations

import copy
import subprocess
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from nox.virtualenv import UV

from highroad.products.compatibility import BREAKING, DOCUMENTATION, compare

from .test_compatibility import CHANGES, START, contract

pytestmark = pytest.mark.slow
REFUSED = {"an unknown key"}
"""What it refuses to read; here it is a fault of lint, and readers lose nothing by it."""
PEER = "datacontract-cli==1.2.8"
WHY = {
    "another pattern": "it warns that it cannot tell; what cannot be told is breaking here",
    "a later promise": "it does not look at service levels",
    "an earlier promise": "it does not look at service levels",
    "older rows go": "it does not look at service levels",
    "older rows stay": "it does not look at service levels",
    "another partition": "it does not look at partitions, which readers push down to",
    "an end": "it does not look at the status; a retired product is one that nobody answers for",
    "one more server": "it does not look at servers; the owner has to fill each",
    "one server less": "it does not look at servers; who reads there finds nothing",
    "another place": "it does not look at servers; who reads by address finds nothing there",
}


@pytest.fixture(scope="module")
def peer():
    """The peer's command, installed on first use."""
    command = [UV, "tool", "run", "--from", PEER, "datacontract"]
    done = subprocess.run([*command, "--version"], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"{PEER} CANNOT BE INSTALLED, NOTHING WAS COMPARED: {done.stderr[-300:]}")
    return command


def breaks(peer: list[str], old: Path, new: Path, perspective: str) -> bool:
    words = [*peer, "breaking", "--perspective", perspective, str(old), str(new)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1) and "Perspective" in done.stdout, done.stdout + done.stderr
    return done.returncode == 1


def both(peer: list[str], folder: Path, names: list[str]) -> dict[str, tuple[bool, bool]]:
    """(ours, theirs) for reader and writer, of these changes made together."""
    changed = copy.deepcopy(START)
    for name in names:
        try:
            CHANGES[name][0](changed)
        except (StopIteration, KeyError):  # another change took away what this one is about
            assume(False)
    old, new = contract(folder, START, "old"), contract(folder, changed)
    found = compare(old, new)
    return {
        "consumer": (
            any(each.reader == BREAKING for each in found),
            breaks(peer, old.path, new.path, "consumer"),
        ),
        "producer": (
            any(each.writer == BREAKING for each in found),
            breaks(peer, old.path, new.path, "producer"),
        ),
    }


@settings(
    max_examples=5,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    st.lists(
        st.sampled_from(sorted(set(CHANGES) - WHY.keys() - REFUSED)),
        min_size=1,
        max_size=3,
        unique=True,
    )
)
def test_generated_changes_are_judged_alike(peer, tmp_path, names):
    for perspective, (ours, theirs) in both(peer, tmp_path, names).items():
        assert ours == theirs, (names, perspective)


@pytest.mark.parametrize("name", WHY)
def test_where_they_disagree_we_are_the_stricter(peer, tmp_path, name):
    found = both(peer, tmp_path, [name])
    assert any(ours and not theirs for ours, theirs in found.values()), WHY[name]
    assert not any(theirs and not ours for ours, theirs in found.values())


@pytest.mark.parametrize("name", REFUSED)
def test_what_it_refuses_to_read_is_a_patch_here(peer, tmp_path, name):
    changed = copy.deepcopy(START)
    CHANGES[name][0](changed)
    old, new = contract(tmp_path, START, "old"), contract(tmp_path, changed)
    words = [*peer, "breaking", str(old.path), str(new.path)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "Perspective" not in done.stdout
    assert {each.reader for each in compare(old, new)} == {DOCUMENTATION}


def test_the_documents_are_sound_for_the_peer_too(peer, tmp_path):
    path = tmp_path / "c.yaml"
    path.write_text(yaml.safe_dump(START), encoding="utf-8")
    done = subprocess.run([*peer, "lint", str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
