"""Build a project's image."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from highroad.config.platform import Platform, load_platform
from highroad.errors import ImageError
from highroad.releases.base_image import BaseImage, base_image
from highroad.releases.context import assemble
from highroad.releases.engine import Engine, ImageFacts
from highroad.releases.host import secrets
from highroad.releases.labels import PLATFORM, labels
from highroad_workspace.git import commit_of
from highroad_workspace.leftovers import temporary_folder
from highroad_workspace.names import IMAGE, name_fault
from highroad_workspace.projects import Project
from highroad_workspace.ranges import version_range


class Image(NamedTuple):
    """A project's image as the engine has it, and what it is built on."""

    name: str
    facts: ImageFacts
    base: BaseImage

    @property
    def own_layers(self) -> tuple[str, ...]:
        """The layers above the base, lowest first."""
        return self.facts.layers[len(self.base.layers) :]


def name_of(project: Project, platform: Platform) -> str:
    """The image's name: the project's, beneath the platform's registry where there is one."""
    registry = platform.image_registry
    return f"{registry}/{project.name}" if registry else project.name


def build(
    project: Project,
    root: Path,
    engine: Engine,
    tell: Callable[[str], None],
    *,
    name: str | None = None,
    options: Sequence[str] = (),
) -> Image:
    """Build a project's image from the working tree.

    Args:
        project: The project.
        root: The repository.
        engine: What builds.
        tell: Takes each step as it comes.
        name: The image's name; None means `name_of`.
        options: More options for `docker build`.

    Raises:
        ImageError: The base does not fit, or the build failed.
        LockError: A lock is missing or stale.
    """
    platform = load_platform(root / "platform-conf")
    base = base_image(engine, platform.base_image)
    _must_fit(project, base)
    name = name or name_of(project, platform)
    if fault := name_fault(IMAGE, name):
        raise ImageError(f"The image's name '{name}' {fault}.")
    commit = commit_of(root)
    found = labels(project, root, commit, base, platform.organisation)
    before = engine.facts(name)
    with temporary_folder("image") as parent:
        folder = Path(parent) / "context"
        folder.mkdir()
        assemble(project, root, base.reference, folder)
        words = ["build", "--progress", "plain", "--network", "host", "--tag", name]
        words += secrets(Path(parent))
        words += ["--build-arg", f"COMMIT={commit}"]
        for key, value in found.items():
            words += ["--label", f"{key}={value}"]
        engine.watch([*words, *options, str(folder)], tell)
    built = image_named(engine, name, base)
    if before is not None and before.id != built.facts.id:
        remove_if_left(engine, before)
    return built


def remove_if_left(engine: Engine, image: ImageFacts) -> None:
    """Remove the predecessor of a build, which would stay without a name until the disk is full.

    One that has another name, that a container runs, or that was not built by Highroad stays.
    """
    if PLATFORM not in image.labels:
        return
    with suppress(ImageError):
        if engine.call("image", "inspect", "--format", "{{len .RepoTags}}", image.id) == "0":
            engine.call("image", "rm", image.id)


def push(image: Image, engine: Engine) -> str:
    """Push an image to the registry that its name begins with; gives it by its digest there.

    Raises:
        ImageError: The registry does not take it.
    """
    commit = image.facts.labels.get("org.opencontainers.image.revision", "")
    # A build of no commit has no tag that a later one could be taken for.
    named = f"{image.name}:{commit.replace('+', '-dirty') or 'unknown'}"
    engine.call("tag", image.name, named)
    try:
        engine.call("push", "--quiet", named)
    except ImageError as error:
        raise ImageError(
            f"{image.name} cannot be pushed, so nothing was released. Is its registry there, and did you "
            f"`docker login`?\n{error}"
        ) from error
    finally:
        engine.call("image", "rm", named)
    facts = engine.facts(image.name)
    assert facts is not None
    return next(each for each in facts.digests if each.startswith(f"{image.name}@"))


def image_named(engine: Engine, name: str, base: BaseImage) -> Image:
    """An image that was built on a base.

    Raises:
        ImageError: There is none of this name, or it stands on another base.
    """
    facts = engine.facts(name)
    if facts is None:
        raise ImageError(f"No image '{name}' here. Build it: highroad image build")
    if facts.layers[: len(base.layers)] != base.layers:
        raise ImageError(
            f"'{name}' was not built on {base.reference}, the base of today. Build it again: "
            "highroad image build"
        )
    return Image(name, facts, base)


def _must_fit(project: Project, base: BaseImage) -> None:
    wanted = project.requires_python or ">=3"
    if base.python and not version_range(wanted).contains(base.python):
        raise ImageError(
            f"'{project.name}' requires Python {wanted}, and the base image {base.reference} has "
            f"{base.python}. Name one that fits in `base_image` of platform-conf/platform.yml, or "
            "widen requires-python."
        )
