"""Which model a service serves: `python -m highroad.serving.choosing PROJECT` prints its assignment as JSON.

A process of its own: the registry's client is larger than the service.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from highroad.errors import ConfigError, DataError, HighroadError
from highroad.serving import serves_here
from highroad.serving.assignment import Assignment, settings_of
from highroad_workspace.projects import find_root

LOG = "07_model_output/predictions"


def choose(
    project: str, serves: Mapping[str, Any], root: Path, env: str, wanted: str = ""
) -> Assignment:
    """The newest registered version of a project's model, or another.

    Args:
        project: The project's name.
        serves: What its pyproject.toml says of its service.
        root: The repository, or what an image has of it.
        env: The environment whose registry and store are meant.
        wanted: `3` or an alias such as `prod`; empty for the newest.

    Raises:
        ConfigError: The project serves no model.
        DataError: There is no such version, its files are not what was registered, or it is not served as ONNX.
    """
    from highroad.config.platform import load_platform
    from highroad.models import folder
    from highroad.models.registered import files_of
    from highroad.models.registry import Registry

    settings = settings_of(dict(serves))
    if not settings.model:
        raise ConfigError(
            f"{project} serves no model; expected serves = {{ port = 8080, model = \"NAME\" }} in "
            f"[tool.highroad] of projects/{project}/pyproject.toml."
        )  # fmt: skip
    platform = load_platform(root / "platform-conf")
    environment = "base" if env in ("", "local") else env
    name = f"{project}.{settings.model}"
    found = Registry(platform.models_url(environment, root)).find(f"{name}@{wanted}".rstrip("@"))
    manifest = files_of(found).manifest
    if not {folder.ONNX, folder.SERVING} <= manifest.files.keys():
        why = next((note for note in manifest.notes if note.startswith("no ONNX")), "it was saved without ONNX")  # fmt: skip
        raise DataError(
            f"{found} cannot be served: {why}. Serve another version, or train it again with highroad[serving] "
            "among the project's dependencies."
        )
    log = f"{platform.store_root(environment, root)}/{project}/{LOG}/{settings.model}"
    return Assignment(
        project, settings, name, found.number, found.folder, found.digest, found.run, found.commit,
        found.saved_at, log,
    )  # fmt: skip


def main(name: str, env: str = "base") -> int:
    """Print the assignment, or say on standard error why there is none."""
    import msgspec

    try:
        assignment = choose(name, serves_here(), Path(find_root(Path.cwd())), env)
    except HighroadError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    sys.stdout.buffer.write(msgspec.json.encode(assignment))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
