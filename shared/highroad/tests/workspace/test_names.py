"""One rule for every name that a user gives, at every place that takes one."""

from __future__ import annotations

import json

import pytest
from conftest import PLATFORM, write
from hypothesis import given
from hypothesis import strategies as st
from kedro.io import Version

from highroad.adoption.foreign import read_foreign
from highroad.config.platform import load_platform
from highroad.datasets import DataProductDataset, ModelDataset
from highroad.errors import ConfigError, HighroadError
from highroad.models.registry import Registry
from highroad.products.contract import contract_of
from highroad.products.partition import Partition
from highroad.products.references import parse_reference
from highroad.releases.shelf import Shelf
from highroad.starter.names import fault_of
from highroad.tracking.database import database_of
from highroad.tracking.reading import RecordReader
from highroad_workspace.metadata import faults_of
from highroad_workspace.names import KINDS, LONGEST, name_fault

GOOD = {
    "project": ["flights", "a1_b"],
    "product": ["flights.departures"],
    "model": ["delays.classifier", "delays.two-words", "a.1"],
    "environment": ["base", "staging", "prod-eu"],
    "owner": ["team-a", "Data Platform", "sales"],
    "image": [
        "flights",
        "my_project",
        "ghcr.io/acme/shop/flights:v1.2",
        "localhost:5000/x",
        f"x@sha256:{'0' * 64}",
    ],
    "run": ["flights", "flights~2", "0123abcd"],
    "release": ["flights", "flights~2", "0123abcd"],
}
BAD = [
    "", " ", ".", "..", "../../../evil", "..\\evil", "/etc/passwd", "C:\\x", "~", "-rf", ".hidden", "con", "nul", "aux.x",
    "x.prn", "lpt1", "a.", "a.b.", "a.b ", " a.b", "a\nb", "a.b\n", "a\0b", "é.b", "a.b/../c", "a.b;rm", "$(x)", "a b\t",
    "%2e%2e", "a.b" * LONGEST, "A.b" * 60,
]  # fmt: skip


def test_every_kind_has_examples():
    assert GOOD.keys() == KINDS.keys()


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_good_names_are_taken(kind):
    assert [name_fault(kind, name) for name in GOOD[kind]] == [""] * len(GOOD[kind])


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize("name", BAD)
def test_bad_names_are_refused_by_every_kind(kind, name):
    assert name_fault(kind, name)


@given(st.sampled_from(sorted(KINDS)), st.text())
def test_what_is_taken_is_a_safe_part_of_a_path(kind, name):
    if not name_fault(kind, name):
        assert name.isascii() and name.isprintable() and ".." not in name.split("/")
        assert name == name.strip(" .") and not name.startswith(("/", "-", "~"))


@given(st.from_regex(KINDS["project"][0], fullmatch=True))
def test_an_image_can_be_called_as_its_project(name):
    assert name_fault("project", name) or not name_fault("image", name)


TWINS = "Flights.Departures"


@pytest.mark.parametrize(
    "kind", ["project", "product", "model", "environment", "image", "run", "release"]
)
def test_names_that_become_files_have_no_twin_in_capitals(kind):
    assert name_fault(kind, TWINS) and name_fault(kind, "Flights")


def project(name, folder):
    content = {"project": {"name": name}, "tool": {"kedro": {"package_name": name}}}
    return [
        fault
        for fault in faults_of(str(folder / "x"), content)
        if (fault.table, fault.key) == ("project", "name")
    ]


def adopted(name, folder):
    write(folder / "pyproject.toml", f"[tool.kedro]\npackage_name = {json.dumps(name)}\n")
    read_foreign(folder)


def model(name, folder):
    version = Version(None, "2026-01-01T00.00.00.000Z")
    ModelDataset(
        filepath=f"{folder}/{name}", project="p", platform_conf=str(folder), version=version
    )


def setting(text):
    def load(name, folder):
        write(folder / "platform.yml", PLATFORM + text.format(json.dumps(name)))
        load_platform(folder)

    return load


TAKERS = {
    "a project's metadata": project,
    "a new project": lambda name, _: fault_of(name, []),
    "an adopted project": adopted,
    "a product's dataset": lambda name, folder: DataProductDataset(
        product=name, store=str(folder), platform_conf=str(folder), project="p"
    ),
    "a product's contract": lambda name, folder: contract_of(name, folder),
    "a reference": lambda name, _: parse_reference(name) is None,
    "a model's dataset": model,
    "a registered model": lambda name, folder: Registry(f"sqlite:///{folder}/models.db").find(name),
    "an environment": setting("  {}: {{}}\n"),
    "an owner": setting('owners: {{{}: {{handle: "@a/b"}}}}\n'),
    "a run": lambda name, folder: RecordReader(database_of("sqlite:///a.db", folder)).find(name),
    "a release": lambda name, folder: Shelf(database_of("sqlite:///a.db", folder)).find(name),
    "an image": lambda name, _: name_fault("image", name),
}


@pytest.mark.parametrize("taker", TAKERS)
@pytest.mark.parametrize("name", ["../../../evil", "con", "nul", "trailing.", "a/../b.", "a\nb"])
def test_every_place_that_takes_a_name_refuses_what_is_none(taker, name, tmp_path):
    try:
        is_refused = bool(TAKERS[taker](name, tmp_path))
    except (HighroadError, ValueError) as error:
        is_refused = bool(str(error))
    assert is_refused
    assert not [path for path in tmp_path.rglob("*") if "evil" in path.name]


def test_owners_that_differ_in_capitals_alone_are_refused(tmp_path):
    write(
        tmp_path / "platform.yml",
        PLATFORM + 'owners: {Ann: {handle: "@a/b"}, ann: {handle: "@a/b"}}\n',
    )
    with pytest.raises(ConfigError, match="differ in capitals alone"):
        load_platform(tmp_path)


@given(st.lists(st.none() | st.text(), min_size=1, max_size=3))
def test_a_partition_s_folder_is_a_plain_name_whatever_its_values_are(values):
    assert not name_fault("owner", Partition(tuple(values)).folder)
