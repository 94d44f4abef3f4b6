"""Configuration: platform settings, the layered loader, and where a value comes from."""

from typing import TYPE_CHECKING, Any

import lazy_loader as lazy

if TYPE_CHECKING:
    from highroad.config.loader import PlatformConfigLoader
    from highroad.config.platform import Platform, find_platform_conf, load_platform

__all__ = ["Platform", "PlatformConfigLoader", "find_platform_conf", "load_platform"]

# The loader is Kedro's, which commands that load no configuration of a project need not wait for.
_attach: tuple[Any, Any, Any] = lazy.attach(
    __name__,
    submod_attrs={
        "loader": ["PlatformConfigLoader"],
        "platform": ["Platform", "find_platform_conf", "load_platform"],
    },
)
__getattr__, __dir__, _ = _attach
