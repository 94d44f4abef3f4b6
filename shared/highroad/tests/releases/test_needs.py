"""What a configuration wants from where it runs stands in the release."""

from __future__ import annotations

import pytest

from highroad.releases.needs import needs
from highroad.releases.release import Release
from highroad_workspace.projects import Project

CATALOG = """
orders: {type: pandas.CSVDataset, filepath: orders.csv, credentials: warehouse}
inner:
  type: partitions.PartitionedDataset
  path: data
  dataset: {type: pandas.CSVDataset, credentials: lake}
"""


@pytest.fixture
def project(conf) -> Project:
    folder = conf("base/catalog.yml", CATALOG)
    conf(
        "base/credentials.yml", "lake: {key: '${oc.env:LAKE_KEY}', region: '${oc.env:REGION,eu}'}\n"
    )
    conf("local/.gitkeep", "")
    conf("prod/credentials.yml", "other: {key: '${oc.env: WAREHOUSE}'}\n")
    return Project("p", str(folder.parent), ">=3.11", True, "", "", "")


def test_credentials_that_no_file_has_and_variables_without_a_default(project):
    assert needs(project, "base") == "credentials:warehouse variable:LAKE_KEY"
    assert needs(project, "prod") == "credentials:warehouse variable:LAKE_KEY variable:WAREHOUSE"


def test_a_release_that_needs_nothing_is_what_it_was_before_releases_said_so():
    release = Release("p", "1", "c", "i", "l")
    assert "needs" not in release.to_json() and Release.from_json(release.to_json()) == release
