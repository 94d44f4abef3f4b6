"""Settings that no target takes are seen by conformance, before anything is deployed."""

from highroad.deployments.checks import DeploySettingsAreRead
from highroad.testing import CheckContract
from highroad.testing.checks import PLATFORM, facts_in

GOOD = "environments: {base: {}, prod: {deploy: {engine: 'tcp://prod:2375'}}}"
BAD = "environments: {base: {}, prod: {deploy: {engines: 'tcp://prod:2375'}}, dev: {deploy: {target: dockers}}}"


def platform(environments: str) -> dict[str, str]:
    text = PLATFORM.replace("environments: {base: {}}", environments)
    return {"platform-conf/platform.yml": text}


class TestDeploySettingsAreRead(CheckContract):
    check = DeploySettingsAreRead()
    good = platform(GOOD)
    bad = platform(BAD)


def test_each_is_said_with_its_line_and_what_was_meant(tmp_path):
    check = DeploySettingsAreRead()
    one, other = check.run(facts_in(tmp_path, check, platform(BAD))).findings
    assert (
        "platform-conf/platform.yml:7: unknown key 'environments.prod.deploy.engines'" in one.what
    )
    assert "Did you mean 'engine'?" in one.what and "Did you mean 'docker'?" in other.what
