"""The configuration loader of every project: the platform's layer beneath the project's own.

Kedro's loader knows two layers, base and environment. This one composes two of them, weakest
first: platform base, platform environment, project base, project environment, runtime
parameters. Nothing else of Kedro's loader changes.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any

import fsspec
import yaml
from kedro.config import MissingConfigException, OmegaConfigLoader
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from highroad.config.contracts import with_contracts
from highroad.config.environments import LOCAL, check_environments
from highroad.config.platform import BASE, FILE, find_platform_conf, load_platform
from highroad.config.sources import SUFFIXES, Source
from highroad.config.yaml_limits import require_modest_yaml
from highroad.errors import ConfigError
from highroad.principal import Principal, current_principal
from highroad_workspace.metadata import meant

# Kedro registers its resolvers in a way that omegaconf 2.4 announces the end of, in every command.
warnings.filterwarnings("ignore", message=r"register_new_resolver\(\) is deprecated")
# Data products are called `<project>.<product>`: here the dot does mean a namespace.
warnings.filterwarnings("ignore", message="One or more dataset names contain '.'")

# Deep keys may be overridden one at a time; a catalog entry is replaced as a whole.
MERGE = {"globals": "soft", "parameters": "soft"}
# What Kedro, OmegaConf and PyYAML raise for files that are not what they should be.
BAD_CONFIGURATION = (
    yaml.YAMLError,
    OmegaConfBaseException,
    RecursionError,
    ValueError,
    OSError,
    AttributeError,
)


class PlatformConfigLoader(OmegaConfigLoader):
    """Load a project's configuration on top of `platform-conf/`.

    Adds two resolvers: `${platform:store}` (the store's root for this environment; `conf` is
    the platform-conf folder, `principal` who runs, any other key of platform.yml goes by its dotted name) and
    `${project:name}` and `${project:path}` (its folder; empty where its configuration is packaged).
    Catalog entries that name a contract get its validator.

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
        ConfigError: platform-conf is missing or wrong, the environment is unknown, a layer
            knows an environment that the platform does not, or a file cannot be read: with
            file, line and key, what was expected and the way out.
    """

    _globals: dict[str, Any] = {}  # noqa: RUF012  what globals.yml itself may refer to: nothing

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
        check_environments(
            self.platform_conf, Path(conf_source), run_env, self.platform.environments
        )
        self._modest: set[str] = set()
        self._options = {**options, "merge_strategy": {**MERGE, **(merge_strategy or {})}}
        super().__init__(
            conf_source,
            env,
            runtime_params,
            base_env=base_env,
            default_run_env=default_run_env,
            **self._options,
        )

    @cached_property
    def _platform_layer(self) -> OmegaConfigLoader:
        return OmegaConfigLoader(
            str(self.platform_conf),
            self.platform_env,
            self.runtime_params,
            base_env="base",
            **self._options,
        )

    def _register_resolvers(self) -> None:
        """Make every resolver this loader's; they are one set per process, whoever reads."""
        resolvers: dict[str, Callable[..., Any]] = {
            **(self._custom_resolvers or {}),
            "globals": self._get_globals_value,
            "platform": self.platform_value,
            "project": self._project_value,
        }
        for name, resolver in resolvers.items():
            OmegaConf.register_new_resolver(name, resolver, replace=True)
        # Kept from an earlier read, it would hide what was set since.
        self._globals_oc = None

    def _project_value(self, key: str) -> str:
        """What `${project:key}` comes to."""
        from kedro.framework.project import PACKAGE_NAME

        if key == "path":
            source = str(self.conf_source)
            return "" if "://" in source or not Path(source).is_dir() else str(Path(source).parent)
        if key != "name":
            raise ConfigError(
                f"${{project:{key}}}: only ${{project:name}} and ${{project:path}} are known."
            )
        if PACKAGE_NAME is None:
            raise ConfigError(
                "${project:name}: no Kedro project is configured; run inside a project's folder."
            )
        return str(PACKAGE_NAME)

    def platform_value(self, key: str) -> Any:
        """What `${platform:key}` comes to.

        Raises:
            ConfigError: platform.yml has no such key.
        """
        if key == "store":
            return self.platform.store_root(self.platform_env, self.platform_conf.parent)
        if key == "principal":
            return str(self.principal)
        if key == "conf":
            return self.platform_conf.as_posix()
        value: Any = self.platform.model_dump()
        for part in key.split("."):
            if not isinstance(value, dict) or part not in value:
                hint = meant(part, list(value)) if isinstance(value, dict) else ""
                raise ConfigError(
                    f"${{platform:{key}}}: {self.platform_conf / FILE} has no '{key}'.{hint}"
                )
            value = value[part]
        return value

    @cached_property
    def principal(self) -> Principal:
        """Who runs: on a laptop the login, elsewhere the project's service account; HIGHROAD_PRINCIPAL is first."""
        from kedro.framework.project import PACKAGE_NAME

        return current_principal("" if self.platform_env == BASE else PACKAGE_NAME or "")

    @property
    def run_env(self) -> str:
        """The environment of this run."""
        return str(self.env or self.default_run_env)

    def layers(self) -> list[tuple[str, str]]:
        """The layers, weakest first, as (name, folder); an environment equal to base adds none.

        The project's folders are paths within its conf archive where it has one.
        """
        found = [("platform base", self.platform_conf.joinpath("base").as_posix())]
        if (env := self.platform_env) != "base":
            found.append((f"platform {env}", (self.platform_conf / env).as_posix()))
        for env in dict.fromkeys((self.base_env, self.run_env)):
            found.append((f"project {env}", Path(self._get_conf_env_path(env)).as_posix()))
        return found

    def sources(self, kind: str) -> Iterator[Source]:
        """Every file of a kind (`catalog`, `parameters`, …), weakest layer first.

        Kedro merges and forgets where a value was. Errors and `highroad config explain` need the place, so they
        read the files again.
        """
        for layer, folder in self.layers():
            files = fsspec.filesystem("file") if layer.startswith("platform") else self._fs
            found = {
                str(path)
                for each in self.config_patterns[kind]
                for path in files.glob(f"{folder}/{each}")
            }
            for name in sorted(found):
                hidden = any(part.startswith(".") for part in name.removeprefix(folder).split("/"))
                if Path(name).suffix in SUFFIXES and not hidden and files.isfile(name):
                    yield Source(layer, Path(name), files.cat_file(name))

    def __getitem__(self, key: str) -> Any:
        if key in self:
            return super().__getitem__(key)
        try:
            return self._layered(key)
        except BAD_CONFIGURATION as error:
            from highroad.config.faults import explained

            where = f"{self.conf_source} on {self.platform_conf}, environment '{self.run_env}'"
            if fault := explained(key, list(self.sources(key)), error, where):
                raise fault from error
            raise

    def _layered(self, key: str) -> Any:
        missing: MissingConfigException | None = None
        self._register_resolvers()
        platform_layer = self._platform_layer  # takes the globals resolver when it is made
        self._register_resolvers()
        try:
            platform = dict(platform_layer[key])
        except MissingConfigException:
            platform = {}
        try:
            project = super().__getitem__(key)
        except MissingConfigException as error:
            missing, project = error, {}
        if missing is not None and not platform:
            raise missing
        merged = self._merge_configs(platform, project, key, str(self.conf_source))
        if key == "catalog":
            store = self.platform_value("store")
            return with_contracts(merged, self.platform_value("conf"), store)
        return merged

    def _read_dir_configs(self, conf_path: str, *rest: Any, **named: Any) -> Any:
        """A layer need not have a folder for every environment; which exist was checked before."""
        if not self._fs.isdir(Path(conf_path).as_posix()) and not str(conf_path).endswith("/base"):
            return {}
        self._require_modest(Path(conf_path).as_posix())
        return super()._read_dir_configs(conf_path, *rest, **named)

    def _require_modest(self, folder: str) -> None:
        """Refuse files that OmegaConf, which writes every alias out, could not read in any time."""
        for path in self._fs.find(folder) if folder not in self._modest else ():
            if Path(path).suffix in SUFFIXES:
                with suppress(UnicodeDecodeError, yaml.YAMLError):  # which the reading itself finds
                    text = self._fs.cat_file(path).decode("utf-8")
                    try:
                        require_modest_yaml(text)
                    except ValueError as error:
                        raise ConfigError(f"{path}:{error}") from None
        self._modest.add(folder)


def _find(conf_source: str) -> Path:
    if "://" in conf_source:
        return find_platform_conf()
    try:
        return find_platform_conf(Path(conf_source))
    except ConfigError:
        return find_platform_conf()
