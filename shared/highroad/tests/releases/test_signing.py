"""A signature is by a key that may sign, for a release and for this one."""

from __future__ import annotations

import subprocess

import pytest

from highroad.errors import ConfigError, DataError
from highroad.releases.signing import NAMESPACE, sign, signer_of


@pytest.fixture
def keys(tmp_path):
    """Two keys, of which the first may sign."""
    for name in ("ann", "eve"):
        words = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / name)]
        subprocess.run(words, check=True)
    public = (tmp_path / "ann.pub").read_text()
    (tmp_path / "signers").write_text(f"ann@example.org {public}")
    return tmp_path


def test_who_signed_is_told(keys):
    signature = sign('{"a": "ü"}', keys / "ann")
    assert signature.startswith("-----BEGIN SSH SIGNATURE-----")
    assert signer_of('{"a": "ü"}', signature, keys / "signers") == "ann@example.org"


def test_another_text_or_another_key_or_another_purpose_does_not_hold(keys, tmp_path):
    signature = sign("a", keys / "ann")
    with pytest.raises(DataError, match="does not hold"):
        signer_of("b", signature, keys / "signers")
    with pytest.raises(DataError, match=r"does not hold|of nobody"):
        signer_of("a", sign("a", keys / "eve"), keys / "signers")
    file = tmp_path / "text"
    file.write_text("a")
    words = ["ssh-keygen", "-q", "-Y", "sign", "-f", str(keys / "ann"), "-n", "file", str(file)]
    subprocess.run(words, check=True)
    with pytest.raises(DataError, match="does not hold"):
        signer_of("a", (tmp_path / "text.sig").read_text(), keys / "signers")
    with pytest.raises(DataError, match="does not hold"):
        signer_of("a", "garbage ü", keys / "signers")
    assert NAMESPACE != "file"


def test_what_is_missing_is_said(keys, monkeypatch):
    with pytest.raises(ConfigError, match="is no file; make one with ssh-keygen"):
        sign("a", keys / "bob")
    with pytest.raises(ConfigError, match="cannot be signed"):
        sign("a", keys / "signers")
    with pytest.raises(ConfigError, match="who may sign releases, a line each"):
        signer_of("a", sign("a", keys / "ann"), keys / "none")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ConfigError, match="which is not installed"):
        sign("a", keys / "ann")
