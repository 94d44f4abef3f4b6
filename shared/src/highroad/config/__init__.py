"""Configuration: platform settings, the layered loader, and where a value comes from."""

from highroad.config.loader import PlatformConfigLoader
from highroad.config.platform import Platform, find_platform_conf, load_platform

__all__ = ["Platform", "PlatformConfigLoader", "find_platform_conf", "load_platform"]
