"""What a kind of place to deploy to has to be able to do, and where such kinds are found."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from pathlib import Path
from typing import Any, ClassVar, Protocol

from highroad.config.platform import Deploy, Platform, settings_for
from highroad.deployments.place import Place
from highroad.entry_points import load
from highroad.errors import ConfigError
from highroad.releases.release import Release
from highroad_workspace.metadata import meant

GROUP = "highroad.targets"
"""The group of entry points that name the kinds: `docker`, `airflow`, and what else is installed."""


class Target(Protocol):
    """A kind of place: runs the releases of one project in one environment.

    Attributes:
        settings: A subclass of `Deploy` with what `deploy` of platform.yml takes for this kind.

    Args:
        place: Which project and environment; `place.settings` is an object of `settings`.
        arguments: More of `kedro run`, for every run there.
        within_s: Seconds within which a release has to be healthy; None: the kind's own.
    """

    settings: ClassVar[type[Deploy]]

    def __init__(
        self, place: Place, arguments: Sequence[str] = (), within_s: float | None = None
    ) -> None: ...

    def faults(self, release: Release) -> Iterable[str]:
        """What forbids a release here, a sentence each; changes nothing."""

    def is_active(self, release: Release) -> bool:
        """Whether a release is in place and healthy, and no other is there."""

    def smoke_test(self, release: Release, tell: Callable[[str], None]) -> dict[str, Any]:
        """Run the job of a release once before it is deployed; returns what the ledger keeps of it.

        Raises:
            DeploymentError: The run failed.
        """

    def run(self, release: Release, tell: Callable[[str], None]) -> dict[str, Any]:
        """Run the job of the release in place once, now; returns facts such as `run`, its record."""

    def activate(self, release: Release) -> None:
        """Start a release beside the one in place, and switch to it once it is healthy.

        Raises:
            DeploymentError: It is not healthy; the one that was in place still is.
        """

    def retire_others(self, release: Release | None) -> None:
        """Remove everything of other releases, or of all; what killed attempts left too."""

    def address(self) -> str | None:
        """`host:port` of the project's service; None where it has none."""

    @classmethod
    def drill_place(cls, place: Place, folder: Path) -> Place:
        """The place with settings of a drill, apart from every real deployment.

        Args:
            place: The place that is drilled; its scope is the drill's own.
            folder: A temporary folder.
        """

    def drill_releases(self) -> Generator[tuple[str, Release], None, None]:
        """A good release with an empty text, then broken ones with what is wrong; each is needed until the next."""


METHODS = tuple(name for name in vars(Target) if not name.startswith("_"))


def target_class(name: str) -> type[Target]:
    """The kind of a name.

    Raises:
        ConfigError: No entry point has it, two have it, or it is no target.
    """
    loaded: Any = load(GROUP, name)
    missing = [each for each in METHODS if not callable(getattr(loaded, each, None))]
    settings = getattr(loaded, "settings", None)
    if not (isinstance(settings, type) and issubclass(settings, Deploy)):
        missing.insert(0, "settings (a subclass of highroad.config.platform.Deploy)")
    if not isinstance(loaded, type) or missing:
        raise ConfigError(
            f"Entry point '{name}' of {GROUP}, {loaded!r}, is no target: expected a class like "
            f"highroad.deployments.target.Target; missing: {', '.join(missing) or 'it is no class'}."
        )
    return loaded


def settings_of(platform: Platform, environment: str, conf: Path) -> Deploy:
    """How releases come to an environment, read by its target.

    Args:
        platform: The platform's settings.
        environment: The environment.
        conf: The folder platform-conf.

    Raises:
        ConfigError: There is no such environment, nothing is deployed there, or its target refuses a setting.
    """
    places = [name for name, each in platform.environments.items() if each.deploy]
    declared = platform.environments.get(environment)
    if declared is not None and declared.deploy is not None:
        return settings_for(
            environment, declared.deploy, target_class(declared.deploy.target).settings, conf
        )
    ways = ", ".join(places) or "none; give one `deploy` in platform-conf/platform.yml"
    problem = "is a place that nothing is deployed to" if declared else "is not there"
    raise ConfigError(
        f"Environment '{environment}' {problem}.{meant(environment, places)} Deploy to: {ways}."
    )
