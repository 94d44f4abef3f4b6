"""What passed a check is not checked again until it, or what decides the check, changes."""

from __future__ import annotations

import pytest

from highroad_workspace.passed_files import PassedFiles


@pytest.fixture
def passed(tmp_path):
    for name in ("a.py", "b.py", "settings.toml"):
        (tmp_path / name).write_text(name)

    def load() -> PassedFiles:
        return PassedFiles(tmp_path / ".nox" / "passed.json", tmp_path, ["settings.toml"])

    load().add(["a.py", "b.py"])
    return load


def test_what_passed_is_left_out(passed, tmp_path):
    (tmp_path / "c.py").write_text("c")
    assert passed().others(["a.py", "b.py", "c.py"]) == ["c.py"]


def test_what_changed_is_checked_again(passed, tmp_path):
    (tmp_path / "a.py").write_text("edited")
    assert passed().others(["a.py", "b.py"]) == ["a.py"]


def test_other_settings_check_everything_again(passed, tmp_path):
    (tmp_path / "settings.toml").write_text("edited")
    assert passed().others(["a.py", "b.py"]) == ["a.py", "b.py"]


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"settings": 1}', "\x00"])
def test_a_broken_record_knows_of_nothing(passed, tmp_path, content):
    (tmp_path / ".nox" / "passed.json").write_text(content)
    assert passed().others(["a.py"]) == ["a.py"]
