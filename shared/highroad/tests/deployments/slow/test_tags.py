"""Tags of environments in a real registry: moved once a deployment holds, and held against the ledger."""

from __future__ import annotations

from dataclasses import replace

import pytest
from deployments.test_deploying import GOOD, route_in
from releases.registries import push_image, tag

from highroad.deployments.deploying import deploy, reconcile, roll_back
from highroad.deployments.ledger import BEGAN, DONE
from highroad.errors import DeploymentError
from highroad.releases.registry import Registry
from highroad.testing import registry as testing
from highroad.tracking.database import database_of

pytestmark = pytest.mark.skipif(
    not testing.is_installed(), reason="NO TAG IS TESTED: docker-registry is not installed"
)


@pytest.fixture
def served(tmp_path):
    """A registry that can be ended before the test is over."""
    context = testing.serving(tmp_path / "registry")
    host = context.__enter__()
    ended = []

    def end():
        if not ended:
            ended.append(context.__exit__(None, None, None))

    yield host, end
    end()


@pytest.fixture
def repository(served):
    return f"{served[0]}/delays"


@pytest.fixture
def releases(repository):
    return [replace(GOOD, version=each, image=push_image(repository, each)) for each in "123"]


@pytest.fixture
def told():
    return []


@pytest.fixture
def staging(tmp_path, releases, told):
    found = replace(route_in(database_of("sqlite:///records.db", tmp_path)), tell=told.append)
    for each in releases:
        found.shelf.put(each)
    return found


@pytest.fixture
def prod(staging):
    return route_in(staging.database, "prod", "staging")


def named(repository, environment):
    return f"{repository}@{Registry(repository).digest_of(environment)}"


def test_a_tag_goes_where_its_environment_goes(staging, prod, releases, repository):
    one, two, _ = releases
    deploy(staging, one.id, "")
    assert named(repository, "staging") == one.image
    assert named(repository, "prod").endswith("@None")
    deploy(prod, None, "")
    deploy(staging, two.id, "")
    assert [named(repository, each) for each in ("staging", "prod")] == [two.image, one.image]
    roll_back(staging, None, "")
    assert named(repository, "staging") == one.image


def test_a_tag_that_was_moved_by_hand_stops_what_comes_after_until_it_is_back(
    staging, prod, releases, repository
):
    one, two, _ = releases
    deploy(staging, one.id, "")
    tag(repository, "staging", two.image)
    with pytest.raises(
        DeploymentError,
        match=r"names sha256:.*moved by hand.* reconcile --project delays --env staging",
    ):
        deploy(prod, None, "")
    assert prod.ledger.entries("delays", "prod") == []
    reconcile(staging)
    assert named(repository, "staging") == one.image
    assert deploy(prod, None, "") == one


def test_a_registry_that_is_gone_takes_no_deployment_with_it(staging, prod, releases, served, told):
    one, *_ = releases
    served[1]()
    deploy(staging, one.id, "")
    assert staging.target.is_active(one)
    assert [each.step for each in staging.ledger.entries("delays", "staging")] == [BEGAN, DONE]
    (said,) = (each for each in told if "staging does not name" in each)
    assert (
        "does not answer" in said and "deployments reconcile --project delays --env staging" in said
    )
    assert deploy(prod, None, "") == one
