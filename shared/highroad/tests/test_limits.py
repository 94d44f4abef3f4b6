"""What others wrote cannot take the machine: bombs are refused before they are read, each with one message."""

from __future__ import annotations

import io
import zipfile

import fsspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from highroad.config.loader import PlatformConfigLoader
from highroad.config.platform import load_platform
from highroad.config.yaml_limits import DEEPEST, MOST_NODES, require_modest_yaml
from highroad.errors import ConfigError, ContractError, DataError
from highroad.limits import parse_json
from highroad.models import files, folder
from highroad.products.documents import parse_document
from highroad.products.drift.profile import Profile
from highroad.releases.release import Release
from highroad.tracking.record import Record

BOMB = "a0: &a0 [x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 30)
)
DEEP = "[" * 100_000
MERGED = "a0: &a0 {x: 1, y: 2}\n" + "".join(
    f"a{n}: &a{n} {{l: *a{n - 1}, r: *a{n - 1}, <<: *a{n - 1}}}\n" for n in range(1, 60)
)


@pytest.mark.parametrize("text", [BOMB, MERGED], ids=["lists", "merges"])
def test_aliases_that_come_to_too_much_are_refused(text):
    with pytest.raises(ValueError, match=f"more than {MOST_NODES:,} values"):
        require_modest_yaml(text)


@pytest.mark.parametrize(
    "text", [DEEP, "- " * 5000 + "x", "{a: " * 500], ids=["brackets", "dashes", "braces"]
)
def test_what_is_nested_too_deep_is_refused(text):
    with pytest.raises(ValueError, match=f"deeper than {DEEPEST}"):
        require_modest_yaml(text)


@pytest.mark.parametrize(
    "text", ["", "a: 1", "a: &x [1, 2]\nb: *x\nc: *x", "sql: select count(*) from t", "*: 1"]
)
def test_plain_documents_pass(text):
    try:
        require_modest_yaml(text)
    except ValueError as error:
        pytest.fail(str(error))
    except Exception as error:
        assert "yaml" in type(error).__module__


@pytest.mark.parametrize("bomb", [BOMB, f"a: &a {DEEP}"], ids=["aliases", "depth"])
def test_every_reader_of_yaml_has_one_message(bomb, conf, platform):
    with pytest.raises(ContractError, match=r"more than|deeper than"):
        parse_document(bomb, "contract.yaml")
    source = conf("base/parameters.yml", bomb)
    with pytest.raises(ConfigError, match=r"parameters\.yml:\d+: (more than|nested deeper)"):
        PlatformConfigLoader(source, "base", platform_conf=platform)["parameters"]
    folder = platform.parent / "other"
    folder.mkdir()
    (folder / "platform.yml").write_text(bomb)
    with pytest.raises(ConfigError, match=r"platform\.yml:\d+: (more than|nested deeper)"):
        load_platform(folder)


def zipped(*members: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, content in enumerate(members):
            archive.writestr(f"{number}.npy", content)
    return target.getvalue()


def test_an_archive_that_unpacks_to_far_more_than_it_is_is_no_model():
    with pytest.raises(DataError, match=r"expected at most .* and 268,435,456"):
        files.decode(zipped(*[bytes(16 * 2**20)] * 20), files.SKOPS, (), "model")
    with pytest.raises(DataError, match="60,000 files"):
        files.decode(zipped(*[b""] * 60_000), files.SKOPS, (), "model")
    with pytest.raises(DataError, match="no archive"):
        files.decode(b"PK", files.SKOPS, (), "model")


@pytest.mark.parametrize(
    "text", [DEEP, '{"a":' * 100_000, "", "null", "[]", "1e400", '{"format": 1}']
)
def test_manifests_and_records_are_refused_with_one_message(text):
    fs = fsspec.filesystem("memory")
    fs.pipe_file("memory://m/manifest.json", text.encode())
    with pytest.raises(DataError):
        Release.from_json(text)
    with pytest.raises(DataError):
        Record.from_json(text)
    with pytest.raises(DataError):
        folder.read_manifest(fs, "memory://m")
    with pytest.raises(DataError):
        Profile.from_json(text)


@given(st.text())
def test_json_is_read_or_refused(text):
    try:
        parse_json(text)
    except ValueError as error:
        assert str(error)
