"""Held against `datacontract breaking`, in an environment of its own; where the two disagree it says why."""

from __future__ import annotations

import copy
import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from nox.virtualenv import UV
from products.test_compatibility import CHANGES, START, contract

from highroad.products.compatibility import BREAKING, DOCUMENTATION, compare

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


SERVE = """
import json, sys
from click.testing import CliRunner
from datacontract.cli import app
from typer.main import get_command
command = get_command(app)
for line in sys.stdin:
    done = CliRunner().invoke(command, json.loads(line))
    print(json.dumps([done.exit_code, done.output]), file=sys.__stdout__, flush=True)
"""
"""The peer takes four seconds to import, so one process answers all."""

Peer = Callable[..., tuple[int, str]]


@pytest.fixture(scope="module")
def peer() -> Iterator[Peer]:
    """Call the peer with arguments; gives its exit code and output. Installed on first use."""
    command = [UV, "tool", "run", "--from", PEER, "python", "-c", SERVE]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin and process.stdout and process.stderr

        def call(*words: object) -> tuple[int, str]:
            process.stdin.write(json.dumps([str(word) for word in words]) + "\n")
            process.stdin.flush()
            code, output = json.loads(process.stdout.readline())
            return code, output

        try:
            call("--version")
        except (OSError, ValueError):
            process.kill()
            pytest.skip(
                f"{PEER} CANNOT BE INSTALLED, NOTHING WAS COMPARED: {process.stderr.read()[-300:]}"
            )
        yield call
        process.stdin.close()


def breaks(peer: Peer, old: Path, new: Path, perspective: str) -> bool:
    code, output = peer("breaking", "--perspective", perspective, old, new)
    assert code in (0, 1) and "Perspective" in output, output
    return code == 1


def both(peer: Peer, folder: Path, names: list[str]) -> dict[str, tuple[bool, bool]]:
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
    code, output = peer("breaking", old.path, new.path)
    assert code == 1 and "Perspective" not in output
    assert {each.reader for each in compare(old, new)} == {DOCUMENTATION}


def test_the_documents_are_sound_for_the_peer_too(peer, tmp_path):
    path = tmp_path / "c.yaml"
    path.write_text(yaml.safe_dump(START), encoding="utf-8")
    code, output = peer("lint", path)
    assert code == 0, output
