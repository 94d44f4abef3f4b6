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

from highroad.products.compatibility import BREAKING, compare

from .test_compatibility import CHANGES, START, contract

pytestmark = pytest.mark.slow
PEER = "datacontract-cli==1.2.8"
WHY = {
    "another pattern": "it warns that it cannot tell; what cannot be told is breaking here",
    "a later promise": "it does not look at service levels",
    "an earlier promise": "it does not look at service levels",
    "another partition": "it does not look at partitions, which readers push down to",
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
    max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(
        st.sampled_from(sorted(set(CHANGES) - WHY.keys())), min_size=1, max_size=3, unique=True
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


def test_the_documents_are_sound_for_the_peer_too(peer, tmp_path):
    path = tmp_path / "c.yaml"
    path.write_text(yaml.safe_dump(START), encoding="utf-8")
    done = subprocess.run([*peer, "lint", str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
