"""The suite that the author of a target inherits."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from highroad.config.platform import Deploy, load_platform
from highroad.deployments.place import Place
from highroad.deployments.target import METHODS, Target
from highroad.releases.release import Release
from highroad.testing.checks import FILES
from highroad_workspace.projects import find_projects


class TargetContract:
    """What holds for every target; inherit it, and give a fixture `target`, of a place where nothing is deployed yet.

    The fixture `place` is one of the project `shop` in `staging`; `releases` are two of it, to be overridden where the
    target runs what is in them.
    """

    @pytest.fixture
    def target(self, place: Place) -> Target:
        raise NotImplementedError("supply a `target` fixture")

    @pytest.fixture
    def place(self, tmp_path: Path) -> Place:
        for name, text in FILES.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        (project,) = find_projects(tmp_path)
        platform = load_platform(tmp_path / "platform-conf")
        return Place(project, "staging", Deploy(), platform, tmp_path)

    @pytest.fixture
    def releases(self, place: Place) -> tuple[Release, Release]:
        first = Release(place.project.name, "1.0.0", "c" * 40, f"sha256:{'a' * 64}", "b" * 64)
        return first, replace(first, version="1.1.0", commit="d" * 40)

    def test_it_is_complete(self, target: Any) -> None:
        assert issubclass(target.settings, Deploy)
        assert not [name for name in METHODS if not callable(getattr(target, name, None))]

    def test_nothing_forbids_the_releases_and_asking_changes_nothing(
        self, target: Target, releases: tuple[Release, Release]
    ) -> None:
        assert [list(target.faults(release)) for release in releases] == [[], []]
        assert not any(target.is_active(release) for release in releases)

    def test_the_newer_takes_the_place_of_the_older_and_back(
        self, target: Target, releases: tuple[Release, Release]
    ) -> None:
        older, newer = releases
        for release, other in ((older, newer), (newer, older), (older, newer)):
            target.activate(release)
            target.retire_others(release)
            assert target.is_active(release) and not target.is_active(other)

    def test_what_is_done_twice_is_done_once(
        self, target: Target, releases: tuple[Release, Release]
    ) -> None:
        first, _ = releases
        for _ in range(2):
            target.activate(first)
            target.retire_others(first)
        assert target.is_active(first)

    def test_in_the_end_nothing_is_left(
        self, target: Target, releases: tuple[Release, Release]
    ) -> None:
        target.retire_others(None)
        target.activate(releases[0])
        target.retire_others(None)
        assert not target.is_active(releases[0])
        target.retire_others(None)
