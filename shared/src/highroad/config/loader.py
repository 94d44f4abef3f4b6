"""The configuration loader of every project: the platform's layer beneath the project's own.

Kedro's loader knows two layers, base and environment. This one composes two of them, weakest
first: platform base, platform environment, project base, project environment, runtime
parameters. Nothing else of Kedro's loader changes.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from kedro.config import MissingConfigException, OmegaConfigLoader
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from highroad.config.platform import find_platform_conf, load_platform
from highroad.errors import ConfigError

# Kedro registers its resolvers in a way that omegaconf 2.4 announces the end of, in every command.
warnings.filterwarnings("ignore", message=r"register_new_resolver\(\) is deprecated")
# Data products are called `<project>.<product>`: here the dot does mean a namespace.
warnings.filterwarnings("ignore", message="One or more dataset names contain '.'")

LOCAL = "local"
# Deep keys may be overridden one at a time; a catalog entry is replaced as a whole.
MERGE = {"globals": "soft", "parameters": "soft"}


class PlatformConfigLoader(OmegaConfigLoader):
    """Load a project's configuration on top of `platform-conf/`.

    Adds two resolvers: `${platform:store}` (the store's root for this environment; any other
    key of platform.yml by its dotted name) and `${project:name}`.

    Args:
        conf_source: The project's `conf` folder, archive or URL.
        env: The environment; None means the default run environment.
        runtime_params: What `--params` said.
        platform_conf: The platform-conf folder; None looks at HIGHROAD_PLATFORM_CONF, then
            upwards from `conf_source` and from the working directory.
        base_env: The project's base folder.
        default_run_env: The environment where none is asked for.
        merge_strategy: As in Kedro; globals and parameters merge softly unless it says otherwise.
        **options: Everything else `OmegaConfigLoader` takes.

    Raises:
        ConfigError: platform-conf is missing or wrong, the environment is unknown, or a layer
            knows an environment that the platform does not.
    """

    def __init__(
        self,
        conf_source: str | Path,
        env: str | None = None,
        runtime_params: dict[str, Any] | None = None,
        *,
        platform_conf: str | Path | None = None,
        base_env: str | None = "base",
        default_run_env: str | None = LOCAL,
        merge_strategy: dict[str, str] | None = None,
        **options: Any,
    ):
        self.platform_conf = Path(platform_conf) if platform_conf else _find(str(conf_source))
        self.platform = load_platform(self.platform_conf)
        run_env = env or default_run_env or LOCAL
        self.platform_env = "base" if run_env == LOCAL else run_env
        strategy = {**MERGE, **(merge_strategy or {})}
        _check_environments(
            self.platform_conf, Path(conf_source), run_env, set(self.platform.environments)
        )
        self._register_platform_resolvers()
        self._platform_layer = _Layer(
            self.platform_conf,
            self.platform_env,
            runtime_params,
            base_env="base",
            merge_strategy=strategy,
            **options,
        )
        # The globals resolver is one per process and the last loader to register wins: this one.
        super().__init__(
            conf_source,
            env,
            runtime_params,
            base_env=base_env,
            default_run_env=default_run_env,
            merge_strategy=strategy,
            **options,
        )
        self._globals_oc = None

    def _register_platform_resolvers(self) -> None:
        resolvers: dict[str, Callable[[str], Any]] = {
            "platform": self._platform_value,
            "project": _project_value,
        }
        for name, resolver in resolvers.items():
            OmegaConf.register_new_resolver(name, resolver, replace=True)

    def _platform_value(self, key: str) -> Any:
        if key == "store":
            return self.platform.store_root(self.platform_env, self.platform_conf.parent)
        value: Any = self.platform.model_dump()
        for part in key.split("."):
            if not isinstance(value, dict) or part not in value:
                raise ConfigError(
                    f"${{platform:{key}}}: {self.platform_conf / 'platform.yml'} has no '{key}'."
                )
            value = value[part]
        return value

    def __getitem__(self, key: str) -> Any:
        if key in self:
            return super().__getitem__(key)
        try:
            return self._layered(key)
        except MissingConfigException:
            raise
        except (OmegaConfBaseException, RecursionError) as error:
            raise ConfigError(f"{self._where(key)}: {_first_line(error)}") from error
        except ValueError as error:
            raise ConfigError(str(error)) from error

    def _layered(self, key: str) -> Any:
        missing: MissingConfigException | None = None
        try:
            platform = dict(self._platform_layer[key])
        except MissingConfigException:
            platform = {}
        try:
            project = super().__getitem__(key)
        except MissingConfigException as error:
            missing, project = error, {}
        if missing is not None and not platform:
            raise missing
        return self._merge_configs(platform, project, key, str(self.conf_source))

    def _where(self, key: str) -> str:
        return f"{key} of {self.conf_source} on {self.platform_conf}, environment '{self.env or self.default_run_env}'"

    def _read_dir_configs(self, conf_path: str, *rest: Any, **named: Any) -> Any:
        """A layer need not have a folder for every environment; which exist was checked before."""
        if not self._fs.isdir(Path(conf_path).as_posix()) and not str(conf_path).endswith("/base"):
            return {}
        return super()._read_dir_configs(conf_path, *rest, **named)


class _Layer(OmegaConfigLoader):
    """The platform's own layer; unlike a project it may leave an environment without files."""


def _find(conf_source: str) -> Path:
    if "://" in conf_source:
        return find_platform_conf()
    try:
        return find_platform_conf(Path(conf_source))
    except ConfigError:
        return find_platform_conf()


def _project_value(key: str) -> str:
    from kedro.framework.project import PACKAGE_NAME

    if key != "name":
        raise ConfigError(f"${{project:{key}}}: only ${{project:name}} is known.")
    if PACKAGE_NAME is None:
        raise ConfigError(
            "${project:name}: no Kedro project is configured; run inside a project's folder."
        )
    return str(PACKAGE_NAME)


def _check_environments(
    platform_conf: Path, conf_source: Path, env: str, declared: set[str]
) -> None:
    """Every layer must mean the same environments; the platform's list is the one that counts."""
    known = f"Known: {', '.join(sorted(declared))} and {LOCAL}."
    if env not in declared | {LOCAL}:
        close = get_close_matches(env, [*declared, LOCAL], n=1)
        hint = f" Did you mean '{close[0]}'?" if close else ""
        raise ConfigError(f"No environment '{env}'.{hint} {known}")
    faults = []
    for name in sorted(declared - set(_folders(platform_conf))):
        faults.append(
            f"{platform_conf / 'platform.yml'}: environment '{name}' has no folder {platform_conf / name}; "
            "make it, or take the environment out."
        )
    for layer, allowed in (
        (platform_conf, declared | {"contracts"}),
        (conf_source, declared | {"base", LOCAL}),
    ):
        for name in sorted(set(_folders(layer)) - allowed):
            faults.append(
                f"{layer / name}: no environment '{name}' in {platform_conf / 'platform.yml'}; "
                f"declare it there, or rename the folder. {known}"
            )
    if faults:
        raise ConfigError("\n".join(faults))


def _folders(layer: Path) -> list[str]:
    if not layer.is_dir():
        return []
    return [
        each.name
        for each in layer.iterdir()
        if each.is_dir() and not each.name.startswith((".", "_"))
    ]


def _first_line(error: BaseException) -> str:
    if isinstance(error, RecursionError):
        return "an interpolation refers to itself; break the cycle."
    return str(error).strip().splitlines()[0]
