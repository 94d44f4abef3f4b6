"""The check that every environment can be deployed to as platform.yml says; added by its entry point."""

from __future__ import annotations

from highroad.config.platform import FILE
from highroad.conformance.check import BRONZE, Finding, RepositoryCheck, Result, unless
from highroad.conformance.facts.repository import RepositoryFacts
from highroad.deployments.target import settings_of
from highroad.errors import ConfigError


class DeploySettingsAreRead(RepositoryCheck):
    """The `deploy` of every environment in platform.yml is what its target takes."""

    level = BRONZE
    why = "Only the target knows its keys, and nobody should learn of a wrong one while deploying."
    remedy = "Correct the key in platform-conf/platform.yml, or install the target into the environment of shared/extensions."

    def run(self, facts: RepositoryFacts) -> Result:
        """Have each target read its environments' settings."""
        findings, platform = list[Finding](), facts.platform
        for env in (name for name, each in platform.environments.items() if each.deploy):
            try:
                settings_of(platform, env, facts.conf)
            except ConfigError as error:
                lines = str(error).replace(f"{facts.root}/", "").splitlines()
                findings += [Finding(f"{facts.conf.name}/{FILE}", line) for line in lines]
        return unless(findings, "its targets read all of it")
