"""Project settings."""

from highroad.config import PlatformConfigLoader

CONFIG_LOADER_CLASS = PlatformConfigLoader
