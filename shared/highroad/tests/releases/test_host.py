"""The way to the package index goes into a build and not into an image."""

from __future__ import annotations

from pathlib import Path

from highroad.releases.host import index_settings, secret_values, secrets


def home(tmp_path: Path, text: str) -> dict[str, str]:
    (tmp_path / "pip.conf").write_text(text)
    return {"HOME": str(tmp_path), "PIP_CONFIG_FILE": str(tmp_path / "pip.conf")}


def test_pip_s_own_settings_are_those_of_uv_too(tmp_path):
    environ = home(tmp_path, "[global]\nindex-url = https://me:of-mine-99@index.example/simple\n")
    found = index_settings(environ)
    assert found["PIP_INDEX_URL"] == found["UV_DEFAULT_INDEX"]
    assert secret_values(environ) == {"of-mine-99"}


def test_the_environment_wins_and_what_only_this_machine_can_open_is_left_out(tmp_path):
    environ = home(
        tmp_path, "[global]\nextra-index-url = file:///opt/simple https://x.example/simple\n"
    )
    assert index_settings(environ)["PIP_EXTRA_INDEX_URL"] == "https://x.example/simple"
    environ |= {"PIP_EXTRA_INDEX_URL": "file:///opt/simple", "HTTPS_PROXY": "http://proxy:3128"}
    found = index_settings(environ)
    assert "PIP_EXTRA_INDEX_URL" not in found and found["HTTPS_PROXY"] == "http://proxy:3128"


def test_settings_go_as_a_file_that_only_this_user_reads(tmp_path):
    environ = home(tmp_path, "[global]\nindex-url = https://me:it's@index.example/simple\n")
    bundle = tmp_path / "ca.pem"
    bundle.touch()
    words = secrets(tmp_path, environ | {"SSL_CERT_FILE": str(bundle)})
    assert words == [
        "--secret",
        f"id=ca,src={bundle}",
        "--secret",
        f"id=index,src={tmp_path}/index",
    ]
    assert (tmp_path / "index").stat().st_mode & 0o777 == 0o600
    text = (tmp_path / "index").read_text()
    assert "export PIP_CERT=/run/secrets/ca\n" in text
    assert """export PIP_INDEX_URL='https://me:it'"'"'s@index.example/simple'\n""" in text


def test_what_is_called_a_secret_is_one_and_paths_are_none():
    environ = {
        "DEPLOY_TOKEN": "tok-12345678",
        "TOKEN_FILE": "/run/token",
        "API_KEY": "short",  # pragma: allowlist secret
        "A": "b",
    }
    assert secret_values(environ | {"HOME": "/nowhere"}) == {"tok-12345678"}
