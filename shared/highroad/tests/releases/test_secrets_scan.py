"""A planted secret is found wherever it is: in a file, the environment, a label, a build argument."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from highroad.releases.secrets_scan import findings

from .images_by_hand import content

KEY = "AKIA" + "ABCDEFGHIJKLMNOP"
PEM = "-----BEGIN RSA PRIVATE KEY-----\n" + ("A" * 64 + "\n") * 4  # pragma: allowlist secret
IN_ADDRESS = "https://me:correct@example.org"  # pragma: allowlist secret
CONF = "app/projects/shop/conf/base"


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("usr/lib/anything.py", f"key = '{KEY}'"),
        ("app/venv/lib/python3.12/site-packages/shop/nodes.py", "gh" + "p_" + "a" * 36),
        ("root/key", PEM),
        (f"{CONF}/catalog.yml", "password: correct-horse"),
        (f"{CONF}/catalog.yml", "con: postgresql://me:correct@db/x"),  # pragma: allowlist secret
        (f"{CONF}/credentials.yml", "{}"),
        ("etc/motd", "the password of the index, of-mine-99"),
    ],
)
def test_in_a_file_even_one_that_a_later_layer_removes(path, text):
    folder, _, name = path.rpartition("/")
    image = content({path: text.encode()}, {f"{folder}/.wh.{name}": b""})
    found = [str(each) for each in findings(image, {"of-mine-99"})]
    assert found and found[0].startswith(f"layer 1, /{path}")
    assert not any(secret in "".join(found) for secret in (KEY, "correct", "of-mine-99"))


@pytest.mark.parametrize(
    "config",
    [
        {"config": {"Env": ["PATH=/bin", "DB_PASSWORD=correct-horse"]}},
        {"config": {"Env": [f"ANYTHING={KEY}"]}},
        {"config": {"Labels": {"source": IN_ADDRESS}}},
        {"history": [{"created_by": "|1 TOKEN=correct-horse /bin/sh -c true"}]},
        {"history": [{"created_by": "ENV INDEX=of-mine-99"}]},
    ],
)
def test_in_the_image_s_own_configuration(config):
    assert list(findings(content(**config), {"of-mine-99"}))


@pytest.mark.parametrize(
    "line",
    [
        "password: ${oc.env:PASSWORD}", "token: null", "secret: short", "tokens: 5",
        "password: correct-horse  # pragma: allowlist secret", "url: https://example.org/a",
        "con: postgresql://me@db/x", "api_key:", "# no secret here",
    ],
)  # fmt: skip
def test_what_is_none_is_no_finding(line):
    image = content({f"{CONF}/catalog.yml": line.encode()})
    assert not list(findings(image))


def test_examples_of_manuals_are_no_finding():
    text = b"AKIAIOSFODNN7EXAMPLE and -----BEGIN PRIVATE KEY----- and so on"  # pragma: allowlist secret
    assert not list(findings(content({"usr/lib/python3/botocore/docs.py": text})))


@given(st.binary())
def test_any_bytes_can_be_looked_at(data):
    assert list(findings(content({f"{CONF}/a.yml": data}))) is not None
