"""What a container sees of layers that lie on each other."""

from __future__ import annotations

from highroad.releases.report import _UNWANTED, _largest
from highroad.releases.sbom import bill

from .images_by_hand import content

SITE = "app/venv/lib/python3.12/site-packages"


def test_the_highest_layer_wins_and_what_it_removes_is_gone():
    image = content(
        {"a/one": b"1", "a/two": b"2", "a/deep/three": b"3", "b": b"4", "./c": b"5"},
        {"a/.wh.deep": b"", "a/one": b"11", ".wh.b": b""},
        {"d/.wh..wh..opq": b"", "d/new": b"6"},
    )
    assert {path: each.read() for path, each in image.visible().items()} == {
        "a/one": b"11", "a/two": b"2", "c": b"5", "d/new": b"6",
    }  # fmt: skip
    assert image.sizes() == [5, 2, 1]
    assert len(list(image.entries())) == 7


def test_a_second_name_of_a_file_reads_as_the_first_and_takes_no_room():
    image = content({"one": b"abc", "two": "one"})
    assert {path: each.read() for path, each in image.visible().items()} == {
        "one": b"abc",
        "two": b"abc",
    }
    assert len(list(image.entries())) == 2
    assert image.sizes() == [3]


def test_an_opaque_folder_hides_what_was_below_it():
    image = content({"d/old": b"1"}, {"d/.wh..wh..opq": b"", "d/new": b"2"})
    assert set(image.visible()) == {"d/new"}


def test_installers_compilers_tests_and_notebooks_are_unwanted():
    for path in (
        "usr/local/bin/pip3.12", f"{SITE}/pip/__init__.py", "usr/bin/gcc", "app/venv/bin/uv",
        "app/projects/shop/tests/test_shop.py", "app/projects/shop/look.ipynb",
    ):  # fmt: skip
        assert _UNWANTED.search(path), path
    for path in (f"{SITE}/pipes/__init__.py", "usr/bin/perl", f"{SITE}/numpy/testing/utils.py"):
        assert not _UNWANTED.search(path), path


def test_libraries_beside_a_package_count_as_its_own():
    image = content({f"{SITE}/numpy/a": b"1" * 2**20, f"{SITE}/numpy.libs/b": b"1" * 2**20})
    assert _largest(image.visible()) == [("numpy", 2.0)]


def test_the_bill_names_what_is_in_the_image_and_nothing_else():
    metadata = f"{SITE}/One_Two-1.0.dist-info/METADATA"
    dpkg = "Package: bash\nStatus: install ok installed\nVersion: 5.2\n\nPackage: gone\nStatus: deinstall ok config-files\nVersion: 1"
    image = content(
        {metadata: b"Name: One_Two\nVersion: 1.0\n\n", "var/lib/dpkg/status": dpkg.encode()}
    )
    document = {
        "metadata": {"component": {"name": "shop"}},
        "components": [
            {
                "name": "one-two",
                "version": "1.0",
                "bom-ref": "one-two-1",
                "purl": "pkg:pypi/one-two@1.0",
            },
            {"name": "colorama", "version": "0.4", "bom-ref": "colorama-2"},
        ],
        "dependencies": [{"ref": "one-two-1", "dependsOn": ["colorama-2"]}, {"ref": "colorama-2"}],
    }
    found = bill(document, image.visible(), "sha256:1")
    assert [each["name"] for each in found["components"]] == ["one-two", "bash"]
    assert found["dependencies"] == [{"ref": "one-two-1", "dependsOn": []}]
    assert found == bill(document, image.visible(), "sha256:1")
